"""What isn't supported is refused by name and line, before anything of the batch has run."""

import pytest

from recon_assets.tsql.errors import UnsupportedTSql
from recon_assets_tests.tsql.control.running import run

REFUSED = [
    ("GOTO done", "GOTO"),
    ("done: SELECT 1", "label DONE:"),
    ("DECLARE c CURSOR FOR SELECT 1", "DECLARE … CURSOR"),
    ("DECLARE @c CURSOR", "DECLARE … CURSOR"),
    ("OPEN c", "OPEN"),
    ("FETCH NEXT FROM c", "FETCH"),
    ("CLOSE c", "CLOSE"),
    ("DEALLOCATE c", "DEALLOCATE"),
    ("EXEC('SELECT 1')", "EXEC(…)"),
    ("EXEC sp_executesql N'SELECT 1'", "sp_executesql"),
    ("DECLARE @p varchar(9) = 'p' EXEC @p", "EXEC @variable"),
    ("EXEC sp_help", "system procedure sp_help"),
    ("EXEC p WITH RESULT SETS NONE", "EXEC … WITH RESULT"),
    ("SAVE TRANSACTION s", "SAVE"),
    ("BEGIN DISTRIBUTED TRAN", "BEGIN DISTRIBUTED"),
    ("WAITFOR DELAY '00:00:01'", "WAITFOR"),
    ("USE master", "USE"),
    ("GRANT EXECUTE ON p TO x", "GRANT"),
    ("CREATE VIEW v AS SELECT 1 AS a", "CREATE VIEW"),
    ("CREATE FUNCTION f() RETURNS int AS BEGIN RETURN 1 END", "CREATE FUNCTION"),
    ("CREATE TRIGGER t ON x AFTER INSERT AS SELECT 1", "CREATE TRIGGER"),
    ("CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX"),
    ("ALTER TABLE t ADD b int", "ALTER TABLE"),
    ("DROP VIEW v", "DROP VIEW"),
    ("SET ROWCOUNT 10", "SET ROWCOUNT 10"),
    ("SET ANSI_NULLS OFF", "SET ANSI_NULLS OFF"),
    ("SET DATEFIRST 1", "SET DATEFIRST 1"),
    ("SET IDENTITY_INSERT t ON", "SET IDENTITY_INSERT"),
    ("SET CONTEXT_INFO 0x01", "SET CONTEXT_INFO"),
    ("DECLARE @x xml", "data type xml"),
    ("CREATE PROC p WITH EXECUTE AS OWNER AS SELECT 1", "PROCEDURE … WITH EXECUTE"),
    ("CREATE PROC p @t dbo.Rows READONLY AS SELECT 1", "data type dbo"),
    ("DECLARE @a int, @b int SELECT @a = v, @b = @a FROM t", "SELECT @a = …, @b = … @a …"),
    ("RAISERROR(50001, 16, 1)", "RAISERROR of a message number"),
    ("DECLARE @n varchar(9) = 'a' BEGIN TRAN @n", "transaction name in a variable"),
]


@pytest.mark.parametrize(("statement", "construct"), REFUSED, ids=[statement for statement, _ in REFUSED])
def test_a_construct_that_is_not_supported_is_named_with_its_line(statement, construct):
    with pytest.raises(UnsupportedTSql) as refused:
        run(
            f"SELECT 1\nGO\n\nPRINT 'never'\n{statement}"
            if not statement.startswith("CREATE PROC")
            else f"\n\n\n\n{statement}"
        )
    assert f"unsupported T-SQL at script.sql:5: {construct}" in str(refused.value)


def test_a_refused_batch_has_not_run_at_all():
    with pytest.raises(UnsupportedTSql, match=r"script\.sql:3: FORMAT\(…\)"):
        run("CREATE TABLE #t (a int)\nGO\nDROP TABLE #t SELECT FORMAT(1, 'N')")


def test_a_variable_that_gathers_rows_one_by_one_is_refused_as_undefined():
    with pytest.raises(UnsupportedTSql, match=r"script\.sql:1: SELECT @x = … @x … over several rows"):
        run("DECLARE @a int = 0 SELECT @a = @a + v FROM (VALUES (1), (2)) t(v)")


HARMLESS = [
    "CREATE TABLE #i (a int, b int) CREATE CLUSTERED INDEX i ON #i (a DESC) CREATE INDEX j ON #i (b) INCLUDE (a) WITH (FILLFACTOR = 90)",
    "SET NOCOUNT ON",
    "SET ANSI_NULLS, QUOTED_IDENTIFIER ON",
    "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED",
    "SET STATISTICS TIME OFF",
    "SET LOCK_TIMEOUT -1",
    "SET DATEFIRST 7;",
    "SET LANGUAGE us_english",
    "SET DEADLOCK_PRIORITY LOW",
]


@pytest.mark.parametrize("statement", HARMLESS)
def test_an_option_that_changes_nothing_may_be_set(statement):
    assert run(f"{statement} SELECT 1").rows == [(1,)]
