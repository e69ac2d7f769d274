"""The Files API over Unity Catalog's volumes.

Belongs here: files and folders below `/Volumes/<catalog>/<schema>/<volume>`, as raw bytes. Does not belong here: DBFS
(`dbfs`), and uploads in several parts, which the SDK only makes when it is asked to by an experimental setting.
"""

import re
import secrets
from collections.abc import Sequence
from email.utils import formatdate
from pathlib import Path

from recon_assets_tests.workspace.exchange import Answer, ApiError, Request, invalid
from recon_assets_tests.workspace.routing import Route


class Volumes:
    """A folder as `/Volumes`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.page_size = 1000
        """Entries in one page of a folder's list."""

    def create(self, name: str) -> Path:
        """A volume, by its three-part name; gives its folder."""
        folder = self._root.joinpath(*name.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def routes(self) -> Sequence[Route]:
        """What is answered."""
        files, folders = "/api/2.0/fs/files(/.*)", "/api/2.0/fs/directories(/.*)"
        return [
            Route("PUT", files, self._upload),
            Route("GET", files, self._download),
            Route("HEAD", files, self._about_file),
            Route("DELETE", files, self._delete_file),
            Route("PUT", folders, self._create_folder),
            Route("GET", folders, self._list),
            Route("HEAD", folders, self._about_folder),
            Route("DELETE", folders, self._delete_folder),
        ]

    def _path(self, name: str) -> Path:
        parts = name.strip("/").split("/")
        if parts[0] != "Volumes" or ".." in parts or len(parts) < 4:
            raise invalid(f"Invalid path: {name}. Paths begin with /Volumes/<catalog>/<schema>/<volume>")
        if not self._root.joinpath(*parts[1:4]).is_dir():
            raise ApiError(404, "NOT_FOUND", f"Volume '{'.'.join(parts[1:4])}' does not exist.")
        return self._root.joinpath(*parts[1:])

    def _file(self, name: str) -> Path:
        path = self._path(name)
        if not path.is_file():
            raise ApiError(404, "NOT_FOUND", "The file being accessed is not found.")
        return path

    def _folder(self, name: str) -> Path:
        path = self._path(name)
        if not path.is_dir():
            raise ApiError(404, "NOT_FOUND", "The directory being accessed is not found.")
        return path

    def _upload(self, request: Request, name: str) -> Answer:
        path = self._path(name)
        if path.is_dir():
            raise invalid(f"{name} is a directory.")
        if path.exists() and not request.flag("overwrite"):
            raise ApiError(409, "ALREADY_EXISTS", "The file being created already exists.")
        path.parent.mkdir(parents=True, exist_ok=True)
        # A file is seen whole or not at all.
        hidden = self._root.parent / f"upload-{secrets.token_hex(8)}"
        hidden.write_bytes(request.body)
        hidden.replace(path)
        return Answer(status=204)

    def _download(self, request: Request, name: str) -> Answer:
        path = self._file(name)
        content, wanted = path.read_bytes(), re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if not wanted:
            return Answer(content, headers=_headers(path))
        first, last = int(wanted[1]), int(wanted[2] or len(content) - 1)
        told = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
        return Answer(content[first : last + 1], 206, _headers(path) | told)

    def _about_file(self, request: Request, name: str) -> Answer:
        path = self._file(name)
        return Answer(path.read_bytes(), headers=_headers(path))

    def _delete_file(self, request: Request, name: str) -> Answer:
        self._file(name).unlink()
        return Answer(status=204)

    def _create_folder(self, request: Request, name: str) -> Answer:
        path = self._path(name)
        if path.is_file():
            raise ApiError(409, "ALREADY_EXISTS", "A file already exists at the path of the directory.")
        path.mkdir(parents=True, exist_ok=True)
        return Answer(status=204)

    def _about_folder(self, request: Request, name: str) -> Answer:
        self._folder(name)
        return Answer()

    def _delete_folder(self, request: Request, name: str) -> Answer:
        path = self._folder(name)
        if any(path.iterdir()):
            raise ApiError(400, "DIRECTORY_NOT_EMPTY", "The directory being deleted is not empty.")
        path.rmdir()
        return Answer(status=204)

    def _list(self, request: Request, name: str) -> dict:
        entries = sorted(self._folder(name).iterdir())
        first = int(request.query.get("page_token", 0))
        shown = entries[first : first + int(request.query.get("page_size", self.page_size))]
        answer: dict = {"contents": [_told(each, f"{name.rstrip('/')}/{each.name}") for each in shown]}
        if (end := first + len(shown)) < len(entries):
            answer["next_page_token"] = str(end)
        return answer


def _headers(path: Path) -> dict[str, str]:
    return {
        "Content-Type": "application/octet-stream",
        "Last-Modified": formatdate(path.stat().st_mtime, usegmt=True),
    }


def _told(path: Path, name: str) -> dict:
    about = path.stat()
    told = {"path": name, "name": path.name, "is_directory": path.is_dir()}
    if path.is_dir():
        return told
    return told | {"file_size": about.st_size, "last_modified": about.st_mtime_ns // 1_000_000}
