"""What clients ask for: SQL batches, procedure calls and transaction requests, from bytes.

Belongs here: the three requests' forms, and parameters' values as Python's. Does not belong here: what is done about
them (`engine`).
"""

import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from recon_assets_tests.tds.moments import DAYS_TO_1900, TICKS, TICKS_PER_DAY
from recon_assets_tests.tds.types import MAX, ColumnType

BEGIN, COMMIT, ROLL_BACK = 5, 7, 8
_SYSTEM_PROCEDURES = {
    10: "sp_executesql",
    11: "sp_prepare",
    12: "sp_execute",
    13: "sp_prepexec",
    14: "sp_prepexecrpc",
    15: "sp_unprepare",
}
_INTEGERS = {1: "tinyint", 2: "smallint", 4: "int", 8: "bigint"}
_WITHOUT_LENGTH = {
    0x30: ("tinyint", 1),
    0x32: ("bit", 1),
    0x34: ("smallint", 2),
    0x38: ("int", 4),
    0x3A: ("smalldatetime", 4),
    0x3B: ("real", 4),
    0x3C: ("money", 8),
    0x3D: ("datetime", 8),
    0x3E: ("float", 8),
    0x7A: ("smallmoney", 4),
    0x7F: ("bigint", 8),
}
_BY_LENGTH: dict[int, dict[int, str]] = {
    0x26: _INTEGERS,
    0x68: {1: "bit"},
    0x6D: {4: "real", 8: "float"},
    0x6E: {4: "smallmoney", 8: "money"},
    0x6F: {4: "smalldatetime", 8: "datetime"},
    0x24: {16: "uniqueidentifier"},
}
_SCALED = {0x29: "time", 0x2A: "datetime2", 0x2B: "datetimeoffset"}
_SIZED = {0xA7: "varchar", 0xAF: "char", 0xE7: "nvarchar", 0xEF: "nchar", 0xA5: "varbinary", 0xAD: "binary"}
_OLD_LONG = {0x23: "varchar", 0x63: "nvarchar", 0x22: "varbinary"}
_PLP_NULL = 2**64 - 1


@dataclass(frozen=True)
class Argument:
    """A parameter of a call: its name with `@` ('' by position), and whether its value is wanted back."""

    name: str
    type: ColumnType
    value: Any
    output: bool = False
    is_default: bool = False


@dataclass(frozen=True)
class Call:
    """A procedure call (RPC), by name."""

    procedure: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class TransactionRequest:
    """BEGIN, COMMIT or ROLL_BACK as a request of its own; `begins` asks for a new transaction right after."""

    kind: int
    begins: bool = False


class _Bytes:
    """Takes a message apart from its front."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def more(self) -> bool:
        return self.at < len(self.data)

    def take(self, size: int) -> bytes:
        piece = self.data[self.at : self.at + size]
        self.at += size
        return piece

    def number(self, form: str) -> int:
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def text(self, characters: int) -> str:
        return self.take(2 * characters).decode("utf-16-le")

    def chunks(self) -> bytes | None:
        if self.number("Q") == _PLP_NULL:
            return None
        parts = []
        while size := self.number("I"):
            parts.append(self.take(size))
        return b"".join(parts)


def _after_headers(data: bytes) -> _Bytes:
    found = _Bytes(data)
    found.at = struct.unpack_from("<I", data)[0]
    return found


def read_batch(data: bytes) -> str:
    """The text of an SQL batch."""
    found = _after_headers(data)
    return data[found.at :].decode("utf-16-le")


def read_transaction(data: bytes) -> TransactionRequest:
    """A transaction manager request."""
    found = _after_headers(data)
    kind = found.number("H")
    if kind == BEGIN:
        return TransactionRequest(kind)
    found.take(found.number("B"))
    return TransactionRequest(kind, bool(found.more and found.number("B") & 1))


def read_calls(data: bytes) -> list[Call]:
    """The procedure calls of a request: more than one where a client sends a row of parameters each."""
    found = _after_headers(data)
    calls = []
    while found.more:
        length = found.number("H")
        name = _SYSTEM_PROCEDURES.get(code := found.number("H"), f"#{code}") if length == 0xFFFF else found.text(length)
        found.number("H")
        arguments = []
        while found.more:
            if found.data[found.at] in (0x80, 0xFF):
                found.take(1)
                break
            arguments.append(_argument(found))
        calls.append(Call(name, tuple(arguments)))
    return calls


def _argument(found: _Bytes) -> Argument:
    name = found.text(found.number("B"))
    status = found.number("B")
    type_, read = _type(found)
    return Argument(name, type_, read(), bool(status & 1), bool(status & 2))


def _type(found: _Bytes) -> tuple[ColumnType, Callable[[], Any]]:
    """TYPE_INFO, and what reads the value behind it."""
    token = found.number("B")
    if token in _WITHOUT_LENGTH:
        name, size = _WITHOUT_LENGTH[token]
        return ColumnType(name), lambda: _value(ColumnType(name), found.take(size))
    if token in _BY_LENGTH:
        by_length = _BY_LENGTH[token]
        type_ = ColumnType(by_length[found.number("B")])
        return type_, lambda: _short(found, type_)
    if token in (0x6A, 0x6C):
        found.number("B")
        type_ = ColumnType("decimal", precision=found.number("B"), scale=found.number("B"))
        return type_, lambda: _short(found, type_)
    if token == 0x28:
        return ColumnType("date"), lambda: _short(found, ColumnType("date"))
    if token in _SCALED:
        type_ = ColumnType(_SCALED[token], scale=found.number("B"))
        return type_, lambda: _short(found, type_)
    if token in _SIZED:
        return _sized(found, _SIZED[token])
    if token in _OLD_LONG:
        type_ = ColumnType(_OLD_LONG[token], length=MAX)
        found.take(4 + (5 if type_.is_text else 0))
        return type_, lambda: _value(type_, found.take(size)) if (size := found.number("i")) >= 0 else None
    if token == 0xF1:
        if found.number("B"):
            raise ValueError("xml with a schema")
        return ColumnType("xml", length=MAX), lambda: _long(found, ColumnType("xml"))
    if token == 0x1F:
        return ColumnType("int"), lambda: None
    raise ValueError(f"parameter type 0x{token:02x}")


def _sized(found: _Bytes, name: str) -> tuple[ColumnType, Callable[[], Any]]:
    size = found.number("H")
    if size == 0xFFFF:
        type_ = ColumnType(name, length=MAX)
    else:
        type_ = ColumnType(name, length=max(size // 2 if name.startswith("n") else size, 1))
    if type_.is_text:
        found.take(5)
    if type_.is_long:
        return type_, lambda: _long(found, type_)

    def read() -> Any:
        length = found.number("H")
        return None if length == 0xFFFF else _value(type_, found.take(length))

    return type_, read


def _short(found: _Bytes, type_: ColumnType) -> Any:
    size = found.number("B")
    return _value(type_, found.take(size)) if size else None


def _long(found: _Bytes, type_: ColumnType) -> Any:
    data = found.chunks()
    return None if data is None else _value(type_, data)


def _value(type_: ColumnType, data: bytes) -> Any:
    match type_.name:
        case "bit":
            return data != b"\0"
        case "tinyint":
            return data[0]
        case "smallint" | "int" | "bigint":
            return int.from_bytes(data, "little", signed=True)
        case "real":
            return struct.unpack("<f", data)[0]
        case "float":
            return struct.unpack("<d", data)[0]
        case "decimal":
            sign = "" if data[0] else "-"  # read from text: arithmetic would round to 28 digits
            return Decimal(f"{sign}{int.from_bytes(data[1:], 'little')}e-{type_.scale}")
        case "money":
            high, low = struct.unpack("<iI", data)
            return Decimal((high << 32) + low).scaleb(-4)
        case "smallmoney":
            return Decimal(struct.unpack("<i", data)[0]).scaleb(-4)
        case "nchar" | "nvarchar" | "xml":
            return data.decode("utf-16-le")
        case "char" | "varchar":
            return data.decode("cp1252")
        case "uniqueidentifier":
            return str(uuid.UUID(bytes_le=data)).upper()
        case "binary" | "varbinary":
            return data
        case _:
            return _moment(type_, data)


def _moment(type_: ColumnType, data: bytes) -> date | time | datetime:
    if type_.name == "datetime":
        days, thirds = struct.unpack("<iI", data)
        return _datetime((days + DAYS_TO_1900) * TICKS_PER_DAY + thirds * TICKS // 300)
    if type_.name == "smalldatetime":
        days, minutes = struct.unpack("<HH", data)
        return _datetime((days + DAYS_TO_1900) * TICKS_PER_DAY + minutes * 60 * TICKS)
    if type_.name == "date":
        return date.fromordinal(int.from_bytes(data, "little") + 1)
    clock = int.from_bytes(data[: type_.time_size], "little") * 10 ** (7 - type_.scale)
    if type_.name == "time":
        return _datetime(clock).time()
    days = int.from_bytes(data[type_.time_size : type_.time_size + 3], "little")
    moment = _datetime(days * TICKS_PER_DAY + clock)
    if type_.name == "datetime2":
        return moment
    offset = timedelta(minutes=int.from_bytes(data[-2:], "little", signed=True))
    return moment.replace(tzinfo=UTC).astimezone(timezone(offset))


def _datetime(ticks: int) -> datetime:
    """Python's moments end at microseconds: the seventh digit is cut off."""
    return datetime(1, 1, 1) + timedelta(microseconds=ticks // 10)
