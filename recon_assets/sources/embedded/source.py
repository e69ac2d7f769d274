"""The embedded source: tables in a folder, and procedures whose T-SQL text runs on DuckDB.

Belongs here: the public class, which joins storage, rows and sessions. Does not belong here: how T-SQL is
understood (`recon_assets.tsql`), how a session holds its tables (`session`), what is on disk (`storage`).
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from recon_assets.sources.base import Parameter, Procedure, SourceError
from recon_assets.sources.embedded import rows as table_rows
from recon_assets.sources.embedded.catalog import Column, StoredTable
from recon_assets.sources.embedded.run import EmbeddedRun, execute
from recon_assets.sources.embedded.session import Session
from recon_assets.sources.embedded.snapshot import EmbeddedSnapshot
from recon_assets.sources.embedded.storage import Storage, new_file_name
from recon_assets.sources.names import parse_name
from recon_assets.tsql.errors import UnsupportedTSql
from recon_assets.tsql.types import parse_type

_log = logging.getLogger(__name__)


class EmbeddedSource:
    """A `Source` in a folder; any number of processes may read while one writes.

    Making one touches nothing on disk: the folder must exist when a method is called, except that
    `create_table` makes it.
    """

    def __init__(self, root: Path | str, *, memory_limit: str = "1GB") -> None:
        """`memory_limit` (DuckDB's notation) bounds a running procedure; beyond it work spills to disk."""
        self.root = Path(root)
        self._memory_limit = memory_limit
        self._storage = Storage(self.root)

    def describe(self) -> str:
        """Engine, version and isolation, for the evidence."""
        return f"embedded (T-SQL on DuckDB {duckdb.__version__}), tables read under snapshot isolation"

    def tables(self) -> list[StoredTable]:
        """All tables, as they are now, in the order of their names."""
        return sorted(self._storage.catalog().tables.values(), key=lambda t: t.name.key)

    def schema(self, table: str) -> pa.Schema:
        """A table's Arrow schema, each field carrying its T-SQL type. Raises TableNotFound."""
        return self._storage.catalog().table(table).schema

    @contextmanager
    def read(self, table: str) -> Iterator[pa.RecordBatchReader]:
        """Stream a table as it is now, in batches of some 65 000 rows. Raises TableNotFound."""
        with self.snapshot() as tables, tables.read(table) as reader:
            yield reader

    @contextmanager
    def snapshot(self, log: Callable[[str], None] = _log.info) -> Iterator[EmbeddedSnapshot]:
        """All tables as they are now, whatever others commit meanwhile; see `Source.snapshot`."""
        self._storage.catalog()  # says what is missing before any folder is made
        with self._storage.telling(), self._storage.session_folder() as folder:
            yield EmbeddedSnapshot(self._storage.linked(folder), folder)

    def create(self) -> None:
        """Make the folder with no tables, where there is none yet; one that is there is left as it is."""
        self._storage.create()

    def create_table(
        self,
        name: str,
        columns: Sequence[Column | tuple[str, str]],
        rows: pa.RecordBatchReader | Path,
        *,
        primary_key: Sequence[str] = (),
    ) -> StoredTable:
        """Create a table from its declared columns and its rows, or replace the one of that name, atomically.

        `columns` are (name, T-SQL type) pairs, or `Column`s where NULL is forbidden; primary key columns
        forbid it by themselves. `rows` (a stream, or a Parquet file) hold these columns by name in any order.
        The folder is made if missing. Raises SourceError, naming table and column, where a value is not of
        its declared type.
        """
        table = parse_name(name)
        declared = _declared(str(table), columns, primary_key)
        with self._storage.telling(), ExitStack() as cleanup:
            self._storage.create()
            folder = cleanup.enter_context(self._storage.session_folder())
            written = folder / "rows.parquet"
            count = table_rows.write_checked(written, str(table), declared, _batches(str(table), rows))
            key = tuple(primary_key)
            if key:
                table_rows.require_unique(written, str(table), key)
            stored = StoredTable(table, declared, new_file_name(table), count, key, (key,) if key else ())
            with self._storage.writing(_log.info):
                self._storage.publish([(stored, written)])
        return stored

    def drop_table(self, name: str) -> None:
        """Remove a table. Raises TableNotFound."""
        with self._storage.writing(_log.info):
            self._storage.publish([], drop=[self._storage.catalog().table(name).name])

    @contextmanager
    def session(self, log: Callable[[str], None] = _log.info) -> Iterator[Session]:
        """A session with the write lock held: nobody else's run comes between. The caller publishes, or
        doesn't."""
        self._storage.catalog()  # says what is missing before any folder is made
        with self._storage.session_folder() as folder, self._storage.writing(log):
            session = Session(self._storage, folder, self._memory_limit)
            with closing(session):
                yield session

    @contextmanager
    def call(
        self,
        procedure: Procedure,
        parameters: Mapping[str, Parameter],
        *,
        now: datetime | None = None,
        log: Callable[[str], None] = lambda message: None,
        before: Callable[[], None] = lambda: None,
    ) -> Iterator[EmbeddedRun]:
        """Run a procedure or script once and commit what it did; see `Source.call`.

        Runs follow one another; this one's tables and result sets stay readable inside the `with`, whatever
        others commit meanwhile. Raises ProcedureFailed.
        """
        self._storage.catalog()  # says what is missing before any folder is made
        with ExitStack() as cleanup:
            with self._storage.telling(), ExitStack() as writing:
                folder = cleanup.enter_context(self._storage.session_folder())
                writing.enter_context(self._storage.writing(log))
                before()
                session = cleanup.enter_context(closing(Session(self._storage, folder, self._memory_limit)))
                interpreter, code, messages = execute(session, procedure, parameters, now, log)
                catalog = session.publish()
                self._storage.link_files(catalog, folder)
            snapshot = EmbeddedSnapshot(catalog, folder)
            yield EmbeddedRun(session.connection, interpreter.results, snapshot, code, messages)


def _declared(
    table: str, columns: Sequence[Column | tuple[str, str]], primary_key: Sequence[str]
) -> tuple[Column, ...]:
    """The columns with their types checked and spelled one way. Raises SourceError."""
    key = {name.lower() for name in primary_key}
    declared = [Column(*column) for column in columns]
    names = [column.name.lower() for column in declared]
    if not names or len(set(names)) != len(names):
        raise SourceError(f"table {table} needs columns of different names, not {[c.name for c in declared]}")
    if not key <= set(names):
        raise SourceError(
            f"table {table}: its primary key names {sorted(key - set(names))}, which it has no column for"
        )
    checked = []
    for column in declared:
        try:
            type_ = str(parse_type(column.type))
        except UnsupportedTSql as error:
            raise SourceError(f"table {table}, column {column.name}: {error}") from error
        checked.append(column._replace(type=type_, nullable=column.nullable and column.name.lower() not in key))
    return tuple(checked)


def _batches(table: str, rows: pa.RecordBatchReader | Path) -> Iterator[pa.RecordBatch]:
    if isinstance(rows, pa.RecordBatchReader):
        yield from rows
        return
    try:
        parquet = pq.ParquetFile(rows)
    except (OSError, pa.ArrowInvalid) as error:
        raise SourceError(f"table {table}: {rows} can't be read as Parquet ({error}); correct the path") from error
    with table_rows.stream(parquet, parquet.schema_arrow) as stream:
        yield from stream
