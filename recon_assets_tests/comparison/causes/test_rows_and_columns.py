"""Causes that need other columns, other rows or the column as a whole, and the order in which causes are given."""

from datetime import datetime, timedelta

import pytest

from recon_assets.comparison.causes.candidate import Candidate
from recon_assets.comparison.causes.sample import SAMPLED_ROWS
from recon_assets.comparison.causes.values import discover, rank
from recon_assets.comparison.result import Cause, ValueSample
from recon_assets_tests.comparison.causes.finding import (
    causes_of,
    column,
    connect,
    found,
    from_values,
    holding,
    make_pairs,
)

_SIDES = {
    "source": "SELECT hash(k0) AS k, k0, k1, a0 AS c0 FROM everything",
    "target": "SELECT hash(k0) AS k, k0, k1, b0 AS c0 FROM everything",
}


def _found_in(rows: str, type_: str, sides: dict[str, str] | None = _SIDES):
    only = column(0, "v", type_)
    connection = connect()
    connection.execute(
        f"CREATE TABLE everything AS SELECT k0, k1, CAST(a AS {type_}) AS a0, CAST(b AS {type_}) AS b0 FROM ({rows})"
    )
    make_pairs(connection, [only], "SELECT k0, a0, b0 FROM everything")
    return [(f.cause, f.detail, f.rows) for f in found(connection, "pairs", [only], sides)[0]]


def test_two_columns_that_are_exchanged_are_named_in_both():
    columns = [column(0, "first", "VARCHAR"), column(1, "last", "VARCHAR")]
    rows = [(f"a{n}", f"b{n}", f"b{n}", f"a{n}") for n in range(12)]
    connection = connect()
    make_pairs(connection, columns, from_values(columns, rows))
    causes = found(connection, "pairs", columns)
    expected = [("swapped_columns", "the values of first and last are exchanged", 12)]
    other = [("swapped_columns", "the values of last and first are exchanged", 12)]
    assert [(f.cause, f.detail, f.rows) for f in causes[0]] == expected
    assert [(f.cause, f.detail, f.rows) for f in causes[1]] == other


@pytest.mark.parametrize(("moved", "place"), [("lag", "before"), ("lead", "after")])
def test_a_value_of_the_row_before_or_after_is_named(moved, place):
    rows = f"""SELECT k0, k1, a, coalesce({moved}(a) OVER (ORDER BY k0), a) AS b
        FROM (SELECT range AS k0, 0 AS k1, CAST(hash(range) % 1000000 AS INTEGER) AS a FROM range(100))"""
    detail = f"the target has the value of the row {place}, in the order of the key"
    assert _found_in(rows, "INTEGER") == [("other_row", detail, 99)]


def test_values_permuted_among_rows_that_tie_are_named():
    rows = """SELECT n // 10 AS k0, n % 10 AS k1, n % 10 + 1 AS a, (n * 3 + n // 10) % 10 + 1 AS b
        FROM (SELECT range AS n FROM range(200))"""
    sides = {
        role: f"SELECT hash(k0, k1) AS k, k0, k1, {side}0 AS c0 FROM everything"
        for role, side in (("source", "a"), ("target", "b"))
    }
    only = column(0, "v", "INTEGER")
    connection = connect()
    connection.execute(
        f"CREATE TABLE everything AS SELECT k0, k1, CAST(a AS INTEGER) AS a0, CAST(b AS INTEGER) AS b0 FROM ({rows})"
    )
    make_pairs(connection, [only], "SELECT k0, k1, a0, b0 FROM everything", key="hash(k0, k1)")
    causes = found(connection, "pairs", [only], sides)[0]
    assert [c.cause for c in causes] == ["other_row"]
    assert causes[0].rows == connection.execute("SELECT count(*) FROM pairs").fetchone()[0]


def test_rows_are_not_read_for_neighbours_when_everything_is_explained():
    unreadable = {"source": "SELECT error('read')", "target": "SELECT error('read')"}
    rows = "SELECT range AS k0, 0 AS k1, range AS a, range + 5 AS b FROM range(100)"
    assert [c[0] for c in _found_in(rows, "INTEGER", unreadable)] == ["offset"]


def test_keys_that_occur_twice_have_no_neighbours_and_do_not_multiply():
    rows = """SELECT k0 // 2 AS k0, 0 AS k1, a, coalesce(lag(a) OVER (ORDER BY k0), -1) AS b
        FROM (SELECT range AS k0, range * 7919 % 1000 AS a FROM range(100))"""
    assert sum(c[2] for c in _found_in(rows, "INTEGER") if c[0] == "other_row") == 0


def test_the_time_of_each_run_is_volatile():
    start, later = datetime(2025, 3, 1, 10), datetime(2025, 3, 1, 12)
    rows = [
        (str(start + timedelta(seconds=n * 37 % 100)), str(later + timedelta(seconds=n * 53 % 100))) for n in range(90)
    ]
    (only,) = causes_of(rows, "TIMESTAMP")
    assert (only.cause, only.rows) == ("volatile", 90)
    assert only.detail.startswith("each side has the time of its own run: '2025-03-01 10:00:0")


def test_uuids_of_each_run_are_volatile_also_as_text():
    rows = [(f"{n:08d}-0000-4000-8000-000000000001", f"{n:08d}-0000-4000-8000-000000000002") for n in range(30)]
    for type_ in ("UUID", "VARCHAR"):
        assert [(f.cause, f.rows) for f in causes_of(rows, type_)] == [("volatile", 30)]


def test_numbers_that_each_side_gave_in_its_own_order_are_volatile():
    rows = "SELECT range AS k0, 0 AS k1, range + 1 AS a, range * 7 % 100 + 1 AS b FROM range(100)"
    assert [c[:2] for c in _found_in(rows, "INTEGER")] == [
        ("volatile", "each side has numbered its rows in an order of its own")
    ]


def test_a_constant_column_and_lost_values_are_named():
    assert [(f.cause, f.detail, f.rows) for f in causes_of([(f"x{n}", "EUR") for n in range(20)], "VARCHAR")] == [
        ("constant", "'EUR' in the target whatever the source has", 20)
    ]
    assert [(f.cause, f.detail, f.rows) for f in causes_of([(f"x{n}", None) for n in range(20)], "VARCHAR")] == [
        ("null", "NULL in the target where the source has a value", 20)
    ]


def test_a_rare_cause_is_found_among_many_differences_and_holds_beyond_the_sample():
    only = column(0, "v", "DECIMAL(18,3)")
    connection = connect()
    rows = 3 * SAMPLED_ROWS
    make_pairs(
        connection,
        [only],
        f"""SELECT k0, a0, CAST(CASE WHEN k0 % 500 = 0 THEN -a0 ELSE round(a0, 1) END AS DECIMAL(18,3)) AS b0 FROM
        (SELECT range AS k0, CAST(range AS DECIMAL(18,3)) + 0.267 AS a0 FROM range({rows}))""",
    )
    counts = {
        c.cause: connection.execute(f"SELECT count(*) FROM {holding(c, 'pairs')}").fetchone()[0]
        for c in discover(connection, "pairs", [only])
    }
    assert counts == {"rounding": rows - rows // 500, "sign": rows // 500}


def test_searching_leaves_no_table_behind_but_lookups():
    only = column(0, "v", "INTEGER")
    connection = connect()
    make_pairs(connection, [only], from_values([only], [("1", "2"), ("5", "9"), ("7", "-7")]))
    discover(connection, "pairs", [only])
    assert connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall() == []


def test_causes_are_ranked_by_rows_then_simplicity_and_the_rest_comes_last():
    sample = [ValueSample({"id": 1}, "1.5", "2")]
    candidates = [Candidate(0, cause, cause, "true") for cause in ("offset", "sign", "rounding", "factor")]
    counted = list(zip(candidates, [10, 10, 30, 0], [sample, [], [], []], strict=True))
    assert rank(50, counted, (5, sample)) == [
        Cause("rounding", "rounding", 30, 0.6, []),
        Cause("sign", "sign", 10, 0.2, []),
        Cause("offset", "offset", 10, 0.2, sample),
        Cause("unexplained", "no known cause", 5, 0.1, sample),
    ]
    assert rank(30, [(candidates[2], 30, [])], (0, [])) == [Cause("rounding", "rounding", 30, 1.0, [])]
