"""Rows of a stored table as Arrow: streaming them out of its Parquet file, and checked ones into a new file.

Belongs here: the memory-flat reading and writing of one file, and the checks that given rows are what the
columns declare. Does not belong here: where files live (`storage`), or rows a procedure computed (`session`).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recon_assets.sources.base import SourceError
from recon_assets.sources.embedded.catalog import Column, arrow_schema
from recon_assets.tsql.types import MAX, SqlType, parse_type

BATCH_ROWS = 65_536
ROW_GROUP_ROWS = 122_880
_ROW_GROUP_BYTES = 256 << 20
_UUID = r"^[0-9A-F]{8}-([0-9A-F]{4}-){3}[0-9A-F]{12}$"


@contextmanager
def stream(parquet: pq.ParquetFile, schema: pa.Schema) -> Iterator[pa.RecordBatchReader]:
    """An open file's rows with exactly this schema, one row group in memory at a time."""

    def batches() -> Iterator[pa.RecordBatch]:
        # A whole-file iter_batches keeps every row group it has passed; one group at a time stays flat.
        for group in range(parquet.num_row_groups):
            for batch in parquet.iter_batches(BATCH_ROWS, row_groups=[group]):
                yield conformed(batch, schema)

    with parquet, pa.RecordBatchReader.from_batches(schema, batches()) as reader:
        yield reader


def conformed(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with exactly this schema's names, types and metadata; its columns are in the schema's
    order."""
    columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def write_checked(file: Path, table: str, columns: Iterable[Column], batches: Iterable[pa.RecordBatch]) -> int:
    """Write the batches as the table's file and return the number of rows.

    Columns are matched by name, whatever their order. Raises SourceError, naming table and column, for a
    missing or unknown column and for a value that the declared type can't hold exactly.
    """
    columns = tuple(columns)
    schema = arrow_schema((c.name, c.type) for c in columns)
    rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for group in _groups(_checked(table, columns, schema, batch) for batch in batches):
            writer.write_table(pa.Table.from_batches(group, schema), row_group_size=ROW_GROUP_ROWS)
            rows += sum(batch.num_rows for batch in group)
    return rows


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Collect small batches into row groups of a sound size."""
    group: list[pa.RecordBatch] = []
    for batch in batches:
        group.append(batch)
        if sum(b.num_rows for b in group) >= ROW_GROUP_ROWS or sum(b.nbytes for b in group) >= _ROW_GROUP_BYTES:
            yield group
            group = []
    if group:
        yield group


def _checked(table: str, columns: tuple[Column, ...], schema: pa.Schema, batch: pa.RecordBatch) -> pa.RecordBatch:
    given = {name.lower(): array for name, array in zip(batch.schema.names, batch.columns, strict=True)}
    declared = {c.name.lower() for c in columns}
    if len(given) != batch.num_columns or set(given) != declared:
        missing = sorted(declared - set(given))
        unknown = sorted(set(given) - declared)
        raise SourceError(
            f"the rows for table {table} don't have its columns: missing {missing}, unknown {unknown}; give"
            " exactly the declared ones, each once"
        )
    return pa.RecordBatch.from_arrays(
        [_checked_column(table, column, given[column.name.lower()]) for column in columns], schema=schema
    )


def _checked_column(table: str, column: Column, values: pa.Array) -> pa.Array:
    sql_type = parse_type(column.type)

    def refuse(what: str) -> SourceError:
        return SourceError(f"table {table}, column {column.name} {sql_type}: {what}")

    if not column.nullable and values.null_count:
        raise refuse(f"{values.null_count} NULLs in a column that is NOT NULL")
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if not pa.types.is_null(values.type) and _family(values.type) != _family(sql_type.arrow):
        raise refuse(f"the rows given hold {values.type}; cast them to {sql_type.arrow} first")
    try:
        values = values.cast(sql_type.arrow)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise refuse(f"a value does not fit ({error})") from error
    if sql_type.name in ("char", "nchar"):
        values = pc.utf8_rpad(values, sql_type.length)
    if sql_type.name == "uniqueidentifier":
        values = pc.utf8_upper(values)
    problem = _unfit(sql_type, values)
    if problem:
        raise refuse(problem)
    return values


def require_unique(file: Path, table: str, key: Sequence[str]) -> None:
    """Raises SourceError where two rows of the file share the key, by SQL Server's equality of texts."""
    schema = pq.read_schema(file)
    terms = []
    for name in key:
        field = schema.field(schema.names.index(next(n for n in schema.names if n.lower() == name.lower())))
        quoted = f'"{field.name.replace(chr(34), chr(34) * 2)}"'
        terms.append(f"lower(rtrim({quoted}))" if pa.types.is_string(field.type) else quoted)
    with duckdb.connect() as connection:
        query = f"SELECT {', '.join(terms)} FROM read_parquet(?) GROUP BY ALL HAVING count(*) > 1 LIMIT 1"
        repeated = connection.execute(query, [str(file)]).fetchone()
    if repeated:
        raise SourceError(
            f"table {table}: the primary key ({', '.join(key)}) = {repeated} occurs more than once; make it unique"
        )


def _family(type_: pa.DataType) -> str:
    """Types between which a cast that fails on loss is no change of meaning."""
    if pa.types.is_integer(type_) or pa.types.is_decimal(type_):
        return "exact number"
    if pa.types.is_floating(type_):
        return "float"
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return "text"
    if pa.types.is_timestamp(type_):
        return f"timestamp {type_.tz}"
    if pa.types.is_time(type_):
        return "time"
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_fixed_size_binary(type_):
        return "binary"
    return str(type_)


def _unfit(sql_type: SqlType, values: pa.Array) -> str | None:
    """Why a value isn't one of the declared type, for what the Arrow type alone doesn't say."""
    if sql_type.length not in (None, MAX) and (pa.types.is_string(values.type) or pa.types.is_binary(values.type)):
        measure = pc.utf8_length if pa.types.is_string(values.type) else pc.binary_length
        longest = pc.max(measure(values)).as_py()
        if longest is not None and longest > sql_type.length:
            return f"a value of length {longest} would be truncated"
    if sql_type.name == "uniqueidentifier" and not pc.all(pc.match_substring_regex(values, _UUID)).as_py():
        return "a value is not a UUID in its usual form"
    off_grid = _off_grid(sql_type, values)
    if off_grid is not None and pc.any(off_grid).as_py():
        first = values.filter(off_grid)[0]
        return f"the value {first.as_py()} is finer than the type can hold: round it first"
    return None


def _off_grid(sql_type: SqlType, values: pa.Array) -> pa.Array | None:
    """Which times fall between two of the type's own (datetime counts in .000, .003, .007 s)."""
    if not (pa.types.is_timestamp(values.type) or pa.types.is_time(values.type)):
        return None
    micros = values.cast(pa.int64())
    if sql_type.name == "datetime":
        rest = _modulo(micros, 10_000)  # negative before 1970
        return pc.invert(pc.is_in(rest, value_set=pa.array([0, 3_000, 7_000, -3_000, -7_000, None], pa.int64())))
    step = 60_000_000 if sql_type.name == "smalldatetime" else 10 ** max(0, 6 - _digits(sql_type))
    return pc.fill_null(pc.not_equal(_modulo(micros, step), 0), False)


def _digits(sql_type: SqlType) -> int:
    return 7 if sql_type.scale is None else sql_type.scale


def _modulo(values: pa.Array, divisor: int) -> pa.Array:
    return pc.subtract(values, pc.multiply(pc.divide(values, divisor), divisor))
