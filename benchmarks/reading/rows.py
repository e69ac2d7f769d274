"""The table's rows, as Arrow batches.

Belongs here: values, the same in every run. Does not belong here: how they are sent (`server`).

The server sends rows it has encoded beforehand, else a benchmark would measure it: a few batches, over and over. They
hold more rows together than a Parquet row group, so that no row group is small because its rows repeat.
"""

from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.reading.table import COLUMNS, SUMMED, Found

_BATCH_ROWS = 50_000
_BATCHES = 12

SCHEMA = pa.schema(
    {
        name: {
            "int": pa.int32(),
            "bigint": pa.int64(),
            "float": pa.float64(),
            "date": pa.date32(),
            "datetime2(6)": pa.timestamp("us"),
            "decimal(18,2)": pa.decimal128(18, 2),
            "decimal(28,6)": pa.decimal128(28, 6),
        }.get(declared.removesuffix(" not null"), pa.string())
        for name, declared in COLUMNS
    }
)


def batches() -> list[pa.RecordBatch]:
    """The batches that are repeated."""
    random = np.random.default_rng(20240101)
    return [_batch(random, number * _BATCH_ROWS) for number in range(_BATCHES)]


def repeated(made: list[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """So many rows: the same batch objects over and over, the last one cut."""
    place = 0
    while rows > 0:
        batch = made[place % len(made)]
        yield batch if batch.num_rows <= rows else batch.slice(0, rows)
        rows, place = rows - batch.num_rows, place + 1


def found(made: list[pa.RecordBatch], rows: int) -> Found:
    """What is to be found in so many rows."""
    totals: dict[int, Decimal] = {}
    total = Decimal()
    for batch in repeated(made, rows):
        if id(batch) not in totals or batch.num_rows < _BATCH_ROWS:
            totals[id(batch)] = pc.sum(batch.column(SUMMED)).as_py()
        total += totals[id(batch)]
    return Found(rows, total)


def _batch(random: np.random.Generator, first: int) -> pa.RecordBatch:
    n = _BATCH_ROWS
    numbers = np.arange(first, first + n)

    def null(one_in: int) -> np.ndarray | None:
        return random.integers(0, one_in, n) == 0 if one_in else None

    def integers(most: int, type_: pa.DataType, one_in: int = 0) -> pa.Array:
        return pa.array(random.integers(0, most, n), type_, mask=null(one_in))

    def decimals(most: int, type_: pa.Decimal128Type, one_in: int) -> pa.Array:
        unscaled = pa.array(random.integers(-most, most, n), pa.int64(), mask=null(one_in)).cast(pa.decimal128(19, 0))
        return pc.multiply(unscaled, pa.scalar(Decimal(1).scaleb(-type_.scale))).cast(type_)

    def texts(form: str, values: np.ndarray, one_in: int = 0) -> pa.Array:
        return pa.array([form.format(value) for value in values], pa.string(), mask=null(one_in))

    columns = {
        "date_key": pa.array(20240101 + numbers % 28, pa.int32()),
        "corporation_id": integers(1_000, pa.int32()),
        "product_id": texts("P{:03}", random.integers(0, 50, n)),
        "account_id": pa.array(40_000_000_000 + numbers // 28, pa.int64()),
        **{f"amount_{i}": decimals(10**10, pa.decimal128(18, 2), 20) for i in range(5)},
        "rate": decimals(10**13, pa.decimal128(28, 6), 50),
        **{f"count_{i}": integers(10 ** (2 * i + 1), pa.int32(), 10) for i in range(3)},
        "reference_id": integers(10**12, pa.int64(), 20),
        "ratio": pa.array(random.random(n), mask=null(10)),
        "status": pa.array(np.array(["OPEN", "CLOSED", "PENDING"])[random.integers(0, 3, n)], mask=null(4)),
        "customer_name": texts("Kundin Müller {:06}", random.integers(0, 100_000, n), 100),
        "remark": texts("note on transaction {}", random.integers(0, 1_000_000, n), 5),
        "opened_on": pa.array(random.integers(10_000, 20_000, n).astype("i4"), mask=null(20)).cast(pa.date32()),
        "updated_at": integers(10**15, pa.int64(), 100).cast(pa.timestamp("us")),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)
