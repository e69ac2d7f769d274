"""FROM: tables, derived tables, CTEs, joins and APPLY.

Belongs here: making each source's DuckDB SQL and telling the scope its columns. Does not belong here: the other
clauses (`queries`). Table hints say how to lock or plan, not what to return, and are passed over.
"""

from dataclasses import replace

from sqlglot import exp

from recon_assets.tsql.context import Context, Query
from recon_assets.tsql.errors import INVALID_OBJECT, TSqlError, UnsupportedTSql
from recon_assets.tsql.model import OutputColumn, TableInfo, TableName
from recon_assets.tsql.scope import ROW, Scope, Source, SourceColumn, column_reference
from recon_assets.tsql.syntax import line_of, only, text_of
from recon_assets.tsql.types import BIGINT

_JOINS = {
    ("", ""): "JOIN",
    ("", "INNER"): "JOIN",
    ("", "CROSS"): "CROSS JOIN",
    ("LEFT", ""): "LEFT JOIN",
    ("LEFT", "OUTER"): "LEFT JOIN",
    ("RIGHT", ""): "RIGHT JOIN",
    ("RIGHT", "OUTER"): "RIGHT JOIN",
    ("FULL", ""): "FULL JOIN",
    ("FULL", "OUTER"): "FULL JOIN",
}
_HINTS_THAT_FILTER = ("READPAST", "TABLESAMPLE")


def from_clause(node: exp.Expression, scope: Scope, context: Context) -> str:
    """The sources of a SELECT (or UPDATE, DELETE) with `from_` and `joins`, as DuckDB SQL."""
    return joined(node.args["from_"].this, node.args.get("joins") or [], scope, context)


def joined(first: exp.Expression, joins: list[exp.Join], scope: Scope, context: Context) -> str:
    """A source and what is joined to it."""
    sql = _source(first, scope, context)
    for join in joins:
        sql += _join(join, scope, context)
    return sql


def _join(join: exp.Join, scope: Scope, context: Context) -> str:
    only(join, "this", "on", "side", "kind", "hint")
    if isinstance(join.this, exp.Lateral):
        return _apply(join.this, scope, context)
    side, kind = (join.side or "").upper(), (join.kind or "").upper()
    keyword = _JOINS.get((side, kind))
    if keyword is None:
        raise UnsupportedTSql(text_of(join), line_of(join))
    on = join.args.get("on")
    if on is None and kind != "CROSS":
        if side or kind:
            raise TSqlError(102, f"Incorrect syntax near '{text_of(join)}': ON is missing.", 15, line=line_of(join))
        keyword = "CROSS JOIN"  # a comma
    sql = f" {keyword} {_source(join.this, scope, context)}"
    if side:
        scope.sources = [_nullable(source) for source in scope.sources]
    return f"{sql} ON {context.condition(on, scope)}" if on is not None else sql


def _nullable(source: Source) -> Source:
    return replace(source, columns=tuple(replace(column, nullable=True) for column in source.columns))


def _apply(node: exp.Lateral, scope: Scope, context: Context) -> str:
    only(node, "this", "alias", "cross_apply")
    if not isinstance(node.this, exp.Subquery):
        raise UnsupportedTSql(text_of(node), line_of(node))
    outer = not node.args.get("cross_apply")
    made = context.query(node.this.this, scope)
    sql = _derived(made, node.args.get("alias"), node, scope, context)
    if outer:
        scope.sources[-1] = _nullable(scope.sources[-1])
    return f" LEFT JOIN LATERAL {sql} ON true" if outer else f" CROSS JOIN LATERAL {sql}"


def _source(node: exp.Expression, scope: Scope, context: Context) -> str:
    inner_joins = node.args.get("joins") or []
    if isinstance(node, exp.Table):
        sql = _table(node, scope, context)
    elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query | exp.Values):
        only(node, "this", "alias", "joins")
        # a derived table sees what is around the whole query, not its neighbours in FROM
        made = context.query(node.this, scope.parent)
        sql = _derived(made, node.args.get("alias"), node, scope, context)
    elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
        only(node, "this", "joins")
        sql = _source(node.this, scope, context)
    elif isinstance(node, exp.Values):
        made = context.query(node, scope.parent)
        sql = _derived(made, node.args.get("alias"), node, scope, context)
    else:
        raise UnsupportedTSql(text_of(node), line_of(node))
    if inner_joins:
        for join in inner_joins:
            sql += _join(join, scope, context)
        sql = f"({sql})"
    return sql


def _derived(made: Query, alias: exp.TableAlias | None, node: exp.Expression, scope: Scope, context: Context) -> str:
    if alias is None or not alias.name:
        raise TSqlError(102, "Incorrect syntax: a derived table needs an alias.", 15, line=line_of(node))
    columns = renamed(made, alias.args.get("columns"), alias.name)
    relation = context.relation()
    scope.add(_query_source(alias.name, relation, columns))
    return f"({made.sql}) AS {relation}"


def _query_source(name: str, relation: str, columns: tuple[OutputColumn, ...]) -> Source:
    offered = tuple(
        SourceColumn(column.name, replace(column.type, literal_digits=None), f"{relation}.c{i}", column.nullable)
        for i, column in enumerate(columns, 1)
    )
    return Source(name, relation, offered)


def renamed(made: Query, names: list[exp.Identifier] | None, table: str) -> tuple[OutputColumn, ...]:
    """The query's columns under the names given after the alias. Raises TSqlError 8155, 8156, 8158 or 8159."""
    columns = made.columns
    if names:
        if len(names) != len(columns):
            number, told = (8158, "more") if len(columns) > len(names) else (8159, "fewer")
            raise TSqlError(number, f"'{table}' has {told} columns than were specified in the column list.")
        columns = tuple(replace(column, name=name.name) for column, name in zip(columns, names, strict=True))
    seen = set()
    for i, column in enumerate(columns, 1):
        if not column.name:
            raise TSqlError(8155, f"No column name was specified for column {i} of '{table}'.")
        if column.name.lower() in seen:
            raise TSqlError(8156, f"The column '{column.name}' was specified multiple times for '{table}'.")
        seen.add(column.name.lower())
    return columns


def table_name(node: exp.Table) -> TableName:
    """The name a table node has. Raises UnsupportedTSql for other databases, and functions as tables."""
    if isinstance(node.this, exp.Parameter):
        return TableName(f"@{node.this.name}")
    if not isinstance(node.this, exp.Identifier):
        raise UnsupportedTSql(text_of(node), line_of(node))
    if node.this.args.get("global_"):
        raise UnsupportedTSql(f"global temporary table ##{node.name}", line_of(node))
    if node.this.args.get("temporary"):
        return TableName(f"#{node.name}")
    if node.catalog:
        raise UnsupportedTSql(f"{text_of(node)}: a table of another database", line_of(node))
    return TableName(node.name, node.db or None)


def known_table(node: exp.Table, context: Context) -> TableInfo:
    """The catalog's table of that name. Raises TSqlError 208 (1087 for a table variable), UnsupportedTSql for system
    views."""
    name = table_name(node)
    info = context.catalog.table(name)
    if info is None and name.is_variable:
        raise TSqlError(1087, f'Must declare the table variable "{name}".', 15, line=line_of(node))
    if info is None and (name.schema or "").lower() in ("sys", "information_schema"):
        raise UnsupportedTSql(f"{name}: the catalog as a table", line_of(node), remedy="use OBJECT_ID")
    if info is None:
        raise TSqlError(INVALID_OBJECT, f"Invalid object name '{name}'.", line=line_of(node))
    return info


def _table(node: exp.Table, scope: Scope, context: Context) -> str:
    only(node, "this", "db", "catalog", "alias", "hints", "joins")
    _check_hints(node)
    alias = node.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        raise UnsupportedTSql(text_of(node), line_of(node))
    relation = context.relation()
    common = (
        context.common_tables.get(node.name.lower()) if not node.db and isinstance(node.this, exp.Identifier) else None
    )
    if common is not None and not node.this.args.get("temporary"):
        scope.add(_query_source(node.alias or node.name, relation, common.columns))
        return f"{common.relation} AS {relation}"
    info = known_table(node, context)
    scope.add(
        table_source(info, relation, node.alias or info.name.name, None if node.alias else info.name.schema or "dbo")
    )
    return f"{info.relation} AS {relation}"


def table_source(info: TableInfo, relation: str, alias: str, schema: str | None = None) -> Source:
    """A catalog table as a source."""
    columns = tuple(
        SourceColumn(column.name, column.type, column_reference(relation, column.name), column.nullable)
        for column in info.columns
    )
    row = SourceColumn(ROW, BIGINT, f"{relation}.rowid", nullable=False)
    return Source(alias, relation, (*columns, row), schema)


def _check_hints(node: exp.Table) -> None:
    for hint in node.args.get("hints") or []:
        for part in hint.expressions:
            if part.name.upper() in _HINTS_THAT_FILTER:
                raise UnsupportedTSql(text_of(node), line_of(node))
