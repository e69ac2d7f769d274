"""A table that is read in parts is the table: every row once, of one state, or an error and nothing left behind."""

import itertools
import threading
import weakref
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import arrow_odbc
import pyarrow as pa
import pyodbc
import pytest

from recon_assets.sources.base import SourceError, Split
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.sources.sqlserver import connection as connecting
from recon_assets.sources.sqlserver import reading
from recon_assets.sources.sqlserver.connection import ServerError
from recon_assets.sources.sqlserver.parallel import THREADS
from recon_assets.sources.sqlserver.source import SynapseResource
from recon_assets_tests.sources.sqlserver.conftest import source_of
from recon_assets_tests.sources.sqlserver.test_types import offer
from recon_assets_tests.tds.faults import ServerError as ToldError
from recon_assets_tests.tds.outcome import Canned, Result
from recon_assets_tests.tds.server import Server

drivers = pytest.mark.parametrize("bulk", [True, False], ids=["arrow-odbc", "pyodbc"])


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between tries it waits for no time."""
    monkeypatch.setattr(connecting, "_PAUSE", 0)


def fill(tables: EmbeddedSource, columns: list[tuple[str, str]], rows: pa.Table) -> None:
    """Make the table dbo.X anew."""
    tables.create_table("dbo.X", columns, pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches()))


def read(source: SynapseResource, split: Split, log: Callable[[str], None] = lambda message: None) -> pa.Table:
    with source.snapshot(log) as snapshot, snapshot.read("dbo.X", split) as reader:
        return reader.read_all()


def parts_read(server: Server) -> list[str]:
    """The queries that read rows of the columns c and n."""
    return [text for text in server.batches if ", [n] FROM [dbo].[X]" in text]


GUIDS = [f"{n:08X}-C51C-4BF4-9960-E1C80E27ABA0" for n in range(40)]
# declared type | Arrow type | values | parts asked for | queries that makes
TABLES: list[tuple[str, pa.DataType, list[Any], int, int]] = [
    ("int", pa.int32(), [*range(100), None, None], 4, 4),
    ("int", pa.int32(), [-(2**31), 2**31 - 1, 0], 32, 32),
    ("int", pa.int32(), [1, 2, 3], 32, 3),
    ("tinyint", pa.uint8(), [0, 255, 128], 2, 2),
    ("bigint", pa.int64(), [-(2**63), -(2**62), -1, 0, 2**63 - 1, None], 5, 5),
    ("bigint", pa.int64(), [-9, -8, -8, -7], 3, 3),
    ("decimal(18,2)", pa.decimal128(18, 2), [Decimal("-0.01"), Decimal("0.00"), Decimal("0.01"), None], 3, 3),
    ("decimal(38,10)", pa.decimal128(38, 10), [Decimal("-1234567890123456789012345678.0123456789"), Decimal("9999999999999999999999999999.9999999999")], 7, 7),
    ("money", pa.decimal128(19, 4), [Decimal("-922337203685477.5808"), Decimal("922337203685477.5807")], 2, 2),
    ("float", pa.float64(), [-1.7976931348623157e308, 1.7976931348623157e308, -0.0, 0.1, None], 4, 4),
    ("date", pa.date32(), [date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31), None], 4, 4),
    ("date", pa.date32(), [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)], 3, 3),
    ("datetime2(6)", pa.timestamp("us"), [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999), None], 3, 3),
    ("datetime2(0)", pa.timestamp("us"), [datetime(2024, 1, 1, 0, 0, s) for s in range(3)], 32, 3),
    ("datetime", pa.timestamp("us"), [datetime(1753, 1, 1), datetime(2024, 1, 1, 0, 0, 0, 7000)], 2, 2),
    ("smalldatetime", pa.timestamp("us"), [datetime(2024, 1, 1, 0, m) for m in (0, 1, 59)], 4, 4),
    ("time(3)", pa.time64("us"), [time(0), time(12, 30, 0, 1000), time(23, 59, 59, 999000), None], 4, 4),
    ("uniqueidentifier", pa.string(), [*GUIDS, None], 4, 4),
    ("nvarchar(20)", pa.string(), ["", " ", "Äpfel", "€😀", "it's", None, None], 3, 3),
    ("varbinary(8)", pa.binary(), [b"", b"\0", b"\0\xff", None], 2, 2),
    ("bit", pa.bool_(), [True, False, None], 2, 2),
    ("int", pa.int32(), [7], 4, 1),
    ("int", pa.int32(), [7] * 50, 4, 1),
    ("datetime2(6)", pa.timestamp("us"), [datetime(2024, 1, 1)] * 5, 4, 1),
    ("nvarchar(20)", pa.string(), ["x"] * 50, 4, 4),
    ("int", pa.int32(), [None, None], 4, 1),
    ("int", pa.int32(), [], 4, 1),
    ("nvarchar(20)", pa.string(), [], 2, 2),
]  # fmt: skip


@drivers
@pytest.mark.parametrize(
    ("declared", "arrow", "values", "parts", "queries"), TABLES, ids=[f"{c[0]}-{len(c[2])}-{c[3]}" for c in TABLES]
)
def test_the_parts_together_are_exactly_the_table(
    server: Server,
    tables: EmbeddedSource,
    bulk: bool,
    declared: str,
    arrow: pa.DataType,
    values,
    parts: int,
    queries: int,
):
    numbers = list(range(len(values)))
    fill(
        tables,
        [("c", declared), ("n", "int")],
        pa.table({"c": pa.array(values, arrow), "n": pa.array(numbers, pa.int32())}),
    )
    found = read(source_of(server, bulk=bulk), Split("C", parts))
    assert Counter(zip(found["c"].to_pylist(), found["n"].to_pylist(), strict=True)) == Counter(
        zip(values, numbers, strict=True)
    )
    assert found.schema.field("c").type == arrow
    assert len(parts_read(server)) == queries


def test_parts_of_many_batches_are_handed_over_whole(server: Server, tables: EmbeddedSource):
    n = 30_000
    texts = pa.array([f"{i:03000}" for i in range(n)])  # a batch holds some 170 of the longest possible
    fill(tables, [("n", "int"), ("t", "nvarchar(3000)")], pa.table({"n": pa.array(range(n), pa.int32()), "t": texts}))
    with source_of(server).snapshot() as snapshot, snapshot.read("dbo.X", Split("n", 4)) as reader:
        sizes = []
        numbers = []
        for batch in reader:
            sizes.append(batch.num_rows)
            numbers += batch.column("n").to_pylist()
            assert batch.column("t").to_pylist()[-1] == f"{numbers[-1]:03000}"
    assert sorted(numbers) == list(range(n))
    assert len(sizes) > 100


def test_a_column_is_quoted_where_it_splits(server: Server, tables: EmbeddedSource):
    rows = pa.table({"we]ird; --": pa.array([1, 2], pa.int32()), "o'k": ["a", "b"]})
    fill(tables, [("we]ird; --", "int"), ("o'k", "nvarchar(9)")], rows)
    for by in rows.column_names:
        assert sorted(read(source_of(server), Split(by, 2))["o'k"].to_pylist()) == ["a", "b"]


@drivers
def test_the_seventh_decimal_of_a_second_is_counted_over_all_parts(server: Server, bulk: bool, tables: EmbeddedSource):
    fill(
        tables,
        [("n", "int"), ("at", "datetime2(7)")],
        pa.table({"n": pa.array([1, 2], pa.int32()), "at": pa.array([datetime(2024, 1, 1)] * 2, pa.timestamp("us"))}),
    )
    cut = "CAST(CASE WHEN DATEPART(nanosecond, [at]) % 1000 <> 0 THEN 1 ELSE 0 END AS bit)"
    for number, where in ((1, "[n] < CAST('2' AS int) OR [n] IS NULL"), (2, "[n] >= CAST('2' AS int)")):
        rows = Result([("a", "int"), ("b", "datetime2(7)"), ("c", "bit")], [(number, "2024-01-01 00:00:00.1234567", 1)])
        server.canned[f"SELECT [n], [at], {cut} FROM [dbo].[X] WHERE {where}"] = Canned([rows])
    told: list[str] = []
    found = read(source_of(server, bulk=bulk), Split("n", 2), told.append)
    assert found["at"].to_pylist() == [datetime(2024, 1, 1, 0, 0, 0, 123456)] * 2
    assert told == ["dbo.X.at: the seventh decimal of the second is cut in 2 rows"]


def numbers(count: int) -> pa.Table:
    return pa.table({"c": pa.array(range(count), pa.int32())})


@pytest.mark.parametrize("bound", [reading._LONGEST_BOUND, 1], ids=["bulk", "one by one"])
def test_text_without_a_bound_arrives_whole_and_is_told_of(
    server: Server, tables: EmbeddedSource, monkeypatch: pytest.MonkeyPatch, bound: int
):
    monkeypatch.setattr(reading, "_LONGEST_BOUND", bound)
    texts = ["", "ü😀" * 20_000, None]
    fill(tables, [("n", "int"), ("t", "nvarchar(max)")], pa.table({"n": pa.array([1, 2, 3], pa.int32()), "t": texts}))
    longest = Result([("a", "bigint")], [(len("ü😀".encode("utf-16-le")) * 20_000,)])
    server.canned["SELECT MAX(CAST(DATALENGTH([t]) AS bigint)) FROM [dbo].[X]"] = Canned([longest])
    told: list[str] = []
    found = read(source_of(server), Split("n", 3), told.append)
    assert dict(zip(found["n"].to_pylist(), found["t"].to_pylist(), strict=True)) == dict(enumerate(texts, 1))
    assert told == ["dbo.X: a change of t while it is read in parts would not be noticed"]


def test_half_a_character_in_one_part_is_refused(server: Server, tables: EmbeddedSource):
    fill(
        tables,
        [("c", "nvarchar(9)"), ("n", "int")],
        pa.table({"c": ["a", "\ufffd"], "n": pa.array([1, 2], pa.int32())}),
    )
    with pytest.raises(SourceError, match=r"dbo\.X, column c: text that is no valid Unicode"):
        read(source_of(server), Split("n", 2))


# Changes


CHANGES = [
    ("a row more", range(10_001)),
    ("a row less", range(9_999)),
    ("another value", [*range(9_999), -1]),
]


@drivers
@pytest.mark.parametrize("after", [c[1] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_table_that_is_changed_while_its_parts_are_read_is_refused(
    server: Server, tables: EmbeddedSource, bulk: bool, after
):
    fill(tables, [("c", "int")], numbers(10_000))
    told = r"dbo\.X was changed while it was read in 2 parts .*: run again, or leave out `split`"
    with (
        source_of(server, bulk=bulk).snapshot() as snapshot,
        pytest.raises(SourceError, match=told),
        snapshot.read("dbo.X", Split("c", 2)) as reader,
    ):
        reader.read_next_batch()
        fill(tables, [("c", "int")], pa.table({"c": pa.array(list(after), pa.int32())}))
        reader.read_all()


def test_a_table_of_which_fewer_rows_came_than_it_has_is_refused(server: Server, tables: EmbeddedSource):
    fill(tables, [("c", "int")], numbers(10))
    server.canned["SELECT [c] FROM [dbo].[X] WHERE [c] >= CAST('5' AS int)"] = Canned([Result([("c", "int")], [(5,)])])
    with pytest.raises(SourceError, match=r"10 rows before and 10 after; 6 were read\): run again"):
        read(source_of(server), Split("c", 2))


def test_a_change_before_the_parts_are_read_is_part_of_what_is_read(server: Server, tables: EmbeddedSource):
    fill(tables, [("c", "int")], numbers(3))
    with source_of(server).snapshot() as snapshot:
        with snapshot.read("dbo.X") as reader:
            assert reader.read_all().num_rows == 3
        fill(tables, [("c", "int")], numbers(5))
        with snapshot.read("dbo.X", Split("c", 2)) as reader:
            assert sorted(reader.read_all()["c"].to_pylist()) == [0, 1, 2, 3, 4]


# Ends


class Opened:
    """The connections that a test has opened."""

    def __init__(self) -> None:
        self.odbc: list[pyodbc.Connection] = []
        self.bulk: list[weakref.ref[arrow_odbc.Connection]] = []

    def require_nothing_left(self, *, own: int) -> None:
        """No thread is left, and no connection but so many of the snapshot's own of either kind."""
        assert not [thread for thread in threading.enumerate() if thread.name.startswith(THREADS)]
        assert sum(not connection.closed for connection in self.odbc) <= own
        assert sum(connection() is not None for connection in self.bulk) <= own


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """What is opened from now on."""
    found = Opened()
    connect, connect_arrow = pyodbc.connect, arrow_odbc.connect

    def noted(*arguments: Any, **settings: Any) -> pyodbc.Connection:
        found.odbc.append(connect(*arguments, **settings))
        return found.odbc[-1]

    def noted_arrow(*arguments: Any, **settings: Any) -> arrow_odbc.Connection:
        connection = connect_arrow(*arguments, **settings)
        found.bulk.append(weakref.ref(connection))
        return connection

    monkeypatch.setattr(pyodbc, "connect", noted)
    monkeypatch.setattr(arrow_odbc, "connect", noted_arrow)
    return found


def endless(server: Server, where: str) -> None:
    """The part with this WHERE never ends."""
    batch = pa.record_batch({"c": pa.array(range(10_000), pa.int32())})
    server.serve_query(f"SELECT [c] FROM [dbo].[X] WHERE {where}", [("c", "int")], lambda: itertools.repeat(batch))


FIRST, SECOND = "[c] < CAST('5' AS int) OR [c] IS NULL", "[c] >= CAST('5' AS int)"


@drivers
def test_an_error_in_one_part_ends_the_others_and_is_raised(
    server: Server, tables: EmbeddedSource, opened: Opened, bulk: bool
):
    fill(tables, [("c", "int")], numbers(10))
    endless(server, FIRST)
    endless(server, SECOND)
    with source_of(server, bulk=bulk).snapshot() as snapshot:
        server.faults.spare_results(3)  # the columns, the state, the bounds
        server.faults.fail_result(20_000, ToldError(824, "SQL Server detected a consistency error."))
        told = r"reading dbo\.X: SQL Server detected a consistency error \(error 824\)"
        with pytest.raises(ServerError, match=told) as raised, snapshot.read("dbo.X", Split("c", 2)) as reader:
            for _ in reader:
                pass
        assert raised
        opened.require_nothing_left(own=1)


@drivers
@pytest.mark.parametrize("rows", [0, 3])
def test_a_connection_lost_in_one_part_is_an_error(
    server: Server, tables: EmbeddedSource, opened: Opened, bulk: bool, rows: int
):
    fill(tables, [("c", "int")], numbers(10))
    with source_of(server, bulk=bulk).snapshot() as snapshot:
        server.faults.spare_results(3)  # the columns, the state, the bounds
        server.faults.drop_result(rows)
        with pytest.raises(ServerError, match=r"reading dbo\.X: "), snapshot.read("dbo.X", Split("c", 2)) as reader:
            reader.read_all()
        opened.require_nothing_left(own=1)


def test_a_part_that_can_not_log_in_is_an_error(server: Server, tables: EmbeddedSource, opened: Opened):
    fill(tables, [("c", "int")], numbers(10))
    endless(server, SECOND)
    endless(server, FIRST)
    with source_of(server).snapshot() as snapshot:
        with snapshot.read("dbo.X", Split("c", 2)) as reader:
            reader.read_next_batch()
        opened.require_nothing_left(own=1)
        server.user = "nobody"
        with pytest.raises(ServerError, match=r"connecting: Login failed"), snapshot.read("dbo.X", Split("c", 2)):
            raise AssertionError("it was read")
        opened.require_nothing_left(own=1)


@drivers
@pytest.mark.parametrize("batches", [0, 1, 9])
def test_a_reader_that_is_closed_early_leaves_nothing(
    server: Server, tables: EmbeddedSource, opened: Opened, bulk: bool, batches: int
):
    fill(tables, [("c", "int")], numbers(10))
    endless(server, FIRST)
    endless(server, SECOND)
    with source_of(server, bulk=bulk).snapshot() as snapshot:
        with snapshot.read("dbo.X", Split("c", 2)) as reader:
            for _ in range(batches):
                reader.read_next_batch()
        opened.require_nothing_left(own=1)


def test_an_error_of_whoever_takes_the_rows_leaves_nothing(server: Server, tables: EmbeddedSource, opened: Opened):
    fill(tables, [("c", "int")], numbers(10))
    endless(server, FIRST)
    with source_of(server).snapshot() as snapshot:
        with pytest.raises(OSError, match="disk full"), snapshot.read("dbo.X", Split("c", 2)) as reader:
            reader.read_next_batch()
            raise OSError("disk full")
        opened.require_nothing_left(own=1)


# What can't split


REFUSED = [
    ("other", "int", 4, r"dbo\.X has no column shape to split it by: its columns are n, other"),
    ("shape", "xml", -1, r"dbo\.X, column shape: values of xml can't be compared"),
    ("shape", "text", 16, r"dbo\.X, column shape: values of text can't be compared"),
    ("shape", "image", 16, r"dbo\.X, column shape: values of image can't be compared"),
    ("shape", "varbinary", -1, r"dbo\.X, column shape: values of varbinary\(max\) can't be compared"),
    (
        "shape",
        "nvarchar",
        -1,
        r"dbo\.X, column shape: values of nvarchar\(max\) can't be compared.* another short column",
    ),
]


@pytest.mark.parametrize(("name", "type_", "length", "told"), REFUSED)
def test_a_column_that_can_not_split_is_refused_by_name(serving, name: str, type_: str, length: int, told: str):
    server = serving()
    offer(server, [("n", "int", 4, 10, 0), (name, type_, length, 0, 0)], "[n]", Result([("n", "int")]))
    with pytest.raises(SourceError, match=told):
        read(source_of(server), Split("shape", 2))
