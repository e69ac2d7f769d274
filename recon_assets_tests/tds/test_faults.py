"""Faults happen where a test has asked for them, and clients see what they would of a real server."""

import threading

import arrow_odbc
import pyodbc
import pytest

from recon_assets_tests.tds.conftest import Client, rows
from recon_assets_tests.tds.faults import ServerError
from recon_assets_tests.tds.outcome import Canned, Result

NUMBERS = "SELECT n FROM numbers"


@pytest.fixture
def connection(client: Client) -> pyodbc.Connection:
    """A connection to a server with ten thousand numbers."""
    client.server.canned[NUMBERS] = Canned([Result([("n", "int not null")], [(n,) for n in range(10_000)])])
    return client.connect()


def test_a_connection_is_cut_within_a_result(client: Client, connection: pyodbc.Connection):
    client.server.faults.drop_result(after_rows=2500)
    with pytest.raises(pyodbc.OperationalError):
        connection.execute(NUMBERS).fetchall()
    assert len(client.connect().execute(NUMBERS).fetchall()) == 10_000


def test_arrow_odbc_does_not_tell_of_the_cut_so_that_its_rows_must_be_counted(
    client: Client, connection: pyodbc.Connection
):
    client.server.faults.drop_result(after_rows=2500)
    batches = arrow_odbc.read_arrow_batches_from_odbc(NUMBERS, connection_string=client.text(), batch_size=100)
    assert sum(batch.num_rows for batch in batches) == 2500


def test_arrow_odbc_tells_of_an_error_within_a_result(client: Client, connection: pyodbc.Connection):
    client.server.faults.fail_result(2500, ServerError(601, "Could not continue scan."))
    batches = arrow_odbc.read_arrow_batches_from_odbc(NUMBERS, connection_string=client.text(), batch_size=100)
    with pytest.raises(Exception, match="Could not continue scan"):
        list(batches)


def test_an_error_comes_within_a_result(client: Client, connection: pyodbc.Connection):
    client.server.faults.fail_result(3, ServerError(601, "Could not continue scan.", severity=12))
    cursor = connection.execute(NUMBERS)
    assert [tuple(cursor.fetchone()) for _ in range(3)] == [(0,), (1,), (2,)]
    with pytest.raises(pyodbc.Error, match=r"Could not continue scan. \(601\)"):
        cursor.fetchone()
    assert rows(connection.execute("SELECT ID FROM dbo.HOLDING ORDER BY ID")) == [(1,), (2,), (3,)]


@pytest.mark.parametrize("after_rows", [None, 0, 5000])
def test_a_stalled_query_times_out_and_the_connection_lives_on(
    after_rows: int | None, client: Client, connection: pyodbc.Connection
):
    connection.timeout = 1
    client.server.faults.stall_result(after_rows)
    with pytest.raises(pyodbc.OperationalError, match="HYT00"):
        connection.execute(NUMBERS).fetchall()
    assert len(connection.execute(NUMBERS).fetchall()) == 10_000


def test_a_stalled_query_can_be_cancelled(client: Client, connection: pyodbc.Connection):
    client.server.faults.stall_result()
    cursor = connection.cursor()
    threading.Timer(0.2, cursor.cancel).start()
    with pytest.raises(pyodbc.Error, match="HY008"):
        cursor.execute(NUMBERS)
    assert len(connection.execute(NUMBERS).fetchall()) == 10_000


def test_a_cursor_closed_early_leaves_the_rest_unread(client: Client, connection: pyodbc.Connection):
    cursor = connection.execute(NUMBERS)
    cursor.fetchmany(3)
    cursor.close()
    assert len(connection.execute(NUMBERS).fetchall()) == 10_000


def test_a_long_query_is_interrupted(client: Client):
    connection = client.connect()
    connection.timeout = 1
    connection.execute("CREATE PROCEDURE dbo.LONG AS WHILE 1 = 1 UPDATE dbo.HOLDING SET AMOUNT = AMOUNT")
    with pytest.raises(pyodbc.OperationalError, match="HYT00"):
        connection.execute("EXEC dbo.LONG")
    assert connection.execute("SELECT COUNT(*) FROM dbo.HOLDING").fetchval() == 3
