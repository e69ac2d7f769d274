"""Fitting values to the columns they are stored in.

Belongs here: the conversion and checks of INSERT, UPDATE and MERGE: errors 515 (NULL), 2628 (too long), 2627
(duplicate key). Does not belong here: the statements themselves (`statements`).
"""

from recon_assets.tsql import comparison, duck
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import DUPLICATE_KEY, NULL_NOT_ALLOWED, TEXT_TRUNCATED, raising
from recon_assets.tsql.model import ColumnInfo, TableInfo, TableName
from recon_assets.tsql.scope import column_reference
from recon_assets.tsql.types import MAX, SqlType, nvarchar, varchar
from recon_assets.tsql.value import Value


def store(value: Value, column: ColumnInfo, table: TableInfo, statement: str) -> str:
    """SQL of the value as the column holds it; evaluated, it raises what SQL Server raises where it can't."""
    told = _full_name(table.name)
    if value.type.is_text and column.type.is_text and not value.is_null:
        stored = _fitted(value, column, told)
    else:
        stored = convert(value, column.type)
    sql = duck.cast(stored.sql, column.type.duckdb)
    if column.nullable or not (value.nullable or value.is_null):
        return sql
    message = (
        f"Cannot insert the value NULL into column '{column.name}', table '{told}'; column does not allow nulls."
        f" {statement} fails."
    )
    refused = raising(NULL_NOT_ALLOWED, duck.text(message))
    return f"coalesce({sql}, {refused})"


def _full_name(name: TableName) -> str:
    return name.name if name.is_temporary or name.is_variable else f"{name.schema or 'dbo'}.{name.name}"


def _fitted(value: Value, column: ColumnInfo, table: str) -> Value:
    to = column.type
    wide = convert(value, (nvarchar if to.is_unicode else varchar)(MAX))
    if to.length == MAX:
        return wide
    sql = wide.sql
    if value.type.length == MAX or value.type.length > to.length:
        start = (
            f"String or binary data would be truncated in table '{table}', column '{column.name}'. Truncated value: '"
        )

        def body(x: str) -> str:
            too_long = raising(TEXT_TRUNCATED, f"{duck.text(start)} || left({x}, {to.length}) || '''.'")
            return (
                f"CASE WHEN length({x}) <= {to.length} THEN {x}"
                f" WHEN length(rtrim({x}, ' ')) <= {to.length} THEN left({x}, {to.length})"
                f" WHEN {x} IS NOT NULL THEN {too_long} END"
            )

        sql = duck.bind(body, sql)
    if not to.name.endswith("varchar"):
        sql = f"rpad({sql}, {to.length}, ' ')"
    return Value(sql, SqlType(to.name, length=to.length), nullable=value.nullable)


def unique_checks(table: TableInfo, written: set[str] | None = None) -> tuple[str, ...]:
    """Queries that raise 2627 where a key of the table has duplicates; only keys with a column of `written`."""
    checks = []
    for key in table.unique:
        if written is not None and not any(name.lower() in {w.lower() for w in written} for name in key):
            continue
        columns = [next(c for c in table.columns if c.name.lower() == name.lower()) for name in key]
        values = [Value(column_reference("k", column.name), column.type) for column in columns]
        keys = [comparison.equality_key(value) for value in values]
        message = (
            f"Violation of PRIMARY KEY or UNIQUE KEY constraint. Cannot insert duplicate key in object"
            f" '{_full_name(table.name)}'. The duplicate key value is ("
        )
        shown = " || ', ' || ".join(f"coalesce(CAST(min({value.sql}) AS VARCHAR), '<NULL>')" for value in values)
        refused = raising(DUPLICATE_KEY, f"{duck.text(message)} || {shown} || ').'")
        checks.append(
            f"SELECT {refused} FROM {table.relation} AS k GROUP BY {', '.join(keys)} HAVING count(*) > 1 LIMIT 1"
        )
    return tuple(checks)
