"""What compares the outputs, as a Dagster resource.

Belongs here: choosing an engine, its settings (memory, scratch space), and handing it the two sides. Does not belong
here: comparing (`comparison`), which knows nothing of Dagster.
"""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from recon_assets.comparison import Comparison, ComparisonError, Dataset, Rules, compare
from recon_assets.comparison.location import Location, is_url
from recon_assets.io_managers.stored_table import StoredTable
from recon_assets.spec import Engine
from recon_assets.targets.base import Target


class Comparer(dg.ConfigurableResource):
    """Compares on DuckDB, in this process, or on the target's Spark, where the tables are.

    `largest` is up to how many bytes (of both sides' files) `auto` takes DuckDB. What DuckDB can't hold in
    `memory_limit` (its notation) is spilled to `scratch`, a directory.
    """

    scratch: str
    memory_limit: str | None = None
    largest: int = 20_000_000_000
    target: dg.ResourceDependency[Target]

    def compare(self, source: StoredTable, target: StoredTable, rules: Rules, engine: Engine) -> Comparison:
        """The verdict on two stored tables. Raises ComparisonError."""
        scratch = Path(self.scratch)
        scratch.mkdir(parents=True, exist_ok=True)
        if engine == "spark" or (engine == "auto" and not self._in_reach((source, target))):
            return self._on_spark(source, target, rules, scratch)
        for table in (source, target):
            if table.delta is not None and not self.target.readable_here:
                raise ComparisonError(
                    f"{table.delta.location} is a table that only the target reaches: compare it there, by"
                    " `engine: spark`"
                )
        sides = (_dataset(source, "source"), _dataset(target, "target"))
        return compare(*sides, rules, memory_limit=self.memory_limit, temp_directory=scratch)

    def _in_reach(self, tables: Sequence[StoredTable]) -> bool:
        """Whether the files can be read from this machine, and are small enough."""
        return all(map(self._readable_here, tables)) and sum(table.size for table in tables) <= self.largest

    def _readable_here(self, table: StoredTable) -> bool:
        """Delta tables are, where they lie on this machine; Parquet files also where their storage gives them out."""
        if table.delta is not None:
            return self.target.readable_here
        return not is_url(str(table.folder)) or table.folder.filesystem is not None

    def _on_spark(self, source: StoredTable, target: StoredTable, rules: Rules, scratch: Path) -> Comparison:
        from recon_assets.comparison.spark.engine import compare_on_spark
        from recon_assets.comparison.spark.tables import SparkTable

        with self.target.reading([table.delta or table.parquet for table in (source, target)]) as frames:
            sides = (
                SparkTable(_label(table, side), _location(table), frame)
                for table, side, frame in zip((source, target), ("source", "target"), frames, strict=True)
            )
            return compare_on_spark(*sides, rules, memory_limit=self.memory_limit, temp_directory=scratch)


def _dataset(table: StoredTable, side: str) -> Dataset:
    if table.delta is not None:
        return Dataset.delta(table.delta.location, table.delta.version)
    label, filesystem = _label(table, side), table.folder.filesystem
    return Dataset.parquet(table.paths, table.schema, label=label, filesystem=filesystem)


def _location(table: StoredTable) -> Location:
    if table.delta is not None:
        return Location.of("delta", table.delta.location, version=table.delta.version)
    return Location.of("parquet", *table.paths)


def _label(table: StoredTable, side: str) -> str:
    return f"{table.table} ({side})" if table.delta is None else table.delta.location
