"""Expressions and conditions: an allow-list of node kinds, each with its translation.

Belongs here: walking an expression's tree, and the functions that are really expressions (ISNULL, IIF, …). Does
not belong here: what operators and functions mean (their modules), queries (`queries`, reached through the
subquery hook). What isn't listed is refused by its text and line.
"""

from collections.abc import Callable

from sqlglot import exp

from recon_assets.tsql import (
    aggregates,
    arithmetic,
    collation,
    comparison,
    date_functions,
    math_functions,
    text_functions,
)
from recon_assets.tsql.context import Context
from recon_assets.tsql.conversion import as_text, convert
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.syntax import line_of, only, text_of
from recon_assets.tsql.types import INT, SqlType, decimal, nvarchar, parse_type
from recon_assets.tsql.value import NULL, Value, int_constant, text_constant

_FUNCTIONS = {**text_functions.FUNCTIONS, **math_functions.FUNCTIONS, **date_functions.FUNCTIONS}
_SYSTEM_FUNCTIONS = {
    "ERROR_MESSAGE": "error_message",
    "ERROR_NUMBER": "error_number",
    "ERROR_SEVERITY": "error_severity",
    "ERROR_STATE": "error_state",
    "ERROR_LINE": "error_line",
    "ERROR_PROCEDURE": "error_procedure",
    "XACT_STATE": "xact_state",
    "ROWCOUNT_BIG": "rowcount_big",
}
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
_COMPARISONS: dict[type, str] = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}


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
    translate = _CONDITIONS.get(type(node))
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
    return scalar(node.this, scope, context)


def _operator(node: exp.Binary, scope: Scope, context: Context) -> Value:
    only(node, "this", "expression", "typed", "safe")
    left, right = scalar(node.this, scope, context), scalar(node.expression, scope, context)
    return arithmetic.binary(_OPERATORS[type(node)], left, right)


def _negative(node: exp.Neg, scope: Scope, context: Context) -> Value:
    return arithmetic.negate(scalar(node.this, scope, context))


def _complement(node: exp.BitwiseNot, scope: Scope, context: Context) -> Value:
    return arithmetic.complement(scalar(node.this, scope, context))


def _case(node: exp.Case, scope: Scope, context: Context) -> Value:
    only(node, "this", "ifs", "default")
    branches = []
    for branch in node.args["ifs"]:
        when = exp.EQ(this=node.this, expression=branch.this) if node.this else branch.this
        branches.append((condition(when, scope, context), scalar(branch.args["true"], scope, context)))
    default = node.args.get("default")
    return comparison.case(branches, scalar(default, scope, context) if default else NULL)


def _cast(node: exp.Cast, scope: Scope, context: Context) -> Value:
    to = parse_type(node.args["to"].args["kind"], default_length=30)
    return convert(scalar(node.this, scope, context), to, explicit=True, safe=bool(node.args.get("safe")))


def _convert(node: exp.Convert, scope: Scope, context: Context) -> Value:
    to = parse_type(node.this.args["kind"], default_length=30)
    style = 0
    if (given := node.args.get("style")) is not None:
        number = scalar(given, scope, context)
        if not isinstance(number.constant, int):
            raise UnsupportedTSql("CONVERT with a style that is not a constant")
        style = number.constant
    value = scalar(node.expression, scope, context)
    return convert(value, to, explicit=True, safe=bool(node.args.get("safe")), style=style)


def _subquery(node: exp.Subquery, scope: Scope, context: Context) -> Value:
    only(node, "this")
    query = context.subquery(node.this, scope)
    if len(query.columns) != 1:
        told = (
            "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS."
        )
        raise TSqlError(116, told)
    return Value(f"({query.sql})", query.columns[0].type)


# -- functions -----------------------------------------------------------------------------------------------------


def _function(node: exp.Anonymous, scope: Scope, context: Context) -> Value:
    only(node, "this", "expressions")
    name = str(node.this).upper()
    args = node.expressions
    if name in _SPECIAL:
        count, translate = _SPECIAL[name]
        if len(args) not in count:
            raise _wrong_count(name, min(count))
        return translate(args, scope, context)
    if aggregates.is_aggregate(name):
        return aggregates.aggregate(node, scope, context, scalar)
    if name in date_functions.CLOCKS and not args:
        return _clock(name, context)
    if name in _SYSTEM_FUNCTIONS and not args:
        return context.system(_SYSTEM_FUNCTIONS[name])
    if name in date_functions.UNIT_FUNCTIONS:
        count, translate = date_functions.UNIT_FUNCTIONS[name]
        if len(args) != count + 1:
            raise _wrong_count(name, count + 1)
        if not isinstance(args[0], exp.Column | exp.Var):
            raise UnsupportedTSql(f"{name}({text_of(args[0])}, …)")
        part = date_functions.part_named(args[0].name)
        return translate(part, *(scalar(arg, scope, context) for arg in args[1:]))
    if name in _FUNCTIONS:
        fewest, most, translate = _FUNCTIONS[name]
        if not fewest <= len(args) <= most:
            raise _wrong_count(name, fewest)
        return translate(*(scalar(arg, scope, context) for arg in args))
    raise UnsupportedTSql(text_of(node), line_of(node))


def _wrong_count(name: str, count: int) -> TSqlError:
    return TSqlError(174, f"The {name.lower()} function requires {count} argument(s).", 15)


def _clock(name: str, context: Context) -> Value:
    parameter, type_ = date_functions.CLOCKS[name]
    return convert(context.system(parameter), type_)


def _current_timestamp(node: exp.CurrentTimestamp, scope: Scope, context: Context) -> Value:
    only(node)
    return _clock("CURRENT_TIMESTAMP", context)


def _isnull(args: list, scope: Scope, context: Context) -> Value:
    """ISNULL has its first argument's type, to which the second is cut."""
    first, second = (scalar(arg, scope, context) for arg in args)
    if first.is_null:
        return second
    second = convert(second, first.type)
    type_ = SqlType(first.type.name, first.type.precision, first.type.scale, first.type.length)
    return Value(f"coalesce({first.sql}, {second.sql})", type_, nullable=first.nullable and second.nullable)


def _coalesce(args: list, scope: Scope, context: Context) -> Value:
    return comparison.coalesce([scalar(arg, scope, context) for arg in args])


def _nullif(args: list, scope: Scope, context: Context) -> Value:
    first, second = (scalar(arg, scope, context) for arg in args)
    if first.is_null:
        raise TSqlError(4151, "The type of the first argument to NULLIF cannot be the NULL constant.")
    type_ = SqlType(first.type.name, first.type.precision, first.type.scale, first.type.length)
    return Value(f"CASE WHEN {comparison.compare('=', first, second)} THEN NULL ELSE {first.sql} END", type_)


def _iif(args: list, scope: Scope, context: Context) -> Value:
    when, then, otherwise = args
    return comparison.case(
        [(condition(when, scope, context), scalar(then, scope, context))], scalar(otherwise, scope, context)
    )


def _choose(args: list, scope: Scope, context: Context) -> Value:
    index = convert(scalar(args[0], scope, context), INT).sql
    choices = [scalar(arg, scope, context) for arg in args[1:]]
    return comparison.case([(f"{index} = {i}", choice) for i, choice in enumerate(choices, 1)], NULL)


def _object_id(args: list, scope: Scope, context: Context) -> Value:
    names = [scalar(arg, scope, context).constant for arg in args]
    if not all(isinstance(name, str) for name in names):
        raise UnsupportedTSql("OBJECT_ID of a name that is not a constant")
    number = context.catalog.object_id(names[0], names[1].upper() if len(names) > 1 else None)
    return Value("CAST(NULL AS INTEGER)" if number is None else f"CAST({number} AS INTEGER)", INT)


def _trim(node: exp.Trim, scope: Scope, context: Context) -> Value:
    only(node, "this", "expression", "position")
    characters = node.args.get("expression")
    given = scalar(characters, scope, context) if characters else None
    return text_functions.trim(scalar(node.this, scope, context), given, (node.args.get("position") or "").upper())


def _window(node: exp.Window, scope: Scope, context: Context) -> Value:
    return aggregates.window(node, scope, context, scalar)


def _within_group(node: exp.WithinGroup, scope: Scope, context: Context) -> Value:
    return aggregates.string_agg(node, scope, context, scalar)


_SPECIAL: dict[str, tuple[range, Callable]] = {
    "ISNULL": (range(2, 3), _isnull),
    "COALESCE": (range(2, 255), _coalesce),
    "NULLIF": (range(2, 3), _nullif),
    "IIF": (range(3, 4), _iif),
    "CHOOSE": (range(2, 255), _choose),
    "OBJECT_ID": (range(1, 3), _object_id),
}


# -- conditions ----------------------------------------------------------------------------------------------------


def _and(node: exp.And, scope: Scope, context: Context) -> str:
    return f"({condition(node.this, scope, context)} AND {condition(node.expression, scope, context)})"


def _or(node: exp.Or, scope: Scope, context: Context) -> str:
    return f"({condition(node.this, scope, context)} OR {condition(node.expression, scope, context)})"


def _not(node: exp.Not, scope: Scope, context: Context) -> str:
    return f"(NOT {condition(node.this, scope, context)})"


def _condition_paren(node: exp.Paren, scope: Scope, context: Context) -> str:
    return condition(node.this, scope, context)


def _compare(node: exp.Binary, scope: Scope, context: Context) -> str:
    only(node, "this", "expression")
    left, right = scalar(node.this, scope, context), scalar(node.expression, scope, context)
    return comparison.compare(_COMPARISONS[type(node)], left, right)


def _is(node: exp.Is, scope: Scope, context: Context) -> str:
    if not isinstance(node.expression, exp.Null):
        raise UnsupportedTSql(text_of(node))
    return f"({scalar(node.this, scope, context).sql} IS NULL)"


def _between(node: exp.Between, scope: Scope, context: Context) -> str:
    only(node, "this", "low", "high", "negate")
    value = scalar(node.this, scope, context)
    low, high = scalar(node.args["low"], scope, context), scalar(node.args["high"], scope, context)
    return _negated(node, f"({comparison.compare('>=', value, low)} AND {comparison.compare('<=', value, high)})")


def _negated(node: exp.Expression, sql: str) -> str:
    return f"(NOT {sql})" if node.args.get("negate") else sql


def _in(node: exp.In, scope: Scope, context: Context) -> str:
    only(node, "this", "expressions", "query", "negate")
    return _negated(node, _member(node, scope, context))


def _member(node: exp.In, scope: Scope, context: Context) -> str:
    value = scalar(node.this, scope, context)
    if (query := node.args.get("query")) is not None:
        return _in_query(value, query, scope, context)
    members = [scalar(member, scope, context) for member in node.expressions]
    if value.type.is_text and all(isinstance(m.constant, str) and m.constant.isascii() for m in members):
        keys = ", ".join(comparison.equality_key(member) for member in members)
        return f"({comparison.equality_key(value)} IN ({keys}))"
    return "(" + " OR ".join(comparison.compare("=", value, member) for member in members) + ")"


def _in_query(value: Value, query: exp.Expression, scope: Scope, context: Context) -> str:
    only(query, "this")
    translated = context.subquery(query.this, scope)
    if len(translated.columns) != 1:
        told = (
            "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS."
        )
        raise TSqlError(116, told)
    alias = context.relation()
    member = Value(f"{alias}.c1", translated.columns[0].type)
    left, right = comparison.equality_keys(value, member)
    return f"({left} IN (SELECT {right} FROM ({translated.sql}) AS {alias}))"


def _exists(node: exp.Exists, scope: Scope, context: Context) -> str:
    only(node, "this")
    inner = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    return f"EXISTS ({context.subquery(inner, scope).sql})"


def _like(node: exp.Like, scope: Scope, context: Context) -> str:
    return _like_escaped(node, None, scope, context)


def _escape(node: exp.Escape, scope: Scope, context: Context) -> str:
    character = scalar(node.expression, scope, context).constant
    if not isinstance(node.this, exp.Like) or not isinstance(character, str) or len(character) != 1:
        raise UnsupportedTSql(text_of(node))
    return _like_escaped(node.this, character, scope, context)


def _like_escaped(node: exp.Like, escape: str | None, scope: Scope, context: Context) -> str:
    only(node, "this", "expression", "negate")
    value, pattern = (as_text(scalar(n, scope, context)) for n in (node.this, node.expression))
    literal = pattern.constant if isinstance(pattern.constant, str) else None
    unicode = value.type.is_unicode or pattern.type.is_unicode
    return _negated(node, f"({collation.like(value.sql, pattern.sql, literal, escape, unicode=unicode)})")


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
    exp.Anonymous: _function,
    exp.CurrentTimestamp: _current_timestamp,
    exp.Trim: _trim,
    exp.Window: _window,
    exp.WithinGroup: _within_group,
    **dict.fromkeys(_OPERATORS, _operator),
}
_CONDITIONS: dict[type, Callable[..., str]] = {
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
