"""Control flow: scripts and the last result set a client gets from them, by the Transact-SQL reference."""

import pytest

from recon_assets_tests.tsql.control.running import run

VARIABLES = [
    ("DECLARE @a int SELECT @a", [(None,)]),
    ("DECLARE @a int = 2, @b int = 3 SELECT @a * @b", [(6,)]),
    ("DECLARE @a AS int = 2; DECLARE @b int = @a + 1; SELECT @b", [(3,)]),
    ("DECLARE @A int = 2 SELECT @a", [(2,)]),
    ("DECLARE @a int SET @a = 5 SELECT @a", [(5,)]),
    ("DECLARE @a int = 5 SET @a += 2 SELECT @a", [(7,)]),
    ("DECLARE @a int = 5 SET @a -= 2 + 1 SELECT @a", [(2,)]),
    ("DECLARE @a int = 5 SET @a *= 2 + 1 SELECT @a", [(15,)]),
    ("DECLARE @a int = 7 SET @a /= 2 SELECT @a", [(3,)]),
    ("DECLARE @a int = 7 SET @a %= 4 SELECT @a", [(3,)]),
    ("DECLARE @s varchar(10) = 'a' SET @s += 'b' SELECT @s", [("ab",)]),
    ("DECLARE @s varchar(3) = 'abcdef' SELECT @s", [("abc",)]),
    ("DECLARE @s varchar = 'abc' SELECT @s", [("a",)]),
    ("DECLARE @a int = 13 SET @a &= 6 SET @a |= 3 SET @a ^= 1 SELECT @a", [(6,)]),
    ("DECLARE @f float = 1e0+2e0 SELECT @f-1e0-1", [(1.0,)]),
    ("SELECT '1e0+2', '$5' -- 1e0+2", [("1e0+2", "$5")]),
    ("DECLARE @a int = 5, @b int SELECT @a = 1, @b = 2 SELECT @a + @b", [(3,)]),
    ("DECLARE @a int, @b int SELECT @a = 1, @b = @a + 1 SELECT @b", [(2,)]),
    ("DECLARE @a int = 5 SELECT @a = @a + COUNT(*) FROM (VALUES (1), (2)) t(v) SELECT @a", [(7,)]),
    ("DECLARE @a int = 9 SELECT @a = v FROM (VALUES (1), (2), (3)) t(v) ORDER BY v SELECT @a", [(3,)]),
    ("DECLARE @a int = 9 SELECT @a = v FROM (VALUES (1)) t(v) WHERE v > 1 SELECT @a", [(9,)]),
    ("DECLARE @a int = 9 SET @a = (SELECT v FROM (VALUES (1)) t(v) WHERE v > 1) SELECT @a", [(None,)]),
    ("IF 1 = 2 DECLARE @a int = 5 SELECT @a", [(None,)]),
    ("IF 1 = 2 DECLARE @t TABLE (a int) SELECT COUNT(*) FROM @t", [(0,)]),
    (
        "DECLARE @i int = 0 WHILE @i < 3 BEGIN DECLARE @n int SET @n = ISNULL(@n, 0) + 1 SET @i += 1 END SELECT @n",
        [(3,)],
    ),
    ("DECLARE @i int = 0 WHILE @i < 3 BEGIN DECLARE @n int = 0 SET @n += 1 SET @i += 1 END SELECT @n", [(1,)]),
    (
        "DECLARE @i int = 0 WHILE @i < 3 BEGIN DECLARE @t TABLE (a int) INSERT @t VALUES (@i) SET @i += 1 END"
        " SELECT COUNT(*) FROM @t",
        [(3,)],
    ),
    ("DECLARE @t TABLE (a int) INSERT INTO @t VALUES (1), (2) SELECT SUM(a) FROM @t", [(3,)]),
]

CONDITIONS = [
    ("IF 1 = 1 SELECT 'then' ELSE SELECT 'else'", [("then",)]),
    ("IF 1 = 2 SELECT 'then' ELSE SELECT 'else'", [("else",)]),
    ("IF NULL = 1 SELECT 'then' ELSE SELECT 'else'", [("else",)]),
    ("IF NOT (NULL = 1) SELECT 'then' ELSE SELECT 'else'", [("else",)]),
    ("IF 1 = 1 SELECT 'then'; ELSE SELECT 'else'; SELECT 'after'", [("after",)]),
    ("IF 1 = 2 BEGIN SELECT 1 SELECT 2 END ELSE BEGIN SELECT 3 SELECT 4 END", [(4,)]),
    ("IF 1 = 2 SELECT 1 ELSE IF 2 = 2 SELECT 2 ELSE SELECT 3", [(2,)]),
    ("IF 1 = 1 IF 1 = 2 SELECT 1 ELSE SELECT 'inner else'", [("inner else",)]),
    ("IF EXISTS (SELECT 1) SELECT 'yes'", [("yes",)]),
    ("IF NOT EXISTS (SELECT 1 FROM (VALUES (1)) t(v) WHERE v = 2) SELECT 'none'", [("none",)]),
    ("IF (SELECT COUNT(*) FROM (VALUES (1), (2)) t(v)) = 2 SELECT 'two'", [("two",)]),
    ("IF 'a' = 'A ' SELECT 'equal'", [("equal",)]),
    ("SELECT 0 IF 1 = 2 SELECT 1", [(0,)]),
]

LOOPS = [
    ("DECLARE @i int = 0 WHILE @i < 10 SET @i += 1 SELECT @i", [(10,)]),
    ("DECLARE @i int = 0 WHILE @i < 10 BEGIN SET @i += 1 IF @i = 4 BREAK END SELECT @i", [(4,)]),
    (
        "DECLARE @i int = 0, @s int = 0"
        " WHILE @i < 5 BEGIN SET @i += 1 IF @i % 2 = 0 CONTINUE SET @s += @i END SELECT @s",
        [(9,)],
    ),
    (
        "DECLARE @i int = 0, @j int, @n int = 0 WHILE @i < 3 BEGIN SET @i += 1 SET @j = 0"
        " WHILE 1 = 1 BEGIN SET @j += 1 SET @n += 1 IF @j = 2 BREAK END END SELECT @n",
        [(6,)],
    ),
    ("WHILE 1 = 2 SELECT 1 SELECT 2", [(2,)]),
    ("WHILE NULL = 1 SELECT 1 SELECT 2", [(2,)]),
]

BATCHES = [
    ("CREATE TABLE #t (a int)\nGO\nINSERT #t VALUES (1)\nGO 3\nSELECT COUNT(*) FROM #t", [(3,)]),
    ("SELECT 1\ngo\nSELECT 2 -- no GO\n", [(2,)]),
    ("SELECT '\nGO\n'", [("\nGO\n",)]),
    ("/* /* nested */\nGO\n*/ SELECT 1", [(1,)]),
    ("SELECT 1 AS [\nGO\n]", [(1,)]),
    ("SELECT 1 RETURN SELECT 2", [(1,)]),
    ("IF 1 = 1 BEGIN RETURN END SELECT 2\nGO\nSELECT 3", [(3,)]),
    ("SELECT 1\n  GO  -- next\nSELECT 2", [(2,)]),
]

PROCEDURES = [
    ("CREATE PROCEDURE p AS SELECT 1 SELECT 2\nGO\nEXEC p", [(2,)]),
    ("CREATE PROC dbo.p @a int AS SELECT @a + 1\nGO\nEXECUTE [dbo].[P] 4", [(5,)]),
    ("CREATE PROC p @a int = 7, @b int = NULL AS SELECT @a, @b\nGO\nEXEC p", [(7, None)]),
    ("CREATE PROC p (@a int, @b int = 2) AS BEGIN SELECT @a, @b END\nGO\nEXEC p @b = 5, @a = 1", [(1, 5)]),
    ("CREATE PROC p @a int = 7, @b int AS SELECT @a, @b\nGO\nEXEC p DEFAULT, 2", [(7, 2)]),
    ("CREATE PROC p @s varchar(10) AS SELECT @s\nGO\nEXEC p abc", [("abc",)]),
    ("CREATE PROC p @a int AS SELECT @a\nGO\np -3", [(-3,)]),
    ("CREATE PROC p @a int AS SELECT @a\nGO\nDECLARE @x int = 8 EXEC p @x", [(8,)]),
    ("CREATE PROC p @a varchar(3) AS SELECT @a\nGO\nEXEC p 12", [("12",)]),
    ("CREATE PROC p AS RETURN 5\nGO\nDECLARE @r int EXEC @r = p SELECT @r", [(5,)]),
    ("CREATE PROC p AS SELECT 1\nGO\nDECLARE @r int EXEC @r = p SELECT @r", [(0,)]),
    ("CREATE PROC p AS RETURN -(1 + 1) SELECT 3\nGO\nDECLARE @r int EXEC @r = p SELECT @r", [(-2,)]),
    (
        "CREATE PROC p @a int, @b int OUTPUT AS SET @b = @a * 2\nGO\nDECLARE @x int = 1 EXEC p 4, @x OUTPUT SELECT @x",
        [(8,)],
    ),
    ("CREATE PROC p @b int OUT AS SET @b = 3\nGO\nDECLARE @x int = 1 EXEC p @b = @x OUT SELECT @x", [(3,)]),
    ("CREATE PROC p @b int OUTPUT AS SET @b = 3\nGO\nDECLARE @x int = 1 EXEC p @x SELECT @x", [(1,)]),
    ("CREATE PROC p @b int OUTPUT AS SET @b += 1\nGO\nDECLARE @x int = 1 EXEC p @x OUTPUT SELECT @x", [(2,)]),
    ("CREATE PROC p AS SELECT 1\nGO\nALTER PROC p AS SELECT 2\nGO\nEXEC p", [(2,)]),
    ("CREATE OR ALTER PROC p AS SELECT 1\nGO\nCREATE OR ALTER PROC p AS SELECT 2\nGO\nEXEC p", [(2,)]),
    (
        "CREATE PROC f @n int, @r int OUTPUT AS IF @n < 2 SET @r = 1 ELSE BEGIN DECLARE @m int = @n - 1"
        " EXEC f @m, @r OUTPUT SET @r = @r * @n END\nGO\nDECLARE @x int EXEC f 5, @x OUTPUT SELECT @x",
        [(120,)],
    ),
    ("CREATE PROC p AS SELECT a FROM #t\nGO\nCREATE TABLE #t (a int) INSERT #t VALUES (6) EXEC p", [(6,)]),
    (
        "CREATE PROC p AS CREATE TABLE #t (a int) INSERT #t VALUES (6)\nGO\n"
        "CREATE TABLE #t (a int) INSERT #t VALUES (1) EXEC p SELECT a FROM #t",
        [(1,)],
    ),
    (
        "CREATE PROC p AS SELECT 1, 'a' UNION ALL SELECT 2, 'b'\nGO\n"
        "CREATE TABLE #t (a int, b varchar(5)) INSERT INTO #t EXEC p SELECT * FROM #t ORDER BY a",
        [(1, "a"), (2, "b")],
    ),
    (
        "CREATE PROC p @a int AS SELECT @a\nGO\nCREATE TABLE #t (a int, b int) INSERT INTO #t (b) EXEC p @a = 3"
        " SELECT a, b, @@ROWCOUNT FROM #t",
        [(None, 3, 1)],
    ),
    ("DROP PROCEDURE IF EXISTS p\nGO\nCREATE PROC p AS SELECT 1\nGO\nEXEC p", [(1,)]),
    (
        "CREATE PROC p AS SELECT 1\nGO\nIF OBJECT_ID('dbo.p', 'P') IS NOT NULL DROP PROC p\nGO\nSELECT OBJECT_ID('p')",
        [(None,)],
    ),
]

TABLES = [
    (
        "CREATE TABLE #t WITH (DISTRIBUTION = ROUND_ROBIN) AS SELECT 1 AS a UNION ALL SELECT 2 SELECT SUM(a) FROM #t",
        [(3,)],
    ),
    ("CREATE TABLE #t AS WITH c AS (SELECT 4 AS a) SELECT a FROM c SELECT a FROM #t", [(4,)]),
    ("CREATE TABLE #t (a int) WITH (HEAP, DISTRIBUTION = HASH(a)) SELECT COUNT(*) FROM #t", [(0,)]),
    ("SELECT 5 AS a INTO #t UPDATE STATISTICS #t WITH FULLSCAN SELECT a FROM #t", [(5,)]),
    (
        "SELECT 5 AS a INTO #t IF OBJECT_ID('tempdb..#t') IS NOT NULL DROP TABLE #t SELECT OBJECT_ID('tempdb..#t')",
        [(None,)],
    ),
    ("CREATE TABLE #t (a int)\nGO\nDROP TABLE IF EXISTS #t, #u CREATE TABLE #t (b int) SELECT b FROM #t", []),
]

COUNTS = [
    ("SELECT 1 UNION ALL SELECT 2 SELECT @@ROWCOUNT", [(2,)]),
    ("CREATE TABLE #t (a int) INSERT #t VALUES (1), (2), (3) SELECT @@ROWCOUNT", [(3,)]),
    (
        "CREATE TABLE #t (a int) INSERT #t VALUES (1), (2), (3) UPDATE #t SET a = 0 WHERE a > 1 SELECT @@ROWCOUNT",
        [(2,)],
    ),
    ("CREATE TABLE #t (a int) INSERT #t VALUES (1), (2), (3) DELETE #t WHERE a > 5 SELECT @@ROWCOUNT", [(0,)]),
    ("SELECT 1 UNION ALL SELECT 2 DECLARE @n int = @@ROWCOUNT SELECT @n, @@ROWCOUNT", [(2, 1)]),
    ("SELECT 1 UNION ALL SELECT 2 SET NOCOUNT ON SELECT @@ROWCOUNT", [(0,)]),
    ("SELECT 1 UNION ALL SELECT 2 IF @@ROWCOUNT = 2 SELECT @@ROWCOUNT", [(0,)]),
    ("DECLARE @a int SELECT @a = v FROM (VALUES (1), (2)) t(v) SELECT @@ROWCOUNT", [(2,)]),
    ("SELECT 1 UNION ALL SELECT 2 PRINT 'x' SELECT @@ROWCOUNT", [(0,)]),
    ("SELECT 1/0 SELECT @@ERROR", [(8134,)]),
    ("SELECT 1/0 SELECT 1 SELECT @@ERROR", [(0,)]),
    ("SELECT 1/0 DECLARE @e int = @@ERROR SELECT @e, @@ERROR", [(8134, 0)]),
    ("SELECT 1/0 IF @@ERROR <> 0 SELECT 'failed'", [("failed",)]),
    ("SELECT @@TRANCOUNT", [(0,)]),
]

ALL = VARIABLES + CONDITIONS + LOOPS + BATCHES + PROCEDURES + TABLES + COUNTS


@pytest.mark.parametrize(("script", "rows"), ALL, ids=[script[:70] for script, _ in ALL])
def test_a_script_gives_its_last_result_set(script, rows):
    assert run(script).rows == rows


MESSAGES = [
    ("PRINT 'a' PRINT N'b'", ["a", "b"]),
    ("PRINT 'a' + 'b'", ["ab"]),
    ("PRINT 12", ["12"]),
    ("DECLARE @d decimal(9,2) = 1.5 PRINT @d", ["1.50"]),
    ("RAISERROR('info', 10, 1)", ["info"]),
    ("RAISERROR('info', 0, 1) WITH NOWAIT", ["info"]),
    ("RAISERROR('%d of %s, 100%%', 1, 1, 3, 'four')", ["3 of four, 100%"]),
    ("RAISERROR('[%5d][%-5s][%05d][%x]', 1, 1, 42, 'ab', 42, 255)", ["[   42][ab   ][00042][ff]"]),
    ("RAISERROR('[%.2s][%*d]', 1, 1, 'abc', 4, 7)", ["[ab][   7]"]),
    ("RAISERROR('%s', 1, 1, NULL)", ["(null)"]),
    ("DECLARE @m varchar(20) = 'hi %s', @w varchar(5) = 'you' RAISERROR(@m, 1, 1, @w)", ["hi you"]),
    ("BEGIN TRY RAISERROR('low', 10, 1) PRINT 'on' END TRY BEGIN CATCH PRINT 'caught' END CATCH", ["low", "on"]),
]


@pytest.mark.parametrize(("script", "messages"), MESSAGES, ids=[script[:70] for script, _ in MESSAGES])
def test_a_script_gives_its_messages(script, messages):
    outcome = run(script)
    assert outcome.messages == messages
    assert outcome.errors == []
