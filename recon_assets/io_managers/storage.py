"""Where a layer's tables lie: folders with files in them, on this machine or elsewhere, and what can be done with them.

Belongs here: the interface of a storage, the errors it raises, and this machine's directories. Does not belong here:
any remote storage (`adls`), or which folder is which table and when one is removed (`layer`).
"""

import hashlib
import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol, Self

from fsspec import AbstractFileSystem

_CHUNK_BYTES = 8 * 1024**2


class StorageError(Exception):
    """A storage refused, or can't be reached; the message names account, container, path and remedy, and no secret."""


@dataclass(frozen=True)
class StoredFile:
    """One data file: its path below the table's folder, its size in bytes and its MD5 in hex.

    `version` is the storage's own mark of this state of the file, for storages that have one. `md5` is None for a file
    that the source wrote there itself: it is known by its version.
    """

    name: str
    size: int
    md5: str | None
    version: str | None = field(default=None, compare=False)


def is_data(name: str) -> bool:
    """Whether a file, by its path below the table's folder, holds rows; the others are an engine's own notes."""
    return not any(part.startswith(("_", ".")) for part in name.split("/"))


class Folder(ABC):
    """A folder of a storage; its text is its path or URL. What isn't there raises FileNotFoundError.

    Everything else that goes wrong is an OSError for this machine's directories, and a StorageError elsewhere.
    """

    filesystem: AbstractFileSystem | None
    """Reads the folder's files from this machine by their URLs; None where they have paths."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The last part of its path."""

    @abstractmethod
    def __truediv__(self, part: str) -> Self:
        """A folder in this one."""

    @abstractmethod
    def at(self, location: str) -> Self:
        """Another folder of the same storage, by its path or URL."""

    @abstractmethod
    def location(self, name: str) -> str:
        """The path or URL of a file in it."""

    @abstractmethod
    def create(self) -> None:
        """Make it, and those above it."""

    @abstractmethod
    def read_text(self, name: str) -> str:
        """A small file's content."""

    @abstractmethod
    def replace_text(self, name: str, text: str) -> None:
        """Give a small file new content in one step: readers see the old text or the new. Makes the folder."""

    @abstractmethod
    def take(self, source: Path, file: StoredFile) -> StoredFile:
        """Copy a file of this machine into the folder, where it is seen whole or not at all."""

    @abstractmethod
    def read_back(self, name: str) -> StoredFile:
        """Read a file through, and say what it is."""

    @abstractmethod
    def look(self) -> tuple[StoredFile, ...]:
        """All data files below it, by name, as the storage knows them; those whose name begins with `_` or `.` are
        none. They are read only where the storage has no versions."""

    @abstractmethod
    def untouched(self, file: StoredFile) -> bool:
        """Whether the storage itself vouches that a file is in that state; False where only reading it can tell."""

    @abstractmethod
    def folders(self) -> Mapping[str, float]:
        """The folders in it by name, with the time (in seconds since 1970) when something in them last changed."""

    @abstractmethod
    def remove(self) -> None:
        """Remove it and all that is in it, as far as it is still there."""


class Storage(Protocol):
    """Gives the folder that a layer's `root` names."""

    def folder(self, root: str) -> Folder:
        """The folder. Raises StorageError for a root that names none."""
        ...


@dataclass(frozen=True)
class Directory(Folder):
    """A folder in this machine's file system."""

    path: Path

    filesystem: ClassVar[None] = None

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        return self.path.name

    def __truediv__(self, part: str) -> Self:
        return type(self)(self.path / part)

    def at(self, location: str) -> Self:
        return type(self)(Path(location))

    def location(self, name: str) -> str:
        return str(self.path / name)

    def create(self) -> None:
        self.path.mkdir(parents=True)

    def read_text(self, name: str) -> str:
        return (self.path / name).read_text()

    def replace_text(self, name: str, text: str) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        temporary = self.path / f".{name}.{uuid.uuid4().hex[:8]}"
        temporary.write_text(text)
        temporary.replace(self.path / name)

    def take(self, source: Path, file: StoredFile) -> StoredFile:
        with source.open("rb") as stream, (self.path / file.name).open("wb") as copy:
            shutil.copyfileobj(stream, copy, _CHUNK_BYTES)
        return file

    def read_back(self, name: str) -> StoredFile:
        path = self.path / name
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
        return StoredFile(name, path.stat().st_size, digest.hexdigest())

    def look(self) -> tuple[StoredFile, ...]:
        names = (str(path.relative_to(self.path)) for path in self.path.rglob("*") if path.is_file())
        return tuple(self.read_back(name) for name in sorted(names) if is_data(name))

    def untouched(self, file: StoredFile) -> bool:
        return False

    def folders(self) -> Mapping[str, float]:
        found = {}
        for entry in self.path.iterdir():
            with suppress(FileNotFoundError):  # another run may have removed it
                if entry.is_dir():
                    found[entry.name] = entry.stat().st_mtime
        return found

    def remove(self) -> None:
        with suppress(FileNotFoundError):  # another run may be at the same
            shutil.rmtree(self.path)
