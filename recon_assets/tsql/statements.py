"""Statements that write: INSERT, UPDATE, DELETE, MERGE, TRUNCATE, SELECT INTO; and SELECT @x = ….

Belongs here: from their trees to DuckDB statements, with the checks SQL Server makes. Does not belong here: CREATE
and DROP TABLE (`table_definitions`), fitting a value to a column (`storing`), running anything.
"""

from sqlglot import exp

from recon_assets.tsql import comparison, duck, sources, storing
from recon_assets.tsql.common_tables import with_clause
from recon_assets.tsql.context import Context, Query
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import (
    DUPLICATE_MERGE_MATCH,
    INVALID_COLUMN,
    TSqlError,
    UnsupportedTSql,
    raising,
    refusing,
)
from recon_assets.tsql.expressions import condition, scalar
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
from recon_assets.tsql.queries import query
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
            told = "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations."
            raise TSqlError(141, told, 15, line=line_of(item))
        names.append(f"@{item.this.name}")
        values.append(item.expression)
    plain = node.copy()
    plain.set("expressions", [value.copy() for value in values])
    made = query(plain, context)
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
    made = query(node, context)
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
    columns = _insert_columns(schema.expressions if schema else None, target)
    if node.args.get("default"):
        made, columns = Query("SELECT 1 AS c1", ()), []
    elif isinstance(node.expression, exp.Values):
        made = _values(node.expression, columns, target, context)
    else:
        made = query(node.expression, context)
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
        value = given.get(column.name) or _default(column, context)
        names.append(duck.name(column.name))
        values.append(storing.store(value, column, target, "INSERT"))
    listed = f"SELECT {', '.join(values)} FROM ({prefix}{made.sql}) AS {relation}"
    sql = f"INSERT INTO {target.relation} ({', '.join(names)}) {listed}"
    return Write("INSERT", target, sql, frozenset(context.parameters), after=storing.unique_checks(target))


def _insert_columns(names: list[exp.Expression] | None, target: TableInfo) -> list[ColumnInfo]:
    if names is None:
        return [column for column in target.columns if column.identity is None]
    chosen = [_column_named(name.name, target, name) for name in names]
    for column in chosen:
        if column.identity is not None:
            told = f"Cannot insert explicit value for identity column in table '{target.name.name}' when IDENTITY_INSERT is set to OFF."
            raise TSqlError(544, told)
        if chosen.count(column) > 1:
            raise TSqlError(
                264,
                f"The column name '{column.name}' is specified more than once in the SET clause or column list of an INSERT.",
            )
    return chosen


def _column_named(name: str, target: TableInfo, node: exp.Expression) -> ColumnInfo:
    for column in target.columns:
        if column.name.lower() == name.lower():
            return column
    raise TSqlError(INVALID_COLUMN, f"Invalid column name '{name}'.", line=line_of(node))


def _default(column: ColumnInfo, context: Context) -> Value:
    return scalar(column.default, Scope(), context) if column.default is not None else NULL


def _values(node: exp.Values, columns: list[ColumnInfo], target: TableInfo, context: Context) -> Query:
    """Each row's cells as the types of their columns, DEFAULT standing for the column's own. Values of one column
    are first brought to one type, as in any table value constructor."""
    rows = []
    for row in node.expressions:
        cells = row.expressions if isinstance(row, exp.Tuple) else [row]
        if len(cells) != len(columns):
            told = "There are {} columns in the INSERT statement than values specified in the VALUES clause."
            more = len(columns) > len(cells)
            raise TSqlError(109 if more else 110, told.format("more" if more else "fewer"), 15, line=line_of(row))
        rows.append(
            [
                _default(column, context) if _is_default(cell) else scalar(cell, Scope(), context)
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


def _is_default(node: exp.Expression) -> bool:
    return isinstance(node, exp.Var) and node.name.upper() == "DEFAULT"


def truncate(node: exp.TruncateTable, context: Context) -> Truncate:
    """TRUNCATE TABLE."""
    only(node, "expressions")
    if len(node.expressions) != 1:
        raise UnsupportedTSql(text_of(node), line_of(node))
    return Truncate(sources.known_table(node.expressions[0], context))


# -- UPDATE, DELETE ------------------------------------------------------------------------------------------------


def update(node: exp.Update, context: Context) -> Write:
    """UPDATE … SET … [FROM …] [WHERE …]. Where FROM gives one row several different new values, SQL Server takes
    any of them: that is refused when it happens."""
    only(node, "this", "expressions", "from_", "where", "with_", "options")
    prefix = with_clause(node, context)
    target, scope, from_sql, alias = _target(node.this, node.args.get("from_"), context)
    sets = [_set_item(item, target) for item in node.expressions]
    where = f" WHERE {condition(node.args['where'].this, scope, context)}" if node.args.get("where") else ""
    values = []
    for column, expression in sets:
        value = _default(column, context) if _is_default(expression) else scalar(expression, scope, context)
        values.append(storing.store(value, column, target, "UPDATE"))
    names = [duck.name(column.name) for column, _ in sets]
    after = storing.unique_checks(target, {column.name for column, _ in sets})
    parameters = frozenset(context.parameters)
    if node.args.get("from_") is None and not prefix:
        listed = ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
        return Write(
            "UPDATE", target, f"UPDATE {target.relation} AS {alias} SET {listed}{where}", parameters, after=after
        )
    picked, outer = context.relation(), context.relation()
    columns = ", ".join(f"{value} AS n{i}" for i, value in enumerate(values))
    new = f"struct_pack({', '.join(f'n{i} := n{i}' for i in range(len(values)))})"
    differing = refusing(f"'UPDATE … FROM finds several different values for one row of {duck_text(str(target.name))}'")
    checked = f"CASE WHEN count(DISTINCT {new}) > 1 THEN {differing} ELSE first({new}) END"
    chosen = f"SELECT row, {checked} AS new FROM (SELECT {alias}.rowid AS row, {columns} FROM {from_sql}{where}) GROUP BY row"
    listed = ", ".join(f"{name} = {outer}.new.n{i}" for i, name in enumerate(names))
    sql = f"UPDATE {target.relation} AS {picked} SET {listed} FROM ({prefix}{chosen}) AS {outer} WHERE {picked}.rowid = {outer}.row"
    return Write("UPDATE", target, sql, parameters, after=after)


def duck_text(value: str) -> str:
    """Text to stand inside a quoted SQL literal."""
    return value.replace("'", "''")


def _set_item(item: exp.Expression, target: TableInfo) -> tuple[ColumnInfo, exp.Expression]:
    if not isinstance(item, exp.EQ) or not isinstance(item.this, exp.Column):
        raise UnsupportedTSql(text_of(item), line_of(item))
    column = _column_named(item.this.name, target, item)
    if column.identity is not None:
        raise TSqlError(8102, f"Cannot update identity column '{column.name}'.", line=line_of(item))
    return column, item.expression


def _target(node: exp.Table, from_: exp.From | None, context: Context) -> tuple[TableInfo, Scope, str, str]:
    """The table written to, the scope of the statement, its FROM as SQL, and the target's relation in it. The target
    is an alias of FROM or a table's name, which FROM may name again."""
    scope = Scope()
    only(node, "this", "db", "catalog", "alias", "hints", "joins")
    if from_ is not None:
        from_sql = sources.joined(from_.this, [], scope, context)
        source = scope.find_source(node.name, node.db or None) if isinstance(node.this, exp.Identifier) else None
        if source is not None:
            named = [t for t in from_.find_all(exp.Table) if (t.alias or t.name).lower() == node.name.lower()]
            if not named or named[0].name.lower() in context.common_tables:
                raise UnsupportedTSql(f"writing through {node.name}", line_of(node))
            return sources.known_table(named[0], context), scope, from_sql, source.relation
        target = sources.known_table(node, context)
        raise UnsupportedTSql(f"writing to {target.name} with a FROM that doesn't name it", line_of(node))
    if isinstance(node.this, exp.Identifier) and not node.db and node.name.lower() in context.common_tables:
        raise UnsupportedTSql(f"writing through {node.name}", line_of(node), remedy="name the table itself")
    target = sources.known_table(node, context)
    relation = context.relation()
    scope.add(sources.table_source(target, relation, node.alias or target.name.name, target.name.schema or "dbo"))
    return target, scope, f"{target.relation} AS {relation}", relation


def delete(node: exp.Delete, context: Context) -> Write:
    """DELETE [alias] FROM … [WHERE …]."""
    only(node, "this", "tables", "where", "with_", "options")
    prefix = with_clause(node, context)
    tables = node.args.get("tables") or []
    if len(tables) > 1:
        raise UnsupportedTSql(text_of(node), line_of(node))
    from_ = exp.From(this=node.this) if tables else None
    target, scope, from_sql, alias = _target(tables[0] if tables else node.this, from_, context)
    where = f" WHERE {condition(node.args['where'].this, scope, context)}" if node.args.get("where") else ""
    if tables or prefix:
        rows = f"{prefix}SELECT {alias}.rowid FROM {from_sql}{where}"
        sql = f"DELETE FROM {target.relation} WHERE rowid IN ({rows})"
    else:
        sql = f"DELETE FROM {target.relation} AS {alias}{where}"
    return Write("DELETE", target, sql, frozenset(context.parameters))


# -- MERGE ---------------------------------------------------------------------------------------------------------


def merge(node: exp.Merge, context: Context) -> Write:
    """MERGE, with error 8672 where a target row would be changed by several source rows."""
    only(node, "this", "using", "on", "whens", "with_", "options")
    prefix = with_clause(node, context)
    only(node.this, "this", "db", "alias", "hints")
    target = sources.known_table(node.this, context)
    relation = context.relation()
    scope = Scope()
    scope.add(sources.table_source(target, relation, node.this.alias or target.name.name, target.name.schema or "dbo"))
    source_scope = Scope()
    using = sources.joined(node.args["using"], [], source_scope, context)
    scope.sources += source_scope.sources
    on = condition(node.args["on"], scope, context)
    whens, changing, written = [], [], set()
    for when in node.args["whens"].expressions:
        only(when, "matched", "source", "condition", "then")
        matched, by_source = bool(when.args.get("matched")), bool(when.args.get("source"))
        kind = "MATCHED" if matched else f"NOT MATCHED BY {'SOURCE' if by_source else 'TARGET'}"
        sees = Scope(sources=scope.sources[:1] if by_source else scope.sources if matched else scope.sources[1:])
        extra = condition(when.args["condition"], sees, context) if when.args.get("condition") else None
        action, columns = _merge_action(when.args["then"], target, sees, context)
        written |= columns
        whens.append(f"WHEN {kind}{f' AND {extra}' if extra else ''} THEN {action}")
        if matched:
            changing.append(extra or "true")
    before = ()
    if changing:
        told = raising(
            DUPLICATE_MERGE_MATCH,
            "'The MERGE statement attempted to UPDATE or DELETE the same row more than once. This happens when a target row"
            " matches more than one source row.'",
        )
        found = f"SELECT {relation}.rowid FROM {target.relation} AS {relation} JOIN {using} ON {on} WHERE {' OR '.join(changing)}"
        before = (f"{prefix}SELECT {told} FROM ({found} GROUP BY ALL HAVING count(*) > 1)",)
    sql = f"{prefix}MERGE INTO {target.relation} AS {relation} USING {using} ON {on} {' '.join(whens)}"
    return Write("MERGE", target, sql, frozenset(context.parameters), before, storing.unique_checks(target, written))


def _merge_action(then: exp.Expression, target: TableInfo, sees: Scope, context: Context) -> tuple[str, set[str]]:
    if isinstance(then, exp.Var) and then.name.upper() == "DELETE":
        return "DELETE", set()
    if isinstance(then, exp.Update):
        only(then, "expressions")
        sets = [_set_item(item, target) for item in then.expressions]
        listed = [
            f"{duck.name(column.name)} = {storing.store(_cell(value, column, sees, context), column, target, 'UPDATE')}"
            for column, value in sets
        ]
        return f"UPDATE SET {', '.join(listed)}", {column.name for column, _ in sets}
    if isinstance(then, exp.Insert):
        only(then, "this", "expression")
        columns = _insert_columns(then.this.expressions if then.this else None, target)
        cells = then.expression.expressions
        if len(cells) != len(columns):
            raise TSqlError(
                213, "Column name or number of supplied values does not match table definition.", line=line_of(then)
            )
        given = {column.name: _cell(cell, column, sees, context) for column, cell in zip(columns, cells, strict=True)}
        written = [column for column in target.columns if column.identity is None]
        values = [
            storing.store(given.get(column.name) or _default(column, context), column, target, "INSERT")
            for column in written
        ]
        names = ", ".join(duck.name(column.name) for column in written)
        return f"INSERT ({names}) VALUES ({', '.join(values)})", {column.name for column in target.columns}
    raise UnsupportedTSql(text_of(then), line_of(then))


def _cell(node: exp.Expression, column: ColumnInfo, sees: Scope, context: Context) -> Value:
    return _default(column, context) if _is_default(node) else scalar(node, sees, context)
