"""Mathematical functions.

Belongs here: functions of numbers, with SQL Server's result types. Does not belong here: operators (`arithmetic`)
and aggregates. Functions whose last digit depends on the C library (SIN, …) are not supported.
"""

from recon_assets.tsql import duck
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql, raising
from recon_assets.tsql.types import FLOAT, INT, MONEY, SqlType, decimal
from recon_assets.tsql.value import Value


def _number(value: Value, function: str) -> Value:
    """The argument as these functions take it: text becomes float, small integers and bit become int."""
    if value.is_null or value.type.name in ("tinyint", "smallint"):
        return convert(value, INT)
    if value.type.is_text or value.type.name == "bit":
        return convert(value, FLOAT)
    if value.type.name == "smallmoney":
        return convert(value, MONEY)
    if not value.type.is_number:
        raise TSqlError(8116, f"Argument data type {value.type.name} is invalid for argument 1 of {function} function.")
    return Value(
        value.typed(), SqlType(value.type.name, value.type.precision, value.type.scale), nullable=value.nullable
    )


def _abs(x: Value) -> Value:
    x = _number(x, "abs")
    return x.of(duck.cast(f"abs({x.sql})", x.type.duckdb))


def _sign(x: Value) -> Value:
    x = _number(x, "sign")
    return x.of(duck.cast(f"sign({x.sql})", x.type.duckdb))


def _floor(x: Value) -> Value:
    return _whole("floor", x)


def _ceiling(x: Value) -> Value:
    return _whole("ceil", x)


def _whole(function: str, x: Value) -> Value:
    x = _number(x, function)
    if x.type.is_integer:
        return x
    type_ = decimal(x.type.precision, 0) if x.type.name == "decimal" else x.type
    return x.of(duck.cast(f"{function}({x.sql})", type_.duckdb), type_)


def _round(x: Value, length: Value, truncate: Value | None = None) -> Value:
    """Half away from zero; the result keeps its type, so that ROUND(748.58, -3) overflows decimal(5,2)."""
    x = _number(x, "round")
    if x.is_null:
        return x
    if not isinstance(length.constant, int):
        raise UnsupportedTSql("ROUND to a length that is not a constant")
    if truncate is not None and not isinstance(truncate.constant, int):
        raise UnsupportedTSql("ROUND with a function that is not a constant")
    digits, cut = length.constant, bool(truncate and truncate.constant)
    if x.type.is_float:
        if digits != 0:
            raise UnsupportedTSql("ROUND of float to digits", remedy="cast it to decimal first")
        return x.of(f"{'trunc' if cut else 'round'}({x.sql}, 0)" if not cut else f"trunc({x.sql})")
    scale = 0 if x.type.is_integer else (x.type.scale if x.type.name == "decimal" else 4)
    if digits >= scale:
        return x
    if x.type.is_integer:
        return x.of(duck.cast(_round_tens(duck.cast(x.sql, "HUGEINT"), -digits, cut), x.type.duckdb))
    if digits >= 0:
        wide = f"DECIMAL({min((x.type.precision or 19) + 1, 38)},{scale})"
        return x.of(duck.cast(f"{'trunc' if cut else 'round'}(CAST({x.sql} AS {wide}), {digits})", x.type.duckdb))
    whole = f"CAST(trunc({x.sql}) AS HUGEINT)"  # rounding to tens never depends on the fraction
    return x.of(duck.cast(_round_tens(whole, -digits, cut), x.type.duckdb))


def _round_tens(sql: str, zeros: int, cut: bool) -> str:
    if zeros > 37:
        return f"CASE WHEN {sql} IS NOT NULL THEN 0 END"
    ten = f"CAST({10**zeros} AS HUGEINT)"
    if cut:
        return f"({sql} // {ten} * {ten})"
    return duck.bind(lambda n: f"(({n} + sign({n}) * ({ten} // 2)) // {ten} * {ten})", sql)


def _power(x: Value, y: Value) -> Value:
    """Computed as float, as SQL Server does, and turned back into the first argument's type."""
    x = _number(x, "power")
    exponent = convert(y, FLOAT)
    result = decimal(38, x.type.scale) if x.type.name == "decimal" else x.type
    outside = raising(8115, duck.text(f"Arithmetic overflow error converting expression to data type {result.name}."))
    invalid = raising(3623, duck.text("An invalid floating point operation occurred."))
    sql = duck.bind(
        lambda p: f"CASE WHEN isnan({p}) THEN {invalid} WHEN isinf({p}) THEN {outside} ELSE {p} END",
        f"pow({duck.cast(x.sql, 'DOUBLE')}, {exponent.typed()})",
    )
    return convert(Value(sql, FLOAT), result)


def _float_function(function: str, domain: str):
    def translate(x: Value) -> Value:
        x = convert(x, FLOAT)
        invalid = raising(3623, duck.text("An invalid floating point operation occurred."))
        overflow = raising(8115, duck.text("Arithmetic overflow error converting expression to data type float."))

        def body(v: str) -> str:
            computed = duck.bind(lambda r: f"CASE WHEN isinf({r}) THEN {overflow} ELSE {r} END", f"{function}({v})")
            return f"CASE WHEN {v} {domain} THEN {computed} WHEN {v} IS NOT NULL THEN {invalid} END"

        return Value(duck.bind(body, x.typed()), FLOAT)

    return translate


def _log(x: Value, base: Value | None = None) -> Value:
    if base is not None:
        raise UnsupportedTSql("LOG with a base", remedy="divide by the LOG of the base")
    return _float_function("ln", "> 0")(x)


def _square(x: Value) -> Value:
    x = convert(x, FLOAT)
    overflow = raising(8115, duck.text("Arithmetic overflow error converting expression to data type float."))
    sql = duck.bind(lambda v: f"CASE WHEN isinf({v} * {v}) THEN {overflow} ELSE {v} * {v} END", x.typed())
    return x.of(sql, FLOAT)


def _pi() -> Value:
    return Value("pi()", FLOAT, nullable=False)


FUNCTIONS = {
    "ABS": (1, 1, _abs),
    "SIGN": (1, 1, _sign),
    "FLOOR": (1, 1, _floor),
    "CEILING": (1, 1, _ceiling),
    "ROUND": (2, 3, _round),
    "POWER": (2, 2, _power),
    "SQRT": (1, 1, _float_function("sqrt", ">= 0")),
    "EXP": (1, 1, _float_function("exp", "IS NOT NULL")),
    "LOG": (1, 2, _log),
    "LOG10": (1, 1, _float_function("log10", "> 0")),
    "SQUARE": (1, 1, _square),
    "PI": (0, 0, _pi),
}
"""Name → fewest and most arguments, and what translates it."""
