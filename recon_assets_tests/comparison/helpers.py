"""How the comparison's tests make datasets and compare them, and what holds for every result.

Belongs here: Arrow tables to files, the call of `compare`, the conditions no result may break. Does not belong here:
cases (`exam`) and random tables (`strategies`).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recon_assets.comparison import ColumnRule, Comparison, Dataset, Rules, compare
from recon_assets.comparison.steps import DEFAULT_LIMITS, Limits

ENGINES = ("duckdb",)
"""What the exam and the properties run on; one more name here runs them all on one more engine."""

WAYS: dict[str, dict[str, Any]] = {
    "fingerprint first": {},
    "by finer buckets": {"limits": Limits(unsifted=0)},
    "as for many rows of which few differ": {"limits": Limits(copied=0, share=0)},
    "as for many rows": {"limits": Limits(copied=0, narrowed=0, share=0)},
    "exact": {"exact": True},
}
"""The ways to the same result."""


def array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """An Arrow array of any type, also of those that Arrow can't make from Python values directly."""
    if isinstance(type_, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(type_, pa.array(values, type_.storage_type))
    if pa.types.is_dictionary(type_):
        return pa.array(values, type_.value_type).dictionary_encode()
    return pa.array(values, type_)


def parquet(folder: Path, name: str, *tables: pa.Table) -> Dataset:
    """Writes a table as one Parquet file, several as as many files of one dataset."""
    files = [folder / f"{name}-{i}.parquet" for i in range(len(tables))]
    for table, file in zip(tables, files, strict=True):
        pq.write_table(table, file)
    return Dataset.parquet(files)


def compared(
    folder: Path,
    source: pa.Table | Sequence[pa.Table],
    target: pa.Table | Sequence[pa.Table],
    *,
    exact: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    samples: int = 20,
    engine: str = "duckdb",
    **rules: Any,
) -> Comparison:
    """Compares two Arrow tables, or lists of them, by way of Parquet files; `rules` are those of Rules."""
    sides = [(side,) if isinstance(side, pa.Table) else side for side in (source, target)]
    columns = {name: ColumnRule(**rule) for name, rule in rules.pop("columns", {}).items()}
    result = compare(
        parquet(folder, "source", *sides[0]),
        parquet(folder, "target", *sides[1]),
        Rules(columns=columns, **rules),
        exact=exact,
        limits=limits,
        samples=samples,
        threads=1,
        **({} if engine == "duckdb" else {"engine": engine}),
    )
    check(result, samples)
    return result


def check(result: Comparison, samples: int) -> None:
    """What holds for every comparison: its counts add up, its verdict follows from them, its JSON is JSON."""
    assert json.loads(json.dumps(result.to_json(), allow_nan=False)) is not None
    assert result.source_rows == result.paired_rows + result.missing_rows
    assert result.target_rows == result.paired_rows + result.extra_rows
    assert result.verdict == _verdict(result), result.reason
    for column in result.columns:
        assert (column.status == "different") == (column.differences > 0), column
        assert column.differences <= result.paired_rows
        assert len(column.samples) == min(samples, column.differences)
    if not result.evidence["path"].startswith("none"):
        assert len(result.missing_samples) == min(samples, result.missing_rows)
        assert len(result.extra_samples) == min(samples, result.extra_rows)


def _verdict(result: Comparison) -> str:
    """The table of docs/rules.md, once more."""
    same_columns = not any(c.status in ("missing", "extra") for c in result.columns)
    rows_agree = result.missing_rows == result.extra_rows == 0
    values_agree = not any(c.differences for c in result.columns)
    if result.rules["strict_row_count"] and result.source_rows != result.target_rows:
        return "NO MATCH"
    if same_columns and rows_agree and values_agree:
        return "MATCH"
    return "PARTIAL MATCH" if result.paired_rows and (rows_agree or values_agree) else "NO MATCH"


def findings(result: Comparison) -> dict[str, Any]:
    """The whole JSON record but for how it was found and how long that took."""
    record = result.to_json()
    del record["evidence"], record["seconds"]
    return record


def differences(result: Comparison) -> dict[str, int]:
    """The number of differences by column, of the columns that have any."""
    return {c.name: c.differences for c in result.columns if c.status == "different"}
