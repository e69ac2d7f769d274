"""UPDATE and DELETE.

Belongs here: finding the table they write to, plain or through FROM, and their DuckDB statements. Does not belong
here: MERGE (`merging`), fitting a value to a column (`storing`).
"""

from sqlglot import exp

from recon_assets.tsql import duck, sources, storing
from recon_assets.tsql.common_tables import with_clause
from recon_assets.tsql.context import Context
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql, refusing
from recon_assets.tsql.model import ColumnInfo, TableInfo, Write
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.statements import column_named
from recon_assets.tsql.syntax import line_of, only, text_of


def update(node: exp.Update, context: Context) -> Write:
    """UPDATE … SET … [FROM …] [WHERE …]. Where FROM gives one row several different new values, SQL Server takes
    any of them: that is refused when it happens."""
    only(node, "this", "expressions", "from_", "where", "with_", "options")
    prefix = with_clause(node, context)
    target, scope, from_sql, alias = _target(node.this, node.args.get("from_"), context)
    sets = [set_item(item, target) for item in node.expressions]
    if not sets:
        raise UnsupportedTSql(f"{text_of(node)} without SET", line_of(node))
    where = f" WHERE {context.condition(node.args['where'].this, scope)}" if node.args.get("where") else ""
    values = []
    for column, expression in sets:
        values.append(storing.store(context.scalar(expression, scope), column, target, "UPDATE"))
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
    told = f"UPDATE … FROM finds several different values for one row of {target.name}"
    differing = refusing(duck.text(told))
    checked = f"CASE WHEN count(DISTINCT {new}) > 1 THEN {differing} ELSE first({new}) END"
    found = f"SELECT {alias}.rowid AS row, {columns} FROM {from_sql}{where}"
    chosen = f"{prefix}SELECT row, {checked} AS new FROM ({found}) GROUP BY row"
    listed = ", ".join(f"{name} = {outer}.new.n{i}" for i, name in enumerate(names))
    sql = f"UPDATE {target.relation} AS {picked} SET {listed} FROM ({chosen}) AS {outer}"
    sql += f" WHERE {picked}.rowid = {outer}.row"
    return Write("UPDATE", target, sql, parameters, after=after)


def set_item(item: exp.Expression, target: TableInfo) -> tuple[ColumnInfo, exp.Expression]:
    """The column a SET item writes and its expression. Raises TSqlError 207, and 8102 for an identity column."""
    if not isinstance(item, exp.EQ) or not isinstance(item.this, exp.Column):
        raise UnsupportedTSql(text_of(item), line_of(item))
    column = column_named(item.this.name, target, item)
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
    # DELETE t names its table where DELETE t FROM … names an alias
    from_ = exp.From(this=node.this) if tables and node.this else None
    target, scope, from_sql, alias = _target(tables[0] if tables else node.this, from_, context)
    where = f" WHERE {context.condition(node.args['where'].this, scope)}" if node.args.get("where") else ""
    if from_ is not None or prefix:
        rows = f"{prefix}SELECT {alias}.rowid FROM {from_sql}{where}"
        sql = f"DELETE FROM {target.relation} WHERE rowid IN ({rows})"
    else:
        sql = f"DELETE FROM {target.relation} AS {alias}{where}"
    return Write("DELETE", target, sql, frozenset(context.parameters))
