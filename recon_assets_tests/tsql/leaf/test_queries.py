"""Queries: every clause of SELECT, joins, grouping, windows, set operations, CTEs."""

from datetime import date
from decimal import Decimal as D

import pytest

from recon_assets.tsql import syntax
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.translator import Translator
from recon_assets_tests.tsql.leaf.harness import Database


@pytest.fixture(scope="module")
def database():
    db = Database({"@n": ("int", 2), "@name": ("varchar(10)", "bob"), "@none": ("int", None)})
    db.run("CREATE TABLE dbo.staff (id int NOT NULL, name varchar(10), team int, pay decimal(9,2), [from] date)")
    db.run(
        "INSERT INTO staff VALUES (1, 'Ann', 10, 100.50, '2024-01-01'), (2, 'bob', 10, 200, '2024-02-01'),"
        " (3, 'BOB ', 20, 50.25, NULL), (4, NULL, NULL, NULL, '2023-05-05')"
    )
    db.run("CREATE TABLE team (id int, title nvarchar(20))")
    db.run("INSERT INTO team VALUES (10, N'Red'), (20, N'Blue'), (30, N'Green')")
    db.run("CREATE TABLE #t ([my col] int, [a]]b] int)")
    db.run("INSERT INTO #t VALUES (1, 2)")
    return db


QUERIES = [
    ("SELECT id FROM staff ORDER BY id", [(1,), (2,), (3,), (4,)]),
    ("SELECT ID FROM DBO.STAFF WHERE Name = 'ann'", [(1,)]),
    ("SELECT s.id FROM [dbo].[staff] AS s WITH (NOLOCK) WHERE s.name = @name ORDER BY s.id", [(2,), (3,)]),
    ("SELECT staff.id FROM staff WHERE staff.id = @n", [(2,)]),
    ("SELECT dbo.staff.id FROM dbo.staff WHERE id = 1", [(1,)]),
    ("SELECT [my col] + [a]]b] FROM #t", [(3,)]),
    ("SELECT [from] FROM staff WHERE id = 4", [(date(2023, 5, 5),)]),
    ("SELECT t.* FROM #t t", [(1, 2)]),
    ("SELECT *, 5 FROM #t", [(1, 2, 5)]),
    ("SELECT 1 WHERE @none IS NULL", [(1,)]),
    ("SELECT 1 WHERE @none = 1", []),
    # ORDER BY: NULL lowest; by name, alias, position, expression
    ("SELECT name FROM staff ORDER BY name, id", [(None,), ("Ann",), ("bob",), ("BOB ",)]),
    ("SELECT id FROM staff ORDER BY name DESC, id DESC", [(3,), (2,), (1,), (4,)]),
    ("SELECT id AS x FROM staff ORDER BY x DESC", [(4,), (3,), (2,), (1,)]),
    ("SELECT -id AS id FROM staff ORDER BY id", [(-4,), (-3,), (-2,), (-1,)]),
    ("SELECT id, team FROM staff ORDER BY 2 DESC, 1", [(3, 20), (1, 10), (2, 10), (4, None)]),
    ("SELECT id FROM staff ORDER BY id % 2, id", [(2,), (4,), (1,), (3,)]),
    ("SELECT x = id FROM staff WHERE id = 1", [(1,)]),
    # TOP, OFFSET
    ("SELECT TOP 2 id FROM staff ORDER BY id DESC", [(4,), (3,)]),
    ("SELECT TOP (@n) id FROM staff ORDER BY id", [(1,), (2,)]),
    ("SELECT TOP (1) WITH TIES team FROM staff WHERE team IS NOT NULL ORDER BY team", [(10,), (10,)]),
    ("SELECT id FROM staff ORDER BY id OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", [(2,), (3,)]),
    ("SELECT id FROM staff ORDER BY id OFFSET 3 ROWS", [(4,)]),
    ("SELECT TOP 0 id FROM staff", []),
    # DISTINCT, GROUP BY: text equal under the collation is one
    ("SELECT DISTINCT name FROM staff ORDER BY name", [(None,), ("Ann",), ("BOB ",)]),
    ("SELECT DISTINCT TOP 1 team FROM staff ORDER BY team DESC", [(20,)]),
    ("SELECT DISTINCT UPPER(name) FROM staff WHERE name IS NOT NULL ORDER BY UPPER(name)", [("ANN",), ("BOB",)]),
    ("SELECT name, COUNT(*) FROM staff GROUP BY name ORDER BY name", [(None, 1), ("Ann", 1), ("BOB ", 2)]),
    ("SELECT COUNT(DISTINCT name), COUNT(name), COUNT(*) FROM staff", [(2, 3, 4)]),
    (
        "SELECT team, SUM(pay) AS total FROM staff GROUP BY team ORDER BY total",
        [(None, None), (20, D("50.25")), (10, D("300.50"))],
    ),
    ("SELECT team FROM staff GROUP BY team HAVING COUNT(*) > 1", [(10,)]),
    ("SELECT COUNT(*) FROM staff HAVING MAX(name) = 'BOB'", [(4,)]),
    ("SELECT team FROM staff GROUP BY team HAVING AVG(pay) > 100 AND SUM(pay) / COUNT(*) > 1", [(10,)]),
    ("SELECT team FROM staff GROUP BY team ORDER BY AVG(pay) / 3 DESC", [(10,), (20,), (None,)]),
    (
        "SELECT CHARINDEX('n', name), COUNT(*) FROM staff GROUP BY CHARINDEX('n', name) ORDER BY 1",
        [(None, 1), (0, 2), (2, 1)],
    ),
    ("SELECT id FROM staff WHERE name LIKE '%' + LEFT(@name, 2) + '%' ORDER BY id", [(2,), (3,)]),
    ("SELECT id % 2, MAX(id) FROM staff GROUP BY id % 2 ORDER BY id % 2", [(0, 4), (1, 3)]),
    ("SELECT team + 1, COUNT(*) * 2 FROM staff WHERE team = 10 GROUP BY team", [(11, 4)]),
    ("SELECT YEAR([from]), COUNT(*) FROM staff WHERE id <> 3 GROUP BY YEAR([from]) ORDER BY 1", [(2023, 1), (2024, 2)]),
    ("SELECT COUNT(*) FROM staff WHERE 1 = 2", [(0,)]),
    ("SELECT SUM(id) FROM staff WHERE 1 = 2", [(None,)]),
    ("SELECT MIN(name), MAX(name) FROM staff", [("Ann", "bob")]),
    ("SELECT MAX(id) FROM staff HAVING COUNT(*) > 10", []),
    (
        "SELECT team, (SELECT title FROM team WHERE team.id = staff.team) FROM staff GROUP BY team ORDER BY team",
        [(None, None), (10, "Red"), (20, "Blue")],
    ),
    ("SELECT STRING_AGG(name, ',') WITHIN GROUP (ORDER BY id DESC) FROM staff", [("BOB ,bob,Ann",)]),
    # joins
    (
        "SELECT s.id, t.title FROM staff s JOIN team t ON s.team = t.id ORDER BY s.id",
        [(1, "Red"), (2, "Red"), (3, "Blue")],
    ),
    (
        "SELECT s.id, t.title FROM staff s LEFT JOIN team t ON t.id = s.team ORDER BY s.id",
        [(1, "Red"), (2, "Red"), (3, "Blue"), (4, None)],
    ),
    (
        "SELECT s.id, t.id FROM staff s RIGHT OUTER JOIN team t ON t.id = s.team WHERE t.id > 10 ORDER BY t.id",
        [(3, 20), (None, 30)],
    ),
    ("SELECT COUNT(*) FROM staff s FULL JOIN team t ON t.id = s.team", [(5,)]),
    ("SELECT COUNT(*) FROM staff CROSS JOIN team", [(12,)]),
    ("SELECT COUNT(*) FROM staff s, team t WHERE s.team = t.id", [(3,)]),
    ("SELECT a.id, b.id FROM staff a JOIN staff b ON a.name = b.name AND a.id < b.id", [(2, 3)]),
    (
        "SELECT COUNT(*) FROM staff a LEFT JOIN team t INNER JOIN staff b ON b.team = t.id ON t.id = a.team AND b.id = 3",
        [(4,)],
    ),
    (
        "SELECT t.id, x.id FROM team t CROSS APPLY (SELECT TOP 1 id FROM staff WHERE team = t.id ORDER BY id DESC) x ORDER BY t.id",
        [(10, 2), (20, 3)],
    ),
    (
        "SELECT t.id, x.id FROM team t OUTER APPLY (SELECT TOP 1 id FROM staff WHERE team = t.id ORDER BY id DESC) x ORDER BY t.id",
        [(10, 2), (20, 3), (30, None)],
    ),
    # subqueries, derived tables, VALUES, CTEs
    ("SELECT id FROM staff WHERE team IN (SELECT id FROM team WHERE title = 'red') ORDER BY id", [(1,), (2,)]),
    ("SELECT id FROM staff WHERE team NOT IN (SELECT id FROM team WHERE id > 10) ORDER BY id", [(1,), (2,)]),
    ("SELECT id FROM team t WHERE NOT EXISTS (SELECT * FROM staff s WHERE s.team = t.id)", [(30,)]),
    (
        "SELECT id, (SELECT COUNT(*) FROM staff b WHERE b.team = a.team) FROM staff a ORDER BY id",
        [(1, 2), (2, 2), (3, 1), (4, 0)],
    ),
    ("SELECT id FROM staff WHERE pay > (SELECT AVG(pay) FROM staff)", [(2,)]),
    ("SELECT d.n FROM (SELECT team AS t, COUNT(*) AS n FROM staff GROUP BY team) d WHERE d.t = 10", [(2,)]),
    ("SELECT v.a, v.b FROM (VALUES (1, 'x'), (2, 'yy')) AS v(a, b) ORDER BY a DESC", [(2, "yy"), (1, "x")]),
    ("WITH c AS (SELECT id, team FROM staff), d(x) AS (SELECT team FROM c WHERE id = 3) SELECT x FROM d", [(20,)]),
    ("WITH staff AS (SELECT 7 AS id) SELECT id FROM staff", [(7,)]),
    (
        "SELECT id FROM staff WHERE id IN (SELECT MAX(id) FROM staff UNION SELECT MIN(id) FROM staff) ORDER BY id",
        [(1,), (4,)],
    ),
    # set operations
    ("SELECT 1 UNION ALL SELECT 1", [(1,), (1,)]),
    ("SELECT 'a' UNION SELECT 'A ' UNION SELECT 'b' ORDER BY 1", [("A ",), ("b",)]),
    ("SELECT 1 AS x UNION SELECT 2.5 ORDER BY x", [(D("1.0"),), (D("2.5"),)]),
    ("SELECT NULL UNION ALL SELECT 'x' ORDER BY 1", [(None,), ("x",)]),
    ("SELECT team FROM staff EXCEPT SELECT id FROM team", [(None,)]),
    ("SELECT team FROM staff INTERSECT SELECT id FROM team WHERE id < 20", [(10,)]),
    ("SELECT name FROM staff INTERSECT SELECT 'BOB'", [("BOB ",)]),
    ("SELECT NULL EXCEPT SELECT NULL", []),
    ("SELECT 1 UNION SELECT 2 INTERSECT SELECT 2 ORDER BY 1", [(1,), (2,)]),
    ("(SELECT 1 UNION SELECT 2) EXCEPT SELECT 2", [(1,)]),
    # windows
    (
        "SELECT id, ROW_NUMBER() OVER (PARTITION BY team ORDER BY pay DESC) FROM staff ORDER BY id",
        [(1, 2), (2, 1), (3, 1), (4, 1)],
    ),
    (
        "SELECT id, RANK() OVER (ORDER BY team), DENSE_RANK() OVER (ORDER BY team) FROM staff ORDER BY id",
        [(1, 2, 2), (2, 2, 2), (3, 4, 3), (4, 1, 1)],
    ),
    ("SELECT id, RANK() OVER (ORDER BY name) FROM staff ORDER BY id", [(1, 2), (2, 3), (3, 3), (4, 1)]),
    ("SELECT id, COUNT(*) OVER (PARTITION BY name) FROM staff ORDER BY id", [(1, 1), (2, 2), (3, 2), (4, 1)]),
    (
        "SELECT id, SUM(id) OVER (ORDER BY id), SUM(id) OVER () FROM staff ORDER BY id",
        [(1, 1, 10), (2, 3, 10), (3, 6, 10), (4, 10, 10)],
    ),
    ("SELECT id, SUM(1) OVER (ORDER BY team) FROM staff ORDER BY id", [(1, 3), (2, 3), (3, 4), (4, 1)]),
    (
        "SELECT id, SUM(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM staff ORDER BY id",
        [(1, 1), (2, 3), (3, 5), (4, 7)],
    ),
    (
        "SELECT id, SUM(id) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) FROM staff ORDER BY id",
        [(1, 1), (2, 3), (3, 6), (4, 10)],
    ),
    (
        "SELECT id, LAG(id) OVER (ORDER BY id), LEAD(id, 2, -1) OVER (ORDER BY id) FROM staff ORDER BY id",
        [(1, None, 3), (2, 1, 4), (3, 2, -1), (4, 3, -1)],
    ),
    (
        "SELECT id, FIRST_VALUE(id) OVER (ORDER BY id), LAST_VALUE(id) OVER (ORDER BY id) FROM staff ORDER BY id",
        [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 1, 4)],
    ),
    ("SELECT id, NTILE(2) OVER (ORDER BY id) FROM staff ORDER BY id", [(1, 1), (2, 1), (3, 2), (4, 2)]),
    ("SELECT id, MAX(name) OVER (PARTITION BY team) FROM staff WHERE team = 10 ORDER BY id", [(1, "bob"), (2, "bob")]),
    (
        "SELECT id, AVG(id) OVER (), AVG(pay) OVER (PARTITION BY team) FROM staff WHERE team = 10 ORDER BY id",
        [(1, 1, D("150.250000")), (2, 1, D("150.250000"))],
    ),
    ("SELECT PERCENT_RANK() OVER (ORDER BY id) FROM team ORDER BY id", [(0.0,), (0.5,), (1.0,)]),
    ("SELECT CUME_DIST() OVER (ORDER BY id) FROM team WHERE id < 30 ORDER BY id", [(0.5,), (1.0,)]),
    (
        "SELECT team, ROW_NUMBER() OVER (ORDER BY SUM(pay) DESC) FROM staff GROUP BY team ORDER BY 2",
        [(10, 1), (20, 2), (None, 3)],
    ),
    (
        "SELECT x.n FROM (SELECT ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS n FROM staff) x ORDER BY n",
        [(1,), (2,), (3,), (4,)],
    ),
    # what the interpreter supplies
    (
        "SELECT @@ROWCOUNT, @@ERROR, ERROR_NUMBER(), ERROR_MESSAGE(), XACT_STATE()",
        [(3, 0, 8134, "Divide by zero error encountered.", 0)],
    ),
    ("SELECT CASE WHEN OBJECT_ID('tempdb..#t') IS NULL THEN 0 ELSE 1 END, OBJECT_ID('dbo.nope', 'U')", [(1, None)]),
]

AGGREGATE_TYPES = [
    ("SUM(CAST(x AS tinyint))", "int", 6),
    ("SUM(x)", "int", 6),
    ("SUM(CAST(x AS bigint))", "bigint", 6),
    ("SUM(CAST(x AS decimal(9,2)))", "decimal(38,2)", D("6.00")),
    ("SUM(CAST(x AS money))", "money", D("6.0000")),
    ("SUM(CAST(x AS real))", "float", 6.0),
    ("AVG(x)", "int", 1),
    ("AVG(CAST(x AS bigint))", "bigint", 1),
    ("AVG(CAST(x AS decimal(9,2)))", "decimal(38,6)", D("1.500000")),
    ("AVG(CAST(x AS decimal(20,8)))", "decimal(38,8)", D("1.50000000")),
    ("AVG(x / 3.0)", "decimal(38,6)", D("0.499999")),
    ("AVG(CAST(x AS money))", "money", D("1.5000")),
    ("AVG(CAST(x AS float))", "float", 1.5),
    ("COUNT(*)", "int", 4),
    ("COUNT_BIG(x)", "bigint", 4),
    ("MIN(x)", "int", 0),
    ("MAX(CAST(x AS decimal(9,2)))", "decimal(9,2)", D("3.00")),
    ("SUM(DISTINCT x % 2)", "int", 1),
    ("AVG(DISTINCT x)", "int", 1),
    ("STRING_AGG(x, '') WITHIN GROUP (ORDER BY x)", "nvarchar(4000)", "0123"),
    ("STRING_AGG(CAST(x AS varchar(5)), '-') WITHIN GROUP (ORDER BY x DESC)", "varchar(8000)", "3-2-1-0"),
]

ERRORS = [
    ("SELECT nope FROM staff", 207),
    ("SELECT s.nope FROM staff s", 207),
    ("SELECT z.id FROM staff s", 4104),
    ("SELECT id FROM staff, team", 209),
    ("SELECT 1 FROM nope", 208),
    ("SELECT 1 FROM other.staff", 208),
    ("SELECT 1 FROM @missing", 1087),
    ("SELECT @missing", 137),
    ("SELECT 1 FROM staff, staff", 1013),
    ("SELECT id, COUNT(*) FROM staff", 8120),
    ("SELECT name FROM staff GROUP BY team", 8120),
    ("SELECT * FROM staff GROUP BY id", 8120),
    ("SELECT 1 FROM staff WHERE COUNT(*) > 1", 147),
    ("SELECT SUM(COUNT(*)) FROM staff", 130),
    ("SELECT 1 FROM staff WHERE ROW_NUMBER() OVER (ORDER BY id) = 1", 4108),
    ("SELECT ROW_NUMBER() OVER (PARTITION BY id) FROM staff", 4112),
    ("SELECT (SELECT id FROM staff)", 512),
    ("SELECT id FROM staff WHERE id = (SELECT id FROM team)", 512),
    ("SELECT (SELECT 1, 2)", 116),
    ("SELECT 1 UNION SELECT 1, 2", 205),
    ("SELECT DISTINCT id FROM staff ORDER BY name", 145),
    ("SELECT id FROM staff UNION SELECT id FROM team ORDER BY name", 145),
    ("SELECT id FROM staff ORDER BY 2", 108),
    ("SELECT x.a FROM (SELECT 1) x", 8155),
    ("SELECT x.a FROM (SELECT 1 AS a, 2 AS a) x", 8156),
    ("WITH c(a, b) AS (SELECT 1) SELECT a FROM c", 8159),
    ("WITH c(a) AS (SELECT 1, 2) SELECT a FROM c", 8158),
    ("SELECT 1 FROM staff WHERE id", 4145),
    ("SELECT SUM(name) FROM staff", 8117),
    ("SELECT MAX(CAST(1 AS bit))", 8117),
    ("SELECT SUM(x) FROM (VALUES (2147483647), (1)) v(x)", 8115),
    ("SELECT 10 / (id - 1) FROM staff", 8134),
    ("SELECT CAST(name AS int) FROM staff", 245),
]


@pytest.mark.parametrize(("text", "rows"), QUERIES)
def test_a_query_gives_its_rows(database, text, rows):
    found = database.run(text)
    assert found == rows if "ORDER BY" in text else sorted(found, key=str) == sorted(rows, key=str)


@pytest.mark.parametrize(("text", "type_", "value"), AGGREGATE_TYPES)
def test_an_aggregate_has_the_documented_type(database, text, type_, value):
    query = f"SELECT {text} AS a FROM (VALUES (0), (1), (2), (3)) v(x)"
    translated = Translator(database, {}).query(syntax.parse_statement(query))
    assert (str(translated.columns[0].type), database.run(query)) == (type_, [(value,)])


@pytest.mark.parametrize(("text", "number"), ERRORS)
def test_a_wrong_query_is_sql_servers_error(database, text, number):
    with pytest.raises(TSqlError) as raised:
        database.run(text)
    assert raised.value.number == number


def test_output_columns_carry_t_sqls_names_and_types(database):
    node = syntax.parse_statement("SELECT id, name AS [full name], 1, pay * 2 AS id, GETDATE() FROM staff")
    columns = Translator(database, {}).query(node).columns
    assert [(c.name, str(c.type)) for c in columns] == [
        ("id", "int"),
        ("full name", "varchar(10)"),
        ("", "int"),
        ("id", "decimal(11,2)"),
        ("", "datetime"),
    ]


def test_only_the_parameters_a_query_uses_are_asked_for(database):
    node = syntax.parse_statement("SELECT @n, GETDATE() FROM staff WHERE name = @Name")
    assert Translator(database, database.types).query(node).parameters == {"v_n", "v_name", "clock"}


def test_integer_join_keys_stay_plain_columns(database):
    node = syntax.parse_statement("SELECT s.id FROM staff s JOIN team t ON s.team = t.id")
    assert '(t1."team" = t2."id")' in Translator(database, {}).query(node).sql


def test_a_large_sums_average_is_exact(database):
    text = "SELECT AVG(x) FROM (VALUES (CAST(900000000000000000000000000000.01 AS decimal(38,2))), (0.00), (0.00)) v(x)"
    assert database.run(text) == [(D("300000000000000000000000000000.003333"),)]


def test_recursion_counts_up(database):
    text = "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n ORDER BY i"
    assert database.run(text) == [(1,), (2,), (3,), (4,), (5,)]


def test_recursion_stops_at_its_limit(database):
    for option in ("", " OPTION (MAXRECURSION 100)"):
        text = f"WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 102) SELECT COUNT(*) FROM n{option}"
        with pytest.raises(TSqlError) as raised:
            database.run(text)
        assert raised.value.number == 530
    text = "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT COUNT(*) FROM n OPTION (MAXRECURSION 0)"
    assert database.run(text) == [(300,)]


def test_recursion_whose_columns_change_type_is_sql_servers_error(database):
    text = "WITH n AS (SELECT 'a' AS s UNION ALL SELECT s + 'b' FROM n) SELECT s FROM n"
    with pytest.raises(TSqlError) as raised:
        database.run(text)
    assert raised.value.number == 240


def test_a_column_beyond_the_group_is_named(database):
    with pytest.raises(TSqlError, match="Column 'name' is invalid in the select list"):
        database.run("SELECT name, COUNT(*) FROM staff GROUP BY team")


def test_a_derived_table_does_not_see_its_neighbours(database):
    with pytest.raises((TSqlError, UnsupportedTSql)):
        database.run("SELECT 1 FROM staff s JOIN (SELECT s.id AS i) x ON 1 = 1")
