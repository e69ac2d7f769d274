"""SQL Server's column types as they are declared, as TDS describes them, and as sys.types numbers them.

Belongs here: a type's text, its TYPE_INFO bytes, and its numbers in the catalog views. Does not belong here: values
(`cells`, `parameters`).
"""

import re
import struct
from dataclasses import dataclass

MAX = -1
_FIXED = {  # nullable token and length; token where NULL is forbidden
    "bit": (0x68, 1, 0x32),
    "tinyint": (0x26, 1, 0x30),
    "smallint": (0x26, 2, 0x34),
    "int": (0x26, 4, 0x38),
    "bigint": (0x26, 8, 0x7F),
    "real": (0x6D, 4, 0x3B),
    "float": (0x6D, 8, 0x3E),
    "smallmoney": (0x6E, 4, 0x7A),
    "money": (0x6E, 8, 0x3C),
    "smalldatetime": (0x6F, 4, 0x3A),
    "datetime": (0x6F, 8, 0x3D),
}
_SIZED = {"varchar": 0xA7, "char": 0xAF, "nvarchar": 0xE7, "nchar": 0xEF, "varbinary": 0xA5, "binary": 0xAD}
_SCALED = {"time": 0x29, "datetime2": 0x2A, "datetimeoffset": 0x2B}
_SYNONYMS = {"integer": "int", "dec": "decimal", "sysname": "nvarchar(128)", "rowversion": "timestamp"}
_SPELLING = re.compile(
    r"(?P<name>\w+)(?: ?\( ?(?P<first>max|\d+)(?: ?, ?(?P<second>\d+))? ?\))?"
    r"(?: collate (?P<collation>\w+))?(?P<null> not null| null)?",
    re.IGNORECASE,
)
LATIN1 = "SQL_Latin1_General_CP1_CI_AS"
_COLLATIONS = {  # LCID with comparison flags and version, sort id
    "sql_latin1_general_cp1_ci_as": bytes.fromhex("0904D00034"),
    "latin1_general_ci_as": bytes.fromhex("0904D00000"),
    "latin1_general_100_ci_as_sc_utf8": bytes.fromhex("0904D02400"),
}
DEFAULT_COLLATION = _COLLATIONS[LATIN1.lower()]

SYSTEM_TYPES = {
    "image": (34, 34, 16, 0, 0),
    "text": (35, 35, 16, 0, 0),
    "uniqueidentifier": (36, 36, 16, 0, 0),
    "date": (40, 40, 3, 10, 0),
    "time": (41, 41, 5, 16, 7),
    "datetime2": (42, 42, 8, 27, 7),
    "datetimeoffset": (43, 43, 10, 34, 7),
    "tinyint": (48, 48, 1, 3, 0),
    "smallint": (52, 52, 2, 5, 0),
    "int": (56, 56, 4, 10, 0),
    "smalldatetime": (58, 58, 4, 16, 0),
    "real": (59, 59, 4, 24, 0),
    "money": (60, 60, 8, 19, 4),
    "datetime": (61, 61, 8, 23, 3),
    "float": (62, 62, 8, 53, 0),
    "sql_variant": (98, 98, 8016, 0, 0),
    "ntext": (99, 99, 16, 0, 0),
    "bit": (104, 104, 1, 1, 0),
    "decimal": (106, 106, 17, 38, 38),
    "numeric": (108, 108, 17, 38, 38),
    "smallmoney": (122, 122, 4, 10, 4),
    "bigint": (127, 127, 8, 19, 0),
    "varbinary": (165, 165, 8000, 0, 0),
    "varchar": (167, 167, 8000, 0, 0),
    "binary": (173, 173, 8000, 0, 0),
    "char": (175, 175, 8000, 0, 0),
    "timestamp": (189, 189, 8, 0, 0),
    "nvarchar": (231, 231, 8000, 0, 0),
    "sysname": (231, 256, 256, 0, 0),
    "nchar": (239, 239, 8000, 0, 0),
    "xml": (241, 241, -1, 0, 0),
}
"""sys.types: name → system_type_id, user_type_id, max_length, precision, scale."""


@dataclass(frozen=True)
class ColumnType:
    """A declared type. `length` in characters, or bytes for binary; MAX is `(max)`. `scale` also counts the digits
    of fractional seconds."""

    name: str
    precision: int = 0
    scale: int = 0
    length: int = 0
    collation: str | None = None
    nullable: bool = True

    def __str__(self) -> str:
        if self.is_decimal:
            return f"{self.name}({self.precision},{self.scale})"
        if self.name in _SCALED:
            return f"{self.name}({self.scale})"
        return f"{self.name}({'max' if self.is_long else self.length})" if self.name in _SIZED else self.name

    @property
    def is_text(self) -> bool:
        return self.name in ("char", "varchar", "nchar", "nvarchar")

    @property
    def is_unicode(self) -> bool:
        return self.name in ("nchar", "nvarchar", "xml")

    @property
    def is_binary(self) -> bool:
        return self.name in ("binary", "varbinary")

    @property
    def is_decimal(self) -> bool:
        return self.name in ("decimal", "numeric")

    @property
    def is_long(self) -> bool:
        """Whether values go in chunks (PLP) rather than behind a two-byte length."""
        return self.length == MAX

    @property
    def is_utf8(self) -> bool:
        return (self.collation or "").upper().endswith("_UTF8")

    @property
    def collation_bytes(self) -> bytes:
        return _COLLATIONS[(self.collation or LATIN1).lower()]

    @property
    def fixed_size(self) -> int | None:
        """The bytes of a value of a number or of the old date types; None for the others."""
        return _FIXED[self.name][1] if self.name in _FIXED else None

    @property
    def time_size(self) -> int:
        """The bytes of the time of day at this scale."""
        return 3 + (self.scale > 2) + (self.scale > 4)

    @property
    def decimal_size(self) -> int:
        """The bytes of a decimal's magnitude."""
        return 4 + 4 * sum(self.precision > digits for digits in (9, 19, 28))

    @property
    def type_info(self) -> bytes:
        """TYPE_INFO, which tells a client how to read the values."""
        if self.name in _FIXED:
            token, size, fixed = _FIXED[self.name]
            return bytes([token, size]) if self.nullable else bytes([fixed])
        if self.is_decimal:
            return bytes([0x6A if self.name == "decimal" else 0x6C, 17, self.precision, self.scale])
        if self.name in _SCALED:
            return bytes([_SCALED[self.name], self.scale])
        if self.name in _SIZED:
            size = 0xFFFF if self.is_long else self.length * (2 if self.is_unicode else 1)
            return struct.pack("<BH", _SIZED[self.name], size) + (self.collation_bytes if self.is_text else b"")
        return {
            "date": b"\x28",
            "uniqueidentifier": b"\x24\x10",
            "xml": b"\xf1\x00",
            "sql_variant": struct.pack("<BI", 0x62, 8009),
        }[self.name]

    @property
    def catalog_numbers(self) -> tuple[int, int, int, int, int]:
        """system_type_id, user_type_id, max_length, precision and scale, as sys.columns has them."""
        system, user, size, precision, scale = SYSTEM_TYPES[self.name]
        if self.is_decimal:
            return system, user, self.decimal_size + 1, self.precision, self.scale
        if self.name in _SIZED:
            return system, user, self.length if self.is_long else self.length * (2 if self.is_unicode else 1), 0, 0
        if self.name in _SCALED:
            point = self.scale + 1 if self.scale else 0
            whole, extra = {"time": (8, 0), "datetime2": (19, 3), "datetimeoffset": (26, 5)}[self.name]
            return system, user, self.time_size + extra, whole + point, self.scale
        return system, user, size, precision, scale


def column_type(text: str) -> ColumnType:
    """Read a type such as `decimal(18,2)`, `varchar(10) collate Latin1_General_CI_AS` or `int not null`.

    Raises ValueError for what is no type of SQL Server's.
    """
    spelled = _SPELLING.fullmatch(" ".join(text.split()))
    if not spelled:
        raise ValueError(f"{text!r} is no data type")
    name = spelled["name"].lower()
    name = _SYNONYMS.get(name, name)
    if "(" in name:
        return column_type(name + (spelled["null"] or ""))
    if name not in SYSTEM_TYPES:
        raise ValueError(f"{text!r} is no data type")
    first = MAX if (spelled["first"] or "").lower() == "max" else int(spelled["first"]) if spelled["first"] else None
    nullable = (spelled["null"] or "").strip().lower() != "not null"
    if name in ("decimal", "numeric"):
        return ColumnType(name, first or 18, int(spelled["second"] or 0), nullable=nullable)
    if name in _SCALED:
        return ColumnType(name, scale=7 if first is None else first, nullable=nullable)
    if name in _SIZED:
        return ColumnType(name, length=first or 1, collation=spelled["collation"], nullable=nullable)
    if name == "float" and first is not None and first <= 24:
        return ColumnType("real", nullable=nullable)
    return ColumnType(name, length=MAX if name == "xml" else 0, nullable=nullable)
