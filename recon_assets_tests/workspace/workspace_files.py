"""The Workspace API: notebooks and files in the workspace's own tree.

Belongs here: putting them there and asking after them. Does not belong here: running them (`driver`).
"""

import base64
from collections.abc import Sequence
from pathlib import Path

from recon_assets_tests.workspace.exchange import Answer, ApiError, Request, invalid, missing
from recon_assets_tests.workspace.routing import Route
from recon_assets_tests.workspace.tree import Tree

NOTEBOOK = b"# Databricks notebook source"
"""What a Python notebook's source begins with."""


class WorkspaceFiles(Tree):
    """A folder as the tree; a notebook lies there under its name, without an extension."""

    base = "/api/2.0/workspace"
    entries = "objects"
    not_there = "Path ({path}) doesn't exist."
    not_empty = ("DIRECTORY_NOT_EMPTY", "Folder ({path}) is not empty")

    def __init__(self, root: Path) -> None:
        self._root = root
        self._languages: dict[Path, str] = {}
        for name in ("Users", "Shared"):
            (root / name).mkdir(exist_ok=True)

    def routes(self) -> Sequence[Route]:
        """What is answered."""
        return [
            *super().routes(),
            Route("POST", f"{self.base}/import", self._import),
            Route("GET", f"{self.base}/export", self._export),
        ]

    def path(self, name: str) -> Path:
        """Where a path of the tree lies, whether or not it begins with /Workspace. Raises ApiError."""
        if not name.startswith("/") or ".." in name.split("/"):
            raise invalid(f"Path ({name}) doesn't start with '/'")
        return self._root / name.removeprefix("/Workspace/").strip("/")

    def is_notebook(self, name: str) -> bool:
        """Whether there is a notebook of this name."""
        path = self.path(name)
        return path in self._languages and path.is_file()

    def _import(self, request: Request) -> dict:
        told = request.fields
        name, kind, content = request.need("path"), told.get("format", "SOURCE"), told.get("content", b"")
        content = base64.b64decode(content) if isinstance(content, str) else content
        path, language = self.path(name), told.get("language")
        if kind == "SOURCE" and not language:
            raise invalid("language must be set for format SOURCE")
        if kind not in ("SOURCE", "AUTO", "RAW"):
            raise invalid(f"The peer imports SOURCE, AUTO and RAW, not {kind}")
        if not path.parent.is_dir():
            raise missing(f"The parent folder ({name.rpartition('/')[0]}) does not exist.")
        if kind == "AUTO" and content.startswith(NOTEBOOK):
            path, language = path.with_suffix(""), "PYTHON"
        elif kind != "SOURCE":
            language = None
        if path.is_dir() or (path.exists() and not request.flag("overwrite")):
            raise ApiError(400, "RESOURCE_ALREADY_EXISTS", f"{name} already exists.")
        path.write_bytes(content)
        self._languages.pop(path, None)
        if language:
            self._languages[path] = language
        return {}

    def _export(self, request: Request) -> Answer:
        content = self.existing(request).read_bytes()
        if request.flag("direct_download"):
            return Answer(content)
        return Answer({"content": base64.b64encode(content).decode(), "file_type": "py"})

    def told(self, path: Path) -> dict:
        """What is said of a file or folder."""
        told = {"path": f"/{path.relative_to(self._root)}", "object_id": path.stat().st_ino}
        if path.is_dir():
            return told | {"object_type": "DIRECTORY"}
        if path in self._languages:
            return told | {"object_type": "NOTEBOOK", "language": self._languages[path]}
        return told | {"object_type": "FILE", "size": path.stat().st_size}
