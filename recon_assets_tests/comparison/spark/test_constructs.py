"""Everything that may be said on Spark, said on both engines about the same rows."""

from datetime import UTC, date, datetime, time
from decimal import Decimal as D

import pyarrow as pa
import pytest

NAN, INF = float("nan"), float("inf")
ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4, 5, 6], pa.int32()),
        "g": pa.array([1, 1, 2, 2, None, None], pa.int32()),
        "big": pa.array([0, -7, 2**63 - 1, -(2**63), None, 1_000_001], pa.int64()),
        "small": pa.array([0, -7, 127, -128, None, 1], pa.int8()),
        "flag": pa.array([True, False, None, True, False, True]),
        "price": pa.array([D("0.00"), D("-1.50"), D("2.55"), D("99999999.99"), None, D("0.05")], pa.decimal128(18, 2)),
        "long": pa.array([D(0), D(10**38 - 1), D(1 - 10**38), D(2**64 + 1), None, D(10**18)], pa.decimal128(38, 0)),
        "fine": pa.array([D("0E-18"), D("1E-18"), D("-1.5"), D("1E+19"), None, D("0.1")], pa.decimal128(38, 18)),
        "ratio": pa.array([0.0, -0.0, NAN, INF, None, 2e23], pa.float64()),
        "real": pa.array([0.1, -0.0, NAN, -INF, None, 1e-20], pa.float32()),
        "name": pa.array(["", "  Åse ß ", "ΑΣ ΟΔΟΣ", "ab'c\\d\n${x}", None, "Iıİi ŉ ǅ ﬁ 𝄞 𐐀"]),
        "raw": pa.array([b"", b"\x00a\"'\\\x7f", b"\xff\xfe", b"~", None, b"plain text"], pa.binary()),
        "day": pa.array([date(1, 1, 1), date(1582, 10, 10), date(1970, 1, 1), date(9999, 12, 31), None, date(2024, 2, 29)]),
        "moment": pa.array(
            [datetime(1, 1, 1), datetime(1582, 10, 10, 1, 2, 3, 4), datetime(1969, 12, 31, 23, 59, 59, 999999),
             datetime(9999, 12, 31, 23, 59, 59, 999999), None, datetime(2024, 11, 3, 1, 30)], pa.timestamp("us"),
        ),
        "instant": pa.array(
            [datetime(1, 1, 2, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 0, 0, 0, 100000, tzinfo=UTC),
             datetime(9999, 12, 30, tzinfo=UTC), None, datetime(2024, 11, 3, 5, 30, tzinfo=UTC)], pa.timestamp("us", "UTC"),
        ),
        "clock": pa.array([time(0), time(1, 2, 3), time(23, 59, 59, 999999), time(12, 0, 0, 100), None, time(1)], pa.time64("us")),
        "list": pa.array([[], [None], [1, 2], [2, 1], None, [1]], pa.list_(pa.int32())),
        "pair": pa.array(
            [{"a": 1, "B c": None}, {"a": None, "B c": "x"}, {"a": None, "B c": None}, None, {"a": 1, "B c": "x"}, None],
            pa.struct({"a": pa.int32(), "B c": pa.string()}),
        ),
        "dict": pa.array([[], [("b", 1), ("a", 2)], [("a", None)], None, [("x", 1)], [("a", 2), ("b", 1)]], pa.map_(pa.string(), pa.int32())),
        'odd `"name.x': pa.array([1, 2, 3, 4, 5, 6]),
    }
)  # fmt: skip
OTHERS = pa.table({"id": [1, 2, 2, 7, None], "g": [1, None, 2, 2, 5], "name": ["", "b", "b", "c", "d"]})

VALUES = [
    # names, literals
    """raw."odd `""name.x" """,
    "'it''s \\d ${HOME} \t\x0b\x0c\x07 ?'",
    "NULL",
    "CAST(NULL AS VARCHAR)",
    "1.50",
    "1e-6",
    "18446744073709551615",
    "true",
    # conditions
    "g IS DISTINCT FROM small",
    "g IS NOT DISTINCT FROM small",
    "ratio IS NOT DISTINCT FROM CAST('-0.0' AS DOUBLE)",
    "ratio IS DISTINCT FROM CAST('nan' AS DOUBLE)",
    "(g, name) IS DISTINCT FROM (id, name)",
    "g = id OR g > id AND NOT g <> 2",
    "ratio > 5",
    "name < 'B'",
    "big BETWEEN -7 AND 5",
    "g IN (1, NULL)",
    "g NOT IN (2, 3)",
    "coalesce(flag, false)",
    "NOT flag",
    "nullif(name, '')",
    "CASE WHEN g = 1 THEN 'one' WHEN g IS NULL THEN 'none' END",
    "CASE g WHEN 1 THEN small ELSE 5 END",
    "pair IS NULL",
    # numbers
    "-id",
    "-price",
    "-long",
    "-real",
    "abs(long)",
    "abs(real)",
    "abs(id - 3)",
    "abs(price)",
    "greatest(g, id)",
    "least(ratio, 1e0)",
    "id + g",
    "id - small",
    "price * 3",
    "price - fine",
    "id * -1",
    "ratio + 0",
    "CAST(real + 0 AS VARCHAR)",
    "small // 2",
    "big // 3",
    "small % 4",
    "price % 1",
    "fine % 1 = 0",
    "long % 1000",
    "(big % 1000 + 1000) % 1000",
    "id & 3",
    "isfinite(ratio)",
    "TRY(abs(CAST(long AS DECIMAL(38,0)) - CAST(id AS DECIMAL(38,0))))",
    "TRY(CAST(long AS DECIMAL(38,10)) + CAST(1 AS DECIMAL(38,10)))",
    "TRY(CAST(fine AS DECIMAL(38,18)) - CAST(1 AS DECIMAL(38,18)))",
    "CAST(abs(long) AS UHUGEINT) // 1000::UHUGEINT",
    "CAST(long AS HUGEINT) // 1000000000000000000",
    "CAST(abs(long) AS UHUGEINT) % 1000000000000000000",
    "7::UHUGEINT * (CAST(abs(long) AS UHUGEINT) // 10::UHUGEINT)",
    # casts
    "CAST(flag AS TINYINT)",
    "CAST(small AS BIGINT)",
    "CAST(flag AS INTEGER)",
    "CAST(big AS DECIMAL(38,10))",
    "CAST(price AS DECIMAL(20,1))",
    "CAST(fine AS DECIMAL(38,0))",
    "CAST(price AS HUGEINT)",
    "TRY_CAST(long AS DECIMAL(38,10))",
    "TRY_CAST(CAST(ratio AS DOUBLE) AS HUGEINT)",
    "TRY_CAST(CAST(real AS FLOAT) AS HUGEINT)",
    "CAST(real AS DOUBLE)",
    "CAST(big AS DOUBLE)",
    "CAST(CAST(fine AS VARCHAR) AS DOUBLE)",
    "CAST(CAST(long AS VARCHAR) AS FLOAT)",
    "TRY_CAST(CAST(ratio AS VARCHAR) AS DECIMAL(38,18))",
    "TRY_CAST(CAST(real AS VARCHAR) AS DECIMAL(38,18))",
    "CAST(replace(CAST(CAST(price AS DECIMAL(38,4)) AS VARCHAR), '.', '') AS HUGEINT)",
    *(f"CAST({column} AS VARCHAR)" for column in ("flag", "small", "big", "price", "long", "fine", "ratio", "real", "name", "raw", "day", "moment", "instant", "clock")),
    "CAST(day AS TIMESTAMP)",
    "CAST(moment AS DATE)",
    "CAST(instant AS DATE)",
    "CAST(instant AS TIMESTAMP)",
    "CAST(day AS TIMESTAMP WITH TIME ZONE)",
    "CAST('2024-02-29' AS DATE)",
    "TIMESTAMP '2024-02-29 01:02:03.000004'",
    "CAST(clock AS TIME)",
    # times
    "epoch_us(day)",
    "epoch_us(moment)",
    "epoch_us(instant)",
    *(f"epoch_us(timezone('{zone}', {column}))" for column in ("moment", "instant") for zone in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")),
    "CAST(timezone('Asia/Tokyo', CAST(instant AS TIMESTAMP WITH TIME ZONE)) AS DATE)",
    "epoch_us(timezone('Europe/Berlin', CAST(day AS TIMESTAMP)))",
    # text
    "name || 'x' || id",
    "'exactly ' || CAST(price AS VARCHAR)",
    "concat_ws(chr(31), name, CAST(g AS VARCHAR))",
    "md5(name)",
    "lower(name)",
    "upper(name)",
    "lower(upper(name))",
    "trim(name, ' ')",
    "rtrim(name, ' c')",
    "ltrim(name, ' ')",
    "replace(name, '\\', '/')",
    "length(name)",
    "octet_length(raw)",
    "substring(name, 2, 3)",
    "left(name, 2)",
    "lower(hex(raw))",
    "regexp_full_match(name, '[^Å]*')",
    "regexp_full_match(name, '(?i)ασ.*')",
    "regexp_full_match(name, 'ab.*x.')",
    "regexp_matches(name, '\\d$|[''$]')",
    "regexp_matches(name, '^\\s')",
    "regexp_extract(name, '(\\w+)\\W+(\\w)', 2)",
    "regexp_extract(name, 'b.')",
    "regexp_replace(name, '(b)(.)', '\\2$\\1')",
    "regexp_replace(name, '\\s', '_')",
    "regexp_replace(CAST(price AS VARCHAR), '^(-?)\\d', '\\10')",
    # nested
    "list_sort(map_entries(dict))",
    "list IS NULL",
]  # fmt: skip

QUERIES = [
    "FROM others",
    "SELECT * EXCLUDE (name) FROM others",
    "SELECT s.* FROM others AS s SEMI JOIN base USING (id)",
    "SELECT s.id FROM others AS s ANTI JOIN base AS t ON s.id = t.id",
    "SELECT s.id, t.id FROM base AS s FULL JOIN others AS t ON s.id IS NOT DISTINCT FROM t.id AND s.g IS NOT DISTINCT FROM t.g",
    "SELECT id, s.g, t.g FROM base AS s LEFT JOIN others AS t USING (id)",
    "SELECT id, s.g, t.g FROM base AS s JOIN others AS t USING (id)",
    "SELECT coalesce(s.id, t.id) AS k, s.id IS NOT NULL AS mine FROM (SELECT id FROM base) AS s FULL JOIN (FROM others WHERE g > 1) AS t ON s.id = t.id",
    "SELECT id FROM base WHERE id IN (SELECT g FROM others)",
    "SELECT id FROM base WHERE (id, g) IN (SELECT g, id FROM others)",
    "SELECT id FROM base WHERE (id % 2) NOT IN (SELECT g FROM others WHERE g IS NOT NULL)",
    "SELECT id FROM base UNION ALL SELECT g FROM others",
    "SELECT id FROM base UNION SELECT g FROM others",
    "WITH few AS (SELECT id FROM base WHERE id < 3) SELECT * FROM few",
    "SELECT DISTINCT g FROM base",
    "SELECT g, count(*) AS n, count(big), count(DISTINCT small), min(name), max(price), min(ratio), max(ratio) FROM base GROUP BY g HAVING count(*) > 1",
    "SELECT count(*) FILTER (WHERE g = 1), count(*) FILTER (flag), sum(id) FILTER (id > 2), coalesce(sum(id) FILTER (id > 9), 0) FROM base",
    "SELECT sum(price), sum(small), max(moment), min(day), min(instant) FROM base",
    "SELECT count(*), sum(id) FROM base WHERE false",
    "SELECT id, row_number() OVER (PARTITION BY g ORDER BY id) AS copy FROM base",
    "SELECT g, row_number() OVER (PARTITION BY g) AS copy FROM base",
    "SELECT id FROM base QUALIFY row_number() OVER (PARTITION BY g ORDER BY id DESC) = 1",
    "SELECT row_number() OVER (ORDER BY ratio, id) AS n, id FROM base",
    "SELECT row_number() OVER (ORDER BY name DESC) AS n, id FROM base",
    "SELECT row_number() OVER (ORDER BY g NULLS FIRST, id) AS n, id FROM base",
    "SELECT id % 3 AS bucket, count(*) AS rows FROM base GROUP BY bucket",
    "SELECT coalesce(s.b, t.b) AS b FROM (SELECT id AS b, g AS n FROM base) AS s FULL JOIN (SELECT id AS b, g AS n FROM others) AS t ON s.b = t.b WHERE (s.n, s.b) IS DISTINCT FROM (t.n, t.b)",
]  # fmt: skip


@pytest.fixture(scope="module")
def loaded(engines):
    engines.load("base", ROWS)
    engines.load("others", OTHERS)
    return engines


@pytest.mark.parametrize("expression", VALUES)
def test_an_expression_has_the_same_values_on_both_engines(expression, loaded):
    query = f"SELECT id, {expression} FROM base AS raw"
    assert sorted(loaded.on_spark(query), key=lambda row: row[0]) == sorted(
        loaded.on_duckdb(query), key=lambda row: row[0]
    )


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_has_the_same_rows_on_both_engines(query, loaded):
    assert sorted(map(repr, loaded.on_spark(query))) == sorted(map(repr, loaded.on_duckdb(query)))


@pytest.mark.parametrize(
    "order", ["ratio, id", "ratio DESC, id DESC", "name", "g DESC, id", "raw", "flag, id", "moment", "long"]
)
def test_rows_come_in_the_same_order(order, loaded):
    query = f"SELECT id FROM base ORDER BY {order} LIMIT 4"
    assert loaded.on_spark(query) == loaded.on_duckdb(query)
