"""Random values of every family, in every form that the comparison brings them into, on both engines."""

import math
import random
import struct
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D
from decimal import localcontext

import pyarrow as pa
import pytest

from recon_assets.comparison.canonical import canonical
from recon_assets.comparison.rules import ColumnRule
from recon_assets.comparison.schema import Column, Pair
from recon_assets.comparison.tolerance import within

ROWS = 3000
chance = random.Random(20240229)


WRITTEN_WRONGLY = (2.0**81, 2.0**91, 2.0**807)
"""DuckDB 2.0 writes these powers of two as other numbers (2^81 as 2^82)."""


def doubles() -> list[float]:
    """Any bits, decimals of 1 to 17 digits of any size, and powers of two; no subnormal ones, whose digits Java counts
    otherwise."""
    bits = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(ROWS // 3)]
    short = [
        float(f"{chance.randrange(10 ** chance.randint(1, 17))}e{chance.randint(-30, 30)}") for _ in range(ROWS // 3)
    ]
    powers = [chance.choice([1, -1]) * 2.0 ** chance.randint(-1022, 1023) for _ in range(ROWS // 3)]
    return [f for f in bits + short + powers if (abs(f) >= 2.0**-1022 or f == 0) and abs(f) not in WRITTEN_WRONGLY]


def reals() -> list[float]:
    """The same; no powers of two, of which some have a digit more on Spark."""
    bits = [struct.unpack("<f", chance.randbytes(4))[0] for _ in range(ROWS // 2)]
    short = [
        float(f"{chance.randrange(10 ** chance.randint(1, 9))}e{chance.randint(-20, 20)}") for _ in range(ROWS // 2)
    ]
    return [f for f in bits + short if (abs(f) >= 2.0**-126 and abs(math.frexp(f)[0]) != 0.5) or f == 0]


def decimals(precision: int, scale: int) -> list[D]:
    digits = (chance.randrange(10 ** chance.randint(1, precision)) for _ in range(ROWS))
    return [D(chance.choice([1, -1]) * n).scaleb(-scale) for n in digits]


def texts() -> list[str]:
    alphabets = ["ab AB \t\n'\"\\$", "äöüßÄÖÜẞéÉ", "ΑΣΟςσα", "IıİiſsKkÅå", "ǅǆǄŉﬁ𝄞𐐀𐐨ꭰᏸ", "日本語\u00a0\u200b\u0301e"]
    return ["".join(chance.choices(chance.choice(alphabets), k=chance.randrange(12))) for _ in range(ROWS)]


def moments(first: int, last: int) -> list[datetime]:
    start = datetime(first, 1, 1)
    span = (datetime(last, 12, 31, 23, 59, 59) - start) // timedelta(seconds=1)
    units = [timedelta(seconds=1), timedelta(microseconds=1), timedelta(hours=1)]
    return [start + timedelta(seconds=chance.randrange(span)) + chance.choice(units) * 999 for _ in range(ROWS)]


def pair(name: str, source: str, target: str, **rule) -> Pair:
    return Pair(name, Column("a", source, "", "raw.a"), Column("b", target, "", "raw.b"), ColumnRule(**rule), False)


def forms(source: str, target: str, *rules: dict) -> list[str]:
    found = []
    for rule in rules or ({},):
        both = pair("c", source, target, **rule)
        form = canonical(both, "a", "b")
        found += [form.source, form.target, f"{form.source} IS DISTINCT FROM {form.target}"]
        if "tolerance" in rule or "relative_tolerance" in rule:
            found.append(f"a IS NOT NULL AND b IS NOT NULL AND ({within(both, 'a', 'b')})")
    return found


def near(values: list, step) -> list:
    """Beside each value itself, one a little off, or any other."""
    with localcontext(prec=80):
        return [chance.choice([v, v + step, v - step, chance.choice(values)]) for v in values]


def rounded(values: list[float]) -> list[D | None]:
    """Decimals of which many are the doubles' shortest digits, and many are not."""
    with localcontext(prec=80):
        return [D(f"{f:.15g}").quantize(D("1E-18")) if abs(f) < 1e19 else None for f in values]


_DOUBLES, _REALS, _CENTS, _LONG = doubles(), reals(), decimals(15, 2), decimals(38, 10)
_TEXTS = texts()
_AT, _RECENT = moments(1, 9998), moments(1900, 2037)
_TOLERANCES = ({"tolerance": "0.01"}, {"relative_tolerance": "0.001"}, {"tolerance": 1, "relative_tolerance": 1})
_PRECISIONS = [{"precision": unit} for unit in ("day", "hour", "minute", "second", "millisecond", "microsecond")]
_ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Cairo",
)
_TEXT_RULES = ({"trim": "trailing"}, {"trim": "both", "case": "ignore"}, {"case": "ignore", "empty_is_null": True})

CASES = {
    "doubles": (("DOUBLE", pa.float64(), _DOUBLES), ("DOUBLE", pa.float64(), [f * (1 + 1e-15) for f in _DOUBLES]), [*forms("DOUBLE", "DOUBLE", *_TOLERANCES), "CAST(a AS VARCHAR)", "CAST(b AS VARCHAR)"]),
    "reals": (("FLOAT", pa.float32(), _REALS), ("DOUBLE", pa.float64(), near(_REALS, 0.01)), [*forms("FLOAT", "DOUBLE", {}, *_TOLERANCES), "CAST(a AS VARCHAR)", "CAST(b AS VARCHAR)"]),
    "doubles and decimals": (("DOUBLE", pa.float64(), _DOUBLES), ("DECIMAL(38,18)", pa.decimal128(38, 18), rounded(_DOUBLES)), forms("DOUBLE", "DECIMAL(38,18)", {}, {"tolerance": "0.01"})),
    "doubles and whole numbers": (("DOUBLE", pa.float64(), [float(n) for n in range(-500, 500)] + [float(2**k + d) for k in range(48, 64) for d in range(-3, 4)]), ("DECIMAL(38,0)", pa.decimal128(38, 0), [D(n) for n in range(-500, 500)] + [D(2**k + d) for k in range(48, 64) for d in range(-3, 4)]), forms("DOUBLE", "DECIMAL(38,0)")),
    "reals and decimals": (("FLOAT", pa.float32(), [float(d) for d in _CENTS]), ("DECIMAL(18,2)", pa.decimal128(18, 2), _CENTS), forms("FLOAT", "DECIMAL(18,2)", {}, {"tolerance": "0.01"})),
    "cents": (("DECIMAL(18,2)", pa.decimal128(18, 2), _CENTS), ("DECIMAL(19,4)", pa.decimal128(19, 4), near(decimals(15, 2), D("0.01"))), forms("DECIMAL(18,2)", "DECIMAL(19,4)", {}, *_TOLERANCES)),
    "long decimals": (("DECIMAL(38,10)", pa.decimal128(38, 10), _LONG), ("DECIMAL(38,10)", pa.decimal128(38, 10), near(decimals(36, 10), D("1E-10"))), [*forms("DECIMAL(38,10)", "DECIMAL(38,10)", {}, *_TOLERANCES), "CAST(a AS VARCHAR)"]),
    "decimals without a common type": (("DECIMAL(38,10)", pa.decimal128(38, 10), _LONG), ("DECIMAL(38,37)", pa.decimal128(38, 37), decimals(38, 37)), forms("DECIMAL(38,10)", "DECIMAL(38,37)")),
    "text": (("VARCHAR", pa.string(), _TEXTS), ("VARCHAR", pa.string(), [chance.choice([t, t + " ", t.upper(), t.lower()]) for t in _TEXTS]), [*forms("VARCHAR", "VARCHAR", *_TEXT_RULES), "length(a)", "upper(a)", "lower(a)", "md5(a)"]),
    "dates and timestamps": (("DATE", pa.date32(), [at.date() for at in _AT]), ("TIMESTAMP", pa.timestamp("us"), _AT), [*forms("DATE", "TIMESTAMP", {}, *_PRECISIONS), "CAST(a AS VARCHAR)", "CAST(b AS VARCHAR)"]),
    "timestamps and instants": (("TIMESTAMP", pa.timestamp("us"), _RECENT), ("TIMESTAMP WITH TIME ZONE", pa.timestamp("us", "UTC"), [at.replace(tzinfo=UTC) for at in near(_RECENT, timedelta(hours=1))]), [*forms("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", {}, *({"timezone": zone} for zone in _ZONES), *({"timezone": "Asia/Kathmandu", **unit} for unit in _PRECISIONS)), "CAST(b AS VARCHAR)"]),
}  # fmt: skip
"""Name → (DuckDB's type, Arrow's type, values) of the columns a and b, and what is asked of them."""


def same_double(one: str, other: str) -> bool:
    """Before version 19, Java's 17th digit is not always the nearest."""
    return "e" in f"{one}" and len(one) == len(other) and one[:-6] == other[:-6] and float(one) == float(other)


@pytest.mark.parametrize("name", CASES)
def test_random_values_have_the_same_forms_on_both_engines(name, engines):
    (source, source_arrow, a), (target, target_arrow, b), expressions = CASES[name]
    table = pa.table({"id": range(len(a)), "a": pa.array(a, source_arrow), "b": pa.array(b, target_arrow)})
    engines.load("random_values", table)
    query = f"SELECT {', '.join(expressions)} FROM random_values ORDER BY id"
    on_duckdb = engines.on_duckdb(query)
    on_spark = engines.on_spark(query, {"a": source, "b": target})
    unlike = [
        (expressions[column], a[row], b[row], one, other)
        for row, rows in enumerate(zip(on_duckdb, on_spark, strict=True))
        for column, (one, other) in enumerate(zip(*rows, strict=True))
        if one != other and not same_double(one, other)
    ]
    assert not unlike, f"{len(unlike)}, such as {unlike[:3]}"


def test_every_character_has_the_case_on_spark_that_it_has_on_duckdb(engines):
    characters = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c <= 0xDFFF]
    engines.load("characters", pa.table({"c": characters}))
    query = "SELECT c, lower(c) AS l, upper(c) AS u, lower(upper(c)) AS b FROM characters ORDER BY c"
    changed = f"SELECT * FROM ({query}) WHERE l <> c OR u <> c OR b <> c"
    assert engines.on_spark(changed) == engines.on_duckdb(changed)
    assert len(engines.on_spark(changed)) > 2500


def test_every_day_of_ten_thousand_years_is_the_same_day(engines):
    days = [date.fromordinal(n) for n in range(1, date.max.toordinal(), 97)]
    engines.load(
        "days", pa.table({"d": pa.array(days, pa.date32()), "t": pa.array(days, pa.date32()).cast(pa.timestamp("us"))})
    )
    query = (
        "SELECT CAST(d AS VARCHAR), CAST(t AS VARCHAR), epoch_us(d), epoch_us(t), CAST(t AS DATE) FROM days ORDER BY d"
    )
    assert engines.on_spark(query) == engines.on_duckdb(query)
