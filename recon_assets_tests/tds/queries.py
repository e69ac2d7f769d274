"""Queries: by the embedded source's own translator, which knows T-SQL's types, or else by sqlglot on DuckDB.

Belongs here: a SELECT's columns and its rows as a stream. Does not belong here: batches that do more (`script`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from recon_assets.sources.embedded.catalog import StoredTable, arrow_schema
from recon_assets.sources.embedded.rows import conformed
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql, sql_server_error, tsql_error_from
from recon_assets.tsql.execution import ResultSet
from recon_assets.tsql.model import TranslatedQuery
from recon_assets.tsql.names import object_key
from recon_assets_tests.tds.catalog import object_number
from recon_assets_tests.tds.outcome import RowBatch, Rows, arrow_batch
from recon_assets_tests.tds.procedures import DeployedProcedures
from recon_assets_tests.tds.tokens import VERSION, Column
from recon_assets_tests.tds.types import MAX, ColumnType, column_type

_BATCH_ROWS = 16_384


@dataclass(frozen=True)
class Facts:
    """What a query's functions answer."""

    database: str
    user: str
    edition: int
    number: int
    transactions: int
    denied: frozenset[tuple[str, str]]
    tables: tuple[StoredTable, ...]
    procedures: DeployedProcedures
    locks: frozenset[str]

    @property
    def version(self) -> str:
        """@@VERSION."""
        products = {
            5: "Microsoft SQL Azure (RTM)",
            6: "Microsoft Azure SQL Data Warehouse",
            11: "Microsoft SQL Azure (RTM)",
        }
        product = products.get(self.edition, "Microsoft SQL Server 2022 (RTM-CU15)")
        return f"{product} - {'.'.join(map(str, VERSION))}.4 (X64)"


def translated_rows(cursor: duckdb.DuckDBPyConnection, query: TranslatedQuery, values: Mapping[str, Any]) -> Rows:
    """Stream what the embedded translator made; `values` are its parameters'."""
    columns = [Column(c.name, column_type(str(c.type))) for c in query.columns]
    return _stream(cursor, query.sql, columns, dict(values))


def result_rows(cursor: duckdb.DuckDBPyConnection, result: ResultSet) -> Rows:
    """Stream a result set that the interpreter has kept."""
    columns = [Column(c.name, column_type(str(c.type))) for c in result.columns]
    return _stream(cursor, f"SELECT * FROM {result.relation}", columns, {})


def arrow_reader(
    connection: duckdb.DuckDBPyConnection, query: TranslatedQuery, values: Mapping[str, Any]
) -> pa.RecordBatchReader:
    """What the embedded translator made as Arrow, each field with its T-SQL type."""
    schema = arrow_schema((c.name, str(c.type)) for c in query.columns)
    stream = _started(connection, query.sql, dict(values))
    return pa.RecordBatchReader.from_batches(schema, (conformed(batch, schema) for batch in stream))


def counted(reader: pa.RecordBatchReader) -> tuple[pa.RecordBatchReader, Callable[[], int]]:
    """The same batches, and how many rows have been taken so far."""
    rows = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in reader:
            rows += batch.num_rows
            yield batch

    return pa.RecordBatchReader.from_batches(reader.schema, batches()), lambda: rows


def quoted(name: str) -> str:
    """A name in DuckDB's quotes."""
    return exp.to_identifier(name, quoted=True).sql("duckdb")


def _stream(cursor: duckdb.DuckDBPyConnection, sql: str, columns: list[Column], values: dict[str, Any]) -> Rows:
    reader = _started(cursor, sql, values)
    return Rows(columns, _batches(reader, columns))


def _started(cursor: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any]) -> pa.RecordBatchReader:
    try:
        return cursor.sql(sql, params=values).to_arrow_reader(_BATCH_ROWS)
    except duckdb.Error as error:
        raise tsql_error_from(error) or error from error


def _batches(reader: pa.RecordBatchReader, columns: list[Column]) -> Iterator[RowBatch]:
    try:
        for batch in reader:
            if batch.num_rows:
                yield arrow_batch(columns, batch.columns)
    except duckdb.Error as error:
        raise tsql_error_from(error) or error from error


def transpiled_rows(
    connection: duckdb.DuckDBPyConnection, text: str, values: Mapping[str, Any], facts: Facts
) -> list[Rows]:
    """Stream the queries of a batch through sqlglot. Raises UnsupportedTSql for what is no query."""
    try:
        trees = [tree for tree in sqlglot.parse(text, read="tsql") if tree is not None]
    except SqlglotError as error:
        raise sql_server_error(102, f"Incorrect syntax near '{text.split()[-1]}'.") from error
    found = []
    for tree in trees:
        if isinstance(tree, exp.Set):
            continue
        if not isinstance(tree, exp.Query):
            raise UnsupportedTSql(text)
        found.append(_transpiled(connection, tree, values, facts))
    return found


def _transpiled(
    connection: duckdb.DuckDBPyConnection,
    tree: exp.Query,
    values: Mapping[str, Any],
    facts: Facts,
) -> Rows:
    declared = _declared(tree, facts)
    lower = {name.lower().lstrip("@"): given for name, given in values.items()}
    replaced = tree.transform(lambda node: _replaced(node, lower, facts))
    for node in list(replaced.find_all(exp.Sum)):
        if isinstance(node.this, exp.Cast) and node.this.is_type("bigint"):
            node.replace(exp.cast(node.copy(), "bigint"))  # DuckDB's has 128 bits
    sql = replaced.sql("duckdb")
    try:
        reader = connection.sql(sql).to_arrow_reader(_BATCH_ROWS)
    except duckdb.CatalogException as error:
        table = tree.find(exp.Table)
        if table is not None and "Table with name" in str(error):
            raise sql_server_error(208, f"Invalid object name '{_name(table)}'.") from error
        raise UnsupportedTSql(str(error)) from error
    except duckdb.BinderException as error:
        raise sql_server_error(207, f"Invalid column name ({error}).") from error
    except duckdb.Error as error:
        raise tsql_error_from(error) or UnsupportedTSql(str(error)) from error
    names = [select.alias_or_name for select in tree.selects]
    names = [column.name for column in reader.schema] if len(names) != len(reader.schema) else names
    long = "definition" in sql.lower()  # a procedure's text may be of any length
    columns = [
        Column(name, declared.get(position) or _type_of(field.type, long=long))
        for position, (name, field) in enumerate(zip(names, reader.schema, strict=True))
    ]
    return Rows(columns, _batches(reader, columns))


def _type_of(kind: pa.DataType, *, long: bool) -> ColumnType:
    if pa.types.is_decimal(kind):
        return ColumnType("decimal", kind.precision, kind.scale)
    for test, text in (
        (pa.types.is_null, "int"),
        (pa.types.is_boolean, "bit"),
        (pa.types.is_uint8, "tinyint"),
        (pa.types.is_int8, "smallint"),
        (pa.types.is_int16, "smallint"),
        (pa.types.is_int32, "int"),
        (pa.types.is_integer, "bigint"),
        (pa.types.is_float32, "real"),
        (pa.types.is_float64, "float"),
        (pa.types.is_date, "date"),
        (pa.types.is_time, "time(7)"),
        (pa.types.is_timestamp, "datetime2(7)" if kind == pa.timestamp("us") else "datetimeoffset(7)"),
        (pa.types.is_binary, "varbinary(max)"),
    ):
        if test(kind):
            return column_type(text)
    return ColumnType("nvarchar", length=MAX if long else 4000)


def _declared(tree: exp.Query, facts: Facts) -> dict[int, ColumnType]:
    """The declared types of the columns that are a stored table's, unchanged, by position."""
    stored = {table.name.key: table for table in facts.tables}
    sources: dict[str, StoredTable] = {}
    for table in tree.find_all(exp.Table):
        if found := stored.get(((table.db or "dbo").lower(), table.name.lower())):
            sources[table.alias_or_name.lower()] = found
    types: dict[int, ColumnType] = {}
    for position, select in enumerate(tree.selects):
        column = select.unalias()
        if not isinstance(column, exp.Column):
            continue
        qualifier = column.table.lower()
        for alias, table in sources.items():
            if qualifier and qualifier != alias:
                continue
            for declared in table.columns:
                if declared.name.lower() == column.name.lower():
                    types[position] = column_type(declared.type)
    return types


def _name(table: exp.Table) -> str:
    return ".".join(part.name for part in table.parts)


# T-SQL's own functions


def _replaced(node: exp.Expression, values: Mapping[str, Any], facts: Facts) -> exp.Expression:
    if isinstance(node, exp.National):
        return exp.Literal.string(node.name)
    if isinstance(node, exp.Parameter):
        return _variable(node, values, facts)
    if isinstance(node, exp.CurrentUser):
        return exp.Literal.string(facts.user)
    if isinstance(node, exp.ObjectId):
        return _object_id(node, values, facts)
    if isinstance(node, exp.Convert):
        return exp.Cast(this=node.expression, to=_without_length(node.this))
    if isinstance(node, exp.DataType):
        return _without_length(node)
    if isinstance(node, exp.Anonymous) and node.name.upper() == "BINARY_CHECKSUM":
        return _checksum(node, facts)
    if isinstance(node, exp.Anonymous):
        return _function(node, values, facts)
    if isinstance(node, exp.Table) and not node.db and node.name and not isinstance(node.this, exp.Anonymous):
        node.set("db", exp.to_identifier("dbo"))
    if isinstance(node, exp.Table):
        node.set("hints", None)
        if (node.db.lower(), node.name.lower()) in facts.denied:
            text = f"The SELECT permission was denied on the object '{node.name}', database '{facts.database}', schema"
            raise TSqlError(229, f"{text} '{node.db}'.", 14, 5)
    return node


def _without_length(type_: exp.DataType) -> exp.DataType:
    if type_.this in exp.DataType.TEXT_TYPES:
        return exp.DataType.build("text")
    return type_


def _variable(node: exp.Parameter, values: Mapping[str, Any], facts: Facts) -> exp.Expression:
    if isinstance(node.this, exp.Parameter):
        name = node.this.name.upper()
        numbers = {"SPID": facts.number, "TRANCOUNT": facts.transactions, "ERROR": 0, "ROWCOUNT": 0}
        texts = {"VERSION": facts.version, "SERVERNAME": "peer", "LANGUAGE": "us_english"}
        if name in numbers:
            return exp.Literal.number(numbers[name])
        if name in texts:
            return exp.Literal.string(texts[name])
        raise UnsupportedTSql(f"@@{name}")
    if node.name.lower() not in values:
        raise sql_server_error(137, f'Must declare the scalar variable "@{node.name}".')
    value = values[node.name.lower()]
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.isoformat(" ")), "timestamp")
    return exp.convert(value)


def _function(node: exp.Anonymous, values: Mapping[str, Any], facts: Facts) -> exp.Expression:
    arguments = [_constant(argument, values) for argument in node.expressions]
    match node.name.upper():
        case "DB_NAME":
            return exp.Literal.string(facts.database)
        case "DB_ID":
            return exp.Literal.number(5)
        case "SUSER_SNAME" | "SUSER_NAME" | "ORIGINAL_LOGIN" | "SYSTEM_USER" | "USER_NAME":
            return exp.Literal.string(facts.user)
        case "SERVERPROPERTY":
            return _property(arguments[0].lower(), facts)
        case "HAS_PERMS_BY_NAME":
            return _has_permission(arguments, facts)
        case "APPLOCK_MODE":
            return exp.Literal.string("Exclusive" if arguments[1] in facts.locks else "NoLock")
        case "HAS_DBACCESS":
            return exp.Literal.number(int(arguments[0].lower() == facts.database.lower()))
    return node


def _checksum(node: exp.Anonymous, facts: Facts) -> exp.Expression:
    """BINARY_CHECKSUM of columns, or of all by `*`: like SQL Server's it has 32 bits, a sign, and is never NULL; its
    values are others."""
    stored = {table.name.key: table for table in facts.tables}
    table = node.find_ancestor(exp.Select).find(exp.Table)
    columns = stored[(table.db or "dbo").lower(), table.name.lower()].columns
    every = [exp.column(column.name, quoted=True) for column in columns]
    hashed = exp.func("hash", *(every if isinstance(node.expressions[0], exp.Star) else node.expressions))
    return exp.cast(exp.cast(hashed % 2**32, "bigint") - 2**31, "int")


def _property(name: str, facts: Facts) -> exp.Expression:
    edition = {3: "Enterprise Edition (64-bit)", 5: "SQL Azure", 6: "SQL Azure", 11: "SQL Azure"}
    known = {
        "engineedition": facts.edition,
        "edition": edition.get(facts.edition, "Developer Edition (64-bit)"),
        "productversion": "16.0.4135.4",
        "productmajorversion": "16",
        "collation": "SQL_Latin1_General_CP1_CI_AS",
        "servername": "peer",
    }
    return exp.convert(known.get(name))


def _has_permission(arguments: list[str | None], facts: Facts) -> exp.Expression:
    """1 or 0; NULL for what is not there."""
    if arguments[0] is None or (arguments[1] or "").upper() in ("DATABASE", "SERVER"):
        return exp.Literal.number(1)
    key = object_key(arguments[0])
    if key in facts.denied:
        return exp.Literal.number(0)
    known = key in {table.name.key for table in facts.tables} or facts.procedures.find(arguments[0])
    return exp.Literal.number(1) if known else exp.null()


def _object_id(node: exp.ObjectId, values: Mapping[str, Any], facts: Facts) -> exp.Expression:
    name = _constant(node.this, values) or ""
    kind = (_constant(node.expression, values) or "").strip().upper() if node.expression else None
    key = object_key(name)
    is_table = kind in (None, "U") and key in {table.name.key for table in facts.tables}
    if key and (is_table or (kind in (None, "P") and facts.procedures.find(name))):
        return exp.Literal.number(object_number(*key))
    return exp.null()


def _constant(node: exp.Expression, values: Mapping[str, Any]) -> str | None:
    """A function's argument that is known beforehand; None for NULL and all others."""
    if isinstance(node, exp.Parameter):
        value = values.get(node.name.lower())
        return None if value is None else str(value)
    return node.name if isinstance(node, exp.Literal | exp.National) else None
