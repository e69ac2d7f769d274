"""Tables as streams of Arrow batches: by arrow-odbc, or by pyodbc where that can't connect.

Belongs here: fetching, in flat memory, and the conversion from what arrives to what is kept. Does not belong here: what
to select (`columns`), or results of procedures (`calling`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from recon_assets.sources.base import SourceError
from recon_assets.sources.names import ObjectName, parse_name
from recon_assets.sources.sqlserver.catalog import columns_of, full_name, opened
from recon_assets.sources.sqlserver.columns import Fetched, fetched, schema_of
from recon_assets.sources.sqlserver.connection import Server

if TYPE_CHECKING:
    import arrow_odbc
    import pyodbc

_BATCH_ROWS = 50_000
_BATCH_BYTES = 8 * 1024**2  # twice: one batch is fetched while the other is converted
_LONGEST_BOUNDED = 8_000
_ROWS = 5_000
_LONGEST_BOUND = 4_000_000
"""Values beyond so many characters or bytes are fetched one by one, not bound in a buffer for many rows."""

# In this order: a driver's own transaction would have begun before, under another level, which is error 3951.
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"


class TableReader:
    """Reads tables, one at a time: of one moment, where the engine has snapshot isolation."""

    def __init__(
        self,
        server: Server,
        connection: "pyodbc.Connection",
        bulk: "arrow_odbc.Connection | None",
        log: Callable[[str], None],
    ) -> None:
        """`bulk` is None where arrow-odbc can't connect: `connection` then fetches, too."""
        self._server, self._connection, self._bulk, self._log = server, connection, bulk, log

    @contextmanager
    def read(self, table: str) -> Iterator[pa.RecordBatchReader]:
        """Stream a table. Raises TableNotFound, and SourceError for a type that can't be read exactly."""
        name = parse_name(table)
        with self._server.telling(f"reading {name}"):
            columns = fetched(str(name), columns_of(self._connection, name))
            query = f"SELECT {', '.join(c.sql for c in columns)} FROM {full_name(name)}"
            longest = _longest(self._connection, name, columns)
            if self._bulk is not None and longest > _LONGEST_BOUND:
                self._log(f"{name} has values too long to read in bulk: it is read apart, as of another moment")
            if self._bulk is not None and longest <= _LONGEST_BOUND:
                arrived = _in_bulk(self._bulk, query, columns, longest, self._server.query_timeout)
            else:
                arrived = _one_by_one(self._connection, query, columns, longest)
        cut = dict.fromkeys((c.cut for c in columns if c.cut), 0)
        with pa.RecordBatchReader.from_batches(schema_of(columns), self._kept(name, columns, arrived, cut)) as reader:
            yield reader
        for column, rows in cut.items():
            if rows:
                self._log(f"{name}.{column}: the seventh decimal of the second is cut in {rows:,} rows")

    def _kept(
        self, table: ObjectName, columns: Sequence[Fetched], batches: Iterator[pa.RecordBatch], cut: dict[str, int]
    ) -> Iterator[pa.RecordBatch]:
        schema = schema_of(columns)
        with self._server.telling(f"reading {table}"):
            for batch in batches:
                arrays = []
                for column, values in zip(columns, batch.columns, strict=True):
                    if column.field is not None:
                        arrays.append(_converted(values, column))
                        if self._bulk is not None and pa.types.is_string(values.type):
                            _refuse_replaced(table, column.field.name, values)
                    elif column.cut is not None:
                        cut[column.cut] += pc.sum(values).as_py() or 0
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)


@contextmanager
def table_reader(server: Server, log: Callable[[str], None]) -> Iterator[TableReader]:
    """A reader; `log` is told what could not be kept exactly. Raises ServerError."""
    with opened(server) as (connection, engine):
        bulk = server.connect_arrow() if server.reads_arrow else None
        if engine.snapshot:
            with server.telling("beginning a snapshot"):
                for each in (connection, bulk):
                    if each is not None:
                        each.execute(_SNAPSHOT)
                        each.execute("BEGIN TRANSACTION")
        yield TableReader(server, connection, bulk, log)


def _in_bulk(
    bulk: "arrow_odbc.Connection", query: str, columns: Sequence[Fetched], longest: int, timeout: int
) -> Iterator[pa.RecordBatch]:
    from arrow_odbc import TextEncoding

    schema = pa.schema([pa.field(f"c{i}", column.arrives) for i, column in enumerate(columns)])
    reader = bulk.read_arrow_batches(
        query,
        batch_size=_BATCH_ROWS,
        max_bytes_per_batch=_BATCH_BYTES,
        max_text_size=max(longest, _LONGEST_BOUNDED),  # a limit for all columns, not only those without one
        max_binary_size=max(longest, _LONGEST_BOUNDED),
        falliable_allocations=True,
        schema=schema,
        query_timeout_sec=timeout or None,
        payload_text_encoding=TextEncoding.UTF16,  # the other is the locale's
    )

    def batches() -> Iterator[pa.RecordBatch]:
        yield from reader
        # To arrow-odbc a connection that is lost in the middle is the end of the rows; but then it answers no more.
        yield from bulk.read_arrow_batches("SELECT 1 AS alive WHERE 1 = 0")

    return batches()


def _longest(connection: "pyodbc.Connection", table: ObjectName, columns: Sequence[Fetched]) -> int:
    """The characters or bytes of the longest value of columns without a bound; 0 if there is no such column.

    The server reads such columns once for this; buffers for many rows can't be made otherwise.
    """
    large = [column.sql for column in columns if column.large]
    if not large:
        return 0
    lengths = ", ".join(f"MAX(CAST(DATALENGTH({sql}) AS bigint))" for sql in large)
    found = connection.execute(f"SELECT {lengths} FROM {full_name(table)}").fetchone()
    return max(1, *(each or 0 for each in found))


def _one_by_one(
    connection: "pyodbc.Connection", query: str, columns: Sequence[Fetched], longest: int
) -> Iterator[pa.RecordBatch]:
    with closing(connection.cursor()) as cursor:  # its own `with` would end the transaction
        cursor.execute(query)
        for rows in rows_of(cursor, max(1, min(_ROWS, _BATCH_BYTES // max(longest, 1)))):
            values = zip(zip(*rows, strict=True), columns, strict=True)
            arrays = [pa.array(each, column.arrives) for each, column in values]
            yield pa.RecordBatch.from_arrays(arrays, names=[f"c{i}" for i in range(len(columns))])


def rows_of(cursor: "pyodbc.Cursor", at_once: int = _ROWS) -> "Iterator[list[pyodbc.Row]]":
    """The rows of a cursor's result, some at a time."""
    while rows := cursor.fetchmany(at_once):
        yield rows


def _refuse_replaced(table: ObjectName, column: str, values: pa.Array) -> None:
    """What is no valid UTF-16 (half of a character, left by LEFT or a cut) becomes U+FFFD in bulk, whatever it was."""
    if pc.any(pc.match_substring(values, "\ufffd")).as_py():
        raise SourceError(
            f"{table}, column {column}: text that is no valid Unicode, or holds U+FFFD, can't be told apart when read"
            " in bulk: set RECON_SOURCE_BULK=no, or have the source correct it"
        )


def _converted(values: pa.Array, column: Fetched) -> pa.Array:
    assert column.field is not None
    if pa.types.is_timestamp(values.type) and pa.types.is_timestamp(column.field.type):
        return values.cast(pa.timestamp("us"), safe=False).cast(column.field.type)
    return values.cast(column.field.type)
