"""The `_delta` layer: tables as the target's own Delta tables.

Belongs here: having the target make a Delta table (from a copy's files, or from what the migrated logic returned)
and showing what it holds. Does not belong here: Spark (`targets`), or the migrated logic.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pyarrow as pa
from deltalake import DeltaTable

from recon_assets.comparison import ComparisonError, Dataset, fingerprint
from recon_assets.io_managers.layer import TableLayer
from recon_assets.io_managers.stored_table import InputRows, StoredTable
from recon_assets.targets.base import Target, TargetError


@dataclass(frozen=True)
class Computed:
    """What the migrated logic (named by `origin`) returned for one output: a DataFrame and the inputs it read."""

    table: str
    origin: str
    frame: Any
    inputs: Mapping[str, InputRows]
    made_by: Mapping[str, str]


class DeltaLayer(TableLayer):
    """Delta tables in folders below `root`, read without Spark by their log and Parquet files."""

    target: dg.ResourceDependency[Target]

    def handle_output(self, context: dg.OutputContext, value: StoredTable | Computed) -> None:
        """Make the Delta table: a copy's rows as they are, or the migrated logic's result."""
        with self._new_folder(context) as folder:
            if isinstance(value, StoredTable):
                with _telling(f"loading {value.table}"):
                    self.target.load(value.parquet, str(folder))
                schema, rows_of = value.schema, value.fingerprint
            else:
                with _telling(f"{value.origin}, computing {value.table}"):
                    self.target.save(value.frame, str(folder))
                made = Dataset.delta(str(folder))
                schema, rows_of = made.schema, fingerprint(made, made.schema)
            table = DeltaTable(str(folder))
            self._stage(
                context,
                StoredTable(
                    table=value.table,
                    folder=folder,
                    files=tuple(folder.read_back(name) for name in sorted(_logged_rows(table))),
                    schema=schema,
                    fingerprint=rows_of,
                    run_id=context.run_id,
                    inputs=value.inputs,
                    delta_version=table.version(),
                    made_by=value.made_by,
                ),
            )

    def damage(self, stored: StoredTable) -> str | None:
        """Read the table back: the Delta log counts as many rows, and they have the fingerprint.

        For a loaded input that is the copy's fingerprint, so source and target read the same rows.
        """
        logged = sum(_logged_rows(DeltaTable(str(stored.folder), version=stored.delta_version)).values())
        try:
            found = fingerprint(Dataset.delta(str(stored.folder), stored.delta_version), stored.schema)
        except ComparisonError as error:
            return str(error)
        if found == stored.fingerprint and logged == stored.rows:
            return None
        return (
            f"{stored.folder} holds {found.rows:,} rows with fingerprint {found.digest} ({logged:,} by its Delta log),"
            f" but {stored.rows:,} rows with fingerprint {stored.fingerprint.digest} were to be stored"
        )


@contextmanager
def _telling(doing: str) -> Iterator[None]:
    try:
        yield
    except TargetError as error:
        raise TargetError(f"{doing}: {error}") from error


def _logged_rows(table: DeltaTable) -> dict[str, int]:
    """Each active data file's path below the table's folder, and how many rows the log says it has."""
    actions = pa.table(table.get_add_actions(flatten=True)).select(["path", "num_records"])
    return {action["path"]: action["num_records"] for action in actions.to_pylist()}
