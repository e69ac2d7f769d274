"""Every type goes over the wire as SQL Server sends it: its description, its extremes, NULL."""

import struct
from datetime import date, datetime, time
from decimal import Decimal

import pyodbc
import pytest

from recon_assets_tests.tds.conftest import Client
from recon_assets_tests.tds.outcome import Canned, Result
from recon_assets_tests.tds.server import Server

CASES = [
    ("bit", [True, False], [True, False]),
    ("tinyint", [0, 255], [0, 255]),
    ("smallint", [-32768, 32767], [-32768, 32767]),
    ("int", [-(2**31), 2**31 - 1], [-2147483648, 2147483647]),
    ("bigint", [-(2**63), 2**63 - 1], [-9223372036854775808, 9223372036854775807]),
    ("decimal(1,0)", [Decimal(9), Decimal(-9)], [Decimal(9), Decimal(-9)]),
    ("decimal(9,9)", [Decimal("0.999999999"), Decimal("-0.000000001")], [Decimal("0.999999999"), Decimal("-0.000000001")]),
    ("decimal(18,2)", [Decimal("9999999999999999.99"), Decimal("-0.01")], [Decimal("9999999999999999.99"), Decimal("-0.01")]),
    ("decimal(19,4)", [Decimal("-999999999999999.9999")], [Decimal("-999999999999999.9999")]),
    ("decimal(28,10)", [Decimal("-999999999999999999.9999999999")], [Decimal("-999999999999999999.9999999999")]),
    ("numeric(38,0)", [Decimal("9" * 38), Decimal("-" + "9" * 38)], [Decimal("9" * 38), Decimal("-" + "9" * 38)]),
    ("decimal(38,38)", [Decimal("0." + "9" * 38)], [Decimal("0." + "9" * 38)]),
    ("money", [Decimal("922337203685477.5807"), Decimal("-922337203685477.5808"), Decimal("-0.0001")], [Decimal("922337203685477.5807"), Decimal("-922337203685477.5808"), Decimal("-0.0001")]),
    ("smallmoney", [Decimal("214748.3647"), Decimal("-214748.3648")], [Decimal("214748.3647"), Decimal("-214748.3648")]),
    ("real", [1.5, -3.4028234663852886e38], [1.5, -3.4028234663852886e38]),
    ("float", [0.1, 1.7976931348623157e308, -2.2250738585072014e-308], [0.1, 1.7976931348623157e308, -2.2250738585072014e-308]),
    ("char(4)", ["ab", "abcd"], ["ab  ", "abcd"]),
    ("varchar(20)", ["", "Grüße €", "日"], ["", "Grüße €", "?"]),
    ("varchar(20) collate Latin1_General_100_CI_AS_SC_UTF8", ["", "Grüße €", "日本😀"], ["", "Grüße €", "日本😀"]),
    ("varchar(8000)", ["x" * 8000], ["x" * 8000]),
    ("varchar(max)", ["", "ä" * 100_000], ["", "ä" * 100_000]),
    ("nchar(4)", ["日", "😀"], ["日   ", "😀  "]),
    ("nvarchar(20)", ["", "Grüße", "a😀𝄞z"], ["", "Grüße", "a😀𝄞z"]),
    ("nvarchar(4000)", ["日" * 4000], ["日" * 4000]),
    ("nvarchar(max)", ["", "😀" * 70_000], ["", "😀" * 70_000]),
    ("binary(4)", [b"\x01", b"\xff" * 4], [b"\x01\0\0\0", b"\xff\xff\xff\xff"]),
    ("varbinary(8)", [b"", b"\0\x01\xff"], [b"", b"\0\x01\xff"]),
    ("varbinary(max)", [b"", bytes(range(256)) * 1000], [b"", bytes(range(256)) * 1000]),
    ("uniqueidentifier", ["01234567-89AB-CDEF-0123-456789ABCDEF"], ["01234567-89AB-CDEF-0123-456789ABCDEF"]),
    ("date", [date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29)], [date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29)]),
    ("time(0)", [time(23, 59, 59)], [time(23, 59, 59)]),
    ("time(3)", [time(12, 34, 56, 789000)], [time(12, 34, 56, 789000)]),
    ("time(6)", [time(0, 0, 0, 1)], [time(0, 0, 0, 1)]),
    ("datetime", [datetime(1753, 1, 1), "9999-12-31 23:59:59.997", datetime(2024, 1, 1, 0, 0, 0, 3333)], [datetime(1753, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 997000), datetime(2024, 1, 1, 0, 0, 0, 3000)]),
    ("smalldatetime", [datetime(1900, 1, 1), datetime(2079, 6, 6, 23, 59)], [datetime(1900, 1, 1), datetime(2079, 6, 6, 23, 59)]),
    ("datetime2(0)", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)], [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)]),
    ("datetime2(3)", [datetime(2024, 2, 29, 1, 2, 3, 456000)], [datetime(2024, 2, 29, 1, 2, 3, 456000)]),
    ("datetime2(6)", [datetime(1969, 12, 31, 23, 59, 59, 999999)], [datetime(1969, 12, 31, 23, 59, 59, 999999)]),
    ("xml", ["<a>ü😀</a>"], ["<a>ü😀</a>"]),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "given", "read"), CASES, ids=[case[0] for case in CASES])
def test_values_and_null_arrive(declared: str, given: list, read: list, server: Server, client: Client):
    server.canned["SELECT it"] = Canned([Result([("c", declared)], [(v,) for v in [*given, None]])])
    rows = client.connect().execute("SELECT it").fetchall()
    assert [row.c for row in rows] == [*read, None]


@pytest.mark.parametrize(("declared", "given", "read"), CASES[:-1], ids=[case[0] for case in CASES[:-1]])
def test_columns_that_forbid_null_arrive_too(declared: str, given: list, read: list, server: Server, client: Client):
    server.canned["SELECT it"] = Canned([Result([("c", f"{declared} not null")], [(v,) for v in given])])
    cursor = client.connect().execute("SELECT it")
    assert cursor.description[0][6] is False
    assert [row.c for row in cursor.fetchall()] == read


@pytest.mark.parametrize(
    ("declared", "python", "size", "precision", "scale"),
    [
        ("int", int, 10, 10, 0),
        ("bigint", int, 19, 19, 0),
        ("decimal(18,4)", Decimal, 18, 18, 4),
        ("money", Decimal, 19, 19, 4),
        ("nvarchar(20)", str, 20, 20, 0),
        ("varchar(30)", str, 30, 30, 0),
        ("nvarchar(max)", str, 0, 0, 0),
        ("datetime2(7)", datetime, 27, 27, 7),
        ("datetime2(0)", datetime, 19, 19, 0),
        ("datetime", datetime, 23, 23, 3),
        ("date", date, 10, 10, 0),
        ("time(7)", time, 16, 16, 7),
        ("varbinary(10)", bytearray, 10, 10, 0),
        ("uniqueidentifier", str, 36, 36, 0),
    ],
)
def test_columns_are_described_as_declared(
    declared: str, python: type, size: int, precision: int, scale: int, server: Server, client: Client
):
    server.canned["SELECT it"] = Canned([Result([("c", declared)])])
    description = client.connect().execute("SELECT it").description
    assert description == (("c", python, None, size, precision, scale, True),)


@pytest.mark.parametrize(
    ("declared", "text", "fields"),
    [
        ("datetime2(7)", "9999-12-31 23:59:59.9999999", (9999, 12, 31, 23, 59, 59, 999_999_900)),
        ("datetime2(7)", "0001-01-01 00:00:00.0000001", (1, 1, 1, 0, 0, 0, 100)),
        ("datetime2(1)", "2024-02-29 12:00:00.9", (2024, 2, 29, 12, 0, 0, 900_000_000)),
        ("datetime2(4)", "2024-02-29 12:00:00.1234", (2024, 2, 29, 12, 0, 0, 123_400_000)),
    ],
)
def test_datetime2_keeps_all_its_digits(declared: str, text: str, fields: tuple, server: Server, client: Client):
    server.canned["SELECT it"] = Canned([Result([("c", declared)], [(text,)])])
    connection = client.connect()
    connection.add_output_converter(pyodbc.SQL_TYPE_TIMESTAMP, lambda raw: struct.unpack("<hHHHHHI", raw))
    assert connection.execute("SELECT it").fetchone().c == fields


@pytest.mark.parametrize(
    ("declared", "text", "fields"),
    [
        ("datetimeoffset(7)", "9999-12-31 23:59:59.9999999 +14:00", (9999, 12, 31, 23, 59, 59, 999_999_900, 14, 0)),
        ("datetimeoffset(7)", "0001-01-02 00:00:00.0000001 -14:00", (1, 1, 2, 0, 0, 0, 100, -14, 0)),
        ("datetimeoffset(0)", "2024-02-29 12:00:00 +05:30", (2024, 2, 29, 12, 0, 0, 0, 5, 30)),
        ("datetimeoffset(3)", "2024-02-29 00:30:00.125 -03:30", (2024, 2, 29, 0, 30, 0, 125_000_000, -3, -30)),
    ],
)
def test_datetimeoffset_keeps_its_offset(declared: str, text: str, fields: tuple, server: Server, client: Client):
    server.canned["SELECT it"] = Canned([Result([("c", declared)], [(text,), (None,)])])
    connection = client.connect()
    connection.add_output_converter(-155, lambda raw: raw and struct.unpack("<hHHHHHIhh", raw))
    assert [row.c for row in connection.execute("SELECT it").fetchall()] == [fields, None]


def test_time_keeps_all_its_digits(server: Server, client: Client):
    server.canned["SELECT it"] = Canned([Result([("c", "time(7)")], [("23:59:59.9999999",)])])
    connection = client.connect()
    connection.add_output_converter(-154, lambda raw: struct.unpack("<HHHxxI", raw))
    assert connection.execute("SELECT it").fetchone().c == (23, 59, 59, 999_999_900)


def test_a_variant_carries_ints(server: Server, client: Client):
    server.canned["SELECT it"] = Canned([Result([("c", "sql_variant")], [(-7,), (None,)])])
    connection = client.connect()
    connection.add_output_converter(-150, lambda raw: raw and int.from_bytes(raw, "little", signed=True))
    assert [row.c for row in connection.execute("SELECT it").fetchall()] == [-7, None]


def test_many_columns_and_rows_with_nulls_stay_in_their_places(server: Server, client: Client):
    columns = [("a", "int"), ("b", "nvarchar(10)"), ("c", "decimal(9,2)"), ("d", "varchar(max)"), ("e", "date")]
    rows = [
        (i, None if i % 2 else f"n{i}", None if i % 3 else Decimal(i), None if i % 5 else "x" * i, None)
        for i in range(1000)
    ]
    server.canned["SELECT it"] = Canned([Result(columns, rows)])
    assert [tuple(row) for row in client.connect().execute("SELECT it").fetchall()] == rows
