"""A table's columns, and how each is asked for so that its values arrive exactly.

Belongs here: T-SQL types → the expression that is selected, the Arrow type it arrives in, the Arrow type it is kept in.
Does not belong here: asking the server (`catalog`), or fetching (`reading`).

What a driver would change on the way is cast on the server: a tinyint is unsigned, which ODBC forgets; GUIDs are text
in upper case, as SQL Server shows them; times travel on a date. Two things a lakehouse can't hold as they are:

- datetimeoffset: kept as its instant (a timestamp in UTC) and, in a column of its own beside it, the offset in minutes;
- the seventh decimal of a second: cut, as every Delta table would, and counted, so that it is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from recon_assets.sources.base import OFFSET_OF, TSQL_TYPE, SourceError
from recon_assets.tsql.errors import UnsupportedTSql
from recon_assets.tsql.types import MAX, parse_type

INSTANT = pa.timestamp("us", tz="UTC")
"""What a datetimeoffset is kept as."""

_BIG_TEXT = {"xml": "nvarchar(max)", "text": "varchar(max)", "ntext": "nvarchar(max)", "json": "nvarchar(max)"}
_BIG_BYTES = {"image": "varbinary(max)"}
_LENGTHS = ("char", "varchar", "binary", "varbinary", "nchar", "nvarchar")
_SCALES = ("time", "datetime2", "datetimeoffset")


@dataclass(frozen=True)
class CatalogColumn:
    """A row of sys.columns: `type` is the name of the base type, `max_length` its bytes, -1 for max."""

    name: str
    type: str
    max_length: int
    precision: int
    scale: int

    @property
    def declared(self) -> str:
        """The type as T-SQL spells it, such as `decimal(18,2)` or `nvarchar(max)`."""
        if self.type in ("decimal", "numeric"):
            return f"decimal({self.precision},{self.scale})"
        if self.type in _SCALES:
            return f"{self.type}({self.scale})"
        if self.type in _LENGTHS:
            length = self.max_length // 2 if self.type.startswith("n") else self.max_length
            return f"{self.type}({'max' if self.max_length == -1 else length})"
        return self.type


@dataclass(frozen=True)
class Fetched:
    """One selected expression: the type it arrives in, and the field it becomes; None where it is `cut`, which says
    whether a value of the field of that name lost something. `large`: it has no bound on its length."""

    sql: str
    arrives: pa.DataType
    field: pa.Field | None
    cut: str | None = None
    large: bool = False


def fetched(table: str, columns: Sequence[CatalogColumn]) -> list[Fetched]:
    """What to select of a table. Raises SourceError, naming the first column whose type can't be read exactly."""
    return [each for _, each in _selected(table, columns)]


def exported(table: str, columns: Sequence[CatalogColumn]) -> list[tuple[str, pa.Field]]:
    """What the server is to write of a table into files, and the field that each is there: as fetching it would give.

    Raises SourceError, naming the first column whose type can't be exported exactly.
    """
    found = []
    for column, each in _selected(table, columns):
        if column.type == "time":
            raise SourceError(
                f"{table}, column {column.name}: Parquet files of the server's own hold no {column.declared}; leave out"
                " `export: cetas`, or read a view that casts it"
            )
        if each.field is not None:
            found.append((f"{_exact(each.sql, column, each.field)} AS {quoted(each.field.name)}", each.field))
    return found


def schema_of(columns: Sequence[Fetched]) -> pa.Schema:
    """The schema in which the rows are kept."""
    return pa.schema([each.field for each in columns if each.field])


def offset_field(name: str) -> pa.Field:
    """The column beside a datetimeoffset that has its offset in minutes."""
    return pa.field(f"{name}_offset", pa.int16(), metadata={OFFSET_OF: name.encode()})


def quoted(name: str) -> str:
    """An identifier in brackets."""
    return f"[{name.replace(']', ']]')}]"


def _selected(table: str, columns: Sequence[CatalogColumn]) -> list[tuple[CatalogColumn, Fetched]]:
    found = [(column, each) for column in columns for each in _of(table, column)]
    names = [each.field.name.lower() for _, each in found if each.field]
    for name in names:
        if names.count(name) > 1:
            raise SourceError(
                f"{table}: {name} is a column, and the name of another's offset, too; rename it in a view"
            )
    return found


def _of(table: str, column: CatalogColumn) -> list[Fetched]:
    name, declared = quoted(column.name), column.declared
    if column.type == "datetimeoffset":
        instant = f"CAST(SWITCHOFFSET({name}, 0) AS datetime2({column.scale}))"
        return [
            Fetched(instant, pa.timestamp("us"), _field(column, INSTANT)),
            Fetched(f"CAST(DATEPART(tzoffset, {name}) AS smallint)", pa.int16(), offset_field(column.name)),
            *_cut(column),
        ]
    if column.type in _BIG_TEXT:
        return [
            Fetched(f"CAST({name} AS {_BIG_TEXT[column.type]})", pa.string(), _field(column, pa.string()), large=True)
        ]
    if column.type in _BIG_BYTES:
        return [Fetched(f"CAST({name} AS varbinary(max))", pa.binary(), _field(column, pa.binary()), large=True)]
    if column.type in ("timestamp", "rowversion"):
        return [Fetched(f"CAST({name} AS binary(8))", pa.binary(), _field(column, pa.binary()))]
    try:
        type_ = parse_type(declared)
    except UnsupportedTSql:
        raise SourceError(
            f"{table}, column {column.name}: {declared} has no one type outside of SQL Server; read a view that casts"
            " it, or leaves it out"
        ) from None
    kept = _field(column, type_.arrow)
    if type_.name == "tinyint":
        return [Fetched(f"CAST({name} AS smallint)", pa.int16(), kept)]
    if type_.is_money:
        return [Fetched(f"CAST({name} AS decimal({type_.arrow.precision},4))", type_.arrow, kept)]
    if type_.name == "uniqueidentifier":
        return [Fetched(f"CONVERT(char(36), {name})", pa.string(), kept)]
    if type_.name == "time":
        return [Fetched(f"CAST({name} AS datetime2({column.scale}))", pa.timestamp("us"), kept), *_cut(column)]
    if type_.is_temporal and type_.name != "date":
        return [Fetched(name, pa.timestamp("us"), kept), *_cut(column)]
    return [Fetched(name, type_.arrow, kept, large=type_.length == MAX)]


def _exact(sql: str, column: CatalogColumn, field: pa.Field) -> str:
    """A moment as it is fetched: a datetime of milliseconds, which it shows, and not of thirds of them, which it has;
    and no seventh decimal, which would be rounded."""
    if not pa.types.is_timestamp(field.type):
        return sql
    if column.type == "datetime":
        return f"CAST({sql} AS datetime2(3))"
    if column.type in _SCALES and column.scale == 7:
        return f"CAST(DATEADD(nanosecond, -(DATEPART(nanosecond, {sql}) % 1000), {sql}) AS datetime2(6))"
    return sql


def _cut(column: CatalogColumn) -> list[Fetched]:
    if column.type not in _SCALES or column.scale < 7:
        return []
    cut = f"CAST(CASE WHEN DATEPART(nanosecond, {quoted(column.name)}) % 1000 <> 0 THEN 1 ELSE 0 END AS bit)"
    return [Fetched(cut, pa.bool_(), None, cut=column.name)]


def _field(column: CatalogColumn, type_: pa.DataType) -> pa.Field:
    return pa.field(column.name, type_, metadata={TSQL_TYPE: column.declared.encode()})
