"""A parameter's value, from YAML to the Python value both sides get.

Belongs here: which Python type fits a T-SQL type, and refusing a value that the type would change, since then the
source would convert it and the target would not. Does not belong here: the YAML's fields (`spec`).
"""

from collections.abc import Callable
from ctypes import c_float
from datetime import date, datetime, time
from decimal import Decimal, localcontext
from typing import Any

from pydantic import TypeAdapter, ValidationError

from recon_assets.tsql.errors import UnsupportedTSql
from recon_assets.tsql.types import INTEGER_RANGES, MAX, SqlType, parse_type

_PYTHON_TYPES: dict[str, Any] = {
    **dict.fromkeys(INTEGER_RANGES, int),
    **dict.fromkeys(("decimal", "money", "smallmoney"), Decimal),
    **dict.fromkeys(("float", "real"), float),
    **dict.fromkeys(("datetime", "datetime2", "smalldatetime"), datetime),
    "bit": bool,
    "date": date,
    "time": time,
}


def python_value(type_text: str, value: Any) -> Any:
    """The value in the Python type that fits its T-SQL type; None for NULL.

    Raises ValueError where the type is unknown, the value is none of that type, or the type can't hold it as it is.
    """
    try:
        type_ = parse_type(type_text)
    except UnsupportedTSql as error:
        raise ValueError(str(error)) from error
    if value is None:
        return None
    wanted = _PYTHON_TYPES.get(type_.name, str)
    # YAML's own float has lost digits already where the text had many; its shortest text is what was written.
    written = str(value) if wanted is Decimal and isinstance(value, float) else value
    try:
        result = TypeAdapter(wanted).validate_python(written, strict=wanted is str)
    except ValidationError as error:
        hint = ": put it in quotes" if wanted is str else ""
        raise ValueError(f"{value!r} is no value of type {type_text}{hint}") from error
    fits = _CHECKS.get(type_.name)
    if fits is not None and not fits(type_, result):
        raise ValueError(f"{value!r} doesn't fit {type_text}: the source would change it, the target would not")
    return result.ljust(type_.length or 0) if type_.name in ("char", "nchar") else result


def _decimal_fits(type_: SqlType, value: Decimal) -> bool:
    if not value.is_finite():
        return False
    precision, scale = {"money": (19, 4), "smallmoney": (10, 4)}.get(type_.name) or (type_.precision, type_.scale)
    assert precision is not None and scale is not None
    with localcontext(prec=100):  # the default of 28 digits is short of T-SQL's 38
        return value == round(value, scale) and abs(value) < Decimal(10) ** (precision - scale)


def _text_fits(type_: SqlType, value: str) -> bool:
    if type_.is_unicode:  # whose characters count twice beyond the first 65,536
        return type_.length in (None, MAX) or len(value.encode("utf-16-le")) // 2 <= (type_.length or 0)
    return type_.length in (None, MAX) or len(value) <= (type_.length or 0)


def _fraction_fits(type_: SqlType, value: datetime | time) -> bool:
    return value.tzinfo is None and value.microsecond % 10 ** max(6 - (type_.scale or 0), 0) == 0


_CHECKS: dict[str, Callable[[SqlType, Any], bool]] = {
    **{name: lambda type_, value: _between(value, *INTEGER_RANGES[type_.name]) for name in INTEGER_RANGES},
    **dict.fromkeys(("decimal", "money", "smallmoney"), _decimal_fits),
    **dict.fromkeys(("char", "varchar", "nchar", "nvarchar"), _text_fits),
    **dict.fromkeys(("datetime2", "time"), _fraction_fits),
    "real": lambda _, value: c_float(value).value == value,
    # Ticks of 1/300 s, which print as .000, .003 and .007.
    "datetime": lambda _, value: (
        value.tzinfo is None
        and value.year >= 1753
        and value.microsecond % 1000 == 0
        and value.microsecond // 1000 % 10 in (0, 3, 7)
    ),
    "smalldatetime": lambda _, value: value.tzinfo is None and (value.second, value.microsecond) == (0, 0),
}


def _between(value: int, least: int, most: int) -> bool:
    return least <= value <= most
