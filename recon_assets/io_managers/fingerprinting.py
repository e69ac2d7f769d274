"""Where a stored table's fingerprint is summed up: here, or where its rows are.

Belongs here: the choice between the two. Does not belong here: fingerprints (`comparison`).
"""

import dagster as dg

from recon_assets.comparison import Dataset, Fingerprint, fingerprint
from recon_assets.comparison.location import is_url
from recon_assets.targets.base import ParquetFiles, Target


class Fingerprinter(dg.ConfigurableResource):
    """Reads files by DuckDB, in this process, up to `largest` bytes of them; else by the target's Spark."""

    largest: int = 20_000_000_000
    target: dg.ResourceDependency[Target]

    def of_files(self, label: str, files: ParquetFiles, size: int) -> Fingerprint:
        """The fingerprint of Parquet files of so many bytes. Raises ComparisonError, naming `label`, or TargetError."""
        here = files.filesystem is not None or not any(map(is_url, files.paths))
        if here and size <= self.largest:
            dataset = Dataset.parquet(files.paths, files.schema, label=label, filesystem=files.filesystem)
            return fingerprint(dataset, files.schema)
        from recon_assets.comparison.spark.fingerprints import fingerprint_on_spark

        with self.target.reading([files]) as (frame,):
            return fingerprint_on_spark(label, frame, files.schema)
