"""A bounded sample of a side's rows, as small numbers that keep the order of the values.

Belongs here: drawing the sample and encoding it. Does not belong here: what is searched for in it (`rows_search`).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recon_assets.comparison.causes.predicates import LONGEST_TEXT, Subject, subject
from recon_assets.comparison.causes.rows_input import Workspace
from recon_assets.comparison.causes.rows_unpaired import SURPLUS, Unpaired
from recon_assets.comparison.causes.rows_worth import gain

UNPAIRED_ROWS = 20_000
PAIRED_ROWS = 50_000
_BYTES = 100_000_000  # of a sample, about: of wide tables fewer rows are looked at
_ALL_HASHES = 1 << 64


@dataclass(frozen=True)
class Encoded:
    """A column of the sample: `codes` count the distinct `values` in their order, -1 is NULL. `nan`: the last value is
    NaN, which no bound speaks of."""

    about: Subject
    codes: np.ndarray
    values: pa.Array
    nan: bool

    def value(self, code: int) -> Any:
        """A distinct value, as Python has it."""
        return self.values[int(code)].as_py()


@dataclass(frozen=True)
class Frame:
    """`unpaired` tells the rows to describe from those with a partner; the weights are how many rows of the side one of
    the sample stands for."""

    columns: list[Encoded]
    unpaired: np.ndarray
    unpaired_weight: float
    paired_weight: float

    def gain_of_null(self, column: int) -> float:
        """How well NULL in a column tells the rows apart; 0 where there is none."""
        null = self.columns[column].codes < 0
        unpaired, paired = (
            float(np.count_nonzero(null & rows) * weight)
            for rows, weight in ((self.unpaired, self.unpaired_weight), (~self.unpaired, self.paired_weight))
        )
        everything = self.unpaired.sum() * self.unpaired_weight
        base = float(everything / (everything + (~self.unpaired).sum() * self.paired_weight))
        return gain(unpaired / (unpaired + paired), base) if unpaired else 0.0


def draw(space: Workspace, kept: Unpaired, repaired: str) -> Frame | None:
    """Samples the rows that the kept table still holds, and rows with a partner, in one scan. None if either are none.

    `repaired` is a table of the `k` of rows that pair otherwise: these and surplus copies count as having a partner.
    """
    side = kept.side
    subjects = [subject(column) for column in side.columns]
    width = sum(LONGEST_TEXT if about.kind == "text" else 8 for about in subjects)
    share = min(1.0, _BYTES / width / (UNPAIRED_ROWS + PAIRED_ROWS))
    wanted, wanted_paired = int(UNPAIRED_ROWS * share), int(PAIRED_ROWS * share)
    chosen = space.keep("chosen", f"SELECT DISTINCT k FROM (SELECT k FROM {kept.table} ORDER BY k LIMIT {wanted})")
    paired_rows = kept.partnered
    limit = _ALL_HASHES - 1 if wanted_paired >= paired_rows else _ALL_HASHES * wanted_paired // paired_rows
    sampled = ", ".join(
        f"{about.sampled} AS {column.sql}" for about, column in zip(subjects, side.columns, strict=True)
    )
    columns = ", ".join(column.sql for column in side.columns)
    sample = space.keep(
        "sample",
        f"SELECT lost, {sampled} FROM (SELECT s.*, unpaired AND NOT {SURPLUS} AND r.k IS NULL AS lost"
        f" FROM ({side.rows}) AS s"
        f" LEFT JOIN {repaired} AS r ON r.k = CASE WHEN unpaired AND NOT {SURPLUS} THEN s.k END)"
        f" WHERE CASE WHEN lost THEN k IN (SELECT k FROM {chosen}) ELSE k <= {limit} END",
    )
    kinds = " UNION ALL ".join(
        f"(SELECT lost::TINYINT, {columns} FROM {sample} WHERE {condition} LIMIT {most})"
        for condition, most in (("lost", wanted), ("NOT lost", 2 * wanted_paired))
    )
    table = space.connection.sql(kinds).to_arrow_table()
    unpaired = numbers(_whole(table.column(0))).astype(bool)
    count = int(unpaired.sum())
    if not count or count == len(unpaired):
        return None
    encoded = [_encode(about, table.column(i + 1)) for i, about in enumerate(subjects)]
    return Frame(encoded, unpaired, kept.rest / count, paired_rows / (len(unpaired) - count))


def numbers(array: pa.Array) -> np.ndarray:
    """Numbers without NULLs, without the import of pandas that Arrow's own conversion costs."""
    return np.from_dlpack(array)


def _encode(about: Subject, column: pa.ChunkedArray) -> Encoded:
    array = _whole(column).dictionary_encode(null_encoding="encode")
    order = pc.sort_indices(array.dictionary)  # NaN after numbers, NULL after all
    values = array.dictionary.take(order.slice(0, len(order) - array.dictionary.null_count))
    rank = np.full(len(order), -1, dtype=np.int32)
    rank[numbers(order)[: len(values)]] = np.arange(len(values), dtype=np.int32)
    codes = rank[numbers(array.indices)]
    nan = pa.types.is_floating(values.type) and len(values) > 0 and math.isnan(values[-1].as_py())
    return Encoded(about, codes, values, nan)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
