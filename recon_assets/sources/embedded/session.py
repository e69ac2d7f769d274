"""A session on the embedded source: its tables in a DuckDB database of its own, and what it changed made
Parquet.

Belongs here: stored tables in their session form and back, and the database's settings. Does not belong here:
running T-SQL (`recon_assets.tsql.interpreter`), or locks and the catalog's replacement (`storage`).
"""

from pathlib import Path

import duckdb

from recon_assets.sources.embedded import rows as table_rows
from recon_assets.sources.embedded.catalog import Catalog, Column, Identity, StoredTable
from recon_assets.sources.embedded.storage import Storage, new_file_name
from recon_assets.sources.names import ObjectName
from recon_assets.tsql import model, syntax
from recon_assets.tsql.tables import SessionTable, Tables
from recon_assets.tsql.types import parse_type


class Session:
    """Tables to run T-SQL on, as they are in this catalog; nothing is stored before `publish`."""

    def __init__(self, storage: Storage, folder: Path, memory_limit: str) -> None:
        """`folder` is the session's own; the write lock must be held from here to `publish`."""
        self._storage = storage
        self._folder = folder
        self._catalog = storage.catalog()
        self.connection = duckdb.connect(
            str(folder / "session.duckdb"),
            config={"memory_limit": memory_limit, "temp_directory": str(folder / "spill")},
        )
        self.tables = Tables(self.connection)
        for stored in self._catalog.tables.values():
            self.tables.attach(_session_table(stored, storage.path(stored)), stored.identity and stored.identity.next)

    def publish(self) -> Catalog:
        """Store every changed table and commit them together; the catalog that holds them."""
        kept = {_name(table).key for table in self.tables.stored()}
        dropped = [table.name for key, table in self._catalog.tables.items() if key not in kept]
        changed = [table for table in self.tables.stored() if table.file is None]
        if not changed and not dropped:
            return self._catalog
        return self._storage.publish([self._written(table) for table in changed], dropped)

    def _written(self, table: SessionTable) -> tuple[StoredTable, Path]:
        name = _name(table)
        file = new_file_name(name)
        path = self._folder / file
        quoted_path = str(path).replace("'", "''")
        count = self.connection.execute(
            f"COPY (SELECT * FROM {table.info.relation}) TO '{quoted_path}'"
            f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {table_rows.ROW_GROUP_ROWS})"
        ).fetchone()[0]
        return _stored_table(table, file, count, self.tables.next_identity(table)), path

    def close(self) -> None:
        """Let go of the database; its files go with the session's folder."""
        self.connection.close()


def _name(table: SessionTable) -> ObjectName:
    return ObjectName(table.info.name.schema or "dbo", table.info.name.name)


def _session_table(stored: StoredTable, file: Path) -> SessionTable:
    identity = stored.identity
    columns = tuple(
        model.ColumnInfo(
            column.name,
            parse_type(column.type),
            column.nullable,
            model.Identity(identity.seed, identity.increment) if identity and identity.column == column.name else None,
            syntax.parse_expression(column.default) if column.default else None,
        )
        for column in stored.columns
    )
    name = model.TableName(stored.name.name, stored.name.schema)
    return SessionTable(model.TableInfo(name, "", columns, stored.unique), stored.primary_key, file)


def _stored_table(table: SessionTable, file: str, rows: int, next_identity: int | None) -> StoredTable:
    columns = tuple(
        Column(c.name, str(c.type), c.nullable, c.default.sql("tsql") if c.default is not None else None)
        for c in table.info.columns
    )
    identity = next(
        (
            Identity(c.name, c.identity.seed, c.identity.increment, next_identity)
            for c in table.info.columns
            if c.identity
        ),
        None,
    )
    return StoredTable(_name(table), columns, file, rows, table.primary_key, table.info.unique, identity)
