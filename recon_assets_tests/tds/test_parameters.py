"""Parameters come to the server as the client gave them."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import arrow_odbc
import pyodbc
import pytest

from recon_assets_tests.tds.conftest import Client
from recon_assets_tests.tds.outcome import Canned

TABLE = [
    ("nvarchar(max)", "Grüße 😀", "Grüße 😀"),
    ("nvarchar(max)", "x" * 10_000, "x" * 10_000),
    ("varchar(20)", "€", "€"),
    ("int", -5, -5),
    ("bigint", 2**40, 2**40),
    ("decimal(38,10)", Decimal("-12345678901234567890.0123456789"), Decimal("-12345678901234567890.0123456789")),
    ("decimal(9,2)", Decimal("0.00"), Decimal("0.00")),
    ("float", 0.1, 0.1),
    ("bit", True, True),
    ("datetime2(6)", datetime(2024, 2, 29, 1, 2, 3, 456789), datetime(2024, 2, 29, 1, 2, 3, 456789)),
    ("date", date(9999, 12, 31), date(9999, 12, 31)),
    ("time(6)", time(23, 59, 59), time(23, 59, 59)),
    ("varbinary(max)", b"\0\xff", b"\0\xff"),
    ("uniqueidentifier", "01234567-89ab-cdef-0123-456789abcdef", "01234567-89AB-CDEF-0123-456789ABCDEF"),
    ("int", None, None),
    ("datetime2(7)", None, None),
    ("varbinary(8)", pyodbc.BinaryNull, None),
]


@pytest.mark.parametrize(("declared", "given", "got"), TABLE)
@pytest.mark.parametrize("driver", ["microsoft", "freetds"])
def test_a_declared_parameter_arrives(driver: str, declared: str, given: Any, got: Any, client: Client):
    client.server.canned["dbo.TAKE"] = Canned()
    connection = client.connect() if driver == "microsoft" else client.connect_freetds()
    connection.execute(f"DECLARE @p0 {declared} = ?; EXEC dbo.TAKE @IT = @p0", given)
    (call,) = client.server.calls
    assert call.parameters == {"@it": got}


def test_arrow_odbc_sends_text(client: Client):
    rows = arrow_odbc.read_arrow_batches_from_odbc(
        "SELECT NAME FROM dbo.HOLDING WHERE ID = ?",
        connection_string=client.text(),
        parameters=["2"],
        batch_size=10,
    )
    assert [batch.to_pylist() for batch in rows] == [[{"NAME": "€😀"}]]


def test_a_statement_can_be_executed_again_with_other_values(client: Client):
    cursor = client.connect().cursor()
    names = [cursor.execute("SELECT NAME FROM dbo.HOLDING WHERE ID = ?", i).fetchval() for i in (1, 2, 3, 1)]
    assert names == ["Äpfel", "€😀", None, "Äpfel"]


def test_the_type_of_a_null_is_asked_of_the_server(client: Client):
    client.server.canned["dbo.TAKE"] = Canned()
    text = "DECLARE @a int = ?; DECLARE @b varbinary(8) = ?; EXEC dbo.TAKE @IT = @a, @THAT = @b"
    client.connect().execute(text, 1, None)
    assert client.server.calls[0].parameters == {"@it": 1, "@that": None}


def test_a_variable_named_like_a_drivers_own_is_declared_twice(client: Client):
    """Microsoft's driver names its parameters @P1, @P2, …, and names of variables don't differ by case."""
    with pytest.raises(pyodbc.Error, match=r"\(134\)"):
        client.connect().execute("DECLARE @p1 int = ?; SELECT @p1", 1)
