"""Queries: SELECT with all its clauses, set operations, CTEs.

Belongs here: from a query's tree to DuckDB SQL whose columns are c1, c2, …. Does not belong here: FROM's sources
(`sources`), expressions (`expressions`), statements that write (`statements`).
"""

from dataclasses import dataclass, replace

from sqlglot import exp

from recon_assets.tsql import aggregates, comparison, sources
from recon_assets.tsql.common_tables import with_clause
from recon_assets.tsql.context import Context, Query
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import UNEQUAL_COLUMNS, TSqlError, UnsupportedTSql
from recon_assets.tsql.expressions import group_text
from recon_assets.tsql.model import OutputColumn
from recon_assets.tsql.scope import LEVEL, ROW, Scope
from recon_assets.tsql.syntax import descending, line_of, only, text_of
from recon_assets.tsql.types import BIGINT, SqlType
from recon_assets.tsql.value import NULL, Value

_ROWS = ("order", "limit", "offset")


def query(node: exp.Expression, context: Context, parent: Scope | None = None) -> Query:
    """Translate a query. `parent` is the scope a correlated subquery can see."""
    outer_tables = dict(context.common_tables)
    try:
        prefix = with_clause(node, context)
        if isinstance(node, exp.Select):
            translated = _select(node, context, parent)
        elif isinstance(node, exp.SetOperation):
            translated = _set_operation(node, context, parent)
        elif isinstance(node, exp.Values):
            translated = _values(node, context, parent)
        elif isinstance(node, exp.Subquery) and not node.args.get("alias"):
            only(node, "this", "with_", *_ROWS)
            translated = context.query(node.this, parent)
            if any(node.args.get(part) for part in _ROWS):
                translated = _ordered(node, translated, context)
        else:
            raise UnsupportedTSql(text_of(node), line_of(node))
    finally:
        context.common_tables = outer_tables
    return replace(translated, sql=prefix + translated.sql) if prefix else translated


# -- SELECT --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Item:
    """A column of the select list: its name ('' if none), value, and the text it was written as."""

    name: str
    value: Value
    text: str = ""


def _select(node: exp.Select, context: Context, parent: Scope | None) -> Query:
    only(
        node,
        *("expressions", "from_", "joins", "where", "group", "having", "distinct", "with_", "options", "into"),
        *_ROWS,
    )
    scope = Scope(parent)
    clauses = []
    if node.args.get("from_"):
        clauses.append(f"FROM {sources.from_clause(node, scope, context)}")
    if where := node.args.get("where"):
        clauses.append(f"WHERE {context.condition(where.this, scope)}")
    keys = _group(node, scope, context)
    if keys:
        clauses.append(f"GROUP BY {', '.join(keys)}")
    scope.allows_aggregates = True
    if having := node.args.get("having"):
        clauses.append(f"HAVING {context.condition(having.this, scope)}")
    scope.allows_windows = True
    items = _items(node, scope, context)
    distinct = node.args.get("distinct")
    if distinct is not None:
        only(distinct)
    if distinct is None:
        clauses += _rows(node, items, scope, context)
    listed = ", ".join(f"{item.value.typed()} AS c{i}" for i, item in enumerate(items, 1))
    made = Query(f"SELECT {listed} {' '.join(clauses)}".rstrip(), *_columns(items))
    if distinct is None:
        return made
    made = distinct_rows(made, context)
    return (
        _ordered(node, made, context, [item.text for item in items]) if any(node.args.get(p) for p in _ROWS) else made
    )


def _columns(items: list[_Item]) -> tuple[tuple[OutputColumn, ...], frozenset[int]]:
    columns = tuple(OutputColumn(item.name, item.value.type, item.value.nullable) for item in items)
    return columns, frozenset(i for i, item in enumerate(items) if item.value.is_null)


def _group(node: exp.Select, scope: Scope, context: Context) -> list[str]:
    """Set the scope's groups; return the GROUP BY keys."""
    group = node.args.get("group")
    listed = [*node.expressions, *(node.args["order"].expressions if node.args.get("order") else [])]
    if group is None and not node.args.get("having") and not any(aggregates.has_aggregate(item) for item in listed):
        return []
    groups: dict[str, Value] = {}
    keys = []
    if group is not None:
        only(group, "expressions")
        for expression in group.expressions:
            value = context.scalar(expression, scope)
            if value.constant is not None or value.is_null:
                raise TSqlError(
                    164,
                    "Each GROUP BY expression must contain at least one column that is not an outer reference.",
                    15,
                    line=line_of(expression),
                )
            key = comparison.equality_key(value)
            keys.append(key)
            # of a group's equal spellings, the least by code point stands for it
            grouped = value if key == value.sql else Value(f"min({value.sql})", value.type, nullable=value.nullable)
            groups[group_text(expression)] = groups[value.sql] = grouped
    scope.groups = groups
    return keys


def _items(node: exp.Select, scope: Scope, context: Context) -> list[_Item]:
    items = []
    for expression in node.expressions:
        if isinstance(expression, exp.Star):
            only(expression)
            items += _star(scope, None, expression)
        elif isinstance(expression, exp.Column) and isinstance(expression.this, exp.Star):
            items += _star(scope, expression, expression)
        elif isinstance(expression, exp.Alias):
            only(expression, "this", "alias")
            items.append(_Item(expression.alias, context.scalar(expression.this, scope), group_text(expression.this)))
        else:
            name = expression.name if isinstance(expression, exp.Column) else ""
            items.append(_Item(name, context.scalar(expression, scope), group_text(expression)))
    return items


def _star(scope: Scope, qualified: exp.Column | None, node: exp.Expression) -> list[_Item]:
    chosen = scope.sources
    if qualified is not None:
        chosen = [s for s in scope.sources if s.alias.lower() == qualified.table.lower()]
    if not chosen:
        raise TSqlError(263, "Must specify table to select from.", line=line_of(node))
    columns = [(source, column) for source in chosen for column in source.columns if column.name not in (LEVEL, ROW)]
    items = []
    for source, column in columns:
        reference = exp.column(
            exp.to_identifier(column.name, quoted=True), table=exp.to_identifier(source.alias, quoted=True)
        )
        value = column.value if scope.groups is None else scope.column(reference)
        items.append(_Item(column.name, value, group_text(reference)))
    return items


def _rows(node: exp.Expression, items: list[_Item], scope: Scope, context: Context) -> list[str]:
    """ORDER BY, TOP, OFFSET and FETCH as DuckDB clauses."""
    order = []
    for part in node.args["order"].expressions if node.args.get("order") else []:
        value = _order_value(part.this, items, scope, context)
        if value.constant is None and not value.is_null:
            order.append(comparison.ordering(value, descending(part)))
    clauses = [f"ORDER BY {', '.join(order)}"] if order else []
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if isinstance(limit, exp.Limit):
        count = convert(context.scalar(limit.expression, Scope()), BIGINT).typed()
        options = limit.args.get("limit_options")
        if options is not None and options.args.get("percent"):
            raise UnsupportedTSql("TOP … PERCENT", line_of(node))
        if options is not None and options.args.get("with_ties"):
            if not order:
                raise TSqlError(
                    1062, "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.", 15
                )
            clauses.insert(0, f"QUALIFY rank() OVER (ORDER BY {', '.join(order)}) <= {count}")
        else:
            clauses.append(f"LIMIT {count}")
    elif isinstance(limit, exp.Fetch):
        options = limit.args.get("limit_options")
        if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
            raise UnsupportedTSql(text_of(limit), line_of(node))
        clauses.append(f"LIMIT {convert(context.scalar(limit.args['count'], Scope()), BIGINT).typed()}")
    elif limit is not None:
        raise UnsupportedTSql(text_of(limit), line_of(node))
    if offset is not None:
        clauses.append(f"OFFSET {convert(context.scalar(offset.expression, Scope()), BIGINT).typed()}")
    return clauses


def _order_value(node: exp.Expression, items: list[_Item], scope: Scope, context: Context) -> Value:
    """What ORDER BY means: a position, an output column's name, or an expression."""
    if isinstance(node, exp.Literal) and not node.is_string:
        if not node.this.isdigit() or not 1 <= int(node.this) <= len(items):
            told = (
                f"The ORDER BY position number {node.this} is out of range of the number of items in the select list."
            )
            raise TSqlError(108, told, 15, line=line_of(node))
        return items[int(node.this) - 1].value
    if isinstance(node, exp.Column) and not node.table:
        named = [item for item in items if item.name.lower() == node.name.lower()]
        if len({item.value.sql for item in named}) > 1:
            raise TSqlError(209, f"Ambiguous column name '{node.name}'.", line=line_of(node))
        if named:
            return named[0].value
    return context.scalar(node, scope)


def _ordered(node: exp.Expression, made: Query, context: Context, texts: list[str] | None = None) -> Query:
    """ORDER BY and TOP over a finished query, where only its columns can be named. `texts` are the expressions the
    columns were written as, which may be repeated in ORDER BY."""
    relation = context.relation()
    items = [
        _Item(column.name, Value(f"{relation}.c{i}", column.type), texts[i - 1] if texts else "")
        for i, column in enumerate(made.columns, 1)
    ]
    scope = Scope(groups={item.text: item.value for item in items if item.text})
    try:
        clauses = _rows(node, items, scope, context)
    except TSqlError as error:
        if error.number not in (207, 4104):
            raise
        told = "ORDER BY items must appear in the select list if SELECT DISTINCT or a set operator is specified."
        raise TSqlError(145, told, 15, line=error.line) from error
    listed = ", ".join(f"{item.value.sql} AS c{i}" for i, item in enumerate(items, 1))
    return replace(made, sql=f"SELECT {listed} FROM ({made.sql}) AS {relation} {' '.join(clauses)}")


def distinct_rows(made: Query, context: Context) -> Query:
    """The query's distinct rows; of text spelled differently but equal, the least by code point."""
    relation = context.relation()
    values = [Value(f"{relation}.c{i}", column.type) for i, column in enumerate(made.columns, 1)]
    keys = [comparison.equality_key(value) for value in values]
    listed = ", ".join(
        f"{value.sql if key == value.sql else f'min({value.sql})'} AS c{i}"
        for i, (value, key) in enumerate(zip(values, keys, strict=True), 1)
    )
    return replace(made, sql=f"SELECT {listed} FROM ({made.sql}) AS {relation} GROUP BY {', '.join(keys)}")


# -- set operations, VALUES ----------------------------------------------------------------------------------------


def _set_operation(node: exp.SetOperation, context: Context, parent: Scope | None) -> Query:
    only(node, "this", "expression", "distinct", "with_", "options", *_ROWS)
    if not isinstance(node, exp.Union) and not node.args.get("distinct"):
        raise UnsupportedTSql(f"{type(node).__name__.upper()} ALL", line_of(node))
    left, right = context.query(node.this, parent), context.query(node.expression, parent)
    if len(left.columns) != len(right.columns):
        raise TSqlError(205, UNEQUAL_COLUMNS, line=line_of(node))
    columns = tuple(
        OutputColumn(
            a.name,
            comparison.merged_type([_column_value(left, i, ""), _column_value(right, i, "")]),
            a.nullable or b.nullable,
        )
        for i, (a, b) in enumerate(zip(left.columns, right.columns, strict=True))
    )
    nulls = left.untyped & right.untyped
    sides = [_as_types(side, columns, context) for side in (left, right)]
    made = Query(f"({sides[0]}) UNION ALL ({sides[1]})", columns, nulls)
    if isinstance(node, exp.Union):
        made = distinct_rows(made, context) if node.args.get("distinct") else made
    else:
        kept = distinct_rows(Query(sides[0], columns), context)
        made = replace(made, sql=_semi_join(kept, sides[1], isinstance(node, exp.Intersect), context))
    return _ordered(node, made, context) if any(node.args.get(part) for part in _ROWS) else made


def _column_value(made: Query, i: int, relation: str) -> Value:
    return NULL if i in made.untyped else Value(f"{relation}.c{i + 1}", made.columns[i].type)


def _as_types(made: Query, columns: tuple[OutputColumn, ...], context: Context) -> str:
    relation = context.relation()
    listed = ", ".join(
        f"{convert(_column_value(made, i, relation), column.type).typed()} AS c{i + 1}"
        for i, column in enumerate(columns)
    )
    return f"SELECT {listed} FROM ({made.sql}) AS {relation}"


def _semi_join(kept: Query, other: str, exists: bool, context: Context) -> str:
    left, right = context.relation(), context.relation()
    same = " AND ".join(
        f"{comparison.equality_key(Value(f'{left}.c{i}', column.type))} IS NOT DISTINCT FROM"
        f" {comparison.equality_key(Value(f'{right}.c{i}', column.type))}"
        for i, column in enumerate(kept.columns, 1)
    )
    listed = ", ".join(f"{left}.c{i}" for i in range(1, len(kept.columns) + 1))
    kind = "EXISTS" if exists else "NOT EXISTS"
    return f"SELECT {listed} FROM ({kept.sql}) AS {left} WHERE {kind} (SELECT 1 FROM ({other}) AS {right} WHERE {same})"


def _values(node: exp.Values, context: Context, parent: Scope | None) -> Query:
    only(node, "expressions", "alias")
    scope = Scope(parent)
    rows = [[context.scalar(cell, scope) for cell in row.expressions] for row in node.expressions]
    if len({len(row) for row in rows}) != 1:
        raise TSqlError(10709, "The number of columns for each row in a table value constructor must be the same.", 15)
    types: list[SqlType] = []
    for cells in zip(*rows, strict=True):
        types.append(comparison.merged_type(list(cells)))
    listed = ", ".join(
        "(" + ", ".join(convert(cell, type_).typed() for cell, type_ in zip(row, types, strict=True)) + ")"
        for row in rows
    )
    names = ", ".join(f"c{i}" for i in range(1, len(types) + 1))
    relation = context.relation()
    columns = tuple(OutputColumn("", type_) for type_ in types)
    untyped = frozenset(i for i, cells in enumerate(zip(*rows, strict=True)) if all(cell.is_null for cell in cells))
    return Query(f"SELECT {names} FROM (VALUES {listed}) AS {relation}({names})", columns, untyped)
