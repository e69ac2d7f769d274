"""The catalog views of a database (`sys.objects` and its kind) as DuckDB tables.

Belongs here: the views' columns and how stored tables and procedures look in them. Does not belong here: queries
(`queries`), or types' numbers (`types`).
"""

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import duckdb

from recon_assets.sources.embedded.catalog import StoredTable
from recon_assets_tests.tds.procedures import Deployed
from recon_assets_tests.tds.types import LATIN1, SYSTEM_TYPES, column_type

_NAME = "VARCHAR COLLATE NOCASE"
_OBJECT_COLUMNS = (
    f"name {_NAME}, object_id INTEGER, schema_id INTEGER, parent_object_id INTEGER, type VARCHAR, type_desc VARCHAR,"
    " create_date TIMESTAMP, modify_date TIMESTAMP, is_ms_shipped BOOLEAN"
)
_VIEWS = {
    "objects": _OBJECT_COLUMNS,
    "schemas": f"name {_NAME}, schema_id INTEGER, principal_id INTEGER",
    "columns": (
        f"object_id INTEGER, name {_NAME}, column_id INTEGER, system_type_id UTINYINT, user_type_id INTEGER,"
        " max_length SMALLINT, precision UTINYINT, scale UTINYINT, collation_name VARCHAR, is_nullable BOOLEAN,"
        " is_identity BOOLEAN, is_computed BOOLEAN, is_hidden BOOLEAN, is_masked BOOLEAN, encryption_type INTEGER"
    ),
    "types": (
        f"name {_NAME}, system_type_id UTINYINT, user_type_id INTEGER, schema_id INTEGER, max_length SMALLINT,"
        " precision UTINYINT, scale UTINYINT, is_nullable BOOLEAN, is_user_defined BOOLEAN"
    ),
    "databases": (
        f"name {_NAME}, database_id INTEGER, snapshot_isolation_state UTINYINT, snapshot_isolation_state_desc VARCHAR,"
        " is_read_committed_snapshot_on BOOLEAN, collation_name VARCHAR, compatibility_level UTINYINT"
    ),
    "parameters": (
        f"object_id INTEGER, name {_NAME}, parameter_id INTEGER, system_type_id UTINYINT, user_type_id INTEGER,"
        " max_length SMALLINT, precision UTINYINT, scale UTINYINT, is_output BOOLEAN, has_default_value BOOLEAN"
    ),
    "sql_modules": "object_id INTEGER, definition VARCHAR, uses_ansi_nulls BOOLEAN, uses_quoted_identifier BOOLEAN",
    "indexes": (
        f"object_id INTEGER, name {_NAME}, index_id INTEGER, type UTINYINT, type_desc VARCHAR, is_unique BOOLEAN,"
        " is_primary_key BOOLEAN"
    ),
    "index_columns": (
        "object_id INTEGER, index_id INTEGER, index_column_id INTEGER, column_id INTEGER, key_ordinal UTINYINT,"
        " is_descending_key BOOLEAN, is_included_column BOOLEAN"
    ),
    "external_data_sources": f"data_source_id INTEGER, name {_NAME}, location VARCHAR, type_desc VARCHAR",
    "external_file_formats": f"file_format_id INTEGER, name {_NAME}, format_type VARCHAR",
    "key_constraints": (
        f"name {_NAME}, object_id INTEGER, schema_id INTEGER, parent_object_id INTEGER, type VARCHAR,"
        " type_desc VARCHAR, unique_index_id INTEGER"
    ),
}
_PLAIN = (False, False, False, None)
"""Not computed, hidden, masked or encrypted."""
_DERIVED = (
    "CREATE VIEW sys.tables AS SELECT * FROM sys.objects WHERE type = 'U '",
    "CREATE VIEW sys.procedures AS SELECT * FROM sys.objects WHERE type = 'P '",
    "CREATE VIEW sys.all_objects AS SELECT * FROM sys.objects",
    "CREATE VIEW sys.all_columns AS SELECT * FROM sys.columns",
    "CREATE MACRO object_definition(i) AS (SELECT definition FROM sys.sql_modules WHERE object_id = i)",
    "CREATE MACRO object_name(i) AS (SELECT name FROM sys.objects WHERE object_id = i)",
    "CREATE MACRO schema_name(i) AS (SELECT name FROM sys.schemas WHERE schema_id = i)",
    "CREATE MACRO type_name(i) AS (SELECT name FROM sys.types WHERE user_type_id = i)",
)
_EPOCH = datetime(2024, 1, 1)


def object_number(schema: str, name: str) -> int:
    """An object's object_id: the same as long as it has its name."""
    return zlib.crc32(f"{schema}.{name}".lower().encode()) >> 1


def fill_catalog(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    tables: Iterable[StoredTable],
    procedures: Iterable[Deployed],
    data_sources: Mapping[str, str],
) -> None:
    """Make the schema `sys` in the DuckDB database, and all its views; `data_sources` are locations by name."""
    tables, procedures = list(tables), list(procedures)
    rows = _rows(database, tables, procedures)
    rows["external_data_sources"] = [
        (65536 + n, name, location, "HADOOP") for n, (name, location) in enumerate(data_sources.items())
    ]
    connection.execute("CREATE SCHEMA sys")
    for view, columns in _VIEWS.items():
        connection.execute(f"CREATE TABLE sys.{view} ({columns})")
        if rows[view]:
            marks = ", ".join("?" * len(rows[view][0]))
            connection.executemany(f"INSERT INTO sys.{view} VALUES ({marks})", rows[view])
    for statement in _DERIVED:
        connection.execute(statement)


def _rows(database: str, tables: list[StoredTable], procedures: list[Deployed]) -> dict[str, list[tuple[Any, ...]]]:
    used = {table.name.schema for table in tables} | {procedure.schema for procedure in procedures}
    names = ["dbo", *sorted({name.lower(): name for name in used if name.lower() != "dbo"}.values())]
    schemas = {name.lower(): 1 if name == "dbo" else 4 + position for position, name in enumerate(names)}
    rows: dict[str, list[tuple[Any, ...]]] = {view: [] for view in _VIEWS}
    rows["schemas"] = [(name, schemas[name.lower()], 1) for name in names]
    rows["types"] = [
        (name, system, user, 4, size, precision, scale, name != "timestamp", False)
        for name, (system, user, size, precision, scale) in SYSTEM_TYPES.items()
    ]
    rows["databases"] = [("master", 1, 0, "OFF", False, LATIN1, 160), (database, 5, 1, "ON", True, LATIN1, 160)]
    rows["external_file_formats"] = [(65536, "recon_parquet", "PARQUET")]
    for table in tables:
        _add_table(rows, table, schemas[table.name.schema.lower()])
    for procedure in procedures:
        _add_procedure(rows, procedure, schemas[procedure.schema.lower()])
    return rows


def _add_table(rows: dict[str, list[tuple[Any, ...]]], table: StoredTable, schema: int) -> None:
    number = object_number(*table.name)
    rows["objects"].append((table.name.name, number, schema, 0, "U ", "USER_TABLE", _EPOCH, _EPOCH, False))
    positions = {}
    for position, column in enumerate(table.columns, 1):
        positions[column.name.lower()] = position
        type_ = column_type(column.type)
        identity = table.identity is not None and table.identity.column == column.name
        collation = LATIN1 if type_.is_text else None
        rows["columns"].append(
            (number, column.name, position, *type_.catalog_numbers, collation, column.nullable, identity, *_PLAIN)
        )
    if table.primary_key:
        key = f"PK_{table.name.name}"
        rows["indexes"].append((number, key, 1, 1, "CLUSTERED", True, True))
        constraint = object_number(table.name.schema, key)
        rows["key_constraints"].append((key, constraint, schema, number, "PK", "PRIMARY_KEY_CONSTRAINT", 1))
        for ordinal, name in enumerate(table.primary_key, 1):
            rows["index_columns"].append((number, 1, ordinal, positions[name.lower()], ordinal, False, False))
    else:
        rows["indexes"].append((number, None, 0, 0, "HEAP", False, False))


def _add_procedure(rows: dict[str, list[tuple[Any, ...]]], procedure: Deployed, schema: int) -> None:
    number = object_number(procedure.schema, procedure.name)
    times = (procedure.created, procedure.modified)
    rows["objects"].append((procedure.name, number, schema, 0, "P ", "SQL_STORED_PROCEDURE", *times, False))
    rows["sql_modules"].append((number, procedure.text, True, True))
    parameters = procedure.statement.header.parameters if procedure.statement else ()
    for position, parameter in enumerate(parameters, 1):
        numbers = column_type(str(parameter.type)).catalog_numbers
        # has_default_value is 0 for T-SQL procedures, whatever they declare
        rows["parameters"].append((number, parameter.name, position, *numbers, parameter.output, False))
