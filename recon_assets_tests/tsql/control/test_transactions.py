"""Transactions: what ROLLBACK brings back, how BEGIN nests, and what an error makes of them, by the reference."""

import pytest

from recon_assets_tests.tsql.control.running import run

TABLE = "CREATE TABLE #t (a int) INSERT #t VALUES (1), (2)\nGO\n"
ROWS = " SELECT COUNT(*), SUM(a) FROM #t"

KEPT_OR_UNDONE = [
    ("BEGIN TRAN INSERT #t VALUES (3) COMMIT", (3, 6)),
    ("BEGIN TRAN INSERT #t VALUES (3) ROLLBACK", (2, 3)),
    ("BEGIN TRANSACTION UPDATE #t SET a = 9 ROLLBACK TRANSACTION", (2, 3)),
    ("BEGIN TRAN DELETE #t ROLLBACK WORK", (2, 3)),
    ("BEGIN TRAN TRUNCATE TABLE #t INSERT #t VALUES (7) ROLLBACK", (2, 3)),
    ("BEGIN TRAN TRUNCATE TABLE #t INSERT #t VALUES (7) COMMIT WORK", (1, 7)),
    ("BEGIN TRAN DROP TABLE #t ROLLBACK", (2, 3)),
    ("BEGIN TRAN DROP TABLE #t CREATE TABLE #t (b varchar(1)) ROLLBACK", (2, 3)),
    ("BEGIN TRAN DELETE #t INSERT #t VALUES (5) UPDATE #t SET a = a + 1 TRUNCATE TABLE #t ROLLBACK", (2, 3)),
    ("BEGIN TRAN INSERT #t VALUES (3) COMMIT BEGIN TRAN DELETE #t ROLLBACK", (3, 6)),
    ("BEGIN TRAN INSERT #t VALUES (3) BEGIN TRAN INSERT #t VALUES (4) COMMIT ROLLBACK", (2, 3)),
    ("BEGIN TRAN INSERT #t VALUES (3) BEGIN TRAN INSERT #t VALUES (4) COMMIT COMMIT", (4, 10)),
    ("BEGIN TRAN BEGIN TRAN INSERT #t VALUES (3) ROLLBACK INSERT #t VALUES (4)", (3, 7)),
    ("BEGIN TRAN outerone INSERT #t VALUES (3) BEGIN TRAN innerone ROLLBACK TRAN outerone", (2, 3)),
    ("BEGIN TRAN INSERT #t VALUES (3)\nGO\nROLLBACK", (2, 3)),
    ("BEGIN TRAN INSERT #t VALUES (3) INSERT #t SELECT 1/0 COMMIT", (3, 6)),
    ("SET XACT_ABORT ON BEGIN TRAN INSERT #t VALUES (3) INSERT #t SELECT 1/0 COMMIT\nGO\n", (2, 3)),
    ("BEGIN TRAN INSERT #t VALUES (3) INSERT #t VALUES (CAST('x' AS int)) COMMIT\nGO\n", (2, 3)),
    ("BEGIN TRAN INSERT #t VALUES (3); THROW 50000, 'x', 1;\nGO\nCOMMIT", (3, 6)),
    ("BEGIN TRY BEGIN TRAN DELETE #t SELECT 1/0 COMMIT END TRY BEGIN CATCH ROLLBACK END CATCH", (2, 3)),
    ("BEGIN TRY BEGIN TRAN DELETE #t SELECT 1/0 COMMIT END TRY BEGIN CATCH COMMIT END CATCH", (0, None)),
    ("BEGIN TRY INSERT #t VALUES (3) SELECT 1/0 END TRY BEGIN CATCH END CATCH", (3, 6)),
]


@pytest.mark.parametrize(("script", "row"), KEPT_OR_UNDONE, ids=[script for script, _ in KEPT_OR_UNDONE])
def test_rollback_brings_back_the_tables_and_commit_keeps_them(script, row):
    assert run(TABLE + script + ROWS).rows == [row]


STATES = [
    ("BEGIN TRAN BEGIN TRAN SELECT @@TRANCOUNT", [], [(2,)]),
    ("BEGIN TRAN BEGIN TRAN COMMIT SELECT @@TRANCOUNT", [], [(1,)]),
    ("BEGIN TRAN BEGIN TRAN ROLLBACK SELECT @@TRANCOUNT", [], [(0,)]),
    ("BEGIN TRAN SELECT XACT_STATE()", [], [(1,)]),
    ("SELECT XACT_STATE()", [], [(0,)]),
    ("BEGIN TRAN a ROLLBACK TRAN b SELECT @@TRANCOUNT", [6401], [(1,)]),
    ("DECLARE @t TABLE (a int) BEGIN TRAN INSERT @t VALUES (1) ROLLBACK SELECT COUNT(*) FROM @t", [], [(1,)]),
    ("DECLARE @a int = 1 BEGIN TRAN SET @a = 2 ROLLBACK SELECT @a", [], [(2,)]),
    ("BEGIN TRY BEGIN TRAN SELECT 1/0 END TRY BEGIN CATCH SELECT XACT_STATE() END CATCH", [], [(1,)]),
    (
        "SET XACT_ABORT ON BEGIN TRY BEGIN TRAN SELECT 1/0 END TRY BEGIN CATCH SELECT XACT_STATE() ROLLBACK END CATCH",
        [],
        [(-1,)],
    ),
    (
        "BEGIN TRY BEGIN TRAN SELECT CAST('x' AS int) END TRY BEGIN CATCH SELECT XACT_STATE() ROLLBACK END CATCH",
        [],
        [(-1,)],
    ),
    (
        "SET XACT_ABORT ON BEGIN TRY BEGIN TRAN; THROW 50000, 'x', 1; END TRY"
        " BEGIN CATCH SELECT XACT_STATE() ROLLBACK END CATCH",
        [],
        [(-1,)],
    ),
    ("SET XACT_ABORT ON BEGIN TRY BEGIN TRAN SELECT 1/0 END TRY BEGIN CATCH COMMIT END CATCH", [3930], None),
    ("SET XACT_ABORT ON BEGIN TRY BEGIN TRAN SELECT 1/0 END TRY BEGIN CATCH SELECT 1 END CATCH", [3998], None),
    ("CREATE PROC p AS BEGIN TRAN\nGO\nEXEC p SELECT @@TRANCOUNT", [266], [(1,)]),
    ("CREATE PROC p AS ROLLBACK\nGO\nBEGIN TRAN EXEC p SELECT @@TRANCOUNT", [266], [(0,)]),
    ("CREATE PROC p AS ROLLBACK SELECT 1\nGO\nCREATE TABLE #t (a int) BEGIN TRAN INSERT #t EXEC p", [3915], None),
    (
        "CREATE PROC q AS SELECT 1\nGO\nCREATE PROC p AS CREATE TABLE #u (a int) INSERT #u EXEC q\nGO\n"
        "CREATE TABLE #t (a int) INSERT #t EXEC p",
        [8164],
        None,
    ),
]


@pytest.mark.parametrize(("script", "numbers", "rows"), STATES, ids=[script[:90] for script, *_ in STATES])
def test_a_transaction_is_in_the_state_that_the_reference_says(script, numbers, rows):
    outcome = run(script)
    assert outcome.numbers == numbers
    assert rows is None or outcome.rows == rows


def test_an_identity_goes_on_after_a_rollback_and_starts_again_after_truncate():
    script = (
        "CREATE TABLE #t (id int IDENTITY(10, 5), a int) INSERT #t (a) VALUES (1) BEGIN TRAN INSERT #t (a) VALUES (2)"
        " ROLLBACK INSERT #t (a) VALUES (3)"
    )
    assert run(script + " SELECT id, a FROM #t ORDER BY id").rows == [(10, 1), (20, 3)]
    assert run(script + " TRUNCATE TABLE #t INSERT #t (a) VALUES (4) SELECT id, a FROM #t").rows == [(10, 4)]
