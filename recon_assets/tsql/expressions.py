"""Expressions: an allow-list of node kinds, each with its translation. What isn't listed is refused by text and line.

Belongs here: the two doors, `scalar` and `condition`; constants, names, operators, CASE, CAST, scalar subqueries.
Does not belong here: the list of predicates (`conditions`) and of functions (`function_calls`), or what operators mean
(`arithmetic`, `comparison`).
"""

from collections.abc import Callable

from sqlglot import exp

from recon_assets.tsql import aggregates, arithmetic, comparison, function_calls
from recon_assets.tsql.conditions import CONDITIONS
from recon_assets.tsql.context import Context
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import ONE_COLUMN_ONLY, TSqlError, UnsupportedTSql
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.syntax import line_of, only, text_of
from recon_assets.tsql.types import SqlType, decimal, nvarchar, parse_type
from recon_assets.tsql.value import NULL, Value, int_constant, text_constant

_SYSTEM_VARIABLES = {"ROWCOUNT": "rowcount", "ERROR": "error", "TRANCOUNT": "trancount", "NESTLEVEL": "nestlevel"}
_OPERATORS: dict[type, str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
}


def scalar(node: exp.Expression, scope: Scope, context: Context) -> Value:
    """Translate an expression. Errors that have no line yet get the node's."""
    if scope.groups is not None and not scope.inside_aggregate:
        grouped = scope.groups.get(group_text(node))
        if grouped is not None:
            return grouped
    translate = _SCALARS.get(type(node))
    if translate is None:
        raise UnsupportedTSql(text_of(node), line_of(node))
    return _placed(translate, node, scope, context)


def condition(node: exp.Expression, scope: Scope, context: Context) -> str:
    """Translate a condition to a DuckDB BOOLEAN."""
    translate = CONDITIONS.get(type(node))
    if translate is None:
        if type(node) in _SCALARS:
            scalar(node, scope, context)  # what is not supported at all is told as that
            told = "An expression of non-boolean type specified in a context where a condition is expected, near"
            told += f" '{text_of(node)}'."
            raise TSqlError(4145, told, 15, line=line_of(node))
        raise UnsupportedTSql(text_of(node), line_of(node))
    return _placed(translate, node, scope, context)


def _placed(translate: Callable, node: exp.Expression, scope: Scope, context: Context):
    try:
        return translate(node, scope, context)
    except (UnsupportedTSql, TSqlError) as error:
        if error.line is None:
            error.line = line_of(node)
        raise


def group_text(node: exp.Expression) -> str:
    """The text by which a GROUP BY expression is recognized elsewhere in the query."""
    return node.sql(dialect="tsql", comments=False, normalize_functions="upper").lower()


# -- constants, names ----------------------------------------------------------------------------------------------


def _literal(node: exp.Literal, scope: Scope, context: Context) -> Value:
    if node.is_string:
        return text_constant(node.this)
    text = node.this.lower()
    if "e" in text:
        return Value(f"CAST('{text}' AS DOUBLE)", SqlType("float"), nullable=False)
    if text.isdigit() and int(text) <= 2147483647:
        return int_constant(int(text))
    whole, _, fraction = text.partition(".")
    whole = whole.lstrip("0")
    precision = max(len(whole) + len(fraction), 1)
    if precision > 38:
        raise TSqlError(
            1007, f"The number '{text}' is out of the range for numeric representation (maximum precision 38).", 15
        )
    type_ = decimal(precision, len(fraction))
    return Value(f"CAST('{whole or '0'}.{fraction or '0'}' AS {type_.duckdb})", type_, nullable=False)


def _national(node: exp.National, scope: Scope, context: Context) -> Value:
    return text_constant(node.name, nvarchar(max(len(node.name), 1)))


def _binary_literal(node: exp.HexString, scope: Scope, context: Context) -> Value:
    digits = node.name if len(node.name) % 2 == 0 else "0" + node.name
    return Value(f"unhex('{digits}')", SqlType("varbinary", length=max(len(digits) // 2, 1)), nullable=False)


def _null(node: exp.Null, scope: Scope, context: Context) -> Value:
    return NULL


def _variable(node: exp.Parameter, scope: Scope, context: Context) -> Value:
    if isinstance(node.this, exp.Parameter):
        name = node.this.name.upper()
        if name not in _SYSTEM_VARIABLES:
            raise UnsupportedTSql(f"@@{name}")
        return context.system(_SYSTEM_VARIABLES[name])
    return context.variable(node.name)


def _column(node: exp.Column, scope: Scope, context: Context) -> Value:
    only(node, "this", "table", "db")
    if not isinstance(node.this, exp.Identifier):
        raise UnsupportedTSql(text_of(node))
    return scope.column(node)


# -- operators -----------------------------------------------------------------------------------------------------


def _paren(node: exp.Paren, scope: Scope, context: Context) -> Value:
    return context.scalar(node.this, scope)


def _operator(node: exp.Binary, scope: Scope, context: Context) -> Value:
    only(node, "this", "expression", "typed", "safe")
    left, right = context.scalar(node.this, scope), context.scalar(node.expression, scope)
    return arithmetic.binary(_OPERATORS[type(node)], left, right)


def _negative(node: exp.Neg, scope: Scope, context: Context) -> Value:
    return arithmetic.negate(context.scalar(node.this, scope))


def _complement(node: exp.BitwiseNot, scope: Scope, context: Context) -> Value:
    return arithmetic.complement(context.scalar(node.this, scope))


def _case(node: exp.Case, scope: Scope, context: Context) -> Value:
    only(node, "this", "ifs", "default")
    branches = []
    for branch in node.args["ifs"]:
        when = exp.EQ(this=node.this, expression=branch.this) if node.this else branch.this
        branches.append((context.condition(when, scope), context.scalar(branch.args["true"], scope)))
    default = node.args.get("default")
    return comparison.case(branches, context.scalar(default, scope) if default else NULL)


def _cast(node: exp.Cast, scope: Scope, context: Context) -> Value:
    to = parse_type(node.args["to"].args["kind"], default_length=30)
    return convert(context.scalar(node.this, scope), to, explicit=True, safe=bool(node.args.get("safe")))


def _convert(node: exp.Convert, scope: Scope, context: Context) -> Value:
    to = parse_type(node.this.args["kind"], default_length=30)
    style = 0
    if (given := node.args.get("style")) is not None:
        number = context.scalar(given, scope)
        if not isinstance(number.constant, int):
            raise UnsupportedTSql("CONVERT with a style that is not a constant")
        style = number.constant
    value = context.scalar(node.expression, scope)
    return convert(value, to, explicit=True, safe=bool(node.args.get("safe")), style=style)


def _subquery(node: exp.Subquery, scope: Scope, context: Context) -> Value:
    only(node, "this")
    query = context.query(node.this, scope)
    if len(query.columns) != 1:
        raise TSqlError(116, ONE_COLUMN_ONLY)
    return Value(f"({query.sql})", query.columns[0].type)


_SCALARS: dict[type, Callable[..., Value]] = {
    exp.Literal: _literal,
    exp.National: _national,
    exp.HexString: _binary_literal,
    exp.Null: _null,
    exp.Parameter: _variable,
    exp.Column: _column,
    exp.Paren: _paren,
    exp.Neg: _negative,
    exp.BitwiseNot: _complement,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Convert: _convert,
    exp.Subquery: _subquery,
    exp.Anonymous: function_calls.call,
    exp.CurrentTimestamp: function_calls.current_timestamp,
    exp.Trim: function_calls.trim,
    exp.Window: aggregates.window,
    exp.WithinGroup: aggregates.string_agg,
    **dict.fromkeys(_OPERATORS, _operator),
}
