"""Reading a Delta table's log: its active files, schema and partition values.

Belongs here: what has to be right so that the files, read as Parquet, are the table; what can't be is refused
by name. Does not belong here: writing Delta, or Spark.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa

from recon_assets.comparison.duck import identifier
from recon_assets.comparison.errors import ComparisonError


@dataclass(frozen=True)
class DeltaFiles:
    """A table's version as files; `partitions` is one row per file, `filename` first, where it is
    partitioned."""

    version: int
    files: tuple[str, ...]
    schema: pa.Schema
    partitions: pa.Table | None


def read_log(path: str | Path, version: int | None) -> DeltaFiles:
    """The table's state. Raises ComparisonError when it is unreadable, or needs more than reading its
    files."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        table = DeltaTable(str(path), version=version)
        found_version = table.version()
        schema = pa.schema(table.schema().to_arrow())
        actions = pa.table(table.get_add_actions(flatten=True))
        mapping = table.metadata().configuration.get("delta.columnMapping.mode", "none")
        deleted = pa.table(table.deletion_vectors()).num_rows
    except (DeltaError, OSError) as error:
        which = "" if version is None else f" at version {version}"
        raise ComparisonError(f"{path}: not a readable Delta table{which} ({str(error).splitlines()[0]})") from error
    if mapping != "none":
        raise ComparisonError(
            f"{path}: column mapping ({mapping}) is not supported: its files name columns otherwise than the "
            "table does; compare a copy written by CREATE TABLE … AS SELECT"
        )
    if deleted:
        raise ComparisonError(
            f"{path}: {deleted} file(s) have deletion vectors, which are not supported; run "
            "REORG TABLE … APPLY (PURGE) first"
        )
    files = tuple(_location(Path(path), p) for p in actions.column("path").to_pylist())
    keys = table.metadata().partition_columns
    if not keys or not files:
        return DeltaFiles(found_version, files, schema, None)
    columns = {"filename": pa.array(files)}
    for key in keys:
        columns[key] = actions.column(f"partition.{key}").cast(schema.field(key).type)
    return DeltaFiles(found_version, files, schema, pa.table(columns))


def select(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    files: str,
    schema: pa.Schema,
    partitions: pa.Table | None,
) -> str:
    """The table's rows: columns that a file lacks are NULL there, partition columns come from the log."""
    rows = f"read_parquet({files}, union_by_name = true, filename = true, hive_partitioning = false)"
    stored = {row[0].lower() for row in connection.execute(f"DESCRIBE FROM {rows}").fetchall()}
    empty = schema.empty_table()
    types = {row[0]: row[1] for row in connection.execute("DESCRIBE FROM empty").fetchall()}
    del empty
    from_log = set() if partitions is None else set(partitions.column_names[1:])
    columns = []
    for field in schema.names:
        quoted = identifier(field)
        if field in from_log:
            columns.append(f"log.{quoted}")
        elif field.lower() in stored:
            columns.append(f"CAST(file.{quoted} AS {types[field]}) AS {quoted}")
        else:
            columns.append(f"CAST(NULL AS {types[field]}) AS {quoted}")
    join = ""
    if partitions is not None:
        log = identifier(f"{name}_partitions")
        connection.execute(f"CREATE TEMP TABLE {log} AS FROM partitions")
        join = f" JOIN {log} AS log ON log.filename = file.filename"
    return f"SELECT {', '.join(columns)} FROM {rows} AS file{join}"


def _location(table: Path, logged: str) -> str:
    """A file's place: the log holds URL-encoded paths, relative to the table unless they name a scheme."""
    if "://" in logged:
        return unquote(logged.removeprefix("file://"))
    return str(table / unquote(logged))
