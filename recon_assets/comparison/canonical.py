"""The common form in which two columns are compared: equal in the form means equal under the rules.

Belongs here: for each pair of types and rules, the SQL that brings either side's value into one type where
`IS NOT DISTINCT FROM` decides (see docs/rules.md for the meaning). Does not belong here: tolerances, which
are no equivalence (`tolerance`).

A float stands for the shortest decimal that identifies it: a decimal equals a float if it is that decimal
(0.10 is the double 0.1), and a whole number equals a float only if it is exactly the float's value (2^53+1 is
not 2^53).
"""

from dataclasses import dataclass

from recon_assets.comparison.csv_columns import UUID_PATTERN
from recon_assets.comparison.duck import literal
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.rules import ColumnRule
from recon_assets.comparison.schema import Pair
from recon_assets.comparison.types import FLOATS, INSTANTS, NANOSECONDS, Family, digits, family

_MICROSECONDS = {
    "day": 86_400_000_000,
    "hour": 3_600_000_000,
    "minute": 60_000_000,
    "second": 1_000_000,
    "millisecond": 1_000,
    "microsecond": 1,
}


_FRACTION = 22
_MISPRINTED = (81, 91, 807)
"""Powers of 2 for which DuckDB 2.0 writes the decimal of another double, alone among those of a double's exponents."""


@dataclass(frozen=True)
class Canonical:
    """A pair's common form: the SQL for either side, the type it has, and what a reader should know of it."""

    source: str
    target: str
    type: str
    form: str
    note: str | None = None


def canonical(pair: Pair, a: str, b: str) -> Canonical:
    """The common form of a pair whose values are read by the SQL `a` and `b` (see `csv_text`).

    Raises ComparisonError for nested types that differ.
    """
    type_a, type_b = pair.source.type, pair.target.type
    families = (family(type_a), family(type_b))
    if "null" in families:  # a column that holds NULLs only is of any type
        if families == ("null", "null"):
            return Canonical("CAST(NULL AS INTEGER)", "CAST(NULL AS INTEGER)", "INTEGER", "NULL")
        if families[0] == "null":
            a, type_a = f"CAST({a} AS {type_b})", type_b
        else:
            b, type_b = f"CAST({b} AS {type_a})", type_a
        families = (family(type_a), family(type_b))
    if families == ("number", "number"):
        found = _numbers(a, type_a, b, type_b)
    elif families == ("timestamp", "timestamp"):
        found = _timestamps(a, type_a, b, type_b, pair)
    elif families == ("time", "time"):
        kind = type_a if type_a == type_b else "TIME_NS" if "TIME_NS" in (type_a, type_b) else "TIME"
        found = Canonical(_cast(a, type_a, kind), _cast(b, type_b, kind), kind, kind)
    elif families == ("nested", "nested"):
        found = _nested(a, type_a, b, type_b, pair)
    elif families == ("binary", "binary"):
        found = Canonical(a, b, "BLOB", "BLOB")
    elif families == ("uuid", "uuid"):
        found = Canonical(a, b, "UUID", "UUID")
    elif set(families) <= {"text", "uuid"}:
        one, other = (_text(s, t, pair, "uuid" in families) for s, t in ((a, type_a), (b, type_b)))
        found = Canonical(one, other, "VARCHAR", _text_form(pair, families))
    else:
        return _never_equal(a, b, families, pair)
    if pair.source.text or pair.target.text:
        found = _with_unread_text(found, pair, a, b)
    from_csv = pair.source.note or pair.target.note
    if pair.source.type != pair.target.type and not found.note and not from_csv:
        note = f"types differ ({pair.source.type} against {pair.target.type}); compared by value"
        return Canonical(found.source, found.target, found.type, found.form, note)
    return found


def csv_text(value: str) -> str:
    """The name, beside a value's name, of the CSV text it was read from, where some of it can't be read."""
    return f"{value}_text"


def _with_unread_text(form: Canonical, pair: Pair, a: str, b: str) -> Canonical:
    """CSV text that can't be read as its column's type is equal only to the same text."""
    sides = []
    for column, raw, value in ((pair.source, a, form.source), (pair.target, b, form.target)):
        text = float_text(value, form.type) if form.type in FLOATS else f"CAST({value} AS VARCHAR)"
        side = f"'value ' || {text}"
        if column.text:
            side = f"CASE WHEN {raw} IS NULL THEN 'text ' || {csv_text(raw)} ELSE {side} END"
        sides.append(side)
    return Canonical(*sides, "VARCHAR", f"{form.form}, as text beside text that isn't one", form.note)


def _cast(sql: str, have: str, want: str) -> str:
    if have == want:
        return sql
    if have == "BOOLEAN" and want.startswith("DECIMAL"):
        return f"CAST(CAST({sql} AS TINYINT) AS {want})"
    return f"CAST({sql} AS {want})"


def _numbers(a: str, type_a: str, b: str, type_b: str) -> Canonical:
    if type_a == type_b:
        return Canonical(a, b, type_a, type_a)
    floats = (type_a in FLOATS, type_b in FLOATS)
    if all(floats):
        return Canonical(_cast(a, type_a, "DOUBLE"), _cast(b, type_b, "DOUBLE"), "DOUBLE", "DOUBLE")
    form = "shortest decimal of the float, as text"
    if floats[0]:
        return Canonical(float_text(a, type_a), _exact_as_float_text(b, type_b, type_a), "VARCHAR", form)
    if floats[1]:
        return Canonical(_exact_as_float_text(a, type_a, type_b), float_text(b, type_b), "VARCHAR", form)
    common = common_decimal(type_a, type_b)
    if common is None:
        return Canonical(_trimmed(a, type_a), _trimmed(b, type_b), "VARCHAR", "decimal digits, as text")
    return Canonical(_cast(a, type_a, common), _cast(b, type_b, common), common, common)


def common_decimal(type_a: str, type_b: str) -> str | None:
    """The exact type that holds every value of two exact number types; None where that needs over 38
    digits."""
    one, other = digits(type_a), digits(type_b)
    whole, scale = max(one.whole, other.whole), max(one.scale, other.scale)
    if scale == 0 and whole <= 19 and "UBIGINT" not in (type_a, type_b):
        return "BIGINT" if not type_a.startswith("D") and not type_b.startswith("D") else f"DECIMAL({whole},0)"
    return f"DECIMAL({whole + scale},{scale})" if whole + scale <= 38 else None


def decimal_text(sql: str, duck_type: str) -> str:
    """An exact number's text; DuckDB leaves the 0 before the point out where a type has no whole digits."""
    if duck_type == "BOOLEAN":
        return f"CAST(CAST({sql} AS TINYINT) AS VARCHAR)"
    text = f"CAST({sql} AS VARCHAR)"
    return text if digits(duck_type).whole else rf"regexp_replace({text}, '^(-?)\.', '\10.')"


def _trimmed(sql: str, duck_type: str) -> str:
    text = decimal_text(sql, duck_type)
    return f"rtrim(rtrim({text}, '0'), '.')" if digits(duck_type).scale else text


def float_text(sql: str, duck_type: str) -> str:
    """SQL: the shortest decimal that identifies a float; for three doubles twice the decimal of their half."""
    text = f"CAST({sql} + 0 AS VARCHAR)"  # + 0 makes -0.0 0.0
    if duck_type == "FLOAT":
        return text
    misprinted = ", ".join(f"CAST('{2.0**exponent}' AS DOUBLE)" for exponent in _MISPRINTED)
    return f"CASE WHEN abs({sql}) IN ({misprinted}) THEN 'twice ' || CAST({sql} / 2 AS VARCHAR) ELSE {text} END"


def _exact_as_float_text(sql: str, duck_type: str, float_type: str) -> str:
    if duck_type == "BOOLEAN":
        sql, duck_type = f"CAST({sql} AS TINYINT)", "TINYINT"
    # by text, since DuckDB's own cast of a decimal divides two rounded floats
    near = f"CAST(CAST({sql} AS VARCHAR) AS {float_type})"
    same = f"TRY_CAST({near} AS HUGEINT) = CAST({sql} AS HUGEINT)"
    if digits(duck_type).scale:
        # of more decimals than either has, lest the float's are rounded; before the point there can be but 16 digits
        wide = f"DECIMAL(38,{max(digits(duck_type).scale, _FRACTION)})"
        shortest = f"TRY_CAST(CAST({near} AS VARCHAR) AS {wide}) = TRY_CAST({sql} AS {wide})"
        same = f"CASE WHEN {sql} % 1 = 0 THEN {same} ELSE {shortest} END"
    return (
        f"CASE WHEN coalesce({same}, false) THEN {float_text(near, float_type)}"
        f" ELSE 'exactly ' || CAST({sql} AS VARCHAR) END"
    )


def _text(sql: str, duck_type: str, pair: Pair, with_uuid: bool) -> str:
    text = _cast(sql, duck_type, "VARCHAR")
    if duck_type == "UUID":
        return text
    text = by_text_rules(text, pair.rule)
    if with_uuid:
        text = f"CASE WHEN regexp_full_match({text}, '{UUID_PATTERN}') THEN lower({text}) ELSE {text} END"
    return text


def by_text_rules(text: str, rule: ColumnRule) -> str:
    """SQL: a text as the rules for texts have it."""
    if rule.trim:
        function = {"trailing": "rtrim", "leading": "ltrim", "both": "trim"}[rule.trim]
        text = f"{function}({text}, ' ')"
    if rule.case == "ignore":
        text = f"lower(upper({text}))"  # both ways, so that ς and Σ, or ſ and S, meet
    return f"nullif({text}, '')" if rule.empty_is_null else text


def _text_form(pair: Pair, families: tuple[Family | None, ...]) -> str:
    rule = pair.rule
    steps = [
        f"trim {rule.trim}" if rule.trim else "",
        "without case" if rule.case else "",
        "'' as NULL" if rule.empty_is_null else "",
        "uuids in lower case" if "uuid" in families else "",
    ]
    return ", ".join(["VARCHAR", *(s for s in steps if s)])


def _timestamps(a: str, type_a: str, b: str, type_b: str, pair: Pair) -> Canonical:
    rule = pair.rule
    types = (type_a, type_b)
    instants = [t in INSTANTS for t in types]
    note = None
    zone = rule.timezone if any(instants) and not all(instants) else None
    if any(instants) and not all(instants) and zone is None:
        naive = "source" if instants[1] else "target"
        note = f"the {naive}'s timestamps have no zone and are taken as UTC; the rule `timezone` says otherwise"
    if rule.precision is None and type_a == type_b:
        return Canonical(a, b, type_a, type_a)
    if rule.precision is None and not any(instants) and not any(t in NANOSECONDS for t in types):
        return Canonical(_cast(a, type_a, "TIMESTAMP"), _cast(b, type_b, "TIMESTAMP"), "TIMESTAMP", "TIMESTAMP")
    if rule.precision == "day" and any(instants) and rule.timezone:
        days = [_local_day(sql, type_, rule.timezone) for sql, type_ in ((a, type_a), (b, type_b))]
        return Canonical(*days, "DATE", f"day in {rule.timezone}", note)
    nanoseconds = any(t in NANOSECONDS for t in types)
    one, other = (_since_1970(s, t, zone, nanoseconds) for s, t in ((a, type_a), (b, type_b)))
    form = f"{'nano' if nanoseconds else 'micro'}seconds since 1970{' in UTC' if any(instants) else ''}"
    if rule.precision is not None:
        unit = _MICROSECONDS[rule.precision] * (1000 if nanoseconds else 1)
        local = rule.timezone if any(instants) else None
        offsets = [_offset(s, t, local, nanoseconds) for s, t in ((a, type_a), (b, type_b))]
        one, other = (_truncated(n, offset, unit) for n, offset in zip((one, other), offsets, strict=True))
        form += f", by the {rule.precision}{f' in {local}' if local else ''}"
    return Canonical(one, other, "HUGEINT" if nanoseconds else "BIGINT", form, note)


def _since_1970(sql: str, duck_type: str, zone: str | None, nanoseconds: bool) -> str:
    """Exact integers: a HUGEINT holds nanoseconds of the years 1 to 9999, which BIGINT does not."""
    if duck_type not in INSTANTS + NANOSECONDS:
        sql = _cast(sql, duck_type, "TIMESTAMP")
    if duck_type in NANOSECONDS:
        # for the first and the last of them, which it takes for infinities, DuckDB has no count
        ends = f"CASE WHEN {sql} > CAST('1970-01-01' AS {duck_type}) THEN 1 WHEN {sql} IS NOT NULL THEN -1 END"
        count = f"CAST(coalesce(epoch_ns({sql}), {ends} * {2**63 - 1}) AS HUGEINT)"
        if zone is None or duck_type in INSTANTS:
            return count
        below = f"(({count} % 1000 + 1000) % 1000)"
        local = f"make_timestamp(CAST(({count} - {below}) // 1000 AS BIGINT))"
        return f"(CAST(epoch_us(timezone({literal(zone)}, {local})) AS HUGEINT) * 1000 + {below})"
    if zone is not None and duck_type not in INSTANTS:
        sql = f"timezone({literal(zone)}, {sql})"
    return f"(CAST(epoch_us({sql}) AS HUGEINT) * 1000)" if nanoseconds else f"epoch_us({sql})"


def _truncated(count: str, offset: str, unit: int) -> str:
    """A count cut down to full units of the local clock, which is `offset` ahead of it."""
    return f"({count} - (({count} + {offset}) % {unit} + {unit}) % {unit})" if unit > 1 else count


def _offset(sql: str, duck_type: str, zone: str | None, nanoseconds: bool) -> str:
    """How far a zone's clock is ahead of UTC at that time: its hours need not begin when those of UTC do."""
    if zone is None:
        return "0"
    if duck_type in INSTANTS:
        instant = f"CAST({sql} AS TIMESTAMP WITH TIME ZONE)"
        local = f"timezone({literal(zone)}, {instant})"
    else:
        local = f"CAST({sql} AS TIMESTAMP)"
        instant = f"timezone({literal(zone)}, {local})"
    ahead = f"(epoch_us({local}) - epoch_us({instant}))"
    return f"coalesce({ahead} * 1000, 0)" if nanoseconds else ahead


def _local_day(sql: str, duck_type: str, zone: str) -> str:
    if duck_type in INSTANTS:
        sql = f"timezone({literal(zone)}, CAST({sql} AS TIMESTAMP WITH TIME ZONE))"
    return f"CAST({sql} AS DATE)"


def _nested(a: str, type_a: str, b: str, type_b: str, pair: Pair) -> Canonical:
    if type_a != type_b:
        raise ComparisonError(
            f"column {pair.name!r}: nested types are compared only when they are the same, but one side has "
            f"{type_a} and the other {type_b}; convert one, or add the column to `ignore`"
        )
    is_map = type_a.startswith("MAP(") and type_a.endswith(")")
    if "MAP(" in (type_a[1:] if is_map else type_a):
        raise ComparisonError(
            f"column {pair.name!r} is {type_a}: a map within a nested type has no comparison; "
            "flatten it, or add the column to `ignore`"
        )
    if is_map:
        one, other = (f"list_sort(map_entries({sql}))" for sql in (a, b))
        return Canonical(one, other, f"{type_a}[]", f"the sorted entries of {type_a}")
    return Canonical(a, b, type_a, type_a)


def _never_equal(a: str, b: str, families: tuple[Family | None, ...], pair: Pair) -> Canonical:
    return Canonical(
        f"CASE WHEN {a} IS NOT NULL THEN 's' END",
        f"CASE WHEN {b} IS NOT NULL THEN 't' END",
        "VARCHAR",
        "equal only where both are NULL",
        f"{families[0]} against {families[1]} ({pair.source.type}, {pair.target.type}): never equal but for NULLs",
    )
