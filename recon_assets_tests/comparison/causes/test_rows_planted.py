"""Planted faults in three differently shaped data sets: each is named, and its rows are claimed and no others."""

import duckdb
import pytest

from recon_assets_tests.comparison.causes.rows_data import explained
from recon_assets_tests.comparison.causes.rows_planted import DATA, FAULTS, KEYS, ROWS, SIZES, Fault, base, measure


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_named_and_its_rows_are_told_from_all_others(connection, fault: Fault, size: float) -> None:
    size = max(size, fault.least)

    found = measure(connection, fault, size)

    for side in found:
        assert side.planted >= 3
        assert side.precision >= 0.99, side.details
        assert side.recall >= 0.99, side.details
        assert len(side.details) == 1, "the fault is the only cause"


@pytest.mark.parametrize("fault", [f for f in FAULTS if not f.change], ids=str)
def test_the_same_fault_on_the_other_side_makes_extra_rows(connection, fault: Fault) -> None:
    (side,) = measure(connection, fault, 0.02, lost="source")

    assert (side.precision, side.recall) == (1.0, 1.0), side.details


@pytest.mark.parametrize("lost", [1, 30, 600, 15_000])
@pytest.mark.parametrize("data", DATA)
def test_rows_lost_at_random_on_both_sides_are_unexplained(connection, data: str, lost: int) -> None:
    for role in ("source", "target"):
        connection.execute(
            f"CREATE OR REPLACE TABLE {role} AS FROM {base(connection, data, 0.02)}"
            f" WHERE md5_number_lower(row_id || '{role}') % {ROWS} >= {lost}"
        )

    found = explained(connection, KEYS[data])

    assert {cause.cause for side in (found.missing, found.extra) for cause in side} <= {"unexplained"}


def test_faults_that_come_together_are_told_apart(connection) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE source AS FROM {base(connection, 'fact', 0.02)}")
    connection.execute(
        "CREATE OR REPLACE TABLE target AS SELECT * REPLACE (CASE WHEN institution_id = 5 THEN lower(product_id)"
        " ELSE product_id END AS product_id) FROM source WHERE corporation_id IS NOT NULL AND product_id <> 'P007'"
        " AND (amount >= 0 OR institution_id = 5) AND md5_number_lower(row_id || 'lost') % 500 > 0"
    )
    connection.execute("INSERT INTO target FROM target WHERE institution_id = 6 AND a3_count < 5")
    [(twice, in_lower_case, no_corporation, negative_and_kept)] = connection.execute(
        "SELECT (SELECT count(*) // 2 FROM target WHERE institution_id = 6 AND a3_count < 5),"
        " (SELECT count(*) FROM target WHERE institution_id = 5),"
        " (SELECT count(*) FROM source WHERE corporation_id IS NULL),"
        " (SELECT count(*) FROM target WHERE institution_id = 5 AND amount < 0)"
    ).fetchall()

    found = explained(connection, KEYS["fact"])

    assert [(c.cause, c.rows) for c in found.extra] == sorted(
        [("fan_out", twice), ("key_differs", in_lower_case)], key=lambda cause: -cause[1]
    )
    missing = {c.cause: c for c in found.missing if c.cause != "predicate"}
    assert missing["key_differs"].rows == in_lower_case
    assert missing["null_key"].rows == no_corporation
    assert {c.detail.split(":")[0] for c in found.missing if c.cause == "predicate"} == {
        "product_id = 'P007'",
        f"amount < 0, which holds for {negative_and_kept} rows of other causes, too",
    }
    assert 30 <= missing["unexplained"].rows <= 90, "the 60 or so that were lost at random"
    assert sum(c.rows for c in found.missing) == sum(
        rows for (rows,) in connection.execute("SELECT count(*) FROM rows_of_source WHERE unpaired").fetchall()
    )
