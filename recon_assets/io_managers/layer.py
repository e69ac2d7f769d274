"""What all table layers share: where a table lies, how a new one takes the old one's place, how it is handed on.

Belongs here: the folder layout, publishing, and the `intact` check. Does not belong here: how any layer writes
its files, or by what it is known to be intact (`ParquetLayer`, `CopyLayer`, `DeltaLayer`).

    <root>/<reconciliation>/<TABLE_layer>/current.json       the published manifest
    <root>/<reconciliation>/<TABLE_layer>/<run>-<unique>/    the files of one run

A table is written into a new folder, verified, and only then published by replacing `current.json`: a reader
never sees half a table, and a failed run leaves the last good one. The folder published before is kept until the
next publication, for whoever is still reading it.
"""

import shutil
import time
import uuid
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import dagster as dg
import pyarrow as pa
from dagster._core.definitions.data_version import extract_data_version_from_entry
from pydantic import PrivateAttr
from upath import UPath

from recon_assets.io_managers.stored_table import NotIntact, StoredTable
from recon_assets.sources.base import TSQL_TYPE

_A_DAY = 24 * 60 * 60

INTACT = "intact"
"""The asset check that every hop carries."""


class TableLayer(dg.ConfigurableIOManager):
    """Stores one layer's tables below `root`, a directory or a URL that universal-pathlib knows."""

    root: str

    evidence: ClassVar[str] = "read back with the same fingerprint"
    """By what a table of this layer is known to be intact."""

    _staged: dict[dg.AssetKey, StoredTable] = PrivateAttr(default_factory=dict)

    @abstractmethod
    def damage(self, stored: StoredTable) -> str | None:
        """Re-read what was just written; say what is wrong with it, or None where it is intact."""

    def intact(self, key: dg.AssetKey) -> dg.AssetCheckResult:
        """Verify the table that this process has just stored under `key`, and publish it if it is intact.

        To be yielded by the asset after its output; the check is blocking, so that nothing downstream reads a
        table that could not be shown to be intact.
        """
        stored = self._staged.pop(key)
        damage = self.damage(stored)
        if damage is None:
            self._publish(key, stored)
        return dg.AssetCheckResult(
            asset_key=key,
            check_name=INTACT,
            passed=damage is None,
            severity=dg.AssetCheckSeverity.ERROR,
            description=damage or f"{stored.rows:,} rows {self.evidence}",
            metadata={
                "rows": stored.rows,
                "bytes": stored.size,
                "files": len(stored.files),
                "fingerprint": stored.fingerprint.digest,
            },
        )

    def load_input(self, context: dg.InputContext) -> StoredTable:
        """The published table, its files checked anew. Raises NotIntact where a file is gone or changed."""
        stored = self.current(context.asset_key)
        newest = context.instance.get_latest_materialization_event(context.asset_key)
        version = extract_data_version_from_entry(newest) if newest is not None else None
        if version is not None and version.value != stored.fingerprint.digest:
            raise NotIntact(
                f"{context.asset_key.to_user_string()} was materialized since, but what was then stored could not be"
                f" shown to be intact, or another run is at it: {stored.folder} holds what was there before."
                " Materialize it again."
            )
        stored.check_intact()
        return stored

    def current(self, key: dg.AssetKey) -> StoredTable:
        """The published table. Raises NotIntact where there is none or its manifest can't be read."""
        pointer = self._home(key) / "current.json"
        try:
            return StoredTable.from_json(pointer.read_text(), pointer.parent)
        except FileNotFoundError:
            raise NotIntact(f"{key.to_user_string()} is not stored in {self.root}: materialize it first") from None
        except (ValueError, KeyError, TypeError, pa.ArrowInvalid) as error:
            raise NotIntact(f"{pointer} is damaged ({error}): materialize {key.to_user_string()} again") from error

    @contextmanager
    def _new_folder(self, context: dg.OutputContext) -> Iterator[UPath]:
        """A folder of its own for one write; removed again if the write fails."""
        folder = self._home(context.asset_key) / f"{context.run_id[:8]}-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        try:
            yield folder
        except BaseException:
            _remove(folder)
            raise

    def _stage(self, context: dg.OutputContext, stored: StoredTable) -> None:
        """Note a written table until `intact` publishes it, and tell Dagster what it is."""
        self._staged[context.asset_key] = stored
        context.add_output_metadata(
            {
                "dagster/row_count": stored.rows,
                "dagster/uri": str(stored.folder),
                "dagster/column_schema": table_schema(stored.schema),
                "size_bytes": stored.size,
                "fingerprint": stored.fingerprint.digest,
                **stored.made_by,
            }
        )
        context.step_context.set_data_version(context.asset_key, dg.DataVersion(stored.fingerprint.digest))

    def _publish(self, key: dg.AssetKey, stored: StoredTable) -> None:
        home = self._home(key)
        pointer = home / "current.json"
        try:
            before = self.current(key)
        except NotIntact:  # none yet, or its manifest is damaged
            before = None
        published = replace(stored, previous=before.folder.name if before else None)
        replace_text(pointer, published.to_json())
        for folder in home.iterdir():
            superseded = before is not None and folder.name == before.previous
            in_use = folder.name in (published.folder.name, published.previous)
            if folder.is_dir() and (superseded or (not in_use and _abandoned(folder))):
                _remove(folder)

    def _home(self, key: dg.AssetKey) -> UPath:
        return UPath(self.root, *key.path)


def replace_text(path: UPath, text: str) -> None:
    """Give a file new content in one step: readers see the old text or the new."""
    if isinstance(path, Path):
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        temporary.write_text(text)
        temporary.replace(path)
    else:
        path.write_text(text)  # an object store puts a whole object or none


def table_schema(schema: pa.Schema) -> dg.TableSchema:
    """An Arrow schema as Dagster shows it: with the T-SQL type where the column carries one."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(column.name, (column.metadata or {}).get(TSQL_TYPE, str(column.type).encode()).decode())
            for column in schema
        ]
    )


def _abandoned(folder: UPath) -> bool:
    """Left by a run that ended before it could publish; a younger folder may be another run's at work.

    An object store keeps no time for a folder: there, such leftovers stay for the storage's own life-cycle rules.
    """
    return isinstance(folder, Path) and time.time() - folder.stat().st_mtime > _A_DAY


def _remove(folder: UPath) -> None:
    if isinstance(folder, Path):
        shutil.rmtree(folder)
    else:
        folder.fs.rm(folder.path, recursive=True)
