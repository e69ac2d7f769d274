"""What is not supported is refused by its text, with file and line, before anything runs."""

import pytest

from recon_assets.tsql import syntax
from recon_assets.tsql.errors import UnsupportedTSql
from recon_assets.tsql.translator import Translator
from recon_assets_tests.tsql.leaf.harness import Database

EXPRESSIONS = [
    ("FORMAT(1, 'N')", "FORMAT(…)"),
    ("NEWID()", "NEWID(…)"),
    ("RAND()", "RAND(…)"),
    ("PATINDEX('%é%', 'a')", "PATINDEX of a pattern that is not an ASCII constant"),
    ("GREATEST('a', 'b')", "GREATEST and LEAST of text"),
    ("LOG(8, 2)", "LOG with a base"),
    ("CAST(1.5 AS datetime)", "conversion from decimal(2,1) to datetime"),
    ("CAST(N'a' AS varbinary(2))", "conversion from nvarchar(1) to varbinary(2)"),
    ("ISDATE('1')", "ISDATE(…)"),
    ("SOUNDEX('a')", "SOUNDEX(…)"),
    ("STR(1.5, 3, 1)", "STR(…)"),
    ("SIN(1)", "SIN(…)"),
    ("CHECKSUM(1)", "CHECKSUM(…)"),
    ("PARSENAME('a.b', 1)", "PARSENAME(…)"),
    ("JSON_VALUE('{}', '$.a')", "JSON_VALUE(…)"),
    ("SYSDATETIMEOFFSET()", "SYSDATETIMEOFFSET(…)"),
    ("TODATETIMEOFFSET(GETDATE(), 0)", "TODATETIMEOFFSET(…)"),
    ("STDEV(1)", "STDEV(…)"),
    ("GROUPING(1)", "GROUPING(…)"),
    ("dbo.my_function(1)", "dbo.my_function(1)"),
    ("SUSER_SNAME()", "SUSER_SNAME(…)"),
    ("@@SERVERNAME", "@@SERVERNAME"),
    ("@@IDENTITY", "@@IDENTITY"),
    ("SCOPE_IDENTITY()", "SCOPE_IDENTITY(…)"),
    ("NULLS(1)", "NULLS(…)"),
    ("CAST('<a/>' AS xml)", "data type xml"),
    ("CAST('2024-01-01' AS datetimeoffset)", "data type datetimeoffset"),
    ("CAST(1 AS sql_variant)", "data type sql_variant"),
    ("CAST(1 AS geography)", "data type geography"),
    ("CAST('a' AS binary(5))", "conversion from varchar(1) to binary(5)"),
    ("CONVERT(varchar(10), 1.5e0, 3)", "CONVERT"),
    ("CONVERT(varchar(20), CAST(1 AS float), 1)", "style 1"),
    ("CAST(1 AS money) * CAST(1 AS money)", "money * money"),
    ("ROUND(1.5e0, 1)", "ROUND of float to digits"),
    ("'a' COLLATE Latin1_General_BIN", "COLLATE"),
    ("HASHBYTES('SHA2_512', 'a')", "HASHBYTES(SHA2_512)"),
    ("HASHBYTES('MD5', N'a')", "HASHBYTES of nvarchar(1)"),
    ("DATEADD(nanosecond, 1, GETDATE())", "date part nanosecond"),
    ("TRIM('a' FROM 'abc')", "TRIM of letters"),
]

STATEMENTS = [
    ("SELECT a FROM t FOR XML PATH('')", "FOR XML"),
    ("SELECT a FROM t FOR JSON AUTO", "FOR JSON"),
    ("SELECT TOP 5 PERCENT a FROM t", "TOP … PERCENT"),
    ("SELECT a FROM t GROUP BY ROLLUP(a)", "ROLLUP"),
    ("SELECT a FROM t GROUP BY a WITH CUBE", "CUBE"),
    ("SELECT a FROM t GROUP BY GROUPING SETS ((a), ())", "GROUPING SETS"),
    ("SELECT a FROM t PIVOT (SUM(a) FOR b IN ([x])) p", "PIVOT"),
    ("SELECT a FROM t TABLESAMPLE (10 PERCENT)", "TABLESAMPLE"),
    ("SELECT a FROM other.dbo.t", "another database"),
    ("SELECT a FROM ##t", "##t"),
    ("SELECT a FROM dbo.f(1)", "f(1)"),
    ("SELECT name FROM sys.tables", "sys.tables: the catalog as a table"),
    ("SELECT a FROM t CROSS APPLY dbo.f(a) x", "f(a)"),
    ("SELECT a FROM t WHERE a = ANY (SELECT 1)", "ANY"),
    ("SELECT a FROM t WHERE a LIKE '[a-5]%'", "LIKE range [a-5]"),
    ("SELECT SUM(a) OVER w FROM t WINDOW w AS (ORDER BY a)", "WINDOW"),
    ("SELECT SUM(DISTINCT a) OVER () FROM t", "SUM(…)"),
    ("SELECT SUM(a) OVER (ORDER BY a RANGE 1 PRECEDING) FROM t", "RANGE"),
    ("SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY a) OVER () FROM t", "PERCENTILE_CONT"),
    ("SELECT STRING_AGG(DISTINCT b, ',') FROM t", "STRING_AGG"),
    ("SELECT 'a' 'b' 'c' FROM t", "'a'"),
    ("SELECT a FROM t WHERE CONTAINS(b, 'x')", "CONTAINS"),
    ("SELECT t.b.value('x') FROM t", "value"),
    ("SELECT NEXT VALUE FOR s", "FOR"),
    ("WITH n AS (SELECT 1 AS i UNION SELECT i FROM n) SELECT i FROM n", "recursive common table expression n"),
    ("WITH n AS (SELECT 1 AS i UNION ALL SELECT MAX(i) FROM n) SELECT i FROM n", "recursive member of n"),
    ("SELECT MAX(CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS uniqueidentifier))", "ordering by uniqueidentifier"),
    ("SELECT a FROM t ORDER BY a OFFSET 0 ROWS FETCH NEXT 5 PERCENT ROWS ONLY", ""),
    ("INSERT INTO t OUTPUT inserted.a VALUES (1, 'x')", "OUTPUT"),
    ("INSERT TOP (1) INTO t SELECT 1, 'x'", "TOP"),
    ("UPDATE TOP (1) PERCENT t SET a = 1", "TOP"),
    ("UPDATE t SET", "near 'SET'"),
    ("UPDATE t", "without SET"),
    ("UPDATE t SET @x = a = 1", ""),
    ("UPDATE t SET a = 1 OUTPUT deleted.a", "OUTPUT"),
    ("DELETE TOP (1) PERCENT FROM t", "TOP"),
    ("DELETE FROM t OUTPUT deleted.a WHERE a = 1", ""),
    ("WITH c AS (SELECT DISTINCT a FROM t) DELETE FROM c", "writing through c"),
    ("WITH c AS (SELECT t.a FROM t JOIN t u ON t.a = u.a) DELETE FROM c", "writing through c"),
    ("WITH b AS (SELECT a FROM t), c AS (SELECT a FROM b) DELETE FROM c", "writing through c"),
    ("WITH c AS (SELECT 1 AS a) DELETE FROM c", "writing through c"),
    ("WITH c (b) AS (SELECT a FROM t) UPDATE c SET b = 1", "writing through c"),
    ("WITH c AS (SELECT b AS a FROM t) UPDATE c SET a = 1", "writing to a through c"),
    ("UPDATE x SET a = 1 FROM (SELECT a FROM t) x", "writing through x"),
    ("MERGE t USING t s ON t.a = s.a WHEN MATCHED THEN DELETE OUTPUT $action;", "OUTPUT"),
    ("CREATE TABLE x (a int CHECK (a > 1))", "CHECK"),
    ("CREATE TABLE x (a int REFERENCES t (a))", "REFERENCES"),
    ("CREATE TABLE x (a int, b AS a + 1)", "b"),
    ("CREATE TABLE x (a xml)", "data type xml"),
    ("CREATE INDEX i ON t (a)", "INDEX"),
    ("CREATE FUNCTION f() RETURNS int AS BEGIN RETURN 1 END", ""),
    ("ALTER TABLE t ADD c int", "ALTER TABLE"),
    ("DROP VIEW v", "DROP VIEW"),
    ("GRANT SELECT ON t TO public", "GRANT"),
    ("SELECT a FROM t LIMIT 5", "5"),
    ("SELECT a FROM t QUALIFY 1 = 1", "QUALIFY"),
    ("SELECT a::int FROM t", ":"),
    ("SELECT a || b FROM t", "|"),
    ("SELECT a FROM t WHERE b ILIKE 'x'", "ILIKE"),
    ("SELECT a FROM t WHERE a IS DISTINCT FROM 1", "DISTINCT"),
    ("SELECT a FROM t NATURAL JOIN t u", ""),
    ("SELECT a FROM t JOIN t u USING (a)", "USING"),
    ("SELECT * EXCLUDE (a) FROM t", ""),
    ("SELECT a FROM t ORDER BY a NULLS LAST", ""),
    ("SELECT DISTINCT ON (a) a FROM t", ""),
    ("SELECT COUNT(*) FILTER (WHERE a = 1) FROM t", ""),
    ("SELECT TRUE", ""),
    ("SELECT INTERVAL '1' DAY", ""),
]


@pytest.fixture(scope="module")
def database():
    db = Database({"@x": ("int", 1)})
    db.run("CREATE TABLE t (a int, b varchar(5))")
    return db


@pytest.mark.parametrize(("text", "told"), EXPRESSIONS)
def test_an_expression_that_is_not_supported_is_refused_by_name_and_line(database, text, told):
    with pytest.raises(UnsupportedTSql) as refused:
        Translator(database, {}, file="source.sql").query(syntax.parse_statement(f"SELECT a,\n\n  {text} AS x\nFROM t"))
    assert told in str(refused.value)
    assert str(refused.value).startswith("unsupported T-SQL at source.sql:")


def test_the_line_is_where_the_construct_stands(database):
    text = "SELECT a\nFROM t\nWHERE a = 1 AND\n  FORMAT(a, 'N') = '1'"
    with pytest.raises(UnsupportedTSql) as refused:
        Translator(database, {}, file="source.sql").query(syntax.parse_statement(text))
    assert str(refused.value) == "unsupported T-SQL at source.sql:4: FORMAT(…)"


@pytest.mark.parametrize(("text", "told"), STATEMENTS)
def test_a_statement_that_is_not_supported_is_refused_by_its_text(database, text, told):
    with pytest.raises(UnsupportedTSql) as refused:
        Translator(database, database.types, file="source.sql").statement(syntax.parse_statement(text, "source.sql"))
    assert told in str(refused.value)


def test_what_only_a_rows_value_shows_is_refused_with_file_and_line(database):
    with pytest.raises(UnsupportedTSql) as refused:
        database.run("SELECT CAST('Jul 1 2024' AS date)")
    assert str(refused.value).startswith("unsupported T-SQL at source.sql:1: text to date in a format")
