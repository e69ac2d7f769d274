"""What is said of missing and extra rows: tables of cases."""

from datetime import date, datetime, time
from decimal import Decimal

import duckdb
import pytest

from recon_assets.comparison.causes.predicates import roundest
from recon_assets_tests.comparison.causes.rows_data import explained

LOSES = "DISTINCT, a GROUP BY or ROW_NUMBER() = 1 leaves rows out"
MULTIPLIES = "a join multiplies rows, or they were loaded more than once"
DROPS = "an inner join or a filter drops such rows"
ADDS = "an outer join adds such rows"
UNTOLD = "no simple predicate tells them from the rows with a partner"

SALES = (
    "SELECT i AS id, i % 7 AS product, CASE WHEN i % 5 > 0 THEN i % 11 END AS shop, md5(i::VARCHAR) AS note,"
    " DATE '2024-01-01' + (i * 7919 % 1000 // 3)::INTEGER AS day, i % 2 = 0 AS paid,"
    " CASE i * 7919 % 10 WHEN 0 THEN 'NaN'::DOUBLE WHEN 1 THEN 'Infinity'::DOUBLE ELSE i END AS weight,"
    " CASE WHEN i * 7919 % 9 = 0 THEN [i] END AS parts, CASE WHEN i * 7919 % 8 = 0 THEN 'x'::BLOB END AS scan"
    " FROM range(1000) AS t(i)"
)
KEPT = "SELECT * FROM source WHERE ({}) IS NOT TRUE"


@pytest.mark.parametrize(
    ("lost", "sentence"),
    [
        ("product = 3", "product = 3"),
        ("product <> 3", "product <> 3"),
        ("product IN (3, 5)", "product IN (3, 5)"),
        ("shop IS NULL", "shop IS NULL"),
        ("shop IS NOT NULL", "shop IS NOT NULL"),
        ("shop = 4 OR shop IS NULL", "shop IS NULL|shop = 4"),
        ("paid", "paid = true"),
        ("day >= DATE '2024-07-01'", "day >= 2024-07-01"),
        ("day < DATE '2024-03-01'", "day < 2024-03-01"),
        ("day BETWEEN DATE '2024-03-05' AND DATE '2024-04-04'", "day BETWEEN 2024-03-05 AND 2024-04-04"),
        ("id >= 800", "id >= 800"),
        ("isnan(weight)", "weight = NaN"),
        ("isinf(weight)", "weight = Infinity"),
        ("parts IS NOT NULL", "parts IS NOT NULL"),
        ("scan IS NULL", "scan IS NULL"),
        ("note LIKE 'a%'", "note LIKE 'a%'"),
        ("product = 3 AND paid", "paid = true AND product = 3"),
        ("shop IS NULL AND day >= DATE '2024-07-01'", "day >= 2024-07-01 AND shop IS NULL"),
        ("product = 3 OR note LIKE 'a%'", "product = 3|note LIKE 'a%'"),
    ],
)
def test_rows_that_are_lost_by_a_predicate_are_described_by_it(lost: str, sentence: str) -> None:
    found = _explained(SALES, KEPT.format(lost), ["id"])

    described = {_unordered(c.detail.split(":")[0]) for c in found.missing}
    assert described == {_unordered(part) for part in sentence.split("|")}
    assert {c.cause for c in found.missing} == {"predicate"}
    assert all(c.precision == 1.0 for c in found.missing)
    assert sum(c.share for c in found.missing) == pytest.approx(1)


CASES = {
    "a join that finds every customer three times": (
        "SELECT i AS id, i AS v FROM range(100) AS t(i)",
        "SELECT id, v FROM source LEFT JOIN range(3) ON id >= 88",
        ["id"],
        [("extra", f"12 keys that the source has once each appear 3 times in the target: {MULTIPLIES}", 24)],
    ),
    "one key twice": (
        "SELECT i AS id FROM range(100) AS t(i)",
        "FROM source UNION ALL SELECT 7",
        ["id"],
        [("extra", f"1 key that the source has once appears twice in the target: {MULTIPLIES}", 1)],
    ),
    "keys repeated unequally often": (
        "SELECT i AS id FROM range(100) AS t(i)",
        "SELECT id FROM source, range(CASE WHEN id < 5 THEN 2 WHEN id = 5 THEN 4 ELSE 1 END)",
        ["id"],
        [
            (
                "extra",
                "6 keys appear more often in the target than in the source, most of them twice instead of once:"
                f" {MULTIPLIES}",
                8,
            )
        ],
    ),
    "a DISTINCT": (
        "SELECT i % 10 AS a, i % 2 AS b FROM range(30) AS t(i)",
        "SELECT DISTINCT a, b FROM source",
        [],
        [("missing", f"10 rows that the target has once each appear 3 times in the source: {LOSES}", 20)],
    ),
    "a NULL in the key of an inner join": (
        "SELECT i AS id, CASE WHEN i % 9 > 0 THEN i % 5 END AS shop FROM range(900) AS t(i)",
        "FROM source WHERE shop IS NOT NULL",
        ["id", "shop"],
        [("missing", f"shop is NULL in all of them: {DROPS}", 100)],
    ),
    "two columns of an outer join": (
        "FROM target WHERE shop IS NOT NULL",
        "SELECT i AS id, CASE WHEN i % 9 > 0 THEN i % 5 END AS shop, CASE WHEN i % 9 > 0 THEN i % 4 END AS town"
        " FROM range(900) AS t(i)",
        ["id", "shop", "town"],
        [("extra", f"shop and town are NULL in all of them: {ADDS}", 100)],
    ),
    "NULL keys on both sides pair": (
        "SELECT CASE WHEN i % 5 > 0 THEN i END AS id, i AS v FROM range(100) AS t(i)",
        "FROM source",
        ["id"],
        [],
    ),
    "another id for the same rows": (
        "SELECT i AS id, md5(i::VARCHAR) AS v FROM range(100) AS t(i)",
        "SELECT i * 7919 % 10007 AS id, md5(i::VARCHAR) AS v FROM range(100) AS t(i) WHERE i > 0",
        ["id"],
        [
            ("missing", "id differs in its value; the rest of the row agrees", 99),
            ("missing", UNTOLD, 1),
            ("extra", "id differs in its value; the rest of the row agrees", 99),
        ],
    ),
    "one of the keys exchanged": (
        "SELECT i AS id, i % 3 AS kind, md5(i::VARCHAR) AS v FROM range(100) AS t(i)",
        "SELECT id, (id * 7919 % 31 + 5)::BIGINT AS kind, v FROM source",
        ["id", "kind"],
        [
            ("missing", "kind differs in its value; the rest of the key agrees", 100),
            ("extra", "kind differs in its value; the rest of the key agrees", 100),
        ],
    ),
    "timestamps without end in the key": (
        "SELECT CASE WHEN i % 50 = 0 THEN 'infinity'::TIMESTAMP ELSE TIMESTAMP '2024-01-01' + to_minutes(i * 61) END AS ts, i AS v"
        " FROM range(200) AS t(i)",
        "SELECT ts + INTERVAL 1 HOUR AS ts, v FROM source",
        ["ts"],
        [
            ("missing", "ts differs: the target is 1 hour later than the source", 196),
            ("extra", "ts differs: the target is 1 hour later than the source", 196),
        ],
    ),
    "columns of every other type, in the key too": (
        "SELECT i AS id, [i] AS l, {'a': i} AS s, NULL AS n, 'x'::BLOB AS b, uuid() AS u, TIME '01:02' AS t,"
        " TIMESTAMP_NS '2024-01-01 01:02:03.123456789' AS ns, i::FLOAT AS f FROM range(50) AS t(i)",
        "SELECT * REPLACE (CASE WHEN id < 20 THEN 'y'::BLOB ELSE b END AS b) FROM source",
        [],
        [
            ("missing", "b differs: y in the target where the source has x", 20),
            ("extra", "b differs: y in the target where the source has x", 20),
        ],
    ),
    "nothing in the target": (
        "SELECT i AS id, i % 3 AS kind FROM range(100) AS t(i)",
        "FROM source WHERE false",
        ["id"],
        [("missing", "no row of the source has a partner in the target", 100)],
    ),
    "different rows altogether": (
        "SELECT i AS id, md5(i::VARCHAR) AS v FROM range(100) AS t(i)",
        "SELECT i * 7919 + 1000000 AS id, md5(i || 'other') AS v FROM range(90) AS t(i)",
        ["id"],
        [
            ("missing", "no row of the source has a partner in the target", 100),
            ("extra", "no row of the target has a partner in the source", 90),
        ],
    ),
    "the only row that is missing has an id, which explains nothing": (
        "SELECT i AS id, i % 3 AS kind FROM range(100) AS t(i)",
        "FROM source WHERE id <> 17",
        ["id"],
        [("missing", UNTOLD, 1)],
    ),
    "a filter, and the rows it leaves have the key without its padding": (
        "SELECT rpad('K' || i, 10, ' ') AS code, i % 3 AS ch FROM range(6000) AS t(i)",
        "SELECT rtrim(code) AS code, ch FROM source WHERE ch <> 1",
        ["code"],
        [
            ("missing", "code differs: spaces at the end in the source", 4000),
            ("missing", "ch = 1", 2000),
            ("extra", "code differs: spaces at the end in the source", 4000),
        ],
    ),
    "a filter that lets some rows pass, of which none has the key as it was": (
        "SELECT rpad('K' || i, 10, ' ') AS code, i % 3 AS ch FROM range(6000) AS t(i)",
        "SELECT rtrim(code) AS code, ch FROM source WHERE ch <> 1 OR code < 'K1001'",
        ["code"],
        [
            ("missing", "code differs: spaces at the end in the source", 4004),
            ("missing", "ch = 1, which holds for 4 rows of other causes, too", 1996),
            ("extra", "code differs: spaces at the end in the source", 4004),
        ],
    ),
    "a filter, and in the rows it leaves a NULL in the key is replaced": (
        "SELECT i AS id, CASE WHEN i % 10 > 0 THEN 'r' || i % 7 END AS region, i % 100 AS score FROM range(6000) AS t(i)",
        "SELECT id, coalesce(region, '') AS region, score FROM source WHERE score >= 50",
        ["id", "region"],
        [
            ("missing", "score < 50", 3000),
            ("missing", "region differs: '' in the target where the source is NULL", 300),
            ("extra", "region differs: '' in the target where the source is NULL", 300),
        ],
    ),
    "new ids, and rows too much alike to be told apart": (
        "SELECT i AS id, CASE WHEN i < 10 THEN 'none' ELSE md5(i::VARCHAR) END AS v FROM range(2000) AS t(i)",
        "SELECT id * 7919 % 10007 + 20000 AS id, v FROM source",
        ["id"],
        [
            ("missing", "id differs in its value; the rest of the row agrees", 1990),
            ("missing", UNTOLD, 10),
            ("extra", "id differs in its value; the rest of the row agrees", 1990),
            ("extra", UNTOLD, 10),
        ],
    ),
    "old rows gone, new ones come: no key has moved": (
        "SELECT i AS id, md5(i::VARCHAR) AS v FROM range(900) AS t(i)",
        "SELECT i AS id, md5(i::VARCHAR) AS v FROM range(100, 1000) AS t(i)",
        ["id"],
        [
            ("missing", "id < 100", 100),
            ("extra", "id >= 900", 100),
        ],
    ),
}


@pytest.mark.parametrize(("source", "target", "keys", "expected"), CASES.values(), ids=CASES)
def test_each_cause_is_a_sentence_with_its_rows(
    source: str, target: str, keys: list[str], expected: list[tuple[str, str, int]]
) -> None:
    assert _explained(source, target, keys).sentences() == expected


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("'A' || i", "id || ' '"),
        ("'A' || i", "lower(id)"),
        ("'Zoë ' || i", "strip_accents(id)"),
        ("'Zoë ' || i", "replace(id, 'ë', 'Ã«')"),
        ("'customer ' || (1000 + i) || ' of the north'", "left(id, 13)"),
        ("lpad((i + 1)::VARCHAR, 8, '0')", "ltrim(id, '0')"),
        ("i", "id + 1000"),
        ("i * 3 + 100001", "id * 10"),
        ("TIMESTAMP '2024-01-01' + to_minutes(i * 37)", "id - INTERVAL 5 HOUR"),
        ("TIMESTAMP '2024-01-01' + to_minutes(i * 37)", "timezone('Europe/Berlin', timezone('UTC', id))"),
        ("TIMESTAMP '2024-01-01 10:00:00.123456' + to_minutes(i * 37)", "date_trunc('second', id)"),
        ("DATE '2024-01-01' + (i * 40)::INTEGER", "(id + 1)::DATE"),
    ],
)
@pytest.mark.parametrize("values", ["md5(i::VARCHAR) AS v", "i % 2 AS v"], ids=["telling values", "values like others"])
def test_rows_of_a_single_key_column_pair_when_it_is_looked_at_otherwise(source: str, change: str, values: str) -> None:
    found = _explained(
        f"SELECT {source} AS id, {values} FROM range(200) AS t(i)",
        f"SELECT * REPLACE ({change} AS id) FROM source",
        ["id"],
    )

    for side in (found.missing, found.extra):
        (cause,) = side
        assert (cause.cause, cause.share) == ("key_differs", 1.0)
        assert cause.detail.startswith("id differs")


def test_without_a_key_rows_that_differ_in_one_column_are_told_by_it() -> None:
    found = _explained(
        "SELECT i AS a, md5(i::VARCHAR) AS b, i % 5 AS c FROM range(400) AS t(i)",
        "SELECT a, CASE WHEN a % 4 = 0 THEN upper(b) ELSE b END AS b, c + (a % 4 = 1)::INT AS c FROM source",
        [],
    )

    for side in (found.missing, found.extra):
        assert [(c.cause, c.detail.split(" ")[0], c.rows) for c in side] == [
            ("key_differs", "b", 100),
            ("key_differs", "c", 100),
        ]


def test_samples_are_rows_that_the_cause_holds_for_and_ready_for_json() -> None:
    found = _explained(
        "SELECT i AS id, i % 4 AS product, i::DECIMAL(20,2) AS amount, DATE '2024-01-01' AS day FROM range(100) AS t(i)",
        "FROM source WHERE product <> 2",
        ["id"],
    )

    (cause,) = found.missing
    assert len(cause.samples) == 2
    for row in cause.samples:
        assert (row["product"], row["amount"], row["day"]) == (2, f"{row['id']}.00", "2024-01-01")
        assert row["id"] % 4 == 2


def test_precision_counts_the_rows_with_a_partner_that_it_holds_for_too() -> None:
    found = _explained(
        "SELECT i AS id, i % 10 AS product FROM range(1000) AS t(i)",
        "FROM source WHERE product <> 3 OR id IN (3, 13, 23, 33)",
        ["id"],
    )

    (cause,) = found.missing
    assert cause.detail == "product = 3, which holds for 4 rows with a partner, too"
    assert cause.precision == pytest.approx(0.96)


def test_300_columns_are_searched() -> None:
    columns = ", ".join(f"md5_number_lower(i || 'c{n}') % 100 AS c{n}" for n in range(300))

    found = _explained(f"SELECT i AS id, {columns} FROM range(2000) AS t(i)", KEPT.format("c217 = 5"), ["id"])

    assert [c.detail.split(":")[0] for c in found.missing] == ["c217 = 5"]


def test_long_texts_and_quotes_are_described() -> None:
    found = _explained(
        'SELECT i AS "the id", chr((65 + i % 5)::INTEGER) || repeat(\'x\', 1000000) AS "it\'s" FROM range(40) AS t(i)',
        KEPT.format("\"it's\" LIKE 'C%'"),
        ["the id"],
    )

    assert [c.detail for c in found.missing] == [f"\"it's\" LIKE 'C{'x' * 58}…%'"]


def test_nothing_is_left_behind_in_the_session() -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE source AS {SALES}")
        connection.execute("CREATE TABLE target AS SELECT * REPLACE (id + 5000 AS id) FROM source WHERE product <> 1")

        explained(connection, ["id"])

        tables = connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    assert tables == [("rows_of_source",), ("rows_of_target",), ("source",), ("target",)]


@pytest.mark.parametrize(
    ("above", "at_most", "found"),
    [
        (6, 7, 7),
        (998, 1003, 1000),
        (-3, 12, 0),
        (-1003, -998, -1000),
        (Decimal("999.20"), Decimal("1000.37"), Decimal(1000)),
        (Decimal("0.0123"), Decimal("0.0131"), Decimal("0.013")),
        (0.25, 0.3125, 0.3),
        (0.5, float("inf"), float("inf")),
        (date(2024, 6, 20), date(2024, 7, 3), date(2024, 7, 1)),
        (date(2023, 12, 20), date(2024, 3, 3), date(2024, 1, 1)),
        (datetime(2024, 6, 20, 23), datetime(2024, 6, 21, 1, 2, 3, 4), datetime(2024, 6, 21)),
        (time(9, 59, 58), time(10, 0, 7), time(10)),
    ],
)
def test_a_bound_is_as_round_as_the_values_beside_it_allow(above: object, at_most: object, found: object) -> None:
    assert roundest(above, at_most) == found


def _explained(source: str, target: str, keys: list[str]):
    """Of the tables that two SELECTs give, which may speak of each other; without keys, of whole rows."""
    with duckdb.connect() as connection:
        tables = [("source", source), ("target", target)]
        for name, query in tables if "FROM target" not in source else reversed(tables):
            connection.execute(f"CREATE TABLE {name} AS {query}")
        return explained(connection, keys, whole_row=not keys)


def _unordered(predicate: str) -> frozenset[str]:
    return frozenset(predicate.split(" AND ") if "BETWEEN" not in predicate else [predicate])
