"""MERGE.

Belongs here: from MERGE's clauses to DuckDB's MERGE. Does not belong here: UPDATE and DELETE by themselves (`updates`).

DuckDB computes the values of all clauses for all rows, so that an error in one clause's values would be raised for
rows of another. Hence the join, each row's action and its values are a query of their own, in which only the values of
the row's own action are computed; DuckDB's MERGE then only puts them in place.
"""

from dataclasses import dataclass

from sqlglot import exp

from recon_assets.tsql import duck, sources, storing
from recon_assets.tsql.common_tables import with_clause
from recon_assets.tsql.context import Context
from recon_assets.tsql.errors import COUNTS_DIFFER, DUPLICATE_MERGE_MATCH, TSqlError, UnsupportedTSql, raising
from recon_assets.tsql.model import ColumnInfo, TableInfo, Write
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.statements import default_value, insert_columns, is_default
from recon_assets.tsql.syntax import line_of, only, text_of
from recon_assets.tsql.updates import set_item
from recon_assets.tsql.value import Value

_ACTION, _ROW, _PRESENT = '"merge action"', '"merge row"', '"merge source"'
_MATCHED, _BY_TARGET, _BY_SOURCE = "MATCHED", "NOT MATCHED BY TARGET", "NOT MATCHED BY SOURCE"
_JOINS = {(False, False): "JOIN", (True, False): "RIGHT JOIN", (False, True): "LEFT JOIN", (True, True): "FULL JOIN"}
"""By whether there are clauses for rows of the source alone, and of the target alone."""


@dataclass(frozen=True)
class _Clause:
    """A WHEN clause: which rows it is for, its own condition, UPDATE, INSERT or DELETE, and the columns' new values."""

    rows: str
    condition: str
    kind: str
    values: dict[str, str]


def merge(node: exp.Merge, context: Context) -> Write:
    """MERGE, with error 8672 where a target row would be changed by several source rows."""
    only(node, "this", "using", "on", "whens", "with_", "options")
    prefix = with_clause(node, context)
    only(node.this, "this", "db", "alias", "hints")
    target = sources.known_table(node.this, context)
    relation = context.relation()
    name, schema = node.this.alias or target.name.name, None if node.this.alias else target.name.schema or "dbo"
    scope, source_scope = Scope(), Scope()
    scope.add(sources.table_source(target, relation, name, schema))
    using = sources.joined(node.args["using"], [], source_scope, context)
    scope.add(source_scope.sources[0])
    on = context.condition(node.args["on"], scope)
    clauses = [_clause(when, target, scope, context) for when in node.args["whens"].expressions]
    joined = f"{target.relation} AS {relation} JOIN {using} ON {on}"
    changing = " OR ".join(clause.condition for clause in clauses if clause.rows == _MATCHED)
    before = (prefix + _duplicates(f"FROM {joined} WHERE {changing}", relation),) if changing else ()
    rows = _rows(clauses, target, scope, using, on)
    merged = context.relation()
    actions = " ".join(_put(i, clause, merged) for i, clause in enumerate(clauses))
    sql = (
        f"MERGE INTO {target.relation} AS {relation} USING ({prefix}{rows}) AS {merged}"
        f" ON {relation}.rowid = {merged}.{_ROW} {actions}"
    )
    written = {column for clause in clauses for column in clause.values}
    return Write("MERGE", target, sql, frozenset(context.parameters), before, storing.unique_checks(target, written))


def _duplicates(changed_rows: str, relation: str) -> str:
    told = raising(
        DUPLICATE_MERGE_MATCH,
        "'The MERGE statement attempted to UPDATE or DELETE the same row more than once. This happens when a target row"
        " matches more than one source row.'",
    )
    return f"SELECT {told} FROM (SELECT {relation}.rowid AS row {changed_rows}) GROUP BY row HAVING count(*) > 1"


def _clause(when: exp.When, target: TableInfo, scope: Scope, context: Context) -> _Clause:
    only(when, "matched", "source", "condition", "then")
    rows = _MATCHED if when.args.get("matched") else _BY_SOURCE if when.args.get("source") else _BY_TARGET
    visible = {_MATCHED: scope.sources, _BY_SOURCE: scope.sources[:1], _BY_TARGET: scope.sources[1:]}[rows]
    sees = Scope(sources=visible)
    extra = context.condition(when.args["condition"], sees) if when.args.get("condition") else "true"
    kind, values = _action(when.args["then"], target, sees, context)
    return _Clause(rows, extra, kind, values)


def _action(then: exp.Expression, target: TableInfo, sees: Scope, context: Context) -> tuple[str, dict[str, str]]:
    if isinstance(then, exp.Var) and then.name.upper() == "DELETE":
        return "DELETE", {}
    if isinstance(then, exp.Update):
        only(then, "expressions")
        sets = [set_item(item, target) for item in then.expressions]
        return "UPDATE", {c.name: storing.store(_cell(x, c, sees, context), c, target, "UPDATE") for c, x in sets}
    if isinstance(then, exp.Insert):
        only(then, "this", "expression")
        columns = insert_columns(then.this.expressions if then.this else None, target)
        cells = then.expression.expressions
        if len(cells) != len(columns):
            raise TSqlError(213, COUNTS_DIFFER, line=line_of(then))
        given = {column.name: _cell(cell, column, sees, context) for column, cell in zip(columns, cells, strict=True)}
        written = [column for column in target.columns if column.identity is None]
        return "INSERT", {
            c.name: storing.store(given.get(c.name) or default_value(c, context), c, target, "INSERT") for c in written
        }
    raise UnsupportedTSql(text_of(then), line_of(then))


def _cell(node: exp.Expression, column: ColumnInfo, sees: Scope, context: Context) -> Value:
    return default_value(column, context) if is_default(node) else context.scalar(node, sees)


def _rows(clauses: list[_Clause], target: TableInfo, scope: Scope, using: str, on: str) -> str:
    """One row for each row to be changed: the target's rowid, the number of the clause, the clauses' new values."""
    into, given = (source.relation for source in scope.sources)
    kinds = {clause.rows for clause in clauses}
    which = {
        _MATCHED: f"{into}.rowid IS NOT NULL AND {given}.{_PRESENT}",
        _BY_TARGET: f"{into}.rowid IS NULL",
        _BY_SOURCE: f"{given}.{_PRESENT} IS NULL",
    }
    whens = " ".join(f"WHEN {which[c.rows]} AND {c.condition} THEN {i}" for i, c in enumerate(clauses))
    values = [
        f"CASE WHEN {_ACTION} = {i} THEN {value} END AS {_value_name(i, column)}"
        for i, clause in enumerate(clauses)
        for column, value in clause.values.items()
    ]
    listed = ", ".join([f"{into}.rowid AS {_ROW}", f"CASE {whens} END AS {_ACTION}", *values])
    join = _JOINS[(_BY_TARGET in kinds, _BY_SOURCE in kinds)]
    present = f"(SELECT *, true AS {_PRESENT} FROM {using}) AS {given}"
    chosen = f"SELECT {listed} FROM {target.relation} AS {into} {join} {present} ON {on}"
    return f"SELECT * FROM ({chosen}) WHERE {_ACTION} IS NOT NULL"


def _value_name(clause: int, column: str) -> str:
    return duck.name(f"merge {clause} {column}")


def _put(number: int, clause: _Clause, merged: str) -> str:
    values = {duck.name(column): f"{merged}.{_value_name(number, column)}" for column in clause.values}
    if clause.kind == "INSERT":
        action = f"INSERT ({', '.join(values)}) VALUES ({', '.join(values.values())})"
    else:
        action = clause.kind
        if values:
            action += " SET " + ", ".join(f"{column} = {value}" for column, value in values.items())
    kind = "NOT MATCHED" if clause.kind == "INSERT" else "MATCHED"
    return f"WHEN {kind} AND {merged}.{_ACTION} = {number} THEN {action}"
