"""Errors: which statement they end, what TRY … CATCH sees of them, and their numbers, by the reference."""

import pytest

from recon_assets_tests.tsql.control.running import run

TRY = "BEGIN TRY {} END TRY BEGIN CATCH {} END CATCH"
INFO = "SELECT ERROR_NUMBER(), ERROR_SEVERITY(), ERROR_STATE(), ERROR_LINE(), ERROR_PROCEDURE(), ERROR_MESSAGE()"

CAUGHT = [
    (TRY.format("SELECT 1/0", "SELECT ERROR_NUMBER()"), [(8134,)]),
    (TRY.format("SELECT 1/0 SELECT 'on'", "SELECT 'caught'"), [("caught",)]),
    (TRY.format("SELECT 'fine'", "SELECT 'caught'"), [("fine",)]),
    (TRY.format("SELECT 1/0", "") + " SELECT 'after'", [("after",)]),
    (TRY.format("SELECT 1/0", "SELECT 1") + " SELECT ERROR_NUMBER()", [(None,)]),
    (TRY.format("THROW 50001, 'no', 7;", INFO), [(50001, 16, 7, 1, None, "no")]),
    (TRY.format("RAISERROR('bad %d', 14, 3, 5)", INFO), [(50000, 14, 3, 1, None, "bad 5")]),
    ("\n\n" + TRY.format("\nTHROW 50001, 'no', 7;", INFO), [(50001, 16, 7, 4, None, "no")]),
    (
        "SELECT 0\nGO\n\nCREATE PROC p AS\nBEGIN\nTHROW 60000, 'x', 1;\nEND\nGO\n" + TRY.format("EXEC p", INFO),
        [(60000, 16, 1, 4, "p", "x")],
    ),
    (
        TRY.format("DECLARE @n int = 50005, @m varchar(9) = 'msg' ; THROW @n, @m, 2;", "SELECT ERROR_MESSAGE()"),
        [("msg",)],
    ),
    (TRY.format(TRY.format("SELECT 1/0", "THROW") + "", "SELECT ERROR_NUMBER()"), [(8134,)]),
    (TRY.format("SELECT 1/0", TRY.format("THROW 50002, 'two', 1", "SELECT ERROR_NUMBER()")), [(50002,)]),
    (
        TRY.format("SELECT 1/0", TRY.format("THROW 50002, 'two', 1", "DECLARE @a int") + " SELECT ERROR_NUMBER()"),
        [(8134,)],
    ),
    (TRY.format("SELECT 1/0", "SELECT @@ERROR"), [(8134,)]),
    (TRY.format("SELECT CAST('x' AS int)", "SELECT ERROR_NUMBER()"), [(245,)]),
    (TRY.format("EXEC nothing", "SELECT ERROR_NUMBER()"), [(2812,)]),
    ("CREATE PROC p AS SELECT * FROM nothing\nGO\n" + TRY.format("EXEC p", "SELECT ERROR_NUMBER()"), [(208,)]),
    ("CREATE PROC p AS SELECT ERROR_NUMBER()\nGO\n" + TRY.format("SELECT 1/0", "EXEC p"), [(8134,)]),
    (
        "DECLARE @i int = 0 WHILE @i < 3 BEGIN SET @i += 1 "
        + TRY.format("IF @i = 2 SELECT 1/0", "CONTINUE")
        + " END SELECT @i",
        [(3,)],
    ),
    ("CREATE PROC p AS " + TRY.format("SELECT 1/0", "RETURN 9") + "\nGO\nDECLARE @r int EXEC @r = p SELECT @r", [(9,)]),
]


@pytest.mark.parametrize(("script", "rows"), CAUGHT, ids=[script[:90] for script, _ in CAUGHT])
def test_a_caught_error_is_no_error_and_is_known_in_catch(script, rows):
    outcome = run(script)
    assert outcome.numbers == []
    assert outcome.rows == rows


UNCAUGHT = [
    # Most errors end their statement only.
    ("SELECT 1/0 SELECT 'on'", [8134], [("on",)]),
    (
        "CREATE TABLE #t (a int) INSERT #t VALUES (1) INSERT #t SELECT 1/0 INSERT #t VALUES (3) SELECT SUM(a) FROM #t",
        [8134],
        [(4,)],
    ),
    ("CREATE TABLE #t (a int NOT NULL) INSERT #t VALUES (1), (NULL) SELECT COUNT(*) FROM #t", [515], [(0,)]),
    ("CREATE TABLE #t (a int PRIMARY KEY) INSERT #t VALUES (1), (1) SELECT COUNT(*) FROM #t", [2627], [(0,)]),
    ("CREATE TABLE #t (a varchar(2)) INSERT #t VALUES ('abc') SELECT COUNT(*) FROM #t", [2628], [(0,)]),
    ("DECLARE @a int = 5 SET @a = 1/0 SELECT @a", [8134], [(5,)]),
    ("RAISERROR('r', 16, 1) SELECT 'on'", [50000], [("on",)]),
    ("EXEC nothing SELECT 'on'", [2812], [("on",)]),
    ("DROP TABLE nothing SELECT 'on'", [3701], [("on",)]),
    ("CREATE TABLE #t (a int) CREATE TABLE #t (a int) SELECT 'on'", [2714], [("on",)]),
    ("CREATE PROC p AS SELECT 1/0 SELECT 'on'\nGO\nEXEC p", [8134], [("on",)]),
    ("COMMIT SELECT 'on'", [3902], [("on",)]),
    ("ROLLBACK SELECT 'on'", [3903], [("on",)]),
    # Failed conversions of text, and THROW, end the batch.
    ("SELECT 'before' SELECT CAST('x' AS int) SELECT 'on'", [245], [("before",)]),
    ("SELECT 'before'; THROW 50001, 'no', 1; SELECT 'on'", [50001], [("before",)]),
    ("CREATE PROC p AS THROW 50001, 'no', 1;\nGO\nSELECT 'before' EXEC p SELECT 'on'", [50001], [("before",)]),
    ("SELECT 'before' SELECT CAST('x' AS int)\nGO\nSELECT 'next batch'", [245], [("next batch",)]),
    # Under XACT_ABORT every error does, but RAISERROR's.
    ("SET XACT_ABORT ON SELECT 'before' SELECT 1/0 SELECT 'on'", [8134], [("before",)]),
    ("SET XACT_ABORT ON RAISERROR('r', 16, 1) SELECT 'on'", [50000], [("on",)]),
    ("SET XACT_ABORT ON\nGO\nSELECT 'before' SELECT 1/0 SELECT 'on'", [8134], [("before",)]),
    ("CREATE PROC p AS SET XACT_ABORT ON\nGO\nEXEC p SELECT 1/0 SELECT 'on'", [8134], [("on",)]),
    # A name that isn't there ends its batch or procedure, past its own TRY.
    ("SELECT 'before' SELECT * FROM nothing SELECT 'on'", [208], [("before",)]),
    (TRY.format("SELECT * FROM nothing", "SELECT 'caught'"), [208], []),
    ("CREATE PROC p AS SELECT * FROM nothing SELECT 'in p'\nGO\nEXEC p SELECT 'on'", [208], [("on",)]),
    # A column that isn't there keeps the whole batch from running.
    ("CREATE TABLE #t (a int)\nGO\nINSERT #t VALUES (1) SELECT b FROM #t\nGO\nSELECT COUNT(*) FROM #t", [207], [(0,)]),
    # Arguments.
    ("CREATE PROC p @a int AS SELECT @a\nGO\nEXEC p", [201], []),
    ("CREATE PROC p @a int AS SELECT @a\nGO\nEXEC p 1, 2", [8144], []),
    ("CREATE PROC p @a int AS SELECT @a\nGO\nEXEC p @b = 1", [8145], []),
    ("CREATE PROC p @a int AS SELECT @a\nGO\nEXEC p 1, @a = 1", [8143], []),
    ("CREATE PROC p @a int AS SELECT @a\nGO\nDECLARE @x int EXEC p @x OUTPUT", [8162], []),
    ("CREATE PROC p AS SELECT 1\nGO\nCREATE PROC p AS SELECT 2", [2714], []),
    ("ALTER PROC p AS SELECT 2", [208], []),
    ("DROP PROC p", [3701], []),
    ("CREATE PROC p AS EXEC p\nGO\nEXEC p", [217], []),
    # THROW and RAISERROR themselves.
    ("THROW 100, 'low', 1", [35100], []),
    ("RAISERROR('x', 19, 1)", [2754], []),
    ("RAISERROR('%d', 16, 1, 'x')", [2786], []),
    # What doesn't compile.
    ("SELECT @a", [137], []),
    ("SET @a = 1", [137], []),
    ("SELECT * FROM @t", [1087], []),
    ("DECLARE @a int DECLARE @A int", [134], []),
    ("DECLARE @a int\nGO\nSELECT @a", [137], []),
    ("SELECT 1 BREAK", [135], []),
    ("CONTINUE", [136], []),
    ("THROW", [10704], []),
    ("RETURN 1", [178], []),
    ("SELECT 'a", [105], []),
    ("BEGIN SELECT 1", [102], []),
    ("SELECT 1 END", [102], []),
    ("BEGIN END", [102], []),
    ("IF 1 = 1", [102], []),
    ("BEGIN TRY SELECT 1 END TRY SELECT 2", [102], []),
    ("BEGIN TRY SELECT 1 END TRY; BEGIN CATCH END CATCH", [102], []),
    ("PRINT 'x' THROW 50000, 'x', 1", [102], []),
    ("PRINT 'x' WITH c AS (SELECT 1 AS a) SELECT a FROM c", [319], []),
    ("SELECT 1 CREATE PROC p AS SELECT 1", [111], []),
    ("CREATE PROC p @a int, @b int AS SELECT 1\nGO\nEXEC p @a = 1, 2", [119], []),
    (
        "CREATE TABLE #t (a int)\nGO\nMERGE #t AS t USING (SELECT 1 AS a) s ON t.a = s.a"
        " WHEN NOT MATCHED THEN INSERT VALUES (1)",
        [10713],
        [],
    ),
]


@pytest.mark.parametrize(("script", "numbers", "rows"), UNCAUGHT, ids=[script[:90] for script, *_ in UNCAUGHT])
def test_an_uncaught_error_ends_what_the_reference_says(script, numbers, rows):
    outcome = run(script)
    assert outcome.numbers == numbers
    assert outcome.rows == rows


def test_an_error_tells_number_severity_state_procedure_and_the_files_line():
    (error,) = run("SELECT 0\nGO\nCREATE PROC dbo.p AS\n\nTHROW 50001, 'no', 7;\nGO\nEXEC dbo.p").errors
    assert (error.number, error.severity, error.state, error.procedure, error.line) == (50001, 16, 7, "dbo.p", 5)


def test_a_rethrown_error_is_the_caught_one():
    (error,) = run("BEGIN TRY\nSELECT 1/0\nEND TRY\nBEGIN CATCH\nPRINT 'x';\nTHROW\nEND CATCH").errors
    assert (error.number, error.line) == (8134, 2)
