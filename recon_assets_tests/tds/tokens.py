"""The tokens of a reply, as bytes; and a reply that puts them into packets as they come.

Belongs here: one function per token, and which DONE says that more follows. Does not belong here: rows (`cells`), or
what to reply (`engine`).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from recon_assets_tests.tds.packets import Transport
from recon_assets_tests.tds.types import DEFAULT_COLLATION, ColumnType

DATABASE, LANGUAGE, PACKET_SIZE, COLLATION = 1, 2, 4, 7
BEGAN, COMMITTED, ROLLED_BACK, RESET = 8, 9, 10, 18
DONE, DONE_PROC, DONE_IN_PROC = 0xFD, 0xFE, 0xFF
MORE, ERROR, COUNT, ATTN = 0x01, 0x02, 0x10, 0x20
SELECT_COMMAND, UPDATE_COMMAND, EXECUTE_COMMAND = 0xC1, 0xC5, 0xE0
VERSION = (16, 0, 4135)
_TDS_7_4 = 0x74000004
_FLUSH = 1 << 15


@dataclass(frozen=True)
class Column:
    """A column of a result: its name ('' for none) and type."""

    name: str
    type: ColumnType


def short_text(text: str) -> bytes:
    """B_VARCHAR: at most 255 characters."""
    return bytes([len(text.encode("utf-16-le")) // 2]) + text.encode("utf-16-le")


def long_text(text: str) -> bytes:
    """US_VARCHAR."""
    encoded = text.encode("utf-16-le")
    return struct.pack("<H", len(encoded) // 2) + encoded


def _sized(token: int, data: bytes) -> bytes:
    return struct.pack("<BH", token, len(data)) + data


def environment_change(kind: int, new: str, old: str = "") -> bytes:
    """ENVCHANGE of a text."""
    return _sized(0xE3, bytes([kind]) + short_text(new) + short_text(old))


def binary_change(kind: int, new: bytes = b"", old: bytes = b"") -> bytes:
    """ENVCHANGE of bytes: a collation or a transaction's descriptor."""
    return _sized(0xE3, bytes([kind, len(new)]) + new + bytes([len(old)]) + old)


def default_collation() -> bytes:
    """The database's collation."""
    return binary_change(COLLATION, DEFAULT_COLLATION)


def _message(token: int, number: int, state: int, severity: int, text: str, procedure: str, line: int) -> bytes:
    head = struct.pack("<iBB", number, state, severity)
    return _sized(token, head + long_text(text) + short_text("peer") + short_text(procedure) + struct.pack("<I", line))


def info(text: str, number: int = 0, *, state: int = 1, severity: int = 0, procedure: str = "", line: int = 1) -> bytes:
    """INFO: what PRINT says, or RAISERROR below error level."""
    return _message(0xAB, number, state, severity, text, procedure, line)


def error(number: int, text: str, *, state: int = 1, severity: int = 16, procedure: str = "", line: int = 1) -> bytes:
    """ERROR."""
    return _message(0xAA, number, state, severity, text, procedure, line)


def login_acknowledged() -> bytes:
    """LOGINACK."""
    major, minor, build = VERSION
    version = struct.pack(">BBH", major, minor, build)
    return _sized(0xAD, struct.pack(">BI", 1, _TDS_7_4) + short_text("Microsoft SQL Server") + version)


def features_acknowledged(features: dict[int, bytes]) -> bytes:
    """FEATUREEXTACK."""
    body = b"".join(struct.pack("<BI", feature, len(data)) + data for feature, data in features.items())
    return b"\xae" + body + b"\xff"


def column_metadata(columns: Sequence[Column]) -> bytes:
    """COLMETADATA."""
    parts = [struct.pack("<BH", 0x81, len(columns))]
    for column in columns:
        parts.append(struct.pack("<IH", 0, 0x08 | column.type.nullable) + column.type.type_info)
        parts.append(short_text(column.name))
    return b"".join(parts)


def return_status(code: int) -> bytes:
    """RETURNSTATUS."""
    return struct.pack("<Bi", 0x79, code)


def return_value(name: str, type_: ColumnType, cell: bytes, ordinal: int = 0) -> bytes:
    """RETURNVALUE: an output parameter."""
    head = struct.pack("<BH", 0xAC, ordinal) + short_text(name) + struct.pack("<BIH", 1, 0, type_.nullable)
    return head + type_.type_info + cell


class Reply:
    """A reply under way. A DONE is held back until it is known whether something follows it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._buffer = bytearray()
        self._number = 1
        self._done: tuple[int, int, int, int] | None = None

    def write(self, data: bytes) -> None:
        """Add a token, or rows."""
        self._put_done(more=True)
        self._buffer += data
        if len(self._buffer) >= max(_FLUSH, self._transport.packet_size):
            self.flush()

    def flush(self) -> None:
        """Send what makes whole packets."""
        room = self._transport.packet_size - 8
        whole = (len(self._buffer) - 1) // room * room  # the last packet must not be empty
        if whole > 0:
            self._number = self._transport.send(self._buffer[:whole], last=False, number=self._number)
            del self._buffer[:whole]

    def push(self) -> None:
        """Send all there is, though the packet be small, as before a stall."""
        if self._buffer:
            self._number = self._transport.send(self._buffer, last=False, number=self._number)
            self._buffer.clear()

    def done(self, token: int, *, rows: int | None = None, status: int = 0, command: int = SELECT_COMMAND) -> None:
        """DONE of a statement, with its row count where one is to be told."""
        self._put_done(more=True)
        self._done = (token, status | (COUNT if rows is not None else 0), command, rows or 0)

    def finish(self) -> None:
        """Send the rest as the last packet."""
        self._put_done(more=False)
        self._transport.send(self._buffer, last=True, number=self._number)
        self._buffer.clear()

    def cancelled(self) -> None:
        """End the reply as the answer to an attention: what was running failed, else drivers take it for done."""
        self.done(DONE, status=ERROR, command=0)
        self.acknowledge_attention()

    def acknowledge_attention(self) -> None:
        """Answer an attention that came when nothing was running."""
        self.done(DONE, status=ATTN, command=0)
        self.finish()

    def _put_done(self, *, more: bool) -> None:
        if self._done is not None:
            token, status, command, rows = self._done
            self._buffer += struct.pack("<BHHQ", token, status | (MORE if more else 0), command, rows)
            self._done = None
