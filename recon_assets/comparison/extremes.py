"""Dates and timestamps of Parquet files that are beyond what DuckDB can hold.

Belongs here: finding the columns that have such values, by the statistics in the files' footers. Does not belong here:
refusing them (`schema`), or reading any row.

DuckDB fails on reading, casting or showing some such values, and takes others for infinities. It can hold a little more
than is allowed here, which leaves room for shifting times between zones. Nanoseconds all fit.
"""

import json
from collections.abc import Sequence

import pyarrow.parquet as pq

_FARTHEST = 9_200_000_000_000_000_000  # microseconds before or after 1970: more than 291,500 years
_MICROSECONDS = {"milliseconds": 1000, "microseconds": 1}
_DAY = 86_400_000_000


def columns_out_of_range(footer: pq.FileMetaData, names: Sequence[str]) -> list[str]:
    """Which of the columns have dates or timestamps out of range, nested ones too, by a footer that says so."""
    paths = _paths_out_of_range(footer)
    return [name for name in names if any(path == name or path.startswith(f"{name}.") for path in paths)]


def _paths_out_of_range(footer: pq.FileMetaData) -> set[str]:
    units = {i: unit for i in range(footer.num_columns) if (unit := _unit(footer.schema.column(i)))}
    found = set()
    for group in map(footer.row_group, range(footer.num_row_groups)):
        for i, unit in units.items():
            known = group.column(i).statistics
            if known and known.has_min_max and max(-known.min_raw, known.max_raw) * unit > _FARTHEST:
                found.add(footer.schema.column(i).path)
    return found


def _unit(column: pq.ColumnSchema) -> int | None:
    """How many microseconds a value's unit has; None for what is no date or timestamp, or can't be out of range."""
    logical = json.loads(column.logical_type.to_json())
    if logical["Type"] == "Date":
        return _DAY
    return _MICROSECONDS.get(logical["timeUnit"]) if logical["Type"] == "Timestamp" else None
