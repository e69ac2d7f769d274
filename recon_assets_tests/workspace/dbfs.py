"""The DBFS API.

Belongs here: files and folders below `dbfs:/`, read and written in base64. Does not belong here: volumes (`volumes`).
"""

import base64
import itertools
from collections.abc import Sequence
from pathlib import Path

from recon_assets_tests.workspace.exchange import ApiError, Request, invalid, missing
from recon_assets_tests.workspace.routing import Route
from recon_assets_tests.workspace.tree import Tree

MEGABYTE = 1024 * 1024
"""The most that one call reads or writes; a read that names no length gives half."""


class Dbfs(Tree):
    """A folder as DBFS."""

    base = "/api/2.0/dbfs"
    entries = "files"
    not_there = "No file or directory exists on path {path}."
    not_empty = ("IO_ERROR", "{path} is a non-empty directory")

    def __init__(self, root: Path) -> None:
        self._root = root
        self._handles: dict[int, Path] = {}
        self._numbers = itertools.count(1)

    def routes(self) -> Sequence[Route]:
        """What is answered."""
        return [
            *super().routes(),
            Route("POST", f"{self.base}/put", self._put),
            Route("POST", f"{self.base}/create", self._create),
            Route("POST", f"{self.base}/add-block", self._add_block),
            Route("POST", f"{self.base}/close", self._close),
            Route("GET", f"{self.base}/read", self._read),
        ]

    def path(self, name: str) -> Path:
        """Where a DBFS path lies. Raises ApiError."""
        name = name.removeprefix("dbfs:")
        if not name.startswith("/") or ".." in name.split("/"):
            raise invalid(f"Path must be absolute: {name}")
        return self._root / name.strip("/")

    def _put(self, request: Request) -> dict:
        content = _decoded(request.fields.get("contents", ""))
        self._new_file(request).write_bytes(content)
        return {}

    def _create(self, request: Request) -> dict:
        path = self._new_file(request)
        path.write_bytes(b"")
        self._handles[handle := next(self._numbers)] = path
        return {"handle": handle}

    def _add_block(self, request: Request) -> dict:
        data = _decoded(request.need("data"))
        with self._handle(request).open("ab") as file:
            file.write(data)
        return {}

    def _close(self, request: Request) -> dict:
        self._handle(request)
        del self._handles[int(request.need("handle"))]
        return {}

    def _read(self, request: Request) -> dict:
        path = self.existing(request)
        if path.is_dir():
            raise invalid(f"Cannot read a directory: {request.need('path')}")
        offset, length = int(request.fields.get("offset", 0)), int(request.fields.get("length", MEGABYTE // 2))
        if length > MEGABYTE:
            raise ApiError(400, "MAX_READ_SIZE_EXCEEDED", f"Read length must be <= 1MB, got {length}")
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(length)
        return {"bytes_read": len(data), "data": base64.b64encode(data).decode()}

    def _new_file(self, request: Request) -> Path:
        path = self.path(request.need("path"))
        if path.exists() and not request.flag("overwrite"):
            raise ApiError(400, "RESOURCE_ALREADY_EXISTS", f"{request.need('path')} already exists.")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _handle(self, request: Request) -> Path:
        if (path := self._handles.get(int(request.need("handle")))) is None:
            raise missing(f"No open stream for handle {request.need('handle')}.")
        return path

    def told(self, path: Path) -> dict:
        """What is said of a file or folder."""
        about = path.stat()
        return {
            "path": f"/{path.relative_to(self._root)}",
            "is_dir": path.is_dir(),
            "file_size": 0 if path.is_dir() else about.st_size,
            "modification_time": about.st_mtime_ns // 1_000_000,
        }


def _decoded(text: str) -> bytes:
    data = base64.b64decode(text)
    if len(data) > MEGABYTE:
        raise ApiError(400, "MAX_BLOCK_SIZE_EXCEEDED", f"The block of {len(data)} bytes is larger than 1MB.")
    return data
