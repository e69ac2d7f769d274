"""Comparing values, and the one type that values of several types become.

Belongs here: data type precedence put to use (CASE, COALESCE, UNION, operands of =), equality and order of values,
and the keys under which values group and sort. Does not belong here: single conversions (`conversion`), how text
sorts (`collation`).
"""

from dataclasses import replace

from recon_assets.tsql import collation, duck
from recon_assets.tsql.arithmetic import decimal_form, fit
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.timestamps import hundred_nanoseconds
from recon_assets.tsql.types import INT, MAX, PRECEDENCE, SqlType, nvarchar, varchar
from recon_assets.tsql.value import Value


def merged_type(values: list[Value]) -> SqlType:
    """The type a CASE, COALESCE or UNION column of these values has: of highest precedence, wide enough for each."""
    types = [value.type for value in values if not value.is_null]
    if not types:
        return INT
    result = types[0]
    for other in types[1:]:
        result = _merge(result, other)
    return SqlType(result.name, result.precision, result.scale, result.length)


def _merge(a: SqlType, b: SqlType) -> SqlType:
    if a == b:
        return a if (a.literal_digits or 0) >= (b.literal_digits or 0) or b.literal_digits is None else b
    high, low = (a, b) if PRECEDENCE.index(a.name) >= PRECEDENCE.index(b.name) else (b, a)
    if high.is_text and low.is_text:
        length = MAX if MAX in (a.length, b.length) else max(a.length, b.length)
        make = nvarchar if high.is_unicode else varchar
        return make(length) if high.name.endswith("varchar") else SqlType(high.name, length=length)
    if high.name == "decimal" and low.is_exact:
        # Only arithmetic takes an integer constant with just its own digits; here it is an int like any other.
        x, y = decimal_form(high), decimal_form(replace(low, literal_digits=None))
        scale = max(x.scale, y.scale)
        return fit(max(x.precision - x.scale, y.precision - y.scale), scale)
    if high.name in ("datetime2", "time") and low.name == high.name:
        return high if high.scale >= low.scale else low
    if high.is_binary and low.is_binary:
        return SqlType("varbinary", length=MAX if MAX in (a.length, b.length) else max(a.length, b.length))
    return high


def converted(values: list[Value]) -> tuple[list[Value], SqlType]:
    """The values as their merged type."""
    type_ = merged_type(values)
    return [convert(value, type_) for value in values], type_


def compare(operator: str, left: Value, right: Value) -> str:
    """A condition for = <> < <= > >=, as a DuckDB BOOLEAN that is NULL where unknown."""
    if left.type.is_integer and right.type.is_integer and not (left.is_null or right.is_null):
        return f"({left.sql} {operator} {right.sql})"  # as it stands: join keys stay plain columns
    if {left.type.name, right.type.name} == {"datetime", "datetime2"}:
        a, b = (hundred_nanoseconds(value.sql, value.type) for value in (left, right))
        return f"({a} {operator} {b})"
    (a, b), _ = _operands(left, right)
    if operator in ("=", "<>"):
        return f"({equality_key(a)} {operator} {equality_key(b)})"
    return f"({order_key(a)} {operator} {order_key(b)})"


def _operands(left: Value, right: Value) -> tuple[list[Value], SqlType]:
    type_ = merged_type([left, right])
    if type_.is_text:
        # keys take text of any length, so that neither side is cut or padded
        unicode = type_.is_unicode
        wide = nvarchar(MAX) if unicode else varchar(MAX)
        return [v if v.type.is_unicode == unicode and not v.is_null else convert(v, wide) for v in (left, right)], wide
    if type_.name == "decimal":
        digits = max(
            decimal_form(v.type).precision - decimal_form(v.type).scale for v in (left, right) if v.type.is_exact
        )
        scale = max(decimal_form(v.type).scale for v in (left, right) if v.type.is_exact)
        if digits + scale <= 38 and all(v.type.is_exact for v in (left, right)):
            return [v if v.type == type_ else convert(v, type_) for v in (left, right)], type_
        if all(v.type.is_exact for v in (left, right)):
            return [convert(v, SqlType("decimal", 38, scale)) for v in (left, right)], type_
    return [convert(v, type_) for v in (left, right)], type_


def equality_keys(left: Value, right: Value) -> tuple[str, str]:
    """The two values' keys in a common type: SQL that is equal just where SQL Server calls the values equal."""
    (a, b), _ = _operands(left, right)
    return equality_key(a), equality_key(b)


def equality_key(value: Value) -> str:
    """SQL that is equal just where SQL Server calls values of this type equal (GROUP BY, DISTINCT, =, joins)."""
    if value.type.is_text:
        if isinstance(value.constant, str) and (key := collation.literal_key(value.constant)) is not None:
            return key
        return collation.equality_key(value.sql)
    if value.type.is_binary:
        return duck.bind(lambda x: rf"regexp_replace(hex({x}), '(00)+$', '')", value.sql)
    return value.sql


def order_key(value: Value) -> str:
    """SQL that sorts as SQL Server sorts values of this type. Raises UnsupportedTSql for uniqueidentifier."""
    if value.type.name == "uniqueidentifier":
        raise UnsupportedTSql("ordering by uniqueidentifier")
    if value.type.is_binary:
        raise UnsupportedTSql(f"ordering by {value.type}")
    return collation.order_key(value.sql, value.type) if value.type.is_text else value.sql


def ordering(value: Value, descending: bool) -> str:
    """An ORDER BY item: NULL is lowest."""
    return f"{order_key(value)} {'DESC NULLS LAST' if descending else 'ASC NULLS FIRST'}"


def coalesce(values: list[Value]) -> Value:
    """COALESCE: the first that isn't NULL, as the merged type."""
    if all(value.is_null for value in values):
        raise TSqlError(
            4127, "At least one of the arguments to COALESCE must be an expression that is not the NULL constant."
        )
    parts, type_ = converted(values)
    return Value(f"coalesce({', '.join(p.sql for p in parts)})", type_, nullable=all(v.nullable for v in values))


def case(branches: list[tuple[str, Value]], default: Value) -> Value:
    """CASE WHEN condition THEN value … ELSE default END, as the merged type."""
    values = [value for _, value in branches] + [default]
    if all(value.is_null for value in values):
        raise TSqlError(
            8133,
            "At least one of the result expressions in a CASE specification must be an expression other than the NULL"
            " constant.",
        )
    parts, type_ = converted(values)
    whens = " ".join(f"WHEN {condition} THEN {part.sql}" for (condition, _), part in zip(branches, parts, strict=False))
    return Value(f"CASE {whens} ELSE {parts[-1].sql} END", type_, nullable=any(v.nullable for v in values))
