"""The `_delta` layer: tables as the target's own Delta tables.

Belongs here: having the target make a Delta table (from a copy's files, or from what the migrated logic returned)
and showing what it holds. Does not belong here: Spark (`targets`), or the migrated logic.

A table lies where the target says: in the run's folder, where that is of this machine; else the folder is empty, and
stands for the table as long as it is kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pyarrow as pa
from deltalake import DeltaTable

from recon_assets.comparison import ComparisonError
from recon_assets.io_managers.fingerprinting import Fingerprinter
from recon_assets.io_managers.layer import TableLayer
from recon_assets.io_managers.storage import Folder, StoredFile
from recon_assets.io_managers.stored_table import InputRows, NotIntact, StoredTable
from recon_assets.targets.base import TableVersion, Target, TargetError


@dataclass(frozen=True)
class Computed:
    """What the migrated logic (named by `origin`) returned for one output: a DataFrame and the inputs it read."""

    table: str
    origin: str
    frame: Any
    inputs: Mapping[str, InputRows]
    made_by: Mapping[str, str]


class DeltaLayer(TableLayer):
    """Delta tables; those in folders below `root` are read without Spark, by their log and Parquet files."""

    target: dg.ResourceDependency[Target]
    fingerprinter: dg.ResourceDependency[Fingerprinter]

    def handle_output(self, context: dg.OutputContext, value: StoredTable | Computed) -> None:
        """Make the Delta table: a copy's rows as they are, or the migrated logic's result."""
        with self._new_folder(context) as folder:
            location = self.target.location(context.asset_key.path, str(folder))
            if isinstance(value, StoredTable):
                with _telling(f"loading {value.table}"):
                    table = self.target.load(value.parquet, location)
                schema, rows = value.schema, value.fingerprint
            else:
                with _telling(f"{value.origin}, computing {value.table}"):
                    table = self.target.save(value.frame, location)
                schema = self.fingerprinter.schema(table)
                rows = self.fingerprinter.of_table(location, table, schema)
            self._stage(
                context,
                StoredTable(
                    table=value.table,
                    folder=folder,
                    files=self._files(folder, table),
                    schema=schema,
                    fingerprint=rows,
                    run_id=context.run_id,
                    inputs=value.inputs,
                    delta=table,
                    made_by=value.made_by,
                ),
                delta_version=table.version,
            )

    def load_input(self, context: dg.InputContext) -> StoredTable:
        """The published table, shown to be there still. Raises NotIntact where it isn't, or was changed."""
        stored = super().load_input(context)
        try:
            self.target.check(_delta(stored))
        except TargetError as error:
            raise NotIntact(f"{error}. Materialize {stored.table}'s layer again.") from error
        return stored

    def damage(self, stored: StoredTable) -> str | None:
        """Read the table back: its rows have the fingerprint and, where its Delta log is at hand, are as many by it.

        For a loaded input that is the copy's fingerprint, so source and target read the same rows.
        """
        table = _delta(stored)
        try:
            found = self.fingerprinter.of_table(table.location, table, stored.schema)
        except ComparisonError as error:
            return str(error)
        logged = sum(_logged_rows(table).values()) if self.target.readable_here else found.rows
        if found == stored.fingerprint and logged == stored.rows:
            return None
        return (
            f"{table.location} holds {found.rows:,} rows with fingerprint {found.digest} ({logged:,} by its Delta log),"
            f" but {stored.rows:,} rows with fingerprint {stored.fingerprint.digest} were to be stored"
        )

    def remove(self, key: dg.AssetKey, folder: Folder) -> None:
        """Remove a table, and its folder."""
        self.target.drop(self.target.location(key.path, str(folder)))
        super().remove(key, folder)

    def _files(self, folder: Folder, table: TableVersion) -> tuple[StoredFile, ...]:
        if not self.target.readable_here:
            return ()
        return tuple(folder.read_back(name) for name in sorted(_logged_rows(table)))


@contextmanager
def _telling(doing: str) -> Iterator[None]:
    try:
        yield
    except TargetError as error:
        raise TargetError(f"{doing}: {error}") from error


def _delta(stored: StoredTable) -> TableVersion:
    if stored.delta is None:
        raise NotIntact(f"{stored.folder} holds no Delta table: materialize {stored.table}'s layer again")
    return stored.delta


def _logged_rows(table: TableVersion) -> dict[str, int]:
    """Each active data file's path below the table's folder, and how many rows the log says it has."""
    log = DeltaTable(table.location, version=table.version)
    actions = pa.table(log.get_add_actions(flatten=True)).select(["path", "num_records"])
    return {action["path"]: action["num_records"] for action in actions.to_pylist()}
