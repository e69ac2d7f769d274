"""Transactions as drivers make them, and as T-SQL does; and application locks."""

import threading
from decimal import Decimal

import pyodbc
import pytest

from recon_assets_tests.tds.conftest import Client

CHANGE = "UPDATE dbo.HOLDING SET AMOUNT = 9 WHERE ID = 1"
AMOUNT = "SELECT AMOUNT FROM dbo.HOLDING WHERE ID = 1"


def test_what_is_committed_is_there_for_others(client: Client):
    connection = client.connect(autocommit=False)
    connection.execute(CHANGE)
    assert connection.execute(AMOUNT).fetchval() == Decimal("9.00")
    assert client.connect().execute(AMOUNT).fetchval() == Decimal("1.10")
    connection.commit()
    assert client.connect().execute(AMOUNT).fetchval() == Decimal("9.00")


@pytest.mark.parametrize("end", ["rollback", "close"])
def test_what_is_not_committed_is_lost(end: str, client: Client):
    connection = client.connect(autocommit=False)
    connection.execute(CHANGE)
    getattr(connection, end)()
    assert client.connect().execute(AMOUNT).fetchval() == Decimal("1.10")


def test_several_batches_are_one_transaction(client: Client):
    connection = client.connect(autocommit=False)
    connection.execute("CREATE PROCEDURE dbo.ADD_ONE AS UPDATE dbo.HOLDING SET AMOUNT = AMOUNT + 1 WHERE ID = 1")
    for _ in range(3):
        connection.execute("EXEC dbo.ADD_ONE")
    connection.commit()
    connection.execute("EXEC dbo.ADD_ONE")
    connection.rollback()
    assert client.connect().execute(AMOUNT).fetchval() == Decimal("4.10")


def test_a_transaction_of_t_sql_goes_over_batches(client: Client):
    connection = client.connect()
    connection.execute("BEGIN TRANSACTION")
    connection.execute(CHANGE)
    assert connection.execute("SELECT @@TRANCOUNT").fetchval() == 1
    connection.execute("ROLLBACK TRANSACTION")
    assert connection.execute("SELECT @@TRANCOUNT").fetchval() == 0
    assert connection.execute(AMOUNT).fetchval() == Decimal("1.10")


def test_a_failed_procedure_leaves_what_no_transaction_holds(client: Client):
    """As SQL Server does: what comes before the error was committed statement by statement."""
    connection = client.connect()
    connection.execute(f"CREATE PROCEDURE dbo.HALF AS {CHANGE}; THROW 50001, 'half', 1;")
    with pytest.raises(pyodbc.Error, match="half"):
        connection.execute("EXEC dbo.HALF").nextset()
    assert connection.execute(AMOUNT).fetchval() == Decimal("9.00")


def test_an_error_in_a_transaction_can_be_rolled_back(client: Client):
    connection = client.connect(autocommit=False)
    connection.execute(f"CREATE PROCEDURE dbo.HALF AS {CHANGE}; THROW 50001, 'half', 1;")
    connection.commit()
    with pytest.raises(pyodbc.Error, match="half"):
        connection.execute("EXEC dbo.HALF").nextset()
    connection.rollback()
    assert client.connect().execute(AMOUNT).fetchval() == Decimal("1.10")


@pytest.mark.parametrize("level", ["READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_isolation_levels_are_accepted(level: str, client: Client):
    connection = client.connect(autocommit=False)
    connection.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
    assert connection.execute(AMOUNT).fetchval() == Decimal("1.10")
    connection.commit()


def test_a_snapshot_is_of_the_moment_of_its_first_read(client: Client):
    reading, changing = client.connect(), client.connect()
    for text in ("SET TRANSACTION ISOLATION LEVEL SNAPSHOT", "BEGIN TRANSACTION"):
        reading.execute(text)
    assert reading.execute(AMOUNT).fetchval() == Decimal("1.10")
    changing.execute("UPDATE dbo.HOLDING SET AMOUNT = 9 WHERE ID = 1")
    assert reading.execute(AMOUNT).fetchval() == Decimal("1.10")
    reading.execute("COMMIT TRANSACTION")
    assert reading.execute(AMOUNT).fetchval() == Decimal("9.00")


def test_a_transaction_that_has_begun_can_t_become_a_snapshot(client: Client):
    connection = client.connect()
    for text in ("BEGIN TRANSACTION", "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"):
        connection.execute(text)
    with pytest.raises(pyodbc.Error, match="did not start in snapshot isolation"):
        connection.execute(AMOUNT)


@pytest.mark.parametrize("text", ["SET LOCK_TIMEOUT 5000", "SET NOCOUNT ON; SET XACT_ABORT ON", "SET ANSI_NULLS ON SET QUOTED_IDENTIFIER ON", "USE [warehouse]"])  # fmt: skip
def test_settings_are_accepted(text: str, client: Client):
    connection = client.connect()
    connection.execute(text)
    assert connection.execute(AMOUNT).fetchval() == Decimal("1.10")


# Application locks

GET = (
    "DECLARE @rc int; EXEC @rc = sp_getapplock @Resource = ?, @LockMode = 'Exclusive', @LockOwner = 'Session',"
    " @LockTimeout = {}; SELECT @rc AS return_code"
)
RELEASE = "DECLARE @rc int; EXEC @rc = sp_releaseapplock @Resource = ?, @LockOwner = 'Session'; SELECT @rc"


def test_a_lock_is_given_to_one_at_a_time(client: Client):
    one, other = client.connect(), client.connect()
    assert one.execute(GET.format(0), "load").fetchval() == 0
    assert other.execute(GET.format(0), "load").fetchval() == -1
    assert other.execute(GET.format(50), "load").fetchval() == -1
    assert other.execute(GET.format(0), "other").fetchval() == 0
    assert one.execute(RELEASE, "load").fetchval() == 0
    assert other.execute(GET.format(0), "load").fetchval() == 0
    assert client.server.locks.held == {"load", "other"}


def test_a_lock_is_free_when_its_connection_ends(client: Client):
    one, other = client.connect(), client.connect()
    one.execute(GET.format(0), "load")
    threading.Timer(0.2, one.close).start()
    assert other.execute(GET.format(10_000), "load").fetchval() in (0, 1)  # granted: at once where the timer was first


def test_who_waits_for_a_lock_keeps_nobody_from_working(client: Client):
    one, other = client.connect(), client.connect()
    one.execute(GET.format(0), "load")
    waiting = threading.Thread(target=other.execute, args=(GET.format(10_000), "load"))
    waiting.start()
    one.execute(CHANGE)
    one.execute(RELEASE, "load")
    waiting.join()
    assert one.execute(AMOUNT).fetchval() == Decimal("9.00")
