"""Differences that look like a cause they are not: what is claimed for them instead, or nothing.

Belongs here: 6000 rows by a formula over the row number `i`, with `h(i)` for a large number that is as good as random.
Does not belong here: a few pairs of values (`test_values`), differences of any size (`test_chance`).
"""

import pytest

from recon_assets_tests.comparison.causes.finding import column, connect, found, make_pairs

_ROWS = 6000
_CENTS = "(h(i) % 1000000 / CAST(100 AS DECIMAL(3,0)))"
_RUN = "TIMESTAMP '2024-02-01 03:10:00' + to_milliseconds(h(i) % 300000)"
_LATER = "TIMESTAMP '2024-02-01 07:10:00' + to_milliseconds(h(-i) % 300000)"
_SECONDS = "TIMESTAMP '2024-02-01' + to_seconds(i * 37)"
_TENTHS = "CAST(h(i) % 1000000 AS DECIMAL(12,2)) / 100"

Claims = list[tuple[str, str]]


def _claims(types: str | tuple[str, str], source: str, target: str) -> Claims:
    """The causes found, each of which must hold for all rows that differ."""
    source_type, target_type = (types, types) if isinstance(types, str) else types
    only = column(0, "v", source_type, target_type)
    connection = connect()
    connection.execute("CREATE MACRO h(x) AS CAST(hash(x) % 1000000007 AS BIGINT)")
    connection.execute(
        f"CREATE TABLE everything AS SELECT CAST(i AS INTEGER) AS k0, CAST({source} AS {source_type}) AS a0,"
        f" CAST({target} AS {target_type}) AS b0 FROM range({_ROWS}) AS t(i)"
    )
    make_pairs(connection, [only], "SELECT * FROM everything")
    sides = {
        role: f"SELECT hash(k0) AS k, k0, {letter}0 AS c0 FROM everything"
        for role, letter in (("source", "a"), ("target", "b"))
    }
    causes = found(connection, "pairs", [only], sides)[0]
    total = connection.execute("SELECT count(*) FROM pairs").fetchone()[0]
    assert [f.rows for f in causes] == [total] * len(causes)
    return [(f.cause, f.detail) for f in causes]


EXPLAINED = [
    (("TIMESTAMP", "DATE"), "TIMESTAMP '2024-02-01' + to_seconds(h(i) % 86400)", "DATE '2024-02-01'", "midnight", "the target has the date of the source without its time of day"),
    ("DATE", "DATE '1900-01-01'", "DATE '0001-01-01'", "constant", "0001-01-01 in the target where the source has 1900-01-01"),
    ("TIMESTAMP", _RUN, "TIMESTAMP '1900-01-01'", "constant", "1900-01-01 00:00:00 in the target whatever the source has"),
    ("TIMESTAMP", _RUN, "TIMESTAMP '2024-02-01 07:10:31.25'", "volatile", "each side has the time of its own run: '2024-02-01 03:10:02' and later in the source, '2024-02-01 07:10:31' in the target"),
    ("BIGINT", "h(i) % 600", "least(h(i) % 600, 255)", "overflow", "the target is capped at the limit of tinyint (0 to 255), which the source is beyond"),
    ("INTEGER", "10", "10 - h(i) % 5", "constant", "10 in the source whatever the target has"),
    ("DECIMAL(12,2)", f"round({_CENTS} / 2, 2)", _CENTS, "factor", "the target is 2 times the source, but for the rounding of both"),
    ("DECIMAL(12,2)", _CENTS, f"round({_CENTS} / 2, 2)", "factor", "the target is 0.5 times the source"),
    ("DECIMAL(12,2)", f"round(1.1 * {_CENTS}, 2)", f"round(1.2 * {_CENTS}, 2)", "factor", "the target is 1.090909 times the source, but for the rounding of both"),
    ("DOUBLE", f"1.1 * {_CENTS} / 97", f"1.2 * {_CENTS} / 97", "factor", "the target is 1.090909 times the source, but for the rounding of both"),
    ("INTEGER", "100 + h(i) % 20", "101 + h(i) % 20", "offset", "the target is the source plus 1"),
    ("VARCHAR", "'EUR'", "'USD'", "constant", "'USD' in the target where the source has 'EUR'"),
    ("VARCHAR", "'v' || h(i) % 4", "CASE WHEN h(-i) % 5 > 0 THEN 'v' || h(i) % 4 END", "null", "NULL in the target where the source has a value"),
    ("INTEGER", "h(i) % 3", "CASE WHEN h(-i) % 5 > 0 THEN h(i) % 3 END", "null", "NULL in the target where the source has a value"),
    ("BOOLEAN", "h(i) % 2 = 0", "CASE WHEN h(-i) % 5 > 0 THEN h(i) % 2 = 0 END", "null", "NULL in the target where the source has a value"),
    ("DECIMAL(12,2)", _CENTS, f"{_CENTS} + 0.01", "rounding", "the target is the source plus 0.01, one in the last of 2 decimals, as when something before was rounded differently"),
    ("DECIMAL(12,2)", "i / CAST(100 AS DECIMAL(3,0))", "greatest(i - 1, 0) / CAST(100 AS DECIMAL(3,0))", "other_row", "the target has the value of the row before, in the order of the key"),
    ("TIMESTAMP", f"{_SECONDS} + to_microseconds([3333, 6667, 10000][1 + i % 3])", f"{_SECONDS} + to_milliseconds([3, 7, 10][1 + i % 3])", "timestamp_precision", "1/300 seconds of SQL Server's datetime: exact in the source, in milliseconds in the target"),
    ("TIMESTAMP", f"{_SECONDS} + to_milliseconds([3, 7, 10][1 + i % 3])", f"{_SECONDS} + to_microseconds([3333, 6667, 10000][1 + i % 3])", "timestamp_precision", "1/300 seconds of SQL Server's datetime: exact in the target, in milliseconds in the source"),
    ("VARCHAR", "'ab ' || i || ' ' || md5(CAST(i AS VARCHAR))", "rtrim(left('ab ' || i || ' ' || md5(CAST(i AS VARCHAR)), 12))", "cut_text", "the target is the source cut to 12 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("types", "source", "target", "cause", "detail"), EXPLAINED)
def test_the_cause_that_fits_exactly_is_claimed_alone(types, source, target, cause, detail):
    assert _claims(types, source, target) == [(cause, detail)]


@pytest.mark.parametrize(
    ("types", "source", "target"),
    [
        ("BIGINT", "h(i) % 600", "h(i) % 600 + h(-i) % 5 - 2"),
        ("TIMESTAMP", _SECONDS, f"{_SECONDS} + to_seconds(h(i) % 6)"),
        ("TIMESTAMP", _SECONDS, f"{_SECONDS} + to_microseconds(h(i) % 5000000)"),
        ("DECIMAL(12,2)", f"100 + {_TENTHS}", f"100 + {_TENTHS} + h(-i) % 11 / 100"),
        ("DECIMAL(12,2)", f"100 + {_TENTHS} / 10", f"100 + {_TENTHS} / 10 + h(-i) % 11 / 100"),
        ("DOUBLE", f"100 + {_TENTHS}", f"100 + {_TENTHS} + h(-i) % 100003 / 1000003"),
        ("DECIMAL(12,2)", f"{_CENTS} * (50 + h(-i) % 100)", f"{_CENTS} * (50 + h(-i * 3) % 100)"),
        ("INTEGER", "100 + h(i) % 20", "100 + h(i) % 20 + 1 + h(-i) % 2"),
        ("INTEGER", "1000 + h(i) % 2000", "1000 + h(i) % 2000 + 1 + h(-i) % 9"),
        ("VARCHAR", "CAST(h(i) / 1000003 * pow(10, i % 3) AS VARCHAR)", "printf('%.6g', h(i) / 1000003 * pow(10, i % 3))"),
        ("VARCHAR", "CAST(h(i) % 100000 / 7.0 AS VARCHAR)", "CAST(CAST(h(i) % 100000 / 7.0 AS FLOAT) AS VARCHAR)"),
        ("TIMESTAMP", "TIMESTAMP '2024-02-01' + to_hours(h(i) % 12)", "TIMESTAMP '2024-02-02' + to_hours(h(-i) % 12)"),
    ],
)  # fmt: skip
def test_noise_that_some_constant_fits_now_and_then_is_not_explained_by_it(types, source, target):
    assert _claims(types, source, target) == []


def test_times_of_a_few_rows_within_an_hour_are_not_those_of_a_run():
    apart = "CASE WHEN i < 40 THEN {run} ELSE TIMESTAMP '2020-01-01' + to_hours(i) END"
    assert _claims("TIMESTAMP", apart.format(run=_RUN), apart.format(run=_LATER)) == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("h(i) % 2", "1 - h(i) % 2"), ("h(-i) % 2", "1 - h(-i) % 2"), set()),
        (("h(i) % 2", "1 - h(i) % 2"), ("1 - h(i) % 2", "h(i) % 2"), {"swapped_columns"}),
        (("h(i) % 7", "h(-i) % 11"), ("h(-i) % 11", "h(i) % 7"), {"swapped_columns"}),
    ],
    ids=["flags that both flip", "flags always exchanged", "values exchanged"],
)
def test_columns_are_exchanged_if_their_values_can_tell(first, second, expected):
    columns = [column(0, "one", "INTEGER"), column(1, "two", "INTEGER")]
    connection = connect()
    connection.execute("CREATE MACRO h(x) AS CAST(hash(x) % 1000000007 AS BIGINT)")
    values = ", ".join(
        f"CAST({sql} AS INTEGER) AS {letter}{n}"
        for n, sides in enumerate((first, second))
        for letter, sql in zip("ab", sides, strict=True)
    )
    make_pairs(connection, columns, f"SELECT CAST(i AS INTEGER) AS k0, {values} FROM range({_ROWS}) AS t(i)")
    causes = found(connection, "pairs", columns)
    assert {f.cause for n in causes for f in causes[n] if f.cause == "swapped_columns"} == expected
