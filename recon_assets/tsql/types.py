"""T-SQL's data types: their text, their DuckDB and Arrow forms, and which of them wins.

Belongs here: what is true of a type by itself (parsing, printing, precedence, storage). Does not belong here:
converting values from one to another (`conversion`), or the types that operators and functions give
(`arithmetic`, `functions`).
"""

import re
from dataclasses import dataclass, field

import pyarrow as pa

from recon_assets.tsql.errors import UnsupportedTSql

MAX = -1
"""The length of varchar(max) and its kind."""


@dataclass(frozen=True)
class SqlType:
    """A T-SQL type. `precision` and `scale` in decimal digits (fractional second digits are `scale`),
    `length` in characters, or bytes for binary; MAX is `(max)`. `literal_digits` marks an integer constant, which
    SQL Server takes into decimal arithmetic with just the digits it has."""

    name: str
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    literal_digits: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.name in ("datetime2", "time"):
            return f"{self.name}({self.scale})"
        if self.length is not None:
            return f"{self.name}({'max' if self.length == MAX else self.length})"
        return self.name

    @property
    def duckdb(self) -> str:
        """The DuckDB type that stores it."""
        return f"DECIMAL({self.precision},{self.scale})" if self.name == "decimal" else _FORMS[self.name][0]

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type of its values."""
        return pa.decimal128(self.precision, self.scale) if self.name == "decimal" else _FORMS[self.name][1]

    @property
    def is_text(self) -> bool:
        return self.name in ("char", "varchar", "nchar", "nvarchar")

    @property
    def is_unicode(self) -> bool:
        return self.name in ("nchar", "nvarchar")

    @property
    def is_integer(self) -> bool:
        return self.name in INTEGER_RANGES

    @property
    def is_money(self) -> bool:
        return self.name in ("money", "smallmoney")

    @property
    def is_exact(self) -> bool:
        """Integers, decimals and money: numbers that are never rounded to binary."""
        return self.is_integer or self.is_money or self.name in ("decimal", "bit")

    @property
    def is_float(self) -> bool:
        return self.name in ("float", "real")

    @property
    def is_number(self) -> bool:
        return self.is_exact or self.is_float

    @property
    def is_temporal(self) -> bool:
        return self.name in ("date", "time", "datetime", "smalldatetime", "datetime2")

    @property
    def is_binary(self) -> bool:
        return self.name in ("binary", "varbinary")


INTEGER_RANGES = {
    "tinyint": (0, 255),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
}

_TEXT = ("VARCHAR", pa.string())
_STAMP = ("TIMESTAMP", pa.timestamp("us"))
_FORMS: dict[str, tuple[str, pa.DataType]] = {
    "bit": ("BOOLEAN", pa.bool_()),
    "tinyint": ("UTINYINT", pa.uint8()),
    "smallint": ("SMALLINT", pa.int16()),
    "int": ("INTEGER", pa.int32()),
    "bigint": ("BIGINT", pa.int64()),
    "smallmoney": ("DECIMAL(10,4)", pa.decimal128(10, 4)),
    "money": ("DECIMAL(19,4)", pa.decimal128(19, 4)),
    "real": ("FLOAT", pa.float32()),
    "float": ("DOUBLE", pa.float64()),
    "char": _TEXT,
    "varchar": _TEXT,
    "nchar": _TEXT,
    "nvarchar": _TEXT,
    "uniqueidentifier": _TEXT,
    "date": ("DATE", pa.date32()),
    "time": ("TIME", pa.time64("us")),
    "smalldatetime": _STAMP,
    "datetime": _STAMP,
    "datetime2": _STAMP,
    "binary": ("BLOB", pa.binary()),
    "varbinary": ("BLOB", pa.binary()),
}

PRECEDENCE = (
    "binary",
    "varbinary",
    "char",
    "varchar",
    "nchar",
    "nvarchar",
    "uniqueidentifier",
    "bit",
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "smallmoney",
    "money",
    "decimal",
    "real",
    "float",
    "time",
    "date",
    "smalldatetime",
    "datetime",
    "datetime2",
)
"""Lowest first (Transact-SQL reference, "Data type precedence")."""

INTEGER_DIGITS = {"bit": 1, "tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
"""The precision an integer type has as a decimal."""

BIT, TINYINT, SMALLINT, INT, BIGINT = (SqlType(n) for n in ("bit", "tinyint", "smallint", "int", "bigint"))
MONEY, SMALLMONEY, FLOAT, REAL = (SqlType(n) for n in ("money", "smallmoney", "float", "real"))
DATE, DATETIME, SMALLDATETIME = SqlType("date"), SqlType("datetime"), SqlType("smalldatetime")
UNIQUEIDENTIFIER = SqlType("uniqueidentifier")


def decimal(precision: int, scale: int) -> SqlType:
    return SqlType("decimal", precision, scale)


def varchar(length: int) -> SqlType:
    """varchar of that many characters; beyond 8000 it stays varchar(8000), as for expressions."""
    return SqlType("varchar", length=length if length == MAX else min(length, 8000))


def nvarchar(length: int) -> SqlType:
    """nvarchar of that many characters; beyond 4000 it stays nvarchar(4000), as for expressions."""
    return SqlType("nvarchar", length=length if length == MAX else min(length, 4000))


def datetime2(scale: int = 7) -> SqlType:
    return SqlType("datetime2", scale=scale)


_SYNONYMS = {
    "integer": "int",
    "dec": "decimal",
    "numeric": "decimal",
    "character": "char",
    "varcharacter": "varchar",
    "char varying": "varchar",
    "character varying": "varchar",
    "national character": "nchar",
    "national char": "nchar",
    "national character varying": "nvarchar",
    "national char varying": "nvarchar",
    "double precision": "float",
    "binary varying": "varbinary",
    "sysname": "nvarchar(128)",
}
_SPELLING = re.compile(r"\s*\[?([a-z][a-z0-9_ ]*?)\]?\s*(?:\(\s*(max|\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*", re.IGNORECASE)


def parse_type(text: str, *, default_length: int = 1) -> SqlType:
    """Read a type as T-SQL spells it. `default_length` is what `varchar` without one means: 1 in declarations,
    30 in CAST and CONVERT. Raises UnsupportedTSql for types that are not supported, or not well-formed."""
    spelled = _SPELLING.fullmatch(text)
    if not spelled:
        raise UnsupportedTSql(f"data type {text.strip()}")
    name = " ".join(spelled[1].lower().split())
    name = _SYNONYMS.get(name, name)
    if "(" in name:
        return parse_type(name)
    first = MAX if (spelled[2] or "").lower() == "max" else (int(spelled[2]) if spelled[2] else None)
    second = int(spelled[3]) if spelled[3] else None
    made = _make(name, first, second, default_length)
    if made is None:
        raise UnsupportedTSql(f"data type {text.strip()}")
    return made


def _make(name: str, first: int | None, second: int | None, default_length: int) -> SqlType | None:
    if name == "decimal":
        precision, scale = (18 if first is None else first), second or 0
        return decimal(precision, scale) if 1 <= precision <= 38 and scale <= precision else None
    if second is not None:
        return None
    if name in ("varchar", "nvarchar", "varbinary", "char", "nchar", "binary"):
        length = default_length if first is None else first
        longest = 4000 if name.startswith("n") else 8000
        allowed = 1 <= length <= longest or (length == MAX and "var" in name)
        return SqlType(name, length=length) if allowed else None
    if name in ("datetime2", "time"):
        scale = 7 if first is None else first
        return SqlType(name, scale=scale) if 0 <= scale <= 7 else None
    if name == "float" and first is not None:
        return (REAL if first <= 24 else FLOAT) if 1 <= first <= 53 else None
    return SqlType(name) if name in _FORMS and first is None else None
