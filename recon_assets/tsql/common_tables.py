"""Common table expressions: WITH, plain and recursive.

Belongs here: making CTEs known to the queries after them, and bounding recursion as SQL Server does. Does not belong
here: the queries inside them (`queries`).
"""

from sqlglot import exp

from recon_assets.tsql import aggregates, duck, sources
from recon_assets.tsql.context import CommonTable, Context, Query
from recon_assets.tsql.errors import UNEQUAL_COLUMNS, TSqlError, UnsupportedTSql, raising
from recon_assets.tsql.model import OutputColumn
from recon_assets.tsql.scope import LEVEL
from recon_assets.tsql.syntax import line_of, only
from recon_assets.tsql.types import INT


def with_clause(node: exp.Expression, context: Context) -> str:
    """Translate the node's CTEs, make them known to the context, and return the WITH clause (or '')."""
    clause = node.args.get("with_")
    if clause is None:
        return ""
    only(clause, "expressions")
    parts, recursive = [], False
    for cte in clause.expressions:
        only(cte, "this", "alias")
        names = cte.args["alias"].args.get("columns")
        if _refers(cte.this, cte.alias):
            recursive = True
            parts.append(_recursive(cte, names, context))
        else:
            made = context.query(cte.this)
            columns = sources.renamed(made, names, cte.alias)
            relation = context.relation()
            context.common_tables[cte.alias.lower()] = CommonTable(relation, columns)
            parts.append(f"{relation} AS ({made.sql})")
    return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(parts)} "


def _refers(node: exp.Expression, name: str) -> bool:
    return any(table.name.lower() == name.lower() and not table.db for table in node.find_all(exp.Table))


def _recursive(cte: exp.CTE, names: list[exp.Identifier] | None, context: Context) -> str:
    """An anchor UNION ALL one recursive member. Each row carries its level, to stop where MAXRECURSION says."""
    union, name = cte.this, cte.alias
    if not isinstance(union, exp.Union) or union.args.get("distinct") or _refers(union.this, name):
        raise UnsupportedTSql(f"recursive common table expression {name}", line_of(cte))
    only(union, "this", "expression")
    anchor = context.query(union.this)
    columns = sources.renamed(anchor, names, name)
    relation, inner = context.relation(), context.relation()
    seen = (*columns, OutputColumn(LEVEL, INT, nullable=False))
    context.common_tables[name.lower()] = CommonTable(inner, seen)
    step = context.query(_with_level(union.expression, name))
    _check_types(columns, step, name)
    context.common_tables[name.lower()] = CommonTable(relation, columns)
    listed = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
    level = f"c{len(columns) + 1}"
    first, then = context.relation(), context.relation()
    raw = f"SELECT {listed}, 0 AS {level} FROM ({anchor.sql}) AS {first}"
    raw += f" UNION ALL SELECT {listed}, {level} + 1 AS {level} FROM ({step.sql}) AS {then}"
    limit = context.max_recursion
    if not limit:
        return f"{inner} AS ({raw}), {relation} AS (SELECT {listed} FROM {inner})"
    # one level too many is let in, to be told from a recursion that just ends there
    told = f"The statement terminated. The maximum recursion {limit} has been exhausted before statement completion."
    deepest = f"SELECT {listed}, max({level}) OVER () AS deepest FROM {inner}"
    return (
        f"{inner} AS ({raw} WHERE {level} <= {limit}), {relation} AS (SELECT {listed}"
        f" FROM ({deepest}) WHERE CASE WHEN deepest > {limit} THEN {raising(530, duck.text(told))} ELSE true END)"
    )


def _with_level(node: exp.Expression, name: str) -> exp.Select:
    """The recursive member with its row's level as one more column. Raises UnsupportedTSql for clauses that SQL
    Server doesn't allow there, or that would see all rows of a level where SQL Server sees one."""
    if not isinstance(node, exp.Select):
        raise UnsupportedTSql(f"recursive member of {name} that is no plain SELECT", line_of(node))
    only(node, "expressions", "from_", "joins", "where")
    per_level = any(aggregates.has_aggregate(item) or item.find(exp.Window) for item in node.expressions)
    if per_level or any(join.side for join in node.args.get("joins") or []):
        told = f"recursive member of {name} with an aggregate, a window or an outer join"
        raise UnsupportedTSql(told, line_of(node))
    widened = node.copy()
    widened.append("expressions", exp.column(exp.to_identifier(LEVEL, quoted=True)))
    return widened


def _check_types(columns: tuple[OutputColumn, ...], step: Query, name: str) -> None:
    if len(step.columns) != len(columns) + 1:
        raise TSqlError(205, UNEQUAL_COLUMNS)
    for i, (anchor, member) in enumerate(zip(columns, step.columns, strict=False)):
        if anchor.type != member.type and i not in step.untyped:
            told = f'Types don\'t match between the anchor and the recursive part in column "{anchor.name}"'
            raise TSqlError(240, f'{told} of recursive query "{name}".')
