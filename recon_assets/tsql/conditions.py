"""Conditions: an allow-list of predicates, each with its translation to a DuckDB BOOLEAN (NULL where unknown).

Belongs here: AND, OR, NOT, comparisons, IS NULL, BETWEEN, IN, EXISTS, LIKE. Does not belong here: what it means that
values are equal or alike (`comparison`, `collation`), or values themselves (`expressions`).
"""

from collections.abc import Callable

from sqlglot import exp

from recon_assets.tsql import collation, comparison
from recon_assets.tsql.context import Context
from recon_assets.tsql.conversion import as_text
from recon_assets.tsql.errors import ONE_COLUMN_ONLY, TSqlError, UnsupportedTSql
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.syntax import only, text_of
from recon_assets.tsql.value import Value

_COMPARISONS: dict[type, str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}


def _and(node: exp.And, scope: Scope, context: Context) -> str:
    return f"({context.condition(node.this, scope)} AND {context.condition(node.expression, scope)})"


def _or(node: exp.Or, scope: Scope, context: Context) -> str:
    return f"({context.condition(node.this, scope)} OR {context.condition(node.expression, scope)})"


def _not(node: exp.Not, scope: Scope, context: Context) -> str:
    return f"(NOT {context.condition(node.this, scope)})"


def _condition_paren(node: exp.Paren, scope: Scope, context: Context) -> str:
    return context.condition(node.this, scope)


def _compare(node: exp.Binary, scope: Scope, context: Context) -> str:
    only(node, "this", "expression")
    left, right = context.scalar(node.this, scope), context.scalar(node.expression, scope)
    return comparison.compare(_COMPARISONS[type(node)], left, right)


def _is(node: exp.Is, scope: Scope, context: Context) -> str:
    if not isinstance(node.expression, exp.Null):
        raise UnsupportedTSql(text_of(node))
    return f"({context.scalar(node.this, scope).sql} IS NULL)"


def _between(node: exp.Between, scope: Scope, context: Context) -> str:
    only(node, "this", "low", "high", "negate")
    value = context.scalar(node.this, scope)
    low, high = context.scalar(node.args["low"], scope), context.scalar(node.args["high"], scope)
    return _negated(node, f"({comparison.compare('>=', value, low)} AND {comparison.compare('<=', value, high)})")


def _negated(node: exp.Expression, sql: str) -> str:
    return f"(NOT {sql})" if node.args.get("negate") else sql


def _in(node: exp.In, scope: Scope, context: Context) -> str:
    only(node, "this", "expressions", "query", "negate")
    return _negated(node, _member(node, scope, context))


def _member(node: exp.In, scope: Scope, context: Context) -> str:
    value = context.scalar(node.this, scope)
    if (query := node.args.get("query")) is not None:
        return _in_query(value, query, scope, context)
    members = [context.scalar(member, scope) for member in node.expressions]
    if value.type.is_text and all(isinstance(m.constant, str) and m.constant.isascii() for m in members):
        keys = ", ".join(comparison.equality_key(member) for member in members)
        return f"({comparison.equality_key(value)} IN ({keys}))"
    return "(" + " OR ".join(comparison.compare("=", value, member) for member in members) + ")"


def _in_query(value: Value, query: exp.Expression, scope: Scope, context: Context) -> str:
    only(query, "this")
    translated = context.query(query.this, scope)
    if len(translated.columns) != 1:
        raise TSqlError(116, ONE_COLUMN_ONLY)
    alias = context.relation()
    member = Value(f"{alias}.c1", translated.columns[0].type)
    left, right = comparison.equality_keys(value, member)
    return f"({left} IN (SELECT {right} FROM ({translated.sql}) AS {alias}))"


def _exists(node: exp.Exists, scope: Scope, context: Context) -> str:
    only(node, "this")
    inner = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    return f"EXISTS ({context.query(inner, scope).sql})"


def _like(node: exp.Like, scope: Scope, context: Context) -> str:
    return _like_escaped(node, None, scope, context)


def _escape(node: exp.Escape, scope: Scope, context: Context) -> str:
    character = context.scalar(node.expression, scope).constant
    if not isinstance(node.this, exp.Like) or not isinstance(character, str) or len(character) != 1:
        raise UnsupportedTSql(text_of(node))
    return _like_escaped(node.this, character, scope, context)


def _like_escaped(node: exp.Like, escape: str | None, scope: Scope, context: Context) -> str:
    only(node, "this", "expression", "negate")
    value, pattern = (as_text(context.scalar(n, scope)) for n in (node.this, node.expression))
    literal = pattern.constant if isinstance(pattern.constant, str) else None
    unicode = value.type.is_unicode or pattern.type.is_unicode
    return _negated(node, f"({collation.like(value.sql, pattern.sql, literal, escape, unicode=unicode)})")


CONDITIONS: dict[type, Callable[..., str]] = {
    exp.And: _and,
    exp.Or: _or,
    exp.Not: _not,
    exp.Paren: _condition_paren,
    exp.Is: _is,
    exp.Between: _between,
    exp.In: _in,
    exp.Exists: _exists,
    exp.Like: _like,
    exp.Escape: _escape,
    **dict.fromkeys(_COMPARISONS, _compare),
}
"""Node kind → what translates it, given the node, the scope and the context."""
