"""What the search for causes of missing and extra rows is given, and the tables it works in.

Belongs here: the types a caller fills, and the temporary tables of one search. Does not belong here: any search
(`rows`, `rows_keys`, `rows_predicates`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import duckdb

from recon_assets.comparison.canonical import Canonical, canonical, csv_text
from recon_assets.comparison.plan import Role
from recon_assets.comparison.rules import ColumnRule
from recon_assets.comparison.schema import Column, Pair


@dataclass(frozen=True)
class RowColumn:
    """A column of `UnpairedRows.rows`, there called `c<index>`; `type` is DuckDB's.

    `has_text`: CSV text of which some can't be read as the type; `c<index>_text` is then a column too.
    """

    index: int
    name: str
    type: str
    is_key: bool
    has_text: bool = False

    @property
    def sql(self) -> str:
        """Its name in `rows`."""
        return f"c{self.index}"

    @property
    def column(self) -> Column:
        """The same, as the comparison's other parts know columns."""
        return Column(self.name, self.type, self.type, self.sql, text=csv_text(self.sql) if self.has_text else None)

    @property
    def is_null(self) -> str:
        """SQL: whether there is no value."""
        return f"({csv_text(self.sql) if self.has_text else self.sql} IS NULL)"


@dataclass(frozen=True)
class UnpairedRows:
    """All rows of one side and which of them have no partner on the other.

    `rows` is a SELECT of every row of the side (each use of it is a scan) with the columns `c<index>` (the side's own
    values), `k` UBIGINT (hash of the key, so that `k < x` is a fair sample of the keys), `unpaired` BOOLEAN, and
    `mine` and `theirs` BIGINT: how many rows of this row's key this side and the other have. Without a declared key
    the columns that rows pair by are the key. `unpaired_rows` and `total_rows` count the side's rows. Of rows with a
    partner the SELECT may have but a sample that is fair by `k`: each then stands for `partnered` of them.
    """

    role: Role
    rows: str
    columns: Sequence[RowColumn]
    unpaired_rows: int
    total_rows: int
    partnered: float = 1.0

    @property
    def other(self) -> Role:
        """The side where these rows' partners were looked for."""
        return "target" if self.role == "source" else "source"

    def column(self, index: int) -> RowColumn:
        """The column called `c<index>`."""
        return next(c for c in self.columns if c.index == index)


@dataclass(frozen=True)
class KeyColumn:
    """A column that rows pair by: its index among each side's columns, and its rule."""

    name: str
    source: int
    target: int
    rule: ColumnRule = field(default_factory=ColumnRule)

    def form(self, source: UnpairedRows, target: UnpairedRows, a: str, b: str) -> Canonical:
        """The form in which both sides' values, read by the SQL `a` and `b`, are compared."""
        left, right = source.column(self.source), target.column(self.target)
        return canonical(Pair(self.name, left.column, right.column, self.rule, True), a, b)


class Workspace:
    """Temporary tables with names of their own, dropped when the search ends."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._prefix = f"row_causes_{uuid4().hex[:12]}"
        self._tables: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._tables:
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")

    def keep(self, what: str, query: str) -> str:
        """Makes a query's rows a table, in place of an earlier one for the same purpose; returns its name."""
        name = f"{self._prefix}_{what}"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
        if name not in self._tables:
            self._tables.append(name)
        return name

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows of a query that gives few."""
        return self.connection.execute(query).fetchall()

    def row(self, query: str) -> tuple[Any, ...]:
        """The only row of a query."""
        (row,) = self.rows(query)
        return row
