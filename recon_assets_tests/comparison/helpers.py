"""How the comparison's tests make datasets and read results."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recon_assets.comparison import ColumnRule, Comparison, Dataset, Rules, compare


def parquet(folder: Path, name: str, table: pa.Table) -> Dataset:
    """Writes a table as one Parquet file."""
    file = folder / f"{name}.parquet"
    pq.write_table(table, file)
    return Dataset.parquet([file])


def compared(folder: Path, source: pa.Table, target: pa.Table, *, exact: bool = False, **rules) -> Comparison:
    """Compares two Arrow tables by way of Parquet files; `rules` are those of Rules."""
    columns = {name: ColumnRule(**rule) for name, rule in rules.pop("columns", {}).items()}
    return compare(
        parquet(folder, "source", source),
        parquet(folder, "target", target),
        Rules(columns=columns, **rules),
        exact=exact,
        threads=1,
    )
