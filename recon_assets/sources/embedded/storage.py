"""The embedded source's folder: immutable Parquet files, one catalog replaced atomically, one writer at a
time.

    catalog.json   what there is (replaced by rename: a reader sees the old one or the new one, whole)
    tables/        one Parquet file per table, never changed once named here
    sessions/      a folder per running session: its database, spill files, files about to be published

Belongs here: locks, durable renames, sweeping what a killed process left. Does not belong here: what a row
is (`rows`), or running T-SQL (`session`).
"""

import fcntl
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from recon_assets.sources.base import SourceError
from recon_assets.sources.embedded.catalog import Catalog, StoredTable
from recon_assets.sources.names import ObjectName, file_stem

_log = logging.getLogger(__name__)
_START_SECONDS = 3600


class Storage:
    """One folder of tables. Nothing is touched until it is used."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._catalog_file = root / "catalog.json"
        self._tables = root / "tables"
        self._sessions = root / "sessions"

    def create(self) -> None:
        """Make the folder and an empty catalog where there is none yet."""
        self._tables.mkdir(parents=True, exist_ok=True)
        self._sessions.mkdir(exist_ok=True)
        with self.writing():
            if not self._catalog_file.exists():
                self._replace_catalog(Catalog())

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell of a disk that can't be written to as the source's error."""
        try:
            yield
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise SourceError(
                f"the embedded source at {self.root} can't be written ({error}); its tables are as they were: make room"
                " there, or correct its rights"
            ) from error

    def catalog(self) -> Catalog:
        """The last committed catalog. Raises SourceError where the folder or its catalog can't be read."""
        try:
            text = self._catalog_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise SourceError(
                f"no embedded source at {self.root} (no catalog.json): create its tables first, or correct the path"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"{self._catalog_file} can't be read ({error}): check the path and its rights") from error
        return Catalog.from_json(text, str(self._catalog_file))

    def path(self, table: StoredTable) -> Path:
        """Where the table's rows are."""
        return self._tables / table.file

    @contextmanager
    def writing(self, log: Callable[[str], None] = _log.info) -> Iterator[None]:
        """Hold the folder's one write lock; it falls free with the process, however that ends."""
        with self._lock_file("write.lock") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log(f"waiting for another writer of the embedded source at {self.root}")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _lock_file(self, name: str):
        try:
            return (self.root / name).open("ab")
        except OSError as error:
            raise SourceError(
                f"the embedded source at {self.root} can't be written ({error.strerror}): create it first, or"
                " correct the path or its rights"
            ) from error

    @contextmanager
    def session_folder(self) -> Iterator[Path]:
        """A private folder on the same file system, gone afterwards; a killed process's is swept later."""
        folder = self._sessions / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            with (folder / "starting.lock").open("ab") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
                (folder / "starting.lock").rename(folder / "alive.lock")  # so a sweep never sees it unlocked
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(
        self,
        put: Iterable[tuple[StoredTable, Path]],
        drop: Iterable[ObjectName] = (),
    ) -> Catalog:
        """Commit: move each new table's file in, then replace the catalog. Needs the write lock.

        A process killed anywhere in here leaves the old catalog valid and its files untouched.
        """
        before = self.catalog()
        self._sweep(before)
        named: list[StoredTable] = []
        for table, written in put:
            _sync(written)
            written.rename(self.path(table))
            named.append(table)
        _sync(self._tables)
        after = before.changed(named, drop)
        self._replace_catalog(after)
        self._sweep(after)
        return after

    def linked(self, folder: Path) -> Catalog:
        """The last committed catalog, its files linked into the folder but for those that are gone."""
        while True:
            catalog = self.catalog()
            # Two commits since the look at the catalog take a file away; if there were none, it is gone for good.
            if self.link_files(catalog, folder) or self.catalog() == catalog:
                return catalog

    def link_files(self, catalog: Catalog, folder: Path) -> bool:
        """Link the catalog's files into the folder, which no later commit removes; whether all were there."""
        whole = True
        for table in catalog.tables.values():
            link = folder / table.file
            try:
                if not link.exists():
                    link.hardlink_to(self.path(table))
            except FileNotFoundError:
                whole = False
        return whole

    def _replace_catalog(self, catalog: Catalog) -> None:
        temporary = self.root / f"catalog.{uuid.uuid4().hex}.tmp"
        temporary.write_text(catalog.to_json(), encoding="utf-8")
        _sync(temporary)
        temporary.replace(self._catalog_file)
        _sync(self.root)

    def _sweep(self, catalog: Catalog) -> None:
        """Remove what no reader can need: unreferenced files, and what killed processes left."""
        wanted = catalog.files
        for file in self._tables.iterdir():
            if file.name not in wanted:
                file.unlink(missing_ok=True)
        for file in self.root.glob("catalog.*.tmp"):
            file.unlink(missing_ok=True)
        for folder in self._sessions.iterdir():
            if not _is_alive(folder):
                shutil.rmtree(folder, ignore_errors=True)


def new_file_name(name: ObjectName) -> str:
    """A name no other file of the table ever had."""
    return f"{file_stem(name)}-{uuid.uuid4().hex[:16]}.parquet"


def _is_alive(folder: Path) -> bool:
    try:
        with (folder / "alive.lock").open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:  # just made, its lock not yet taken; or killed right then, long ago; or gone by now
        return time.time() - _changed(folder) < _START_SECONDS
    return False


def _changed(folder: Path) -> float:
    """When it was; at the beginning of time for one that its session has removed."""
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:
        return 0


def _sync(path: Path) -> None:
    """Have what was written reach the disk before anything refers to it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
