"""What the plan's SQL itself says of a value's type.

Belongs here: types that follow from casts, literals and functions, and of columns those that are given. Does not belong
here: the others' types, which Spark knows and the SQL doesn't (`casts` asks for those).
"""

from sqlglot import exp

WIDE = (exp.DType.INT128, exp.DType.UINT128)
WHOLE = (*WIDE, exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT)
EXACT = (exp.DType.BOOLEAN, exp.DType.DECIMAL, *WHOLE)
FLOATS = (exp.DType.FLOAT, exp.DType.DOUBLE)
_LIKE_THEIR_FIRST = (exp.Abs, exp.Neg, exp.Greatest, exp.Least, exp.Mod, exp.IntDiv)
_TEXTS = (exp.Replace, exp.RegexpReplace, exp.Trim, exp.Lower, exp.Upper, exp.MD5, exp.ConcatWs, exp.DPipe)
_HEX = (exp.Hex, exp.LowerHex)


def type_of(value: exp.Expr) -> exp.DType | None:
    """DuckDB's type of a value; None where it depends on a column's."""
    value = value.unnest()
    if isinstance(value, exp.Cast):
        return value.to.this
    if isinstance(value, exp.Column):
        return None if value.type is None or value.type.is_type(exp.DType.UNKNOWN) else value.type.this
    if isinstance(value, exp.Literal):
        return exp.DType.TEXT if value.is_string else exp.DType.INT if value.is_int else _decimal_or_double(value.name)
    if isinstance(value, (*_TEXTS, *_HEX, exp.Chr)):
        return exp.DType.TEXT
    if isinstance(value, exp.Count) or (isinstance(value, exp.Anonymous) and value.name.lower() == "epoch_us"):
        return exp.DType.BIGINT
    if isinstance(value, exp.Case):
        return type_of(value.args["ifs"][0].args["true"])
    if isinstance(value, _LIKE_THEIR_FIRST):
        return type_of(value.this)
    if isinstance(value, (exp.Add, exp.Sub, exp.Mul)):
        return _of_both(type_of(value.this), type_of(value.expression))
    return None


def is_own_text(value: exp.Expr) -> bool:
    """Whether it is a text that the plan has made of a number, or a literal, and no data: of which Java would read `1d`
    and `0x1p3` as numbers, too."""
    value = value.unnest()
    if isinstance(value, exp.DPipe):
        return is_own_text(value.this) and is_own_text(value.expression)
    if isinstance(value, (exp.Replace, exp.Trim, exp.RegexpReplace)):
        return is_own_text(value.this)
    if isinstance(value, exp.Cast):
        return type_of(value) == exp.DType.TEXT and type_of(value.this) != exp.DType.TEXT
    return isinstance(value, exp.Literal) and value.is_string


def has_wide(value: exp.Expr) -> bool:
    """Whether a HUGEINT or UHUGEINT takes part in it."""
    return any(type_of(node) in WIDE for node in value.find_all(exp.Cast))


def _decimal_or_double(literal: str) -> exp.DType:
    return exp.DType.DOUBLE if "e" in literal.lower() else exp.DType.DECIMAL


def _of_both(one: exp.DType | None, other: exp.DType | None) -> exp.DType | None:
    if one is None or other is None:
        return None
    for type_ in (exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.DECIMAL, *WIDE, exp.DType.BIGINT):
        if type_ in (one, other):
            return type_
    return one
