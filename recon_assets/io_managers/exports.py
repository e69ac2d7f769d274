"""The `_parquet` layer of a table that the source itself writes as files, where the target reads them.

Belongs here: having it written into a new folder, and showing that the files hold the rows. Does not belong here: how
the source writes (`sources`), or tables whose rows pass by here (`parquet`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import dagster as dg

from recon_assets.comparison import ComparisonError
from recon_assets.io_managers.fingerprinting import Fingerprinter
from recon_assets.io_managers.layer import SharedLayer
from recon_assets.io_managers.stored_table import InputRows, NotIntact, StoredTable
from recon_assets.sources.base import Export
from recon_assets.targets.base import ParquetFiles


@dataclass(frozen=True)
class Exported:
    """A table to be written: its name, how the source writes it into a folder, and the inputs it was made from."""

    table: str
    write: Callable[[str], Export]
    inputs: Mapping[str, InputRows] = field(default_factory=dict)
    made_by: Mapping[str, str] = field(default_factory=dict)


class ExportLayer(SharedLayer):
    """Parquet files of the source's own; their rows are read where they are, for the fingerprint."""

    fingerprinter: dg.ResourceDependency[Fingerprinter]

    evidence = "in the files, as many as the source counted before and after"

    def handle_output(self, context: dg.OutputContext, value: Exported) -> None:
        """Have the source write into a new folder. Its errors pass through."""
        with self._new_folder(context) as folder:
            export = value.write(str(folder))
            files = folder.look()
            parquet = ParquetFiles([folder.location(file.name) for file in files], export.schema, folder.filesystem)
            try:
                rows = self.fingerprinter.of_files(value.table, parquet, sum(file.size for file in files))
            except ComparisonError as error:
                raise NotIntact(f"{folder} can't be read as the rows of {value.table}: {error}") from error
            self._stage(
                context,
                StoredTable(
                    table=value.table,
                    folder=folder,
                    files=files,
                    schema=export.schema,
                    fingerprint=rows,
                    run_id=context.run_id,
                    inputs=value.inputs,
                    made_by=value.made_by,
                    source_state=export.state,
                ),
            )

    def damage(self, stored: StoredTable) -> str | None:
        """The files are still those that were read, and hold as many rows as the source counted."""
        try:
            stored.check_intact()
        except NotIntact as error:
            return str(error)
        if stored.source_state is None or stored.source_state.rows == stored.rows:
            return None
        return (
            f"{stored.folder} holds {stored.rows:,} rows, but {stored.table} had {stored.source_state.rows:,} when the"
            " source wrote them"
        )
