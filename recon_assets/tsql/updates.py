"""UPDATE and DELETE.

Belongs here: finding the table they write to, plain or through FROM, and their DuckDB statements. Does not belong
here: MERGE (`merging`), fitting a value to a column (`storing`).
"""

from sqlglot import exp

from recon_assets.tsql import duck, sources, storing
from recon_assets.tsql.common_tables import with_clause
from recon_assets.tsql.context import Context
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql, refusing
from recon_assets.tsql.model import ColumnInfo, TableInfo, Write
from recon_assets.tsql.scope import ROW, Scope
from recon_assets.tsql.statements import column_named, default_value, is_default
from recon_assets.tsql.syntax import line_of, only, text_of
from recon_assets.tsql.types import BIGINT


def update(node: exp.Update, context: Context) -> Write:
    """UPDATE … SET … [FROM …] [WHERE …]. Where FROM gives one row several different new values, SQL Server takes
    any of them: that is refused when it happens."""
    only(node, "this", "expressions", "from_", "where", "with_", "options", "limit")
    through = _written_through(node)
    prefix = with_clause(node, context)
    target, scope, from_sql, alias = _target(node.this, node.args.get("from_"), through, context)
    sets = [set_item(item, target) for item in node.expressions]
    for column, _ in sets if through else ():
        _check_own_column(through, column.name)
    if not sets:
        raise UnsupportedTSql(f"{text_of(node)} without SET", line_of(node))
    where = f" WHERE {context.condition(node.args['where'].this, scope)}" if node.args.get("where") else ""
    values = []
    for column, expression in sets:
        value = default_value(column, context) if is_default(expression) else context.scalar(expression, scope)
        values.append(storing.store(value, column, target, "UPDATE"))
    names = [duck.name(column.name) for column, _ in sets]
    after = storing.unique_checks(target, {column.name for column, _ in sets})
    row = _row(scope, alias)
    before = _top(node, f"{prefix}SELECT DISTINCT {row} FROM {from_sql}{where}", context)
    parameters = frozenset(context.parameters)
    if node.args.get("from_") is None and not prefix:
        listed = ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
        sql = f"UPDATE {target.relation} AS {alias} SET {listed}{where}"
        return Write("UPDATE", target, sql, parameters, before, after)
    picked, outer = context.relation(), context.relation()
    columns = ", ".join(f"{value} AS n{i}" for i, value in enumerate(values))
    new = f"struct_pack({', '.join(f'n{i} := n{i}' for i in range(len(values)))})"
    told = f"UPDATE … FROM finds several different values for one row of {target.name}"
    differing = refusing(duck.text(told))
    checked = f"CASE WHEN count(DISTINCT {new}) > 1 THEN {differing} ELSE first({new}) END"
    found = f"SELECT {row} AS row, {columns} FROM {from_sql}{where}"
    chosen = f"{prefix}SELECT row, {checked} AS new FROM ({found}) GROUP BY row"
    listed = ", ".join(f"{name} = {outer}.new.n{i}" for i, name in enumerate(names))
    sql = f"UPDATE {target.relation} AS {picked} SET {listed} FROM ({chosen}) AS {outer}"
    sql += f" WHERE {picked}.rowid = {outer}.row"
    return Write("UPDATE", target, sql, parameters, before, after)


def _top(node: exp.Update | exp.Delete, rows: str, context: Context) -> tuple[str, ...]:
    """The check that TOP leaves no row out: which ones it would take has no order ("TOP", Remarks)."""
    limit = node.args.get("limit")
    if limit is None:
        return ()
    if not isinstance(limit, exp.Limit) or limit.args.get("limit_options"):
        raise UnsupportedTSql(f"{node.key.upper()} with TOP (…) PERCENT", line_of(node))
    count = convert(context.scalar(limit.expression, Scope()), BIGINT).typed()
    told = refusing(duck.text(f"TOP of {node.key.upper()} that is less than the rows there are (their order is open)"))
    return (f"SELECT CASE WHEN count(*) > {count} THEN {told} END FROM ({rows})",)


def set_item(item: exp.Expression, target: TableInfo) -> tuple[ColumnInfo, exp.Expression]:
    """The column a SET item writes and its expression. Raises TSqlError 207, and 8102 for an identity column."""
    if not isinstance(item, exp.EQ) or not isinstance(item.this, exp.Column):
        raise UnsupportedTSql(text_of(item), line_of(item))
    column = column_named(item.this.name, target, item)
    if column.identity is not None:
        raise TSqlError(8102, f"Cannot update identity column '{column.name}'.", line=line_of(item))
    return column, item.expression


def _row(scope: Scope, relation: str) -> str:
    """What tells the target's rows apart in FROM."""
    source = next(source for source in scope.sources if source.relation == relation)
    return source.named(ROW)[0].sql


def _written_through(node: exp.Update | exp.Delete) -> exp.CTE | None:
    """The CTE that stands for the table written to, its rows made known; None where the table is named itself."""
    clause = node.args.get("with_")
    if clause is None or node.args.get("from_") or node.args.get("tables") or node.this.args.get("db"):
        return None
    found = next((cte for cte in clause.expressions if cte.alias.lower() == node.this.name.lower()), None)
    if found is None:
        return None
    select, listed = found.this, found.args["alias"].args.get("columns")
    table = select.args["from_"].this if isinstance(select, exp.Select) and select.args.get("from_") else None
    names = {cte.alias.lower() for cte in clause.expressions}
    plain = isinstance(table, exp.Table) and not listed and (table.db or table.name.lower() not in names)
    if not plain or any(v for part, v in select.args.items() if part not in ("expressions", "from_", "where")):
        told = f"writing through {found.alias}, which is more than a SELECT … FROM one table WHERE …"
        raise UnsupportedTSql(told, line_of(node))
    if not any(expression.name == ROW for expression in select.expressions):  # a statement may run again
        select.append("expressions", exp.column(exp.to_identifier(ROW, quoted=True)))
    return found


def _check_own_column(cte: exp.CTE, name: str) -> None:
    """That the CTE's column of that name is the table's own. Raises UnsupportedTSql."""
    named = [e for e in cte.this.expressions if e.alias_or_name.lower() == name.lower()]
    own = [e for e in named if isinstance(e.unalias(), exp.Column) and e.unalias().name.lower() == name.lower()]
    starred = any(e.is_star for e in cte.this.expressions)
    if len(named) != len(own) or not (named or starred):
        raise UnsupportedTSql(f"writing to {name} through {cte.alias}", line_of(cte), remedy="name the table itself")


def _target(
    node: exp.Table, from_: exp.From | None, through: exp.CTE | None, context: Context
) -> tuple[TableInfo, Scope, str, str]:
    """The table written to, the scope of the statement, its FROM as SQL, and the target's relation in it. The target
    is an alias of FROM or a table's name, which FROM may name again, or a CTE."""
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
    if through is not None:
        from_sql = sources.joined(node, [], scope, context)
        return sources.known_table(through.this.args["from_"].this, context), scope, from_sql, scope.sources[0].relation
    if isinstance(node.this, exp.Identifier) and not node.db and node.name.lower() in context.common_tables:
        raise UnsupportedTSql(f"writing through {node.name}", line_of(node), remedy="name the table itself")
    target = sources.known_table(node, context)
    relation = context.relation()
    scope.add(sources.table_source(target, relation, node.alias or target.name.name, target.name.schema or "dbo"))
    return target, scope, f"{target.relation} AS {relation}", relation


def delete(node: exp.Delete, context: Context) -> Write:
    """DELETE [FROM] table or alias [FROM …] [WHERE …]."""
    only(node, "this", "tables", "where", "with_", "options", "limit")
    through = _written_through(node)
    prefix = with_clause(node, context)
    named = node.args.get("tables")
    from_ = exp.From(this=node.this) if named else None
    target, scope, from_sql, alias = _target(named[0] if named else node.this, from_, through, context)
    where = f" WHERE {context.condition(node.args['where'].this, scope)}" if node.args.get("where") else ""
    rows = f"{prefix}SELECT {_row(scope, alias)} FROM {from_sql}{where}"
    before = _top(node, f"SELECT DISTINCT * FROM ({rows})", context)
    if from_ is not None or prefix:
        sql = f"DELETE FROM {target.relation} WHERE rowid IN ({rows})"
    else:
        sql = f"DELETE FROM {target.relation} AS {alias}{where}"
    return Write("DELETE", target, sql, frozenset(context.parameters), before)
