"""A table to be compared, as files: where it is and what columns it has.

Belongs here: finding a dataset's files and schema (Parquet, Delta, CSV), and how DuckDB reads them. Does not
belong here: what its values mean (`canonical`), or the types of a CSV file's columns (`csv_columns`).
"""

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Self, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec import AbstractFileSystem

from recon_assets.comparison import csv_columns, delta
from recon_assets.comparison.duck import identifier, literal, reading
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.extremes import columns_out_of_range
from recon_assets.comparison.location import Format, Location, is_url
from recon_assets.comparison.types import NOT_COMPARED, OUT_OF_RANGE, is_misread

Footer = TypeVar("Footer", pa.Schema, pq.FileMetaData)

_LOOKED_AT = 16  # files, to tell how large row groups are
_AGAIN = "restore it, or compare again and use the new record"


@dataclass(frozen=True)
class Dataset:
    """One side of a comparison: files of one format and one schema; rows are read only when compared.

    `partitions` holds, for a partitioned Delta table, the values that are in its log and not in its files:
    one row per file, column `filename` first. `filesystem` reads the files that have URLs.
    """

    label: str
    location: Location
    files: tuple[str, ...]
    schema: pa.Schema
    partitions: pa.Table | None = None
    filesystem: AbstractFileSystem | None = dataclasses.field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_names(self.label, self.schema.names)

    @property
    def format(self) -> Format:
        """What the files are."""
        return self.location.format

    @classmethod
    def open(cls, location: str | Path) -> Self:
        """Parquet or CSV, a file or a folder of them, or a Delta table's folder, told apart by looking.

        Folders are searched through for Parquet and CSV files; names that start with `_` or `.` are passed over, as
        Spark does. Raises ComparisonError when there is nothing to read, or it can't be read.
        """
        path = Path(location)
        if (path / "_delta_log").is_dir():
            return cls.delta(path)
        if not path.exists():
            raise ComparisonError(f"{location}: no such file or folder")
        files = _data_files(path) if path.is_dir() else [path]
        in_csv = [csv_columns.is_csv(file) for file in files]
        if any(in_csv) and not all(in_csv):
            raise ComparisonError(
                f"{location}: holds both Parquet and CSV files; name the folder or file that is meant"
            )
        found = cls.csv(files, label=str(location)) if any(in_csv) else cls.parquet(files, label=str(location))
        return replace(found, location=Location.of(found.format, path))

    @classmethod
    def reopen(cls, location: Location) -> Self:
        """The dataset that lay where a record says, as far as it is still there: its rows may be others by now.

        Raises ComparisonError when it is gone, or can't be read.
        """
        _refuse_gone(location.paths)
        if location.format == "delta":
            found = cls.delta(location.paths[0], location.version)
        elif len(location.paths) == 1 and Path(location.paths[0]).is_dir():
            found = cls.open(location.paths[0])
        elif location.format == "csv":
            found = cls.csv([Path(path) for path in location.paths], label=location.paths[0])
        else:
            found = cls.parquet(location.paths, location.schema)
        if found.format != location.format:
            raise ComparisonError(
                f"{found.label}: the record says {location.format}, but {found.format} is there now; {_AGAIN}"
            )
        _refuse_gone(found.files)  # a Delta table's log may name files that VACUUM has removed
        return found

    @classmethod
    def csv(cls, files: Sequence[Path], *, label: str) -> Self:
        """CSV files whose header lines are the same. Raises ComparisonError for one that differs, or has none."""
        first = csv_columns.schema(files[0])
        for file in files[1:]:
            if csv_columns.schema(file) != first or csv_columns.delimiter(file) != csv_columns.delimiter(files[0]):
                raise ComparisonError(f"{file}: its first line is not that of {files[0]}; write both alike")
        return cls(label, Location.of("csv", *files), tuple(map(str, files)), first)

    @classmethod
    def parquet(
        cls,
        files: Sequence[str | Path],
        schema: pa.Schema | None = None,
        *,
        label: str | None = None,
        filesystem: AbstractFileSystem | None = None,
    ) -> Self:
        """Parquet files that share one schema; `schema` is needed only where there may be no file.

        Files with URLs are read through `filesystem`.

        Raises ComparisonError for a file that can't be read, or whose columns differ from the first file's.
        """
        names = tuple(str(f) for f in files)
        if not names:
            if schema is None:
                raise ComparisonError(f"{label or 'dataset'}: no Parquet file, and no schema given instead")
            return cls(label or "(no files)", Location("parquet", (), schema=schema), (), schema)
        first = _footer(names[0], pq.read_schema, filesystem)
        for name in names[1:]:
            _check_same_columns(names[0], first, name, _footer(name, pq.read_schema, filesystem))
        several = names[0] if len(names) == 1 else f"{names[0]} …"
        return cls(label or several, Location.of("parquet", *names), names, first, filesystem=filesystem)

    @classmethod
    def delta(cls, path: str | Path, version: int | None = None) -> Self:
        """A Delta table's active files at its newest version, or the given one. Raises ComparisonError."""
        table = delta.read_log(path, version)
        location = Location.of("delta", path, version=table.version)
        return cls(str(path), location, table.files, table.schema, table.partitions)

    def largest_row_group(self) -> int:
        """Bytes, as read, of the largest row group of the first few Parquet files: what a thread reads at a time."""
        files = [] if self.format == "csv" else self.files[:_LOOKED_AT]
        footers = [self._footer(file) for file in files]
        return max((f.row_group(i).total_byte_size for f in footers for i in range(f.num_row_groups)), default=0)

    def damaged_file(self) -> str | None:
        """The first of the Parquet files that can't be read through; reads all of them, a row group at a time."""
        if self.format == "csv":
            return None
        for name in self.files:
            try:
                with _opened(name, self.filesystem) as stream, pq.ParquetFile(stream) as file:
                    for group in range(file.num_row_groups):
                        file.read_row_group(group)
            except (pa.ArrowException, OSError):
                return name
        return None

    def create_view(self, connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
        """Makes the rows readable in a session under a name; returns DuckDB's type of each column.

        Where DuckDB would read a column as what it isn't, or can't hold its values, it is the file's type with what is
        wrong (see `types`). Raises ComparisonError when DuckDB can't read the files, or names a column otherwise.
        """
        view = identifier(name)
        if self.filesystem is not None and not connection.filesystem_is_registered(self.filesystem.protocol):
            connection.register_filesystem(self.filesystem)
        with reading(self.label):
            if not self.files:
                empty = self.schema.empty_table()
                connection.execute(f"CREATE TEMP TABLE {view} AS FROM empty")
                del empty
            else:
                connection.execute(f"CREATE TEMP VIEW {view} AS {self._select(connection, name)}")
            described = connection.execute(f"DESCRIBE {view}").fetchall()
        types = {row[0]: row[1] for row in described}
        for name in self.schema.names:
            if name not in types:
                raise ComparisonError(f"{self.label}: column {name!r} can't be read by that name; rename it")
        types |= {field.name: f"{field.type}{NOT_COMPARED}" for field in self.schema if is_misread(field.type)}
        for file in self.files:
            if self.format != "csv":
                beyond = columns_out_of_range(self._footer(file), self.schema.names)
                types |= {column: f"{self.schema.field(column).type}{OUT_OF_RANGE}" for column in beyond}
        return types

    def _footer(self, file: str) -> pq.FileMetaData:
        return _footer(file, pq.read_metadata, self.filesystem)

    def _select(self, connection: duckdb.DuckDBPyConnection, name: str) -> str:
        if self.format == "csv":
            return f"SELECT * FROM {csv_columns.read_csv(self.files, self.schema)}"
        files = f"[{', '.join(literal(f) for f in self.files)}]"
        if self.format == "parquet":
            return f"SELECT * FROM read_parquet({files}, hive_partitioning = false)"
        return delta.select(connection, name, files, self.schema, self.partitions)


def check_names(label: str, names: Sequence[str]) -> None:
    """Raises ComparisonError for a column without a name, and for two that case alone tells apart, or nothing."""
    seen: dict[str, str] = {}
    for number, name in enumerate(names, 1):
        if not name:
            raise ComparisonError(f"{label}: column {number} has an empty column name; give it a name")
        other = seen.get(name.lower())
        if other == name:
            raise ComparisonError(f"{label}: column {name!r} is there twice; rename one of them")
        if other is not None:
            raise ComparisonError(
                f"{label}: columns {other!r} and {name!r} differ only by case; column names are "
                "compared without regard to case, so rename one of them"
            )
        seen[name.lower()] = name


def _refuse_gone(paths: Sequence[str]) -> None:
    gone = [path for path in paths if not is_url(path) and not Path(path).exists()]
    if gone:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        raise ComparisonError(f"{gone[0]}{more}: no longer there; {_AGAIN}")


def _data_files(folder: Path) -> list[Path]:
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix == ".parquet" or csv_columns.is_csv(p)):
        inside = path.relative_to(folder)
        if any(part.startswith(("_", ".")) for part in inside.parts):
            continue
        if any("=" in part for part in inside.parts[:-1]):
            raise ComparisonError(
                f"{path}: the folder name holds a column's value (partitioned by folder), whose type is not "
                "recorded; register the folder as a Delta table, or write it unpartitioned"
            )
        found.append(path)
    if not found:
        raise ComparisonError(f"{folder}: no Parquet or CSV file and no _delta_log in this folder")
    return found


def _footer(file: str, read: Callable[[BinaryIO], Footer], filesystem: AbstractFileSystem | None) -> Footer:
    try:
        with _opened(file, filesystem) as stream:
            return read(stream)
    except (pa.ArrowException, OSError) as error:
        raise ComparisonError(
            f"{file}: not a readable Parquet file ({str(error).splitlines()[0]}); write it anew, or give a "
            "Parquet file or folder, a Delta table's folder, or a .csv, .csv.gz or .tsv file"
        ) from error


def _opened(file: str, filesystem: AbstractFileSystem | None) -> AbstractContextManager[BinaryIO]:
    if not is_url(file):
        return Path(file).open("rb")
    if filesystem is None:
        raise ComparisonError(
            f"{file}: lies in a storage that this process has no access to; compare on the engine spark, or copies here"
        )
    return filesystem.open(file, "rb")


def _check_same_columns(first: str, expected: pa.Schema, file: str, found: pa.Schema) -> None:
    theirs = {f.name: f.type for f in found}
    for field in expected:
        if field.name not in theirs:
            raise ComparisonError(f"{file}: no column {field.name!r}, which {first} has; write both alike")
        if theirs[field.name] != field.type:
            raise ComparisonError(
                f"{file}: column {field.name!r} is {theirs[field.name]}, but {field.type} in {first}; write both alike"
            )
    more = set(theirs) - set(expected.names)
    if more:
        raise ComparisonError(f"{file}: column {min(more)!r} is not in {first}; write both alike")
