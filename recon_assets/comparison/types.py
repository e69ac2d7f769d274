"""The families of types, by DuckDB's names for them.

Belongs here: which family a type is of, and the digits a number can hold. Does not belong here: what is equal
(`canonical`).
"""

import re
from dataclasses import dataclass
from typing import Literal

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
