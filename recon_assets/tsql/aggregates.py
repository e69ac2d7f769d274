"""Aggregates and window functions.

Belongs here: COUNT, SUM, AVG, MIN, MAX, STRING_AGG, and OVER. Does not belong here: GROUP BY itself (`queries`).
Sums of decimals are decimal(38, s) and averages cut off, never rounded (Transact-SQL reference, "SUM", "AVG").
"""

from sqlglot import exp

from recon_assets.tsql import comparison, duck
from recon_assets.tsql.arithmetic import decimal_form, divide_by_count
from recon_assets.tsql.context import Context
from recon_assets.tsql.conversion import as_text, convert
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql, raising
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.syntax import descending, line_of, only, text_of
from recon_assets.tsql.types import BIGINT, FLOAT, INT, MAX, MONEY, SqlType, decimal, nvarchar, varchar
from recon_assets.tsql.value import Value

_AGGREGATES = ("COUNT", "COUNT_BIG", "SUM", "AVG", "MIN", "MAX", "STRING_AGG")
_RANKINGS = {
    "ROW_NUMBER": ("row_number", BIGINT),
    "RANK": ("rank", BIGINT),
    "DENSE_RANK": ("dense_rank", BIGINT),
    "PERCENT_RANK": ("percent_rank", FLOAT),
    "CUME_DIST": ("cume_dist", FLOAT),
}


def is_aggregate(name: str) -> bool:
    """Whether a function of that name (upper case) aggregates rows."""
    return name in _AGGREGATES


def has_aggregate(node: exp.Expression) -> bool:
    """Whether the expression aggregates rows of its own query (not of a subquery, nor over a window)."""
    if isinstance(node, exp.Query | exp.Subquery):
        return False
    if isinstance(node, exp.Window):
        return any(has_aggregate(part) for part in node.this.iter_expressions())
    if isinstance(node, exp.Anonymous) and is_aggregate(str(node.this).upper()):
        return True
    return any(has_aggregate(part) for part in node.iter_expressions())


def aggregate(node: exp.Anonymous, scope: Scope, context: Context) -> Value:
    """An aggregate call in a grouped query. Raises TSqlError 147 or 130 where aggregates can't stand."""
    return _aggregate(node, scope, context, over="")


def _aggregate(node: exp.Anonymous, scope: Scope, context: Context, over: str) -> Value:
    name, args = str(node.this).upper(), node.expressions
    if not over:
        if scope.inside_aggregate:
            told = "Cannot perform an aggregate function on an expression containing an aggregate or a subquery."
            raise TSqlError(130, told, 15, line=line_of(node))
        if not scope.allows_aggregates:
            told = "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING"
            told += " clause."
            raise TSqlError(147, told, 15, line=line_of(node))
    distinct = bool(args) and isinstance(args[0], exp.Distinct)
    if name == "STRING_AGG" and (distinct or over):
        raise UnsupportedTSql("STRING_AGG(DISTINCT …) or OVER", line_of(node))
    if len(args) != (2 if name == "STRING_AGG" else 1):
        raise TSqlError(174, f"The {name} function requires 1 argument(s).", 15, line=line_of(node))
    if isinstance(args[0], exp.Star):
        if name not in ("COUNT", "COUNT_BIG"):
            raise UnsupportedTSql(text_of(node), line_of(node))
        return _count("*", name, over)
    if distinct:
        only(args[0], "expressions")
        if len(args[0].expressions) != 1 or over:
            raise UnsupportedTSql(text_of(node), line_of(node))
    argument = args[0].expressions[0] if distinct else args[0]
    values = [_inside(part, scope, context, bool(over)) for part in (argument, *args[1:])]
    if name == "STRING_AGG":
        return _string_agg(values, "")
    value = values[0]
    if name in ("COUNT", "COUNT_BIG"):
        return _count(f"DISTINCT {comparison.equality_key(value)}" if distinct else value.sql, name, over)
    if name in ("MIN", "MAX"):
        return _extreme(name.lower(), value, over)
    return _sum_or_avg(name, value, "DISTINCT " if distinct else "", over)


def _inside(node: exp.Expression, scope: Scope, context: Context, windowed: bool) -> Value:
    if windowed:
        return context.scalar(node, scope)
    scope.inside_aggregate = True
    try:
        return context.scalar(node, scope)
    finally:
        scope.inside_aggregate = False


def _count(what: str, name: str, over: str) -> Value:
    type_ = INT if name == "COUNT" else BIGINT
    return Value(f"CAST(count({what}){over} AS {type_.duckdb})", type_, nullable=False)


def _extreme(function: str, value: Value, over: str) -> Value:
    if value.type.name == "bit":
        raise TSqlError(8117, f"Operand data type bit is invalid for {function} operator.")
    if value.is_null:
        raise TSqlError(8117, f"Operand data type NULL is invalid for {function} operator.")
    type_ = SqlType(value.type.name, value.type.precision, value.type.scale, value.type.length)
    if not value.type.is_text:
        return Value(f"{function}({comparison.order_key(value)}){over}", type_)
    # the least key's own spelling; of several, the least by code point
    pair = f"CASE WHEN {value.sql} IS NOT NULL THEN {{'k': {comparison.order_key(value)}, 'v': {value.sql}}} END"
    return Value(f"({function}({pair}){over}).v", type_)


def _sum_or_avg(name: str, value: Value, distinct: str, over: str) -> Value:
    if value.type.is_text or not value.type.is_number or value.type.name == "bit" or value.is_null:
        raise TSqlError(8117, f"Operand data type {value.type.name} is invalid for {name.lower()} operator.")
    type_ = value.type
    total = f"sum({distinct}{value.typed()}){over}"
    count = f"nullif(count({distinct}{value.sql}){over}, 0)"
    if type_.is_float:
        total = f"sum({distinct}CAST({value.sql} AS DOUBLE)){over}"
        return Value(total if name == "SUM" else f"({total} / {count})", FLOAT)
    if type_.name == "decimal":
        if name == "SUM":
            return Value(duck.cast(total, decimal(38, type_.scale).duckdb), decimal(38, type_.scale))
        return _average(total, count, decimal(38, type_.scale), decimal(38, max(type_.scale, 6)))
    if type_.is_money:
        total = duck.cast(total, MONEY.duckdb)
        return Value(total, MONEY) if name == "SUM" else _average(total, count, MONEY, MONEY)
    result = BIGINT if type_.name == "bigint" else INT
    total = duck.cast(total, result.duckdb)
    if name == "AVG":
        total = duck.cast(f"({total} // {count})", result.duckdb)
    return Value(total, result)


def _average(total: str, count: str, summed: SqlType, result: SqlType) -> Value:
    """A decimal sum by its count, cut off at the result's scale."""
    quotient = divide_by_count(total, count, decimal_form(summed), decimal_form(result))
    return Value(duck.cast(quotient, result.duckdb), result)


def string_agg(node: exp.WithinGroup, scope: Scope, context: Context) -> Value:
    """STRING_AGG(x, separator) WITHIN GROUP (ORDER BY …)."""
    call = node.this
    if not isinstance(call, exp.Anonymous) or str(call.this).upper() != "STRING_AGG" or len(call.expressions) != 2:
        raise UnsupportedTSql(text_of(node), line_of(node))
    if not scope.allows_aggregates or scope.inside_aggregate:
        raise TSqlError(147, "An aggregate may not appear here.", 15, line=line_of(node))
    values = [_inside(arg, scope, context, False) for arg in call.expressions]
    items = []
    for item in node.expression.expressions:
        value = _inside(item.this, scope, context, False)
        items.append(comparison.ordering(value, descending(item)))
    return _string_agg(values, f" ORDER BY {', '.join(items)}")


def _string_agg(values: list[Value], order: str) -> Value:
    separator = values[1]
    if not isinstance(separator.constant, str):
        raise UnsupportedTSql("STRING_AGG with a separator that is not a constant")
    natural = values[0].type.is_text
    text = as_text(values[0])
    unicode = text.type.is_unicode or not natural
    type_ = nvarchar(4000) if unicode else varchar(8000)
    if text.type.length == MAX:
        type_ = nvarchar(MAX) if unicode else varchar(MAX)
    sql = f"string_agg({text.sql}, {separator.sql}{order})"
    if type_.length != MAX:
        told = raising(
            9829,
            "'STRING_AGG aggregation result exceeded the limit of 8000 bytes. Use LOB types to avoid result"
            " truncation.'",
        )
        sql = duck.bind(lambda x: f"CASE WHEN length({x}) > {type_.length} THEN {told} ELSE {x} END", sql)
    return Value(sql, type_)


# -- OVER ----------------------------------------------------------------------------------------------------------


def window(node: exp.Window, scope: Scope, context: Context) -> Value:
    """A function OVER (…). Raises TSqlError 4108 outside the select list and ORDER BY."""
    only(node, "this", "partition_by", "order", "spec", "over")
    if not scope.allows_windows or scope.inside_aggregate:
        raise TSqlError(
            4108, "Windowed functions can only appear in the SELECT or ORDER BY clauses.", 15, line=line_of(node)
        )
    call = node.this
    if not isinstance(call, exp.Anonymous) or str(node.args.get("over") or "OVER").upper() != "OVER":
        raise UnsupportedTSql(text_of(node), line_of(node))
    name = str(call.this).upper()
    partition = [comparison.equality_key(context.scalar(part, scope)) for part in node.args.get("partition_by") or []]
    order = node.args.get("order")
    items = []
    for item in order.expressions if order else []:
        if isinstance(item.this, exp.Literal):
            raise TSqlError(
                5308,
                "Windowed functions do not support integer indices as ORDER BY clause expressions.",
                line=line_of(node),
            )
        # a constant from a subquery, the customary (SELECT NULL), asks for no order
        if _no_order(item.this):
            continue
        items.append(comparison.ordering(context.scalar(item.this, scope), descending(item)))
    frame = _frame(node.args.get("spec"))
    clauses = [f"PARTITION BY {', '.join(partition)}"] if partition else []
    clauses += [f"ORDER BY {', '.join(items)}"] if items else []
    whole = " ".join(clauses)
    if is_aggregate(name):
        return _aggregate(call, scope, context, over=f" OVER ({f'{whole} {frame}'.strip()})")
    if order is None:
        raise TSqlError(4112, f"The function '{name}' must have an OVER clause with ORDER BY.", 15, line=line_of(node))
    args = [context.scalar(arg, scope) for arg in call.expressions]
    return _ranking_or_offset(node, name, args, whole, frame)


def _no_order(node: exp.Expression) -> bool:
    query = node.this if isinstance(node, exp.Subquery) else None
    return (
        isinstance(query, exp.Select)
        and not query.args.get("from_")
        and len(query.expressions) == 1
        and isinstance(query.expressions[0], exp.Null | exp.Literal)
    )


def _ranking_or_offset(node: exp.Window, name: str, args: list[Value], whole: str, frame: str) -> Value:
    if name in _RANKINGS and not args and not frame:
        function, type_ = _RANKINGS[name]
        return Value(f"CAST({function}() OVER ({whole}) AS {type_.duckdb})", type_, nullable=False)
    if name == "NTILE" and len(args) == 1 and not frame:
        return Value(
            f"CAST(ntile({convert(args[0], BIGINT).typed()}) OVER ({whole}) AS BIGINT)", BIGINT, nullable=False
        )
    if name in ("LAG", "LEAD") and 1 <= len(args) <= 3 and not frame:
        value = args[0]
        offset = convert(args[1], BIGINT).typed() if len(args) > 1 else "1"
        default = convert(args[2], value.type).sql if len(args) > 2 else "NULL"
        return Value(f"{name.lower()}({value.sql}, {offset}, {default}) OVER ({whole})", value.type)
    if name in ("FIRST_VALUE", "LAST_VALUE") and len(args) == 1:
        return Value(f"{name.lower()}({args[0].sql}) OVER ({f'{whole} {frame}'.strip()})", args[0].type)
    raise UnsupportedTSql(text_of(node), line_of(node))


def _frame(spec: exp.WindowSpec | None) -> str:
    """ROWS or RANGE BETWEEN …, empty for the default."""
    if spec is None:
        return ""
    only(spec, "kind", "start", "start_side", "end", "end_side")

    def bound(point, side) -> str:
        if isinstance(point, exp.Expression):
            if (
                not (isinstance(point, exp.Literal) and not point.is_string and point.this.isdigit())
                or spec.args["kind"] == "RANGE"
            ):
                raise UnsupportedTSql(text_of(spec), line_of(spec))
            return f"{point.this} {side}"
        return f"{point} {side or ''}".strip()

    start = bound(spec.args["start"], spec.args.get("start_side"))
    end = bound(spec.args["end"], spec.args.get("end_side")) if spec.args.get("end") else "CURRENT ROW"
    return f"{spec.args['kind']} BETWEEN {start} AND {end}"
