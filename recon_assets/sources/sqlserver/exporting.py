"""Tables written by the server itself: CREATE EXTERNAL TABLE AS SELECT, as Synapse and SQL Server 2022 have it.

Belongs here: having a table written into the storage, through an external data source and file format that are there.
Does not belong here: what is written of each column (`columns`), or looking at the files (`io_managers`).

No row comes here. What shows that the files are whole: the server's count of the rows and its checksum of them, before
and after, and the number of rows that are found in the files.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from recon_assets.sources.base import Export, SourceError, TableState
from recon_assets.sources.names import parse_name
from recon_assets.sources.sqlserver.catalog import columns_of, full_name
from recon_assets.sources.sqlserver.columns import exported, quoted
from recon_assets.sources.sqlserver.connection import Server
from recon_assets.sources.sqlserver.table_state import state_of, unheeded

if TYPE_CHECKING:
    import pyodbc

_FORMAT = "SELECT name FROM sys.external_file_formats WHERE name = ? AND format_type = 'PARQUET'"
_LOCATION = "SELECT location FROM sys.external_data_sources WHERE name = ?"


@dataclass(frozen=True)
class Exporter:
    """Has the server write tables: through one of its external data sources, in one of its external file formats, with
    a table that it needs meanwhile in `schema`."""

    server: Server
    data_source: str | None
    file_format: str
    schema: str

    def export(self, table: str, folder: str, note: Callable[[str], None]) -> Export:
        """Write a table into a folder of the storage, by its URL; see `Snapshot.export`. `note` is told what does not
        show."""
        name, made = parse_name(table), f"{quoted(self.schema)}.{quoted(f'recon_{uuid.uuid4().hex}')}"
        with self.server.connect() as connection:
            with self.server.telling(f"exporting {name}"):
                where = self._below(connection, folder)
                declared = columns_of(connection, name)
                columns = exported(str(name), declared)
            before = state_of(self.server, connection, name)
            with self.server.telling(f"exporting {name}"):
                connection.execute(
                    f"CREATE EXTERNAL TABLE {made} WITH (LOCATION = {_text(where)},"
                    f" DATA_SOURCE = {quoted(self.data_source or '')}, FILE_FORMAT = {quoted(self.file_format)})"
                    f" AS SELECT {', '.join(sql for sql, _ in columns)} FROM {full_name(name)}"
                )
                connection.execute(f"DROP EXTERNAL TABLE {made}")  # its files stay
            if unseen := unheeded(declared):
                note(f"{name}: a change of {', '.join(unseen)} while the server exported it would not be noticed")
            if state_of(self.server, connection, name) != before:
                raise SourceError(f"{name} was changed while the server exported it: run again")
        return Export(pa.schema([field for _, field in columns]), before)

    def state(self, table: str) -> TableState:
        """The table's state as it is now; see `Snapshot.state`."""
        name = parse_name(table)
        with self.server.connect() as connection:
            columns_of(connection, name)  # says what is wrong with a name
            return state_of(self.server, connection, name)

    def ready(self, folder: str) -> str:
        """By what tables are written below a folder of the storage. Raises SourceError where something is missing."""
        with self.server.connect() as connection, self.server.telling("looking at external data sources"):
            self._below(connection, folder)
            if connection.execute(_FORMAT, self.file_format).fetchone() is None:
                raise SourceError(
                    f"there is no external file format {self.file_format} of Parquet, or this login may not see it:"
                    " create it, or correct RECON_SOURCE_EXTERNAL_FILE_FORMAT (see docs/azure.md)"
                )
        return f"by {self.data_source}, as {self.file_format}"

    def _below(self, connection: "pyodbc.Connection", folder: str) -> str:
        """The folder's path below the data source."""
        if self.data_source is None:
            raise SourceError(
                "`export: cetas` needs an external data source: create one for the container and name it in"
                " RECON_SOURCE_EXTERNAL_DATA_SOURCE (see docs/azure.md)"
            )
        found = connection.execute(_LOCATION, self.data_source).fetchone()
        if found is None:
            raise SourceError(
                f"there is no external data source {self.data_source}, or this login may not see it: create it, or"
                " correct RECON_SOURCE_EXTERNAL_DATA_SOURCE (see docs/azure.md)"
            )
        root = found[0].rstrip("/") + "/"
        if not folder.startswith(root):
            raise SourceError(
                f"{folder} is not below {root}, where the external data source {self.data_source} leads: have"
                " RECON_STORAGE_ROOT and the data source name the same container, both by abfss://"
            )
        return "/" + folder.removeprefix(root)


def _text(value: str) -> str:
    return "N'" + value.replace("'", "''") + "'"
