"""What compares the outputs, as a Dagster resource.

Belongs here: an engine's settings (memory, scratch space) and handing it the two sides. Does not belong here:
comparing (`comparison`), which knows nothing of Dagster.
"""

from pathlib import Path

import dagster as dg

from recon_assets.comparison import Comparison, Dataset, Rules, compare


class DuckDBEngine(dg.ConfigurableResource):
    """Compares in this process, spilling to `scratch` (a directory) beyond `memory_limit` (DuckDB's notation)."""

    scratch: str
    memory_limit: str | None = None

    def compare(self, source: Dataset, target: Dataset, rules: Rules) -> Comparison:
        """The verdict on two tables. Raises ComparisonError."""
        scratch = Path(self.scratch)
        scratch.mkdir(parents=True, exist_ok=True)
        return compare(source, target, rules, memory_limit=self.memory_limit, temp_directory=scratch)
