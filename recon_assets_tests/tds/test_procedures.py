"""Procedures: deployed through the wire, called as drivers call them, with all they tell."""

import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pyodbc
import pytest

from recon_assets_tests.tds.conftest import Client, rows
from recon_assets_tests.tds.faults import ServerError
from recon_assets_tests.tds.outcome import Canned, Result
from recon_assets_tests.tds.server import CallRecord

RAISE = """CREATE OR ALTER PROCEDURE dbo.RAISE_AMOUNTS @BY decimal(9,2), @ONLY int = NULL, @CHANGED int = NULL OUTPUT AS
BEGIN
    SET NOCOUNT ON;
    PRINT 'raising';
    UPDATE dbo.HOLDING SET AMOUNT = AMOUNT + @BY WHERE @ONLY IS NULL OR ID = @ONLY;
    SET @CHANGED = @@ROWCOUNT;
    SELECT ID, AMOUNT FROM dbo.HOLDING ORDER BY ID;
    RETURN 7;
END"""


@pytest.fixture
def connection(client: Client) -> pyodbc.Connection:
    """A connection to a server that has dbo.RAISE_AMOUNTS."""
    connection = client.connect()
    connection.execute(RAISE)
    return connection


def test_a_batch_calls_a_procedure_and_reads_its_return_code(client: Client, connection: pyodbc.Connection):
    cursor = connection.execute(
        "DECLARE @p0 decimal(9,2) = ?; DECLARE @rc int; EXEC @rc = [dbo].[RAISE_AMOUNTS] @BY = @p0;"
        " SELECT @rc AS return_code",
        Decimal("0.50"),
    )
    assert rows(cursor) == [(1, Decimal("1.60")), (2, Decimal("-1.50")), (3, None)]
    assert cursor.nextset()
    assert [column[0] for column in cursor.description] == ["return_code"]
    assert cursor.fetchone().return_code == 7
    assert not cursor.nextset()
    assert client.server.calls == [
        CallRecord("dbo.RAISE_AMOUNTS", {"@by": Decimal("0.50"), "@only": None, "@changed": None})
    ]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("EXEC dbo.RAISE_AMOUNTS 0.5", ()),
        ("EXEC [dbo].[RAISE_AMOUNTS] @BY = ?", ("0.5",)),
        ("DECLARE @p0 decimal(9,2) = ?; EXEC RAISE_AMOUNTS @BY = @p0", (0.5,)),
        ("{CALL dbo.RAISE_AMOUNTS(?)}", (Decimal("0.5"),)),
    ],
)
def test_what_it_did_is_committed(text: str, arguments: tuple, client: Client, connection: pyodbc.Connection):
    assert rows(connection.execute(text, *arguments))[0] == (1, Decimal("1.60"))
    amounts = "SELECT AMOUNT FROM dbo.HOLDING ORDER BY ID"
    assert rows(client.connect().execute(amounts)) == [(Decimal("1.60"),), (Decimal("-1.50"),), (None,)]


def test_a_called_procedure_takes_null(client: Client):
    client.server.canned["dbo.ODD"] = Canned()
    client.connect().execute("{CALL dbo.ODD(?, ?)}", 1, None)
    assert client.server.calls == [CallRecord("dbo.ODD", {"@1": 1, "@2": None})]


def test_messages_come_with_the_results(connection: pyodbc.Connection):
    cursor = connection.execute("EXEC dbo.RAISE_AMOUNTS 1")
    assert [text for _, text in cursor.messages] == ["[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]raising"]


ERRORS = [
    ("RAISERROR('low %d', 16, 3, 5)", 50000, "low 5"),
    ("THROW 51234, 'thrown', 2", 51234, "thrown"),
    ("SELECT 1 / 0", 8134, "Divide by zero"),
    ("SELECT * FROM dbo.NOWHERE", 208, "Invalid object name 'dbo.NOWHERE'"),
    ("EXEC dbo.NOTHING", 2812, "Could not find stored procedure 'dbo.NOTHING'"),
]


@pytest.mark.parametrize(("statement", "number", "message"), ERRORS)
def test_an_error_inside_is_the_clients(statement: str, number: int, message: str, client: Client):
    connection = client.connect()
    connection.execute(f"CREATE PROCEDURE dbo.FAILING AS\n{statement}")
    with pytest.raises(pyodbc.Error, match=rf"{message}.*\({number}\)"):
        connection.execute("EXEC dbo.FAILING")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("SELECT * FROM dbo.NOWHERE", 208),
        ("SELECT NOTHING FROM dbo.HOLDING", 207),
        ("EXEC dbo.NOTHING", 2812),
        ("EXEC dbo.RAISE_AMOUNTS", 201),
        ("EXEC dbo.RAISE_AMOUNTS @TO = 1", 8145),
        ("EXEC dbo.RAISE_AMOUNTS 1, 2, 3, 4", 8144),
        ("{CALL dbo.NOTHING(1)}", 2812),
        ("SELEC 1", 2812),
        ("SELECT * FROM", 102),
    ],
)
def test_a_wrong_batch_fails_with_the_servers_number(text: str, number: int, connection: pyodbc.Connection):
    with pytest.raises(pyodbc.Error, match=rf"\({number}\)"):
        connection.execute(text)


def test_an_error_after_a_result_comes_when_it_is_read(client: Client):
    connection = client.connect()
    connection.execute("CREATE PROCEDURE dbo.LATE AS SELECT 1 AS one; THROW 50001, 'late', 1;")
    cursor = connection.execute("EXEC dbo.LATE")
    assert rows(cursor) == [(1,)]
    with pytest.raises(pyodbc.Error, match=r"late \(50001\)"):
        cursor.nextset()


@pytest.mark.parametrize(("prefix", "counts"), [("", [3, 1]), ("SET NOCOUNT ON; ", [-1])])
def test_rows_are_counted_unless_the_procedure_says_no(prefix: str, counts: list[int], client: Client):
    connection = client.connect()
    connection.execute(
        f"CREATE PROCEDURE dbo.COUNTED AS {prefix}UPDATE dbo.HOLDING SET AMOUNT = 0; DELETE dbo.HOLDING WHERE ID = 1;"
    )
    cursor = connection.execute("EXEC dbo.COUNTED")
    found = [cursor.rowcount]
    while cursor.nextset():
        found.append(cursor.rowcount)
    assert found[: len(counts)] == counts


def test_the_clock_can_be_pinned(serving: Callable[..., Client]):
    client = serving(clock=datetime(2024, 2, 29, 12, 30))
    assert client.connect().execute("SELECT GETDATE()").fetchone()[0] == datetime(2024, 2, 29, 12, 30)


def test_what_is_denied_is_refused(serving: Callable[..., Client]):
    connection = serving(denied=["dbo.HOLDING", "dbo.RAISE_AMOUNTS"]).connect()
    connection.execute(RAISE)
    for text in ("SELECT ID FROM dbo.HOLDING", "EXEC dbo.RAISE_AMOUNTS 1"):
        with pytest.raises(pyodbc.Error, match=r"permission was denied.*\(229\)"):
            connection.execute(text)


@pytest.mark.parametrize(("verb", "number"), [("CREATE", 2714), ("ALTER", None), ("CREATE OR ALTER", None)])
def test_a_procedure_is_made_anew_where_the_verb_allows(verb: str, number: int | None, connection: pyodbc.Connection):
    text = f"/* new */ {verb} PROC [dbo].[RAISE_AMOUNTS] AS RETURN 0"
    if number:
        with pytest.raises(pyodbc.Error, match=rf"\({number}\)"):
            connection.execute(text)
    else:
        connection.execute(text)
        definition = "SELECT OBJECT_DEFINITION(OBJECT_ID('dbo.RAISE_AMOUNTS'))"
        assert connection.execute(definition).fetchval() == text


# Canned procedures


def test_a_canned_procedure_answers_as_told(client: Client):
    client.server.canned["dbo.ODD"] = Canned(
        [Result([("at", "datetimeoffset(7)")], [("2024-01-01 00:00:00 +02:00",)]), Result([("x", "xml")], [("<a/>",)])],
        messages=["first"],
        return_code=-4,
    )
    connection = client.connect()
    connection.add_output_converter(-155, lambda raw: raw[16:])
    cursor = connection.execute(
        "DECLARE @p0 int = ?; DECLARE @rc int; EXEC @rc = [dbo].[ODD] @N = @p0; SELECT @rc AS return_code", 3
    )
    assert rows(cursor) == [(b"\x02\0\0\0",)]
    assert cursor.nextset() and rows(cursor) == [("<a/>",)]
    assert cursor.nextset() and cursor.fetchval() == -4
    assert client.server.calls == [CallRecord("[dbo].[ODD]", {"@n": 3})]


def test_a_canned_procedure_fails_as_told(client: Client):
    client.server.canned["dbo.ODD"] = Canned(error=ServerError(1205, "Deadlock victim.", state=51, severity=13))
    with pytest.raises(pyodbc.Error, match=r"Deadlock victim. \(1205\)"):
        client.connect().execute("EXEC dbo.ODD")


# Calls and the connection's end


@pytest.mark.parametrize(("executed", "calls", "first"), [(False, 0, "1.10"), (True, 1, "2.10")])
def test_a_connection_is_cut_before_or_after_the_call(
    executed: bool, calls: int, first: str, client: Client, connection: pyodbc.Connection
):
    client.server.faults.drop_call(executed=executed)
    with pytest.raises(pyodbc.OperationalError):
        connection.execute("EXEC dbo.RAISE_AMOUNTS 1")
    assert len(client.server.calls) == calls
    amount = "SELECT AMOUNT FROM dbo.HOLDING WHERE ID = 1"
    assert client.connect().execute(amount).fetchval() == Decimal(first)


def test_executions_at_the_same_time_are_counted(client: Client, connection: pyodbc.Connection):
    threads = [threading.Thread(target=client.connect().execute, args=("EXEC dbo.RAISE_AMOUNTS 1",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(client.server.calls) == 3
    assert client.server.executions.most == 1  # the embedded source runs one after the other
