"""What tables the embedded source holds: the model of `catalog.json` and its reading and writing as text.

Belongs here: the description of a stored table and the catalog's JSON form. Does not belong here: locks,
files on disk and atomic replacement (`storage`), or rows (`rows`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import pyarrow as pa

from recon_assets.sources.base import TSQL_TYPE, SourceError, TableNotFound
from recon_assets.sources.names import ObjectName, nearest, parse_name
from recon_assets.tsql.types import parse_type

FORMAT = 1


class Column(NamedTuple):
    """A column as declared: its name, its T-SQL type such as `decimal(18,2)`, whether it may be NULL, and its
    DEFAULT, a T-SQL expression."""

    name: str
    type: str
    nullable: bool = True
    default: str | None = None


@dataclass(frozen=True)
class Identity:
    """An IDENTITY column: its name, what IDENTITY(seed, increment) says, and the value the next row gets."""

    column: str
    seed: int
    increment: int
    next: int


@dataclass(frozen=True)
class StoredTable:
    """One table: what was declared, and the immutable Parquet file (a name in `tables/`) that holds its
    rows."""

    name: ObjectName
    columns: tuple[Column, ...]
    file: str
    rows: int
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    identity: Identity | None = None

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, each field carrying its T-SQL type.

        Fields are nullable whatever was declared, as they are in every query's result.
        """
        return arrow_schema((c.name, c.type) for c in self.columns)


def arrow_schema(columns: Iterable[tuple[str, str]]) -> pa.Schema:
    """(name, T-SQL type) pairs → the explicit Arrow schema that carries the types along."""
    return pa.schema(
        [
            pa.field(name, parse_type(type_).arrow, metadata={TSQL_TYPE: str(parse_type(type_)).encode()})
            for name, type_ in columns
        ]
    )


@dataclass(frozen=True)
class Catalog:
    """All tables at one commit. `superseded` are files the previous commit still used: kept for its
    readers."""

    generation: int = 0
    tables: Mapping[tuple[str, str], StoredTable] = field(default_factory=dict)
    superseded: frozenset[str] = frozenset()

    def table(self, name: str | ObjectName) -> StoredTable:
        """The table of that name. Raises TableNotFound, naming the nearest ones."""
        wanted = parse_name(name) if isinstance(name, str) else name
        found = self.tables.get(wanted.key)
        if found is None:
            raise TableNotFound(f"table {wanted} does not exist in the embedded source; {self._nearest(wanted)}")
        return found

    def _nearest(self, wanted: ObjectName) -> str:
        there = [table.name for table in self.tables.values()]
        if not there:
            return "it has no tables yet: create them first (the examples' own with `make run`)"
        close = nearest(wanted, there)
        names = close or sorted(map(str, there))[:10]
        return f"{'the nearest are' if close else 'it has'} {', '.join(names)}: correct the name or create the table"

    def changed(self, put: Iterable[StoredTable], drop: Iterable[ObjectName] = ()) -> "Catalog":
        """The next generation: `put` added or replaced, `drop` gone."""
        tables = dict(self.tables)
        for name in drop:
            tables.pop(name.key, None)
        for table in put:
            tables[table.name.key] = table
        kept = {t.file for t in tables.values()}
        return replace(
            self,
            generation=self.generation + 1,
            tables=tables,
            superseded=frozenset(t.file for t in self.tables.values()) - kept,
        )

    @property
    def files(self) -> set[str]:
        """Every file a reader of this or the previous generation may open."""
        return {t.file for t in self.tables.values()} | self.superseded

    def to_json(self) -> str:
        """The text of `catalog.json`."""
        tables = [asdict(t) | {"name": list(t.name), "columns": list(t.columns)} for t in self.tables.values()]
        record = {"format": FORMAT, "generation": self.generation, "superseded": sorted(self.superseded)}
        return json.dumps(record | {"tables": tables}, indent=1)

    @staticmethod
    def from_json(text: str, place: str) -> "Catalog":
        """Raises SourceError, naming `place`, where the text is no catalog of this format."""
        try:
            record = json.loads(text)
            if record["format"] != FORMAT:
                raise SourceError(
                    f"{place} has format {record['format']}, this version reads {FORMAT}: create the tables anew"
                )
            tables = [_table(item) for item in record["tables"]]
            return Catalog(record["generation"], {t.name.key: t for t in tables}, frozenset(record["superseded"]))
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(
                f"{place} is damaged ({type(error).__name__}: {error}): restore it, or remove the folder and"
                " create its tables anew"
            ) from error


def _table(item: dict[str, Any]) -> StoredTable:
    return StoredTable(
        ObjectName(*item["name"]),
        tuple(Column(*c) for c in item["columns"]),
        item["file"],
        item["rows"],
        tuple(item["primary_key"]),
        tuple(tuple(key) for key in item["unique"]),
        Identity(**item["identity"]) if item["identity"] else None,
    )
