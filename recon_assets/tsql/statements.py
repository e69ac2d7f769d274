"""Statements that take in rows: INSERT, SELECT INTO, SELECT @x = …; and TRUNCATE.

Belongs here: from their trees to DuckDB statements, with the checks SQL Server makes, and what an INSERT shares with
MERGE. Does not belong here: changing rows (`updates`, `merging`), CREATE and DROP TABLE (`table_definitions`),
fitting a value to a column (`storing`), running anything.
"""

from sqlglot import exp

from recon_assets.tsql import comparison, duck, sources, storing
from recon_assets.tsql.common_tables import with_clause
from recon_assets.tsql.context import Context, Query
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import (
    COUNTS_DIFFER,
    INVALID_COLUMN,
    TSqlError,
    UnsupportedTSql,
)
from recon_assets.tsql.model import (
    AssignmentQuery,
    ColumnInfo,
    OutputColumn,
    SelectInto,
    TableInfo,
    TranslatedQuery,
    Truncate,
    Write,
)
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.syntax import line_of, only, text_of
from recon_assets.tsql.types import SqlType
from recon_assets.tsql.value import NULL, Value


def translated(made: Query, context: Context) -> TranslatedQuery:
    """The query as the interpreter gets it."""
    columns = tuple(OutputColumn(c.name, SqlType(*_plain(c.type)), c.nullable) for c in made.columns)
    return TranslatedQuery(made.sql, columns, frozenset(context.parameters))


def _plain(type_: SqlType) -> tuple:
    return type_.name, type_.precision, type_.scale, type_.length


# -- SELECT that writes --------------------------------------------------------------------------------------------


def assignment(node: exp.Select, context: Context) -> AssignmentQuery:
    """SELECT @a = x, … FROM …: every item must assign. Raises TSqlError 141 when some don't."""
    names, values = [], []
    for item in node.expressions:
        if not _assigns(item):
            told = "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval"
            told += " operations."
            raise TSqlError(141, told, 15, line=line_of(item))
        names.append(f"@{item.this.name}")
        values.append(item.expression)
    plain = node.copy()
    plain.set("expressions", [value.copy() for value in values])
    made = context.query(plain)
    relation = context.relation()
    types = [context.variable_type(name) for name in names]
    listed = []
    for i, type_ in enumerate(types):
        value = NULL if i in made.untyped else Value(f"{relation}.c{i + 1}", made.columns[i].type)
        listed.append(f"{convert(value, type_).typed()} AS c{i + 1}")
    columns = tuple(OutputColumn(name, type_) for name, type_ in zip(names, types, strict=True))
    sql = f"SELECT {', '.join(listed)} FROM ({made.sql}) AS {relation}"
    return AssignmentQuery(TranslatedQuery(sql, columns, frozenset(context.parameters)), tuple(names))


def assigns(node: exp.Expression) -> bool:
    """Whether a SELECT assigns to variables."""
    return isinstance(node, exp.Select) and any(_assigns(item) for item in node.expressions)


def _assigns(item: exp.Expression) -> bool:
    return isinstance(item, exp.EQ) and isinstance(item.this, exp.Parameter) and isinstance(item.this.this, exp.Var)


def select_into(node: exp.Select, context: Context) -> SelectInto:
    """SELECT … INTO a new table."""
    into = node.args["into"]
    only(into, "this", "temporary")
    name = sources.table_name(into.this)
    made = context.query(node)
    columns = sources.renamed(made, None, str(name))
    infos = tuple(ColumnInfo(c.name, SqlType(*_plain(c.type)), c.nullable) for c in columns)
    return SelectInto(name, infos, translated(made, context))


# -- INSERT, TRUNCATE ----------------------------------------------------------------------------------------------


def insert(node: exp.Insert, context: Context) -> Write:
    """INSERT … VALUES, SELECT or DEFAULT VALUES."""
    only(node, "this", "expression", "default", "with_")
    prefix = with_clause(node, context)
    schema = node.this if isinstance(node.this, exp.Schema) else None
    table = schema.this if schema else node.this
    only(table, "this", "db", "catalog", "hints")
    target = sources.known_table(table, context)
    columns = insert_columns(schema.expressions if schema else None, target)
    if node.args.get("default"):
        made, columns = Query("SELECT 1 AS c1", ()), []
    elif isinstance(node.expression, exp.Values):
        made = _values(node.expression, columns, context, named=schema is not None)
    else:
        made = context.query(node.expression)
    if schema is None and made.columns and len(made.columns) != len(columns):
        raise TSqlError(213, COUNTS_DIFFER, line=line_of(node))
    if made.columns and len(made.columns) != len(columns):
        number, told = (120, "fewer") if len(made.columns) < len(columns) else (121, "more")
        raise TSqlError(
            number, f"The select list for the INSERT statement contains {told} items than the insert list.", 15
        )
    relation = context.relation()
    given = {
        column.name: NULL if i in made.untyped else Value(f"{relation}.c{i + 1}", made.columns[i].type)
        for i, column in enumerate(columns)
    }
    names, values = [], []
    for column in target.columns:
        if column.identity is not None:
            continue
        value = given.get(column.name) or default_value(column, context)
        names.append(duck.name(column.name))
        values.append(storing.store(value, column, target, "INSERT"))
    listed = f"SELECT {', '.join(values)} FROM ({prefix}{made.sql}) AS {relation}"
    sql = f"INSERT INTO {target.relation} ({', '.join(names)}) {listed}"
    return Write("INSERT", target, sql, frozenset(context.parameters), after=storing.unique_checks(target))


def insert_columns(names: list[exp.Expression] | None, target: TableInfo) -> list[ColumnInfo]:
    """The columns an INSERT gives values for: those named, else all but the identity. Raises 207, 264 or 544."""
    if names is None:
        return [column for column in target.columns if column.identity is None]
    chosen = [column_named(name.name, target, name) for name in names]
    for column in chosen:
        if column.identity is not None:
            told = f"Cannot insert explicit value for identity column in table '{target.name.name}'"
            raise TSqlError(544, f"{told} when IDENTITY_INSERT is set to OFF.")
        if chosen.count(column) > 1:
            told = f"The column name '{column.name}' is specified more than once in the SET clause or column list"
            raise TSqlError(264, f"{told} of an INSERT.")
    return chosen


def column_named(name: str, target: TableInfo, node: exp.Expression) -> ColumnInfo:
    """The table's column of that name. Raises TSqlError 207, at the node's line."""
    for column in target.columns:
        if column.name.lower() == name.lower():
            return column
    raise TSqlError(INVALID_COLUMN, f"Invalid column name '{name}'.", line=line_of(node))


def default_value(column: ColumnInfo, context: Context) -> Value:
    return context.scalar(column.default, Scope()) if column.default is not None else NULL


def _values(node: exp.Values, columns: list[ColumnInfo], context: Context, *, named: bool) -> Query:
    """Each row's cells as the types of their columns, DEFAULT standing for the column's own. Values of one column
    are first brought to one type, as in any table value constructor."""
    rows = []
    for row in node.expressions:
        cells = row.expressions if isinstance(row, exp.Tuple) else [row]
        if len(cells) != len(columns):
            if not named:
                raise TSqlError(213, COUNTS_DIFFER, line=line_of(row))
            told = "There are {} columns in the INSERT statement than values specified in the VALUES clause."
            more = len(columns) > len(cells)
            raise TSqlError(109 if more else 110, told.format("more" if more else "fewer"), 15, line=line_of(row))
        rows.append(
            [
                default_value(column, context) if is_default(cell) else context.scalar(cell, Scope())
                for cell, column in zip(cells, columns, strict=True)
            ]
        )
    types = [comparison.merged_type(list(cells)) for cells in zip(*rows, strict=True)]
    listed = ", ".join(
        "(" + ", ".join(convert(cell, type_).typed() for cell, type_ in zip(row, types, strict=True)) + ")"
        for row in rows
    )
    names = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
    untyped = frozenset(i for i, cells in enumerate(zip(*rows, strict=True)) if all(cell.is_null for cell in cells))
    outputs = tuple(OutputColumn(c.name, t) for c, t in zip(columns, types, strict=True))
    return Query(f"SELECT {names} FROM (VALUES {listed}) AS {context.relation()}({names})", outputs, untyped)


def is_default(node: exp.Expression) -> bool:
    return isinstance(node, exp.Var) and node.name.upper() == "DEFAULT"


def truncate(node: exp.TruncateTable, context: Context) -> Truncate:
    """TRUNCATE TABLE."""
    only(node, "expressions")
    if len(node.expressions) != 1:
        raise UnsupportedTSql(text_of(node), line_of(node))
    return Truncate(sources.known_table(node.expressions[0], context))
