"""What the login may do: the checks that `recon doctor` makes of a server.

Does not belong here: printing them (`recon_assets.cli.doctor`).
"""

from typing import TYPE_CHECKING

from recon_assets.sources.base import SourceError
from recon_assets.sources.names import parse_name
from recon_assets.sources.sqlserver.catalog import Engine, columns_of, full_name
from recon_assets.sources.sqlserver.columns import fetched
from recon_assets.sources.sqlserver.connection import Server

if TYPE_CHECKING:
    import pyodbc

_MAY = "SELECT OBJECT_ID(?), HAS_PERMS_BY_NAME(?, 'OBJECT', ?)"


class Examination:
    """Checks over one connection; each returns what it found, and raises SourceError with the remedy."""

    def __init__(self, server: Server, connection: "pyodbc.Connection", engine: Engine) -> None:
        self._server, self._connection, self._engine = server, connection, engine

    def procedure(self, name: str) -> str:
        """The procedure is there, and may be run."""
        found = full_name(parse_name(name))
        if self._may(found, "EXECUTE"):
            return "may be run"
        raise SourceError(
            f"{name} is not there, or this login may not run it: correct the name, or GRANT EXECUTE ON {found} TO it"
        )

    def table(self, name: str) -> str:
        """The table is there, may be read, and has columns that can be read exactly."""
        table = parse_name(name)
        with self._server.telling(f"looking at {table}"):
            columns = fetched(str(table), columns_of(self._connection, table))
        if not self._may(full_name(table), "SELECT"):
            raise SourceError(f"this login may not read {name}: GRANT SELECT ON {full_name(table)} TO it")
        return f"{sum(1 for column in columns if column.field)} columns"

    def isolation(self) -> str:
        """Tables can be read as of one moment."""
        if self._engine.snapshot or self._engine.is_pool:
            return self._engine.isolation
        raise SourceError(
            f"tables are read one after the other, {self._engine.isolation}: ALTER DATABASE … SET"
            " ALLOW_SNAPSHOT_ISOLATION ON lets them be of one moment"
        )

    def _may(self, name: str, permission: str) -> bool:
        with self._server.telling(f"asking for rights on {name}"):
            there, allowed = self._connection.execute(_MAY, name, name, permission).fetchone()
        return there is not None and bool(allowed)
