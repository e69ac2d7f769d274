"""What is not claimed: differences without a cause, and too few rows to tell."""

import pytest

from recon_assets_tests.comparison.causes.finding import causes_of, column, connect, found, make_pairs

_RANDOM = "(hash(k0, '{side}') % 1000003 / 1000003)"

NOISE = [
    ("DECIMAL(18,2)", "{r} * 100000"),
    ("DECIMAL(18,2)", "50 + {r}"),
    ("DECIMAL(38,10)", "{r} * 1000"),
    ("BIGINT", "floor({r} * 1000000)"),
    ("INTEGER", "floor({r} * 1000)"),
    ("INTEGER", "floor({r} * 10)"),
    ("INTEGER", "k0 + floor({r} * 10)"),
    ("INTEGER", "100 + round(3 * {r} + 3 * {s} + 2 * {t})"),
    ("DECIMAL(9,2)", "k0 + round({r}, 1) / 10"),
    ("DECIMAL(9,3)", "k0 + {r} / 20"),
    ("DOUBLE", "{r} * 1000"),
    ("DOUBLE", "k0 + {r} / 1000"),
    ("FLOAT", "{r}"),
    ("VARCHAR", "'name ' || CAST(floor({r} * 100000) AS INTEGER)"),
    ("VARCHAR", "['red', 'green', 'blue', 'RED'][1 + CAST(floor({r} * 4) AS INTEGER)]"),
    ("VARCHAR", "md5(CAST({r} AS VARCHAR))"),
    ("VARCHAR", "CAST(floor({r} * 10) AS INTEGER)"),
    ("TIMESTAMP", "TIMESTAMP '2020-01-01' + to_microseconds(CAST({r} * 1e14 AS BIGINT))"),
    ("TIMESTAMP", "TIMESTAMP '2020-01-01' + to_hours(CAST(floor({r} * 48) AS INTEGER)) + to_days(k0)"),
    ("TIMESTAMP", "TIMESTAMP '2020-01-01' + to_seconds(CAST(floor({r} * 300) AS INTEGER)) + to_hours(k0)"),
    ("DATE", "DATE '2020-01-01' + CAST(floor({r} * 20) AS INTEGER) + k0"),
    ("DATE", "DATE '2020-01-01' + CAST(floor({r} * 2000) AS INTEGER)"),
    ("TIME", "TIME '00:00:00' + to_seconds(CAST(floor({r} * 86400) AS INTEGER))"),
    ("BOOLEAN", "{r} < 0.5"),
    ("BLOB", "encode(CAST({r} AS VARCHAR))"),
]


@pytest.mark.parametrize("rows", [40, 3000])
@pytest.mark.parametrize(("type_", "value"), NOISE)
def test_random_differences_have_no_cause(type_, value, rows):
    only = column(0, "v", type_)
    sides = []
    for side in "ab":
        sql = value
        for n, name in enumerate("rst"):
            sql = sql.replace(f"{{{name}}}", _RANDOM.format(side=f"{side}{n}"))
        sides.append(f"CAST({sql} AS {type_}) AS {side}0")
    connection = connect()
    make_pairs(
        connection,
        [only],
        f"SELECT k0, {', '.join(sides)} FROM (SELECT CAST(range AS INTEGER) AS k0 FROM range({rows}))",
    )
    explained = sum(f.rows for f in found(connection, "pairs", [only])[0])
    assert explained <= rows // 200


TOO_FEW = [
    ([("5", "8")], "INTEGER", "offset"),
    ([("5.00", "500.00")], "DECIMAL(9,2)", "factor"),
    ([("2024-01-01 10:00:00", "2024-01-01 12:00:00")], "TIMESTAMP", "time_shift"),
    ([("5", "8")] * 50, "INTEGER", "offset"),
    ([("2024-01-01", "2024-01-02"), ("2024-01-05", "2024-01-06")], "DATE", "time_shift"),
]


@pytest.mark.parametrize(("rows", "type_", "cause"), TOO_FEW)
def test_a_constant_is_not_made_of_too_few_different_values(rows, type_, cause):
    assert cause not in [f.cause for f in causes_of(rows, type_)]


def test_nulls_beside_any_of_few_values_stand_for_none_of_them():
    rows = [(None, str(n % 5)) for n in range(200)]
    assert [(f.cause, f.rows) for f in causes_of(rows, "INTEGER")] == [("null", 200)]


def test_a_column_without_differences_has_no_cause():
    assert causes_of([("1", "1")], "INTEGER") == []


def test_a_column_that_is_null_on_one_side_by_its_type_is_searched():
    assert {f.cause for f in causes_of([("1", None), ("2", None)], "INTEGER", '"NULL"')} <= {"null_constant", "null"}
