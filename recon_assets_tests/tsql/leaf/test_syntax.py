"""Taking single statements out of a stream of tokens, and how errors are told."""

import duckdb
import pytest

from recon_assets.tsql import syntax
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql, tsql_error_from

PREFIXES = [
    ("SELECT a FROM t IF @x = 1 SELECT 2", "IF"),
    ("SELECT a FROM t x DELETE FROM y", "DELETE"),
    ("SELECT a FROM t EXEC p", "EXEC"),
    ("SELECT a FROM t WHERE a = 1 PRINT 'x'", "PRINT"),
    ("UPDATE t SET a = 1 SELECT 1", "SELECT"),
    ("INSERT INTO t VALUES (1) INSERT INTO t VALUES (2)", "INSERT"),
    ("DELETE FROM t WHERE a = 1 END", "END"),
    ("SELECT 1; SELECT 2", ";"),
    ("TRUNCATE TABLE t INSERT INTO t SELECT 1", "INSERT"),
    ("CREATE TABLE #t (a int, b decimal(5,2) DEFAULT (1)) INSERT INTO #t VALUES (1, 2)", "INSERT"),
    ("CREATE TABLE #t (a int) SELECT 1", "SELECT"),
    ("DROP TABLE a, b INSERT INTO t SELECT 1", "INSERT"),
    ("MERGE t USING u ON t.a = u.a WHEN MATCHED THEN DELETE; SELECT 1", ";"),
    ("SELECT 1 UNION ALL SELECT 2 WHILE 1 = 1 SELECT 3", "WHILE"),
    ("SELECT CASE WHEN 1 = 1 THEN 2 ELSE 3 END RETURN", "RETURN"),
    ("DROP TABLE IF EXISTS #a COMMIT", "COMMIT"),
]


@pytest.mark.parametrize(("text", "following"), PREFIXES)
def test_a_statement_ends_where_the_next_begins(text, following):
    tokens = syntax.tokenize(text)
    _, used = syntax.statement_prefix(tokens, text)
    assert tokens[used].text == following


def test_an_expression_ends_where_a_statement_begins():
    text = "@a + 1 > 2 AND name LIKE 'x%' BEGIN"
    tokens = syntax.tokenize(text)
    _, used = syntax.expression_prefix(tokens, text)
    assert tokens[used].text == "BEGIN"


def test_a_type_is_read_as_its_text():
    tokens = syntax.tokenize("decimal(18, 2) = 5")
    assert syntax.type_prefix(tokens, "decimal(18, 2) = 5") == ("decimal(18,2)", 6)


@pytest.mark.parametrize(
    "text", ["SELECT FROM", "SELECT 1 +", "INSERT INTO", "SELECT (1", "SELECT 1 1", "", "SELECT 'x"]
)
def test_text_that_is_no_statement_is_refused(text):
    with pytest.raises(UnsupportedTSql):
        syntax.parse_statement(text, "source.sql")


def test_a_syntax_refusal_names_the_place():
    with pytest.raises(UnsupportedTSql) as refused:
        syntax.parse_statement("SELECT a\nFROM t\nWHERE )", "source.sql")
    assert str(refused.value).startswith("unsupported T-SQL at source.sql:3: syntax near")


def test_errors_are_told_as_sql_server_tells_them():
    error = TSqlError(8134, "Divide by zero error encountered.", line=3, procedure="dbo.p")
    assert str(error) == "Msg 8134, level 16, state 1, procedure dbo.p, line 3: Divide by zero error encountered."
    refused = UnsupportedTSql("FORMAT(…)", 12, "source.sql", "use CONVERT")
    assert str(refused) == "unsupported T-SQL at source.sql:12: FORMAT(…) (use CONVERT)"
    assert str(UnsupportedTSql("data type xml")) == "unsupported T-SQL: data type xml"


def test_a_fault_that_is_not_t_sqls_is_not_taken_for_one():
    assert tsql_error_from(ValueError("division by zero")) is None
    with pytest.raises(duckdb.Error) as raised:
        duckdb.connect().execute("SELECT * FROM nowhere")
    assert tsql_error_from(raised.value) is None
