"""What the server says of itself: its engine, and the columns of its tables.

Belongs here: queries on its catalog. Does not belong here: reading tables (`reading`), or what a type becomes
(`columns`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recon_assets.sources.base import SourceError, TableNotFound
from recon_assets.sources.names import ObjectName, nearest
from recon_assets.sources.sqlserver.columns import CatalogColumn, quoted
from recon_assets.sources.sqlserver.connection import Server

if TYPE_CHECKING:
    import pyodbc

# Values of SERVERPROPERTY('EngineEdition')
_NAMES = {
    5: "Azure SQL Database",
    6: "Azure Synapse dedicated SQL pool",
    8: "Azure SQL Managed Instance",
    9: "Azure SQL Edge",
    11: "Azure Synapse serverless SQL pool or Fabric warehouse",
    12: "SQL database in Fabric",
}
_DEDICATED, _SERVERLESS = 6, 11

_ENGINE = """
SELECT CAST(SERVERPROPERTY('EngineEdition') AS int) AS edition,
       CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version
"""
_ISOLATION = "SELECT snapshot_isolation_state, is_read_committed_snapshot_on FROM sys.databases WHERE name = DB_NAME()"
_COLUMNS = """
SELECT c.name AS name, COALESCE(b.name, u.name) AS type, c.max_length AS max_length, c.precision AS precision,
       c.scale AS scale, c.is_masked AS is_masked, c.encryption_type AS encryption_type
FROM sys.columns AS c
JOIN sys.types AS u ON u.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id
WHERE c.object_id = OBJECT_ID(?) AND c.is_hidden = 0
ORDER BY c.column_id
"""
_UNMASKED = "SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UNMASK')"
_TABLES = """
SELECT s.name AS schema_name, o.name AS name
FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type_desc IN ('USER_TABLE', 'VIEW')
"""


@dataclass(frozen=True)
class Engine:
    """Which engine answers, and what it can do."""

    edition: int
    version: str
    snapshot: bool
    """Whether transactions may have snapshot isolation."""
    read_committed_snapshot: bool

    def __str__(self) -> str:
        return f"{_NAMES.get(self.edition, 'SQL Server')} {self.version}"

    @property
    def is_pool(self) -> bool:
        """Whether it is a Synapse pool or a Fabric warehouse, which lack application locks and return codes."""
        return self.edition in (_DEDICATED, _SERVERLESS)

    @property
    def tells_lines(self) -> bool:
        """Whether ERROR_LINE() is known."""
        return self.edition != _DEDICATED

    @property
    def isolation(self) -> str:
        """Under which isolation tables are read."""
        if self.snapshot:
            return "snapshot"
        if self.edition == _SERVERLESS:
            return "the engine's own"
        if self.read_committed_snapshot:
            return "read committed snapshot"
        return "read uncommitted" if self.edition == _DEDICATED else "read committed"


@contextmanager
def opened(server: Server) -> "Iterator[tuple[pyodbc.Connection, Engine]]":
    """A connection, and which engine answers. Raises ServerError."""
    with server.connect() as connection:
        with server.telling("asking for the engine"):
            engine = _engine_of(connection)
        yield connection, engine


def _engine_of(connection: "pyodbc.Connection") -> Engine:
    edition, version = connection.execute(_ENGINE).fetchone()
    state = connection.execute(_ISOLATION).fetchone()
    snapshot, committed = (state[0] == 1, bool(state[1])) if state else (False, False)
    pool = edition in (_DEDICATED, _SERVERLESS)
    return Engine(edition, version, snapshot and not pool, committed)


def columns_of(connection: "pyodbc.Connection", table: ObjectName) -> list[CatalogColumn]:
    """A table's or view's columns, in order, but for hidden ones.

    Raises TableNotFound; and SourceError where this login would get something else than a column's values.
    """
    rows = connection.execute(_COLUMNS, full_name(table)).fetchall()
    if not rows:
        raise TableNotFound(f"table {table} does not exist, or this login may not see it{_nearest(connection, table)}")
    for name, *_, encryption in rows:
        if encryption is not None:
            raise SourceError(f"{table}, column {name}: it is encrypted (Always Encrypted); read a view without it")
    masked = [name for name, *_, is_masked, _ in rows if is_masked]
    if masked and not connection.execute(_UNMASKED).fetchone()[0]:
        raise SourceError(f"{table}, column {masked[0]}: this login gets masked values: GRANT UNMASK TO it")
    return [CatalogColumn(*row[:5]) for row in rows]


def full_name(name: ObjectName) -> str:
    """Schema and name in brackets."""
    return f"{quoted(name.schema)}.{quoted(name.name)}"


def _nearest(connection: "pyodbc.Connection", table: ObjectName) -> str:
    close = nearest(table, (ObjectName(*row) for row in connection.execute(_TABLES).fetchall()))
    near = f"; the nearest it sees are {', '.join(close)}" if close else ""
    return f"{near}: correct the name, or grant SELECT on the table"
