"""The results of statements: as JSON, as Arrow, in chunks, and behind links.

Belongs here: how rows are told. Does not belong here: where they come from (`statements`).
"""

import base64
import json
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from recon_assets_tests.workspace.exchange import Answer, Request, invalid
from recon_assets_tests.workspace.faults import Faults
from recon_assets_tests.workspace.routing import Route
from recon_assets_tests.workspace.sql_error import SqlError

_NAMES: Sequence[tuple[Callable[[pa.DataType], bool], str, str]] = [
    (pa.types.is_boolean, "BOOLEAN", "BOOLEAN"),
    (pa.types.is_int8, "BYTE", "TINYINT"),
    (pa.types.is_int16, "SHORT", "SMALLINT"),
    (pa.types.is_int32, "INT", "INT"),
    (pa.types.is_int64, "LONG", "BIGINT"),
    (pa.types.is_float32, "FLOAT", "FLOAT"),
    (pa.types.is_float64, "DOUBLE", "DOUBLE"),
    (pa.types.is_date, "DATE", "DATE"),
    (pa.types.is_binary, "BINARY", "BINARY"),
    (pa.types.is_large_binary, "BINARY", "BINARY"),
    (pa.types.is_null, "NULL", "VOID"),
    (pa.types.is_list, "ARRAY", "ARRAY"),
    (pa.types.is_struct, "STRUCT", "STRUCT"),
    (pa.types.is_map, "MAP", "MAP"),
]


@dataclass(frozen=True)
class Chunk:
    """Some of a result's rows, in the form they are sent in."""

    index: int
    offset: int
    rows: int
    data: bytes

    def about(self) -> dict[str, int]:
        """Its entry in the manifest."""
        return {
            "chunk_index": self.index,
            "row_offset": self.offset,
            "row_count": self.rows,
            "byte_count": len(self.data),
        }


@dataclass(frozen=True)
class Result:
    """A statement's rows. `link` makes a link to a chunk; without it chunks are told inline."""

    statement_id: str
    schema: pa.Schema
    form: str
    chunks: Sequence[Chunk]
    truncated: bool
    link: Callable[[Chunk], Mapping[str, Any]] | None

    def manifest(self) -> dict[str, Any]:
        """What is told of it as a whole."""
        columns = [{"name": each.name, "position": at} | _type(each.type) for at, each in enumerate(self.schema)]
        return {
            "format": self.form,
            "schema": {"column_count": len(columns), "columns": columns},
            "total_chunk_count": len(self.chunks),
            "total_row_count": sum(chunk.rows for chunk in self.chunks),
            "total_byte_count": sum(len(chunk.data) for chunk in self.chunks),
            "truncated": self.truncated,
            "chunks": [chunk.about() for chunk in self.chunks],
        }

    def chunk(self, index: int) -> dict[str, Any]:
        """A chunk, or a link to it, and what to ask for next. Raises ApiError."""
        if not self.chunks:
            return {}
        if index >= len(self.chunks):
            raise invalid(f"chunk_index {index} is out of range")
        chunk = self.chunks[index]
        told: dict[str, Any] = dict(chunk.about())
        if index + 1 < len(self.chunks):
            told["next_chunk_index"] = index + 1
            told["next_chunk_internal_link"] = (
                f"/api/2.0/sql/statements/{self.statement_id}/result/chunks/{index + 1}?row_offset={chunk.offset + chunk.rows}"
            )
        if self.link is not None:
            return {"external_links": [told | self.link(chunk)]}
        del told["byte_count"]
        return told | {"data_array": json.loads(chunk.data)}


@dataclass
class Results:
    """How results are cut up, and the links to their chunks."""

    faults: Faults
    url: str = ""
    chunk_rows: int = 10_000
    inline_limit: int = 25 * 1024 * 1024
    link_headers: dict[str, str] = field(default_factory=dict)
    """Headers that links are told to be followed with, and refused without."""
    _linked: dict[str, bytes] = field(default_factory=dict)

    def routes(self) -> Sequence[Route]:
        """What is answered to anybody who knows a link."""
        return [Route("GET", "/storage/results/([^/]+)", self._follow)]

    def keep(self, statement_id: str, table: pa.Table, form: tuple[str, str], row_limit: int | None) -> Result:
        """A table as a statement's result. Raises SqlError where it is too large for its disposition."""
        disposition, name = form
        shown = table if row_limit is None else table.slice(0, row_limit)
        encode = _arrow if name == "ARROW_STREAM" else _json
        chunks = []
        for index, offset in enumerate(range(0, shown.num_rows, self.chunk_rows)):
            part = shown.slice(offset, self.chunk_rows)
            chunks.append(Chunk(index, offset, part.num_rows, encode(part)))
        if disposition == "INLINE" and sum(len(chunk.data) for chunk in chunks) > self.inline_limit:
            raise SqlError(
                "Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at"
                f" most {self.inline_limit} bytes. Please execute the statement with disposition=EXTERNAL_LINKS if you"
                " want to download the full result."
            )
        link = self._link if disposition == "EXTERNAL_LINKS" else None
        return Result(statement_id, table.schema, name, chunks, shown.num_rows < table.num_rows, link)

    def _link(self, chunk: Chunk) -> dict[str, Any]:
        self._linked[secret := secrets.token_urlsafe(24)] = chunk.data
        told: dict[str, Any] = {
            "external_link": f"{self.url}/storage/results/{secret}",
            "expiration": (datetime.now(UTC) + timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        return told | ({"http_headers": self.link_headers} if self.link_headers else {})

    def _follow(self, request: Request, secret: str) -> Answer:
        if "authorization" in request.headers:
            return _refusal(400, "InvalidAuthenticationInfo", "Links carry their own credential: send no other")
        if any(request.headers.get(name.lower()) != value for name, value in self.link_headers.items()):
            return _refusal(403, "AuthenticationFailed", "A header that the link was told with is missing")
        if secret not in self._linked or self.faults.take_link():
            self._linked.pop(secret, None)
            return _refusal(403, "AuthenticationFailed", "Signature not valid in the specified time frame")
        return Answer(self._linked[secret], headers={"Content-Type": "application/octet-stream"})


def _refusal(status: int, code: str, message: str) -> Answer:
    text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(text.encode(), status, {"Content-Type": "application/xml"})


def _arrow(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _json(table: pa.Table) -> bytes:
    columns = [[_text(value) for value in column.to_pylist()] for column in table.columns]
    return json.dumps([list(row) for row in zip(*columns, strict=True)]).encode()


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(value) if math.isfinite(value) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, datetime):
        zoned = value.tzinfo is not None
        text = (value.astimezone(UTC) if zoned else value).replace(tzinfo=None).isoformat(timespec="milliseconds")
        return text + "Z" * zoned
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list | dict):
        return json.dumps(value, default=_text)
    return str(value)


def _type(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_decimal(kind):
        text = f"DECIMAL({kind.precision},{kind.scale})"
        return {"type_name": "DECIMAL", "type_text": text, "type_precision": kind.precision, "type_scale": kind.scale}
    if pa.types.is_timestamp(kind):
        return {"type_name": "TIMESTAMP", "type_text": "TIMESTAMP" if kind.tz else "TIMESTAMP_NTZ"}
    for matches, name, text in _NAMES:
        if matches(kind):
            return {"type_name": name, "type_text": text}
    return {"type_name": "STRING", "type_text": "STRING"}
