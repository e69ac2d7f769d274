"""What DBFS and the workspace's own tree do alike: asking after files and folders, making folders, deleting.

Does not belong here: reading and writing, which each does in its own way (`dbfs`, `workspace_files`).
"""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from recon_assets_tests.workspace.exchange import ApiError, Request, missing
from recon_assets_tests.workspace.routing import Route


class Tree(ABC):
    """A folder of this machine behind an API; its errors name `{path}`."""

    base: ClassVar[str]
    entries: ClassVar[str]
    """What a listing calls them."""
    not_there: ClassVar[str]
    not_empty: ClassVar[tuple[str, str]]
    """Error code and message."""

    @abstractmethod
    def path(self, name: str) -> Path:
        """Where a path of the API lies. Raises ApiError."""

    @abstractmethod
    def told(self, path: Path) -> dict:
        """What is said of a file or folder."""

    def routes(self) -> Sequence[Route]:
        """What is answered."""
        return [
            Route("GET", f"{self.base}/get-status", self._get_status),
            Route("GET", f"{self.base}/list", self._list),
            Route("POST", f"{self.base}/mkdirs", self._mkdirs),
            Route("POST", f"{self.base}/delete", self._delete),
        ]

    def existing(self, request: Request) -> Path:
        """Where the request's path lies. Raises ApiError where nothing is there."""
        path = self.path(request.need("path"))
        if not path.exists():
            raise missing(self.not_there.format(path=request.need("path")))
        return path

    def _get_status(self, request: Request) -> dict:
        return self.told(self.existing(request))

    def _list(self, request: Request) -> dict:
        path = self.existing(request)
        return {self.entries: [self.told(each) for each in (sorted(path.iterdir()) if path.is_dir() else [path])]}

    def _mkdirs(self, request: Request) -> dict:
        path = self.path(request.need("path"))
        if any(each.is_file() for each in (path, *path.parents)):
            raise ApiError(400, "RESOURCE_ALREADY_EXISTS", f"A file exists at a prefix of {request.need('path')}")
        path.mkdir(parents=True, exist_ok=True)
        return {}

    def _delete(self, request: Request) -> dict:
        path = self.existing(request)
        if path.is_file():
            path.unlink()
        elif any(path.iterdir()) and not request.flag("recursive"):
            code, message = self.not_empty
            raise ApiError(400, code, message.format(path=request.need("path")))
        else:
            shutil.rmtree(path)
        return {}
