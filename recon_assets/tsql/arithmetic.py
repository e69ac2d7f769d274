"""Operators on numbers and text, with SQL Server's result types and exact values.

Belongs here: + - * / % & | ^ ~ and unary minus. Does not belong here: comparison (`comparison`), functions.

Precision and scale follow the Transact-SQL reference ("Precision, scale, and length"): products and sums are
rounded half away from zero to the result's scale, quotients are cut off. Nothing exact goes through DOUBLE.
DuckDB's decimals and HUGEINT hold 38 digits: a product is formed in two halves where it can be longer; a quotient
whose intermediate can't be held is refused when a row needs it.
"""

from recon_assets.tsql import duck
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import OVERFLOW, TSqlError, UnsupportedTSql, raising, refusing
from recon_assets.tsql.types import (
    INT,
    INTEGER_DIGITS,
    MAX,
    PRECEDENCE,
    SMALLINT,
    SqlType,
    decimal,
    nvarchar,
    varchar,
)
from recon_assets.tsql.value import Value

_NAMES = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}


def binary(operator: str, left: Value, right: Value) -> Value:
    """`left operator right` for + - * / % & | ^. Raises TSqlError 8117/402 for operand types that don't go with
    it, UnsupportedTSql for those not supported here."""
    if left.is_null and right.is_null:
        return Value("CAST(NULL AS INTEGER)", INT)
    if left.is_null:
        left = convert(left, right.type)
    if right.is_null:
        right = convert(right, left.type)
    if left.type.is_text and right.type.is_text:
        if operator != "+":
            raise TSqlError(402, f"The data types {left.type.name} and {right.type.name} are incompatible.")
        return concatenate(left, right)
    if left.type.is_temporal or right.type.is_temporal:
        return _shift_days(operator, left, right)
    kind = max(left.type, right.type, key=lambda t: PRECEDENCE.index(t.name))
    if not kind.is_number or kind.name == "bit":
        raise TSqlError(
            8117, f"Operand data type {kind.name} is invalid for {_NAMES.get(operator, operator)} operator."
        )
    if kind.name == "decimal":
        return _decimal(operator, _as_decimal(left, right.type), _as_decimal(right, left.type))
    if kind.is_money and operator == "*" and (left.type.is_integer or right.type.is_integer):
        return _money_times(left, right, kind)
    left, right = convert(left, kind), convert(right, kind)
    if kind.is_integer:
        return _integer(operator, left, right, SqlType(kind.name))
    if kind.is_money:
        return _money(operator, left, right, kind)
    return _float(operator, left, right, kind)


def negate(value: Value) -> Value:
    """Unary minus. Raises TSqlError 8117 for what is no number."""
    if value.is_null:
        return value
    if not value.type.is_number or value.type.name == "bit":
        raise TSqlError(8117, f"Operand data type {value.type.name} is invalid for minus operator.")
    if value.type.name == "tinyint":
        value = convert(value, SMALLINT)
    constant = -value.constant if isinstance(value.constant, int) else None
    return Value(f"(-{value.typed()})", value.type, constant=constant, nullable=value.nullable)


def complement(value: Value) -> Value:
    """Bitwise not."""
    if value.type.name == "bit":
        return value.of(f"(NOT {value.sql})")
    if not value.type.is_integer:
        raise TSqlError(8117, f"Operand data type {value.type.name} is invalid for '~' operator.")
    return value.of(f"(~{value.typed()})", SqlType(value.type.name))


def concatenate(left: Value, right: Value) -> Value:
    """Text + text: NULL if either is."""
    unicode = left.type.is_unicode or right.type.is_unicode
    a, b = _as_unicode(left, unicode), _as_unicode(right, unicode)
    sql = f"({a.sql} || {b.sql})"
    make, longest = (nvarchar, 4000) if unicode else (varchar, 8000)
    if MAX in (left.type.length, right.type.length):
        return _either(sql, make(MAX), left, right)
    if left.type.length + right.type.length > longest:
        sql = f"left({sql}, {longest})"
    return _either(sql, make(left.type.length + right.type.length), left, right)


def _as_unicode(value: Value, unicode: bool) -> Value:
    return convert(value, nvarchar(value.type.length)) if unicode and not value.type.is_unicode else value


def _either(sql: str, type_: SqlType, left: Value, right: Value) -> Value:
    return Value(sql, type_, nullable=left.nullable or right.nullable)


def _shift_days(operator: str, left: Value, right: Value) -> Value:
    """datetime ± a whole number of days."""
    if operator == "+" and right.type.is_temporal and left.type.is_integer:
        left, right = right, left
    if left.type.name not in ("datetime", "smalldatetime") or not right.type.is_integer or operator not in "+-":
        if left.type.name in ("date", "time", "datetime2") and right.type.is_number:
            raise TSqlError(206, f"Operand type clash: {left.type.name} is incompatible with {right.type.name}")
        told = f"{left.type} {operator} {right.type}"
        raise UnsupportedTSql(f"date arithmetic {told}", remedy="use DATEADD or DATEDIFF")
    moved = f"({left.sql} {operator} to_days({duck.cast(right.sql, 'INTEGER')}))"
    told = "'Arithmetic overflow error converting expression to data type datetime.'"
    within = "BETWEEN TIMESTAMP '1753-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999'"
    sql = duck.bind(
        lambda x: f"CASE WHEN {x} IS NULL OR {x} {within} THEN {x} ELSE {raising(OVERFLOW, told)} END", moved
    )
    return _either(sql, left.type, left, right)


def _integer(operator: str, left: Value, right: Value, kind: SqlType) -> Value:
    a, b = left.typed(), right.typed()
    if operator == "^":
        return _either(f"xor({a}, {b})", kind, left, right)
    return _either(f"({a} {'//' if operator == '/' else operator} {b})", kind, left, right)


def _float(operator: str, left: Value, right: Value, kind: SqlType) -> Value:
    if operator not in "+-*/":
        raise TSqlError(
            8117, f"Operand data type {kind.name} is invalid for {_NAMES.get(operator, operator)} operator."
        )
    zero = f"CASE WHEN {right.typed()} = 0 THEN {raising(8134, duck.text('Divide by zero error encountered.'))}"
    sql = f"({left.typed()} {operator} {right.typed()})"
    if operator == "/":
        sql = f"{zero} ELSE {sql} END"
    overflow = raising(OVERFLOW, duck.text(f"Arithmetic overflow error converting expression to data type {kind}."))
    sql = duck.bind(lambda x: f"CASE WHEN isinf({x}) THEN {overflow} ELSE {x} END", sql)
    return _either(sql, kind, left, right)


def _money(operator: str, left: Value, right: Value, kind: SqlType) -> Value:
    """Money is an integer of ten-thousandths; a quotient is cut off at four digits."""
    precision = 19 if kind.name == "money" else 10
    if operator in "+-":
        sql = f"(CAST({left.sql} AS DECIMAL(20,4)) {operator} CAST({right.sql} AS DECIMAL(20,4)))"
    elif operator == "/":
        tens = f"({_unscaled(left.sql, decimal(precision, 4))} * 10000)"
        sql = _scaled(f"({tens} // {_unscaled(right.sql, decimal(precision, 4))})", 4)
    else:
        raise UnsupportedTSql(f"{kind} {operator} {kind}", remedy="cast one side to decimal")
    return _either(duck.cast(sql, kind.duckdb), kind, left, right)


def _money_times(left: Value, right: Value, kind: SqlType) -> Value:
    """Money times a whole number: no digit is lost."""
    a, b = (f"CAST({value.sql} AS DECIMAL(38,{4 if value.type.is_money else 0}))" for value in (left, right))
    return _either(duck.cast(f"({a} * {b})", kind.duckdb), kind, left, right)


def decimal_form(type_: SqlType) -> SqlType:
    """The decimal an exact number counts as in decimal arithmetic; an integer constant has just its own digits."""
    if type_.name == "decimal":
        return type_
    if type_.is_money:
        return decimal(19 if type_.name == "money" else 10, 4)
    return decimal(type_.literal_digits or INTEGER_DIGITS[type_.name], 0)


def _as_decimal(value: Value, other: SqlType) -> Value:
    return convert(value, other if value.type.is_text else decimal_form(value.type))


def fit(whole: int, scale: int, carry: int = 0) -> SqlType:
    """The type with that many whole digits (and `carry` for a sum's) and that scale, cut where they exceed 38."""
    precision = whole + scale + carry
    return decimal(precision, scale) if precision <= 38 else decimal(38, min(scale, 38 - whole))


def fit_product(precision: int, scale: int) -> SqlType:
    """The type of a product or quotient that needs this precision: scale 6 is kept at the whole digits' cost."""
    if precision <= 38:
        return decimal(precision, scale)
    whole = precision - scale
    return decimal(38, max(min(scale, 38 - whole), min(scale, 6)))


def _decimal(operator: str, left: Value, right: Value) -> Value:
    p1, s1, p2, s2 = left.type.precision, left.type.scale, right.type.precision, right.type.scale
    if operator in "+-":
        scale = max(s1, s2)
        whole = max(p1 - s1, p2 - s2)
        result = fit(whole, scale, carry=1)
        # one digit is added to the whole digits only when there is room: 38 digits hold any sum that fits
        wide = f"DECIMAL({min(whole + scale + 1, 38)},{scale})"
        sql = f"(CAST({left.sql} AS {wide}) {operator} CAST({right.sql} AS {wide}))"
    elif operator == "%":
        scale = max(s1, s2)
        result = fit(min(p1 - s1, p2 - s2), scale)
        wide = f"DECIMAL({min(max(p1 - s1, p2 - s2) + scale, 38)},{scale})"
        sql = f"(CAST({left.sql} AS {wide}) % CAST({right.sql} AS {wide}))"
    elif operator == "*":
        result = fit_product(p1 + p2 + 1, s1 + s2)
        sql = _product(left, right, result)
    elif operator == "/":
        scale = max(6, s1 + p2 + 1)
        result = fit_product(p1 - s1 + s2 + scale, scale)
        sql = _quotient(left, right, result)
    else:
        raise TSqlError(8117, f"Operand data type numeric is invalid for {operator} operator.")
    return _either(duck.cast(sql, result.duckdb), result, left, right)


def _product(left: Value, right: Value, result: SqlType) -> str:
    a, b = left.type, right.type
    scale = a.scale + b.scale
    if scale == result.scale or a.precision + b.precision <= 38:
        # where no digit is cut off, what overflows 38 digits here overflows in SQL Server too
        wide = min(a.precision + b.precision, 38)
        x, y = (f"CAST({v.sql} AS DECIMAL({wide},{v.type.scale}))" for v in (left, right))
        return f"({x} * {y})"
    drop = scale - result.scale
    return duck.bind(
        lambda x, y: _scaled(_long_product(x, y, drop), result.scale),
        _unscaled(left.sql, a),
        _unscaled(right.sql, b),
    )


def _long_product(x: str, y: str, drop: int) -> str:
    """x·y / 10^drop, rounded half away from zero, where x·y may have 76 digits: by halves of 19 digits."""
    half = "CAST(10000000000000000000 AS UHUGEINT)"

    def product(a1: str, a0: str, b1: str, b0: str) -> str:
        def carry(low: str, middle: str, high: str) -> str:
            return duck.bind(
                lambda m, h: _drop_digits(f"({h} + {m} // {half})", f"({m} % {half})", low, drop), middle, high
            )

        low, middle, high = f"({a0} * {b0})", f"({a1} * {b0} + {a0} * {b1})", f"({a1} * {b1})"
        return duck.bind(
            lambda lo, mid, hi: carry(f"({lo} % {half})", f"({mid} + {lo} // {half})", hi), low, middle, high
        )

    parts = [f"(CAST(abs({v}) AS UHUGEINT) {op} {half})" for v in (x, y) for op in ("//", "%")]
    magnitude = duck.bind(product, *parts)
    return f"(sign({x}) * sign({y}) * CAST({magnitude} AS HUGEINT))"


def _drop_digits(high: str, middle: str, low: str, drop: int) -> str:
    """(high·10^38 + middle·10^19 + low) / 10^drop, rounded half up, as UHUGEINT."""

    def ten(power: int) -> str:
        return f"CAST({10**power} AS UHUGEINT)"

    def rounded(value: str, digits: int) -> str:
        if digits == 0:
            return value
        # an INTEGER beside a UHUGEINT would make both DOUBLE
        up = f"CAST({value} % {ten(digits)} >= {ten(digits)} // CAST(2 AS UHUGEINT) AS UHUGEINT)"
        return f"({value} // {ten(digits)} + {up})"

    if drop <= 38:
        lower = rounded(f"({middle} * {ten(19)} + {low})", drop)
        return f"({high} * {ten(38 - drop)} + {lower})"
    return rounded(high, drop - 38)


def _quotient(left: Value, right: Value, result: SqlType) -> str:
    """x·10^shift // y of the unscaled numbers; in two steps where x·10^shift could have more than 38 digits."""
    shift = result.scale - left.type.scale + right.type.scale
    if left.type.precision + shift <= 38 and all(_fits_bigint(value.type) for value in (left, right)):
        return duck.bind(
            lambda x, y: _short_quotient(
                _unscaled_bigint(x, left.type), _unscaled_bigint(y, right.type), shift, result.scale
            ),
            *(duck.cast(value.sql, value.type.duckdb) for value in (left, right)),
        )
    x, y = _unscaled(left.sql, left.type), _unscaled(right.sql, right.type)
    if left.type.precision + shift <= 38:
        return _scaled(f"({x} * CAST({10**shift} AS HUGEINT) // {y})", result.scale)
    ten = f"CAST({10**shift} AS HUGEINT)"
    longest = f"CAST({10 ** (38 - shift)} AS HUGEINT)"
    refusal = refusing("'decimal division whose intermediate has more than 38 digits'")
    return duck.bind(
        lambda a, b: _scaled(
            f"({a} // {b} * {ten} + CASE WHEN abs({a} % {b}) >= {longest} THEN {refusal}"
            f" ELSE ({a} % {b}) * {ten} // {b} END)",
            result.scale,
        ),
        x,
        y,
    )


def _short_quotient(a: str, b: str, shift: int, scale: int) -> str:
    """a·10^shift // b of BIGINTs, by long division, nine digits at a time, while remainders allow: HUGEINT's own
    division is many times slower."""
    terms, remainder, left = [f"CAST({a} // {b} AS HUGEINT) * CAST({10**shift} AS HUGEINT)"], f"({a} % {b})", shift
    while left:
        digits = min(left, 9)
        left -= digits
        dividend = f"({remainder} * CAST({10**digits} AS BIGINT))"
        terms.append(f"CAST({dividend} // {b} AS HUGEINT) * CAST({10**left} AS HUGEINT)")
        remainder = f"({dividend} % {b})"
    longest = 9_000_000_000  # a remainder's nine more digits stay within BIGINT
    whole = f"CAST({a} AS HUGEINT) * CAST({10**shift} AS HUGEINT) // CAST({b} AS HUGEINT)"
    return _scaled(f"CASE WHEN {b} BETWEEN -{longest} AND {longest} THEN {' + '.join(terms)} ELSE {whole} END", scale)


def _fits_bigint(type_: SqlType) -> bool:
    return type_.precision <= 18 and type_.scale <= 9


def _unscaled_bigint(sql: str, type_: SqlType) -> str:
    """`_unscaled` of what `_fits_bigint`, as BIGINT."""
    if type_.scale == 0:
        return duck.cast(sql, "BIGINT")
    ten = 10**type_.scale
    return f"(CAST(trunc({sql}) AS BIGINT) * {ten} + CAST(({sql} % 1) * {ten} AS BIGINT))"


def divide_by_count(total: str, count: str, summed: SqlType, result: SqlType) -> str:
    """A decimal sum (SQL of type `summed`) over a BIGINT count, cut off at the result's scale."""
    ten = f"CAST({10 ** (result.scale - summed.scale)} AS HUGEINT)"
    return duck.bind(
        lambda x, n: _scaled(f"({x} // {n} * {ten} + ({x} % {n}) * {ten} // {n})", result.scale),
        _unscaled(total, summed),
        duck.cast(count, "HUGEINT"),
    )


def _unscaled(sql: str, type_: SqlType) -> str:
    """The decimal's digits as one HUGEINT: 1.25 → 125."""
    if type_.scale == 0:
        return duck.cast(sql, "HUGEINT")
    if type_.precision + type_.scale <= 38:
        wide = f"CAST({sql} AS DECIMAL({type_.precision},{type_.scale}))"
        if type_.precision <= 18 < type_.precision + type_.scale:
            wide = f"CAST({sql} AS DECIMAL({type_.precision + type_.scale},{type_.scale}))"
        return f"CAST({wide} * CAST({10**type_.scale} AS DECIMAL({type_.scale + 1},0)) AS HUGEINT)"
    return f"CAST(replace(CAST(CAST({sql} AS {type_.duckdb}) AS VARCHAR), '.', '') AS HUGEINT)"


def _scaled(sql: str, scale: int) -> str:
    """The reverse of `_unscaled`: 125 → 1.25."""
    if scale == 0:
        return duck.cast(sql, "DECIMAL(38,0)")
    unit = f"CAST('{'0.' + '0' * (scale - 1) + '1'}' AS DECIMAL({scale},{scale}))"
    return f"(CAST({sql} AS DECIMAL(38,0)) * {unit})"
