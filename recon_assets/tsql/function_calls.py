"""Function calls: finding what a name means, and the functions that are expressions rather than computations.

Belongs here: the allow-list of functions put together, ISNULL, COALESCE, NULLIF, IIF, CHOOSE, the clock's functions
and those whose answer the interpreter has. Does not belong here: what the other functions compute (`text_functions`,
`math_functions`, `date_functions`, `aggregates`).
"""

from collections.abc import Callable

from sqlglot import exp

from recon_assets.tsql import aggregates, comparison, date_functions, math_functions, text_functions
from recon_assets.tsql.context import Context
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.syntax import line_of, only, text_of
from recon_assets.tsql.types import INT, SqlType
from recon_assets.tsql.value import NULL, Value

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


def call(node: exp.Anonymous, scope: Scope, context: Context) -> Value:
    only(node, "this", "expressions")
    name = str(node.this).upper()
    args = node.expressions
    if name in _SPECIAL:
        count, translate = _SPECIAL[name]
        if len(args) not in count:
            raise _wrong_count(name, min(count))
        return translate(args, scope, context)
    if aggregates.is_aggregate(name):
        return aggregates.aggregate(node, scope, context)
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
        return translate(part, *(context.scalar(arg, scope) for arg in args[1:]))
    if name in _FUNCTIONS:
        fewest, most, translate = _FUNCTIONS[name]
        if not fewest <= len(args) <= most:
            raise _wrong_count(name, fewest)
        return translate(*(context.scalar(arg, scope) for arg in args))
    raise UnsupportedTSql(text_of(node), line_of(node))


def _wrong_count(name: str, count: int) -> TSqlError:
    return TSqlError(174, f"The {name.lower()} function requires {count} argument(s).", 15)


def _clock(name: str, context: Context) -> Value:
    parameter, type_ = date_functions.CLOCKS[name]
    return convert(context.system(parameter), type_)


def current_timestamp(node: exp.CurrentTimestamp, scope: Scope, context: Context) -> Value:
    only(node)
    return _clock("CURRENT_TIMESTAMP", context)


def _isnull(args: list, scope: Scope, context: Context) -> Value:
    """ISNULL has its first argument's type, to which the second is cut."""
    first, second = (context.scalar(arg, scope) for arg in args)
    if first.is_null:
        return second
    second = convert(second, first.type)
    type_ = SqlType(first.type.name, first.type.precision, first.type.scale, first.type.length)
    return Value(f"coalesce({first.sql}, {second.sql})", type_, nullable=first.nullable and second.nullable)


def _coalesce(args: list, scope: Scope, context: Context) -> Value:
    return comparison.coalesce([context.scalar(arg, scope) for arg in args])


def _nullif(args: list, scope: Scope, context: Context) -> Value:
    first, second = (context.scalar(arg, scope) for arg in args)
    if first.is_null:
        raise TSqlError(4151, "The type of the first argument to NULLIF cannot be the NULL constant.")
    type_ = SqlType(first.type.name, first.type.precision, first.type.scale, first.type.length)
    return Value(f"CASE WHEN {comparison.compare('=', first, second)} THEN NULL ELSE {first.sql} END", type_)


def _iif(args: list, scope: Scope, context: Context) -> Value:
    when, then, otherwise = args
    return comparison.case(
        [(context.condition(when, scope), context.scalar(then, scope))], context.scalar(otherwise, scope)
    )


def _choose(args: list, scope: Scope, context: Context) -> Value:
    index = convert(context.scalar(args[0], scope), INT).sql
    choices = [context.scalar(arg, scope) for arg in args[1:]]
    return comparison.case([(f"{index} = {i}", choice) for i, choice in enumerate(choices, 1)], NULL)


def _extreme(operator: str):
    """GREATEST and LEAST: of the arguments' merged type, NULL only if all are."""

    def translate(args: list, scope: Scope, context: Context) -> Value:
        values = [context.scalar(arg, scope) for arg in args]
        parts, type_ = comparison.converted(values)
        if type_.is_text:
            raise UnsupportedTSql("GREATEST and LEAST of text")
        sql = f"{operator}({', '.join(part.typed() for part in parts)})"
        return Value(sql, type_, nullable=all(value.nullable for value in values))

    return translate


def _object_id(args: list, scope: Scope, context: Context) -> Value:
    names = [context.scalar(arg, scope).constant for arg in args]
    if not all(isinstance(name, str) for name in names):
        raise UnsupportedTSql("OBJECT_ID of a name that is not a constant")
    number = context.catalog.object_id(names[0], names[1].upper() if len(names) > 1 else None)
    return Value("CAST(NULL AS INTEGER)" if number is None else f"CAST({number} AS INTEGER)", INT)


def trim(node: exp.Trim, scope: Scope, context: Context) -> Value:
    only(node, "this", "expression", "position")
    characters = node.args.get("expression")
    given = context.scalar(characters, scope) if characters else None
    return text_functions.trim(context.scalar(node.this, scope), given, (node.args.get("position") or "").upper())


_SPECIAL: dict[str, tuple[range, Callable]] = {
    "ISNULL": (range(2, 3), _isnull),
    "COALESCE": (range(2, 255), _coalesce),
    "NULLIF": (range(2, 3), _nullif),
    "IIF": (range(3, 4), _iif),
    "CHOOSE": (range(2, 255), _choose),
    "GREATEST": (range(1, 255), _extreme("greatest")),
    "LEAST": (range(1, 255), _extreme("least")),
    "OBJECT_ID": (range(1, 3), _object_id),
}
