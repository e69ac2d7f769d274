"""The families of types, by DuckDB's names for them.

Belongs here: which family a type is of, the digits a number can hold, and which types of files DuckDB reads as others.
Does not belong here: what is equal (`canonical`).
"""

import re
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Family = Literal["number", "text", "timestamp", "time", "binary", "uuid", "nested", "null"]

_INTEGER_DIGITS = {
    "BOOLEAN": 1,
    "TINYINT": 3,
    "UTINYINT": 3,
    "SMALLINT": 5,
    "USMALLINT": 5,
    "INTEGER": 10,
    "UINTEGER": 10,
    "BIGINT": 19,
    "UBIGINT": 20,
}
FLOATS = ("FLOAT", "DOUBLE")
INSTANTS = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
NANOSECONDS = ("TIMESTAMP_NS", "TIMESTAMPTZ_NS")
_TIMESTAMPS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", *INSTANTS, *NANOSECONDS)
_TIMES = ("TIME", "TIME_NS", "TIME WITH TIME ZONE")
NOT_COMPARED, OUT_OF_RANGE = " (no comparison)", " (out of range)"
"""What follows the name of a file's type, in place of DuckDB's, where DuckDB would read a column as what it isn't, or
can't hold its dates or timestamps. No family has such a type."""


@dataclass(frozen=True)
class Digits:
    """How many digits an exact number type has before and after the point."""

    whole: int
    scale: int


def family(duck_type: str) -> Family | None:
    """The family of a type; None for one that has no comparison (intervals, geometries, …)."""
    if digits(duck_type) or duck_type in FLOATS:
        return "number"
    if duck_type.endswith("]") or duck_type.startswith(("STRUCT(", "MAP(")):
        return "nested"
    if duck_type in ("VARCHAR", "JSON") or duck_type.startswith("ENUM("):
        return "text"
    if duck_type in _TIMESTAMPS:
        return "timestamp"
    if duck_type in _TIMES:
        return "time"
    return {"BLOB": "binary", "UUID": "uuid", '"NULL"': "null"}.get(duck_type)


def digits(duck_type: str) -> Digits | None:
    """An exact number's digits; None for anything else."""
    if duck_type in _INTEGER_DIGITS:
        return Digits(_INTEGER_DIGITS[duck_type], 0)
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", duck_type)
    if decimal:
        precision, scale = int(decimal[1]), int(decimal[2])
        return Digits(precision - scale, scale)
    return None


def is_misread(type_: pa.DataType) -> bool:
    """Whether DuckDB reads a type of a file, or one nested in it, as another: a duration as a number, a decimal of more
    than 38 digits as a DOUBLE."""
    if isinstance(type_, pa.BaseExtensionType):
        return is_misread(type_.storage_type)
    if pa.types.is_struct(type_):
        return any(is_misread(field.type) for field in type_)
    if pa.types.is_map(type_):
        return is_misread(type_.key_type) or is_misread(type_.item_type)
    if hasattr(type_, "value_type"):  # lists of any kind
        return is_misread(type_.value_type)
    return pa.types.is_duration(type_) or (pa.types.is_decimal256(type_) and type_.precision > 38)
