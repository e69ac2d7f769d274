"""What all table layers share: where a table lies, how a new one takes the old one's place, how it is handed on.

Belongs here: the folder layout, publishing, and the `intact` check. Does not belong here: how any layer writes
its files, or by what it is known to be intact (`ParquetLayer`, `CopyLayer`, `DeltaLayer`).

    <root>/<reconciliation>/<TABLE_layer>/current.json       the published manifest
    <root>/<reconciliation>/<TABLE_layer>/<run>-<unique>/    the files of one run

A table is written into a new folder, verified, and only then published by replacing `current.json`: a reader
never sees half a table, and a failed run leaves the last good one. The folders published before are kept for whoever
is still reading them, as many as `keep_runs` says; what a killed run left is removed after a day.
"""

import logging
import time
import uuid
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import dagster as dg
import pyarrow as pa
from dagster._core.definitions.data_version import extract_data_version_from_entry
from pydantic import Field, PrivateAttr

from recon_assets.io_managers.storage import Directory, Folder, Storage, StorageError
from recon_assets.io_managers.stored_table import NotIntact, StoredTable
from recon_assets.sources.base import TSQL_TYPE
from recon_assets.targets.base import TargetError

_log = logging.getLogger(__name__)
_A_DAY = 24 * 60 * 60
_POINTER = "current.json"

INTACT = "intact"
"""The asset check that every hop carries."""


class TableLayer(dg.ConfigurableIOManager):
    """Stores one layer's tables below `root`, a directory.

    `keep_runs` is how many published tables are kept: the newest, and those before it.
    """

    root: str
    keep_runs: int = Field(default=2, ge=1)

    evidence: ClassVar[str] = "read back with the same fingerprint"
    """By what a table of this layer is known to be intact."""

    _staged: dict[dg.AssetKey, StoredTable] = PrivateAttr(default_factory=dict)

    @abstractmethod
    def damage(self, stored: StoredTable) -> str | None:
        """Re-read what was just written; say what is wrong with it, or None where it is intact."""

    def intact(self, key: dg.AssetKey, notes: Iterable[str] = ()) -> dg.AssetCheckResult:
        """Verify the table that this process has just stored under `key`, and publish it, with these notes beside those
        it has, if it is intact.

        To be yielded by the asset after its output; the check is blocking, so that nothing downstream reads a
        table that could not be shown to be intact.
        """
        stored = self._staged.pop(key)
        stored = replace(stored, notes=(*stored.notes, *notes))
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
        home = self._home(key)
        try:
            return StoredTable.from_json(home.read_text(_POINTER), home)
        except FileNotFoundError:
            raise NotIntact(f"{key.to_user_string()} is not stored in {self.root}: materialize it first") from None
        except (ValueError, KeyError, TypeError, pa.ArrowInvalid) as error:
            raise NotIntact(
                f"{home.location(_POINTER)} is damaged ({error}): materialize {key.to_user_string()} again"
            ) from error

    def probe(self) -> str:
        """Write, read and remove a small file; where that was. Raises StorageError, or OSError of a directory."""
        folder = self.top() / f"probe-{uuid.uuid4().hex}"
        folder.create()
        try:
            folder.replace_text("probe", "probe")
            folder.read_text("probe")
        finally:
            folder.remove()
        return f"{self.top()} can be written and read"

    @contextmanager
    def _new_folder(self, context: dg.OutputContext) -> Iterator[Folder]:
        """A folder of its own for one write; removed again if the write fails."""
        folder = self._home(context.asset_key) / f"{context.run_id[:8]}-{uuid.uuid4().hex[:8]}"
        folder.create()
        try:
            yield folder
        except BaseException:
            with suppress(StorageError, TargetError, OSError):  # what failed may fail again; it goes after a day, then
                self.remove(context.asset_key, folder)
            raise

    def _stage(self, context: dg.OutputContext, stored: StoredTable, **told: int) -> None:
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
                **told,
            }
        )
        context.step_context.set_data_version(context.asset_key, dg.DataVersion(stored.fingerprint.digest))

    def _publish(self, key: dg.AssetKey, stored: StoredTable) -> None:
        home = self._home(key)
        try:
            before = self.current(key)
        except NotIntact:  # none yet, or its manifest is damaged
            superseded = []
        else:
            superseded = [name for name in (before.folder.name, *before.earlier) if name != stored.folder.name]
        published = replace(stored, earlier=tuple(superseded[: self.keep_runs - 1]))
        home.replace_text(_POINTER, published.to_json(home))
        for name, changed in home.folders().items():
            # Left by a run that ended before it could publish; a younger folder may be another run's at work.
            abandoned = time.time() - changed > _A_DAY
            in_use = name in (stored.folder.name, *published.earlier)
            if not in_use and (name in superseded or abandoned):
                try:
                    self.remove(key, home / name)
                except (StorageError, TargetError, OSError) as error:  # the new table is published all the same
                    _log.warning("%s could not be removed, and is tried again after a day: %s", home / name, error)

    def remove(self, key: dg.AssetKey, folder: Folder) -> None:
        """Remove the folder of one run's table, with all that is in it."""
        folder.remove()

    def _home(self, key: dg.AssetKey) -> Folder:
        folder = self.top()
        for part in key.path:
            folder /= part
        return folder

    def top(self) -> Folder:
        """The folder that `root` names."""
        return Directory(Path(self.root))


class SharedLayer(TableLayer):
    """A layer whose tables lie where the target reads them: `root` is a directory, or what names a folder of
    `storage`."""

    storage: dg.ResourceDependency[Storage | None] = None

    def top(self) -> Folder:
        return super().top() if self.storage is None else self.storage.folder(self.root)


def table_schema(schema: pa.Schema) -> dg.TableSchema:
    """An Arrow schema as Dagster shows it: with the T-SQL type where the column carries one."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(column.name, (column.metadata or {}).get(TSQL_TYPE, str(column.type).encode()).decode())
            for column in schema
        ]
    )
