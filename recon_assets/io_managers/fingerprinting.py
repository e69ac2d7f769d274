"""Where a stored table's fingerprint is summed up: here, or where its rows are.

Belongs here: the choice between the two. Does not belong here: fingerprints (`comparison`).
"""

import dagster as dg
import pyarrow as pa

from recon_assets.comparison import Dataset, Fingerprint, fingerprint
from recon_assets.comparison.location import is_url
from recon_assets.targets.base import ParquetFiles, TableVersion, Target


class Fingerprinter(dg.ConfigurableResource):
    """Reads by DuckDB, in this process, what can be read from it, of Parquet files up to `largest` bytes; else by the
    target's Spark."""

    largest: int = 20_000_000_000
    target: dg.ResourceDependency[Target]

    def of_files(self, label: str, files: ParquetFiles, size: int) -> Fingerprint:
        """The fingerprint of Parquet files of so many bytes. Raises ComparisonError, naming `label`, or TargetError."""
        here = files.filesystem is not None or not any(map(is_url, files.paths))
        if here and size <= self.largest:
            dataset = Dataset.parquet(files.paths, files.schema, label=label, filesystem=files.filesystem)
            return fingerprint(dataset, files.schema)
        return self._on_spark(label, files, files.schema)

    def of_table(self, label: str, table: TableVersion, schema: pa.Schema) -> Fingerprint:
        """The fingerprint of a Delta table. Raises ComparisonError, naming `label`, or TargetError."""
        if self.target.readable_here:
            return fingerprint(Dataset.delta(table.location, table.version), schema)
        return self._on_spark(label, table, schema)

    def schema(self, table: TableVersion) -> pa.Schema:
        """The columns of a Delta table. Raises ComparisonError, naming it, or TargetError."""
        if self.target.readable_here:
            return Dataset.delta(table.location, table.version).schema
        from recon_assets.comparison.spark.tables import running

        with self.target.reading([table]) as (frame,), running(table.location):
            schema: pa.Schema = frame.limit(0).toArrow().schema
            return schema

    def _on_spark(self, label: str, rows: ParquetFiles | TableVersion, schema: pa.Schema) -> Fingerprint:
        from recon_assets.comparison.spark.fingerprints import fingerprint_on_spark

        with self.target.reading([rows]) as (frame,):
            return fingerprint_on_spark(label, frame, schema)
