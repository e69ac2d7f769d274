"""Which columns a name can mean at a point of a query.

Belongs here: the sources of one SELECT, looking names up in it and outwards, and what grouping does to columns.
Does not belong here: building sources (`queries`) or translating expressions (`expressions`).
"""

from dataclasses import dataclass, field

from sqlglot import exp

from recon_assets.tsql import duck
from recon_assets.tsql.errors import INVALID_COLUMN, TSqlError
from recon_assets.tsql.syntax import line_of
from recon_assets.tsql.types import SqlType
from recon_assets.tsql.value import Value

LEVEL = "\x00level"
"""The column by which a recursive CTE counts its depth; no T-SQL name can be this, and * passes over it."""
ROW = "\x00row"
"""The column every table of the catalog has that tells its rows apart; like LEVEL, T-SQL can't see it."""


@dataclass(frozen=True)
class SourceColumn:
    """A column a source offers: its T-SQL name, type, and how DuckDB SQL refers to it."""

    name: str
    type: SqlType
    sql: str
    nullable: bool = True

    @property
    def value(self) -> Value:
        return Value(self.sql, self.type, nullable=self.nullable)


@dataclass(frozen=True)
class Source:
    """A table, derived table or CTE in FROM. `alias` is the name columns are qualified by, `schema` the table's
    own where it has no alias; `relation` is its alias in DuckDB SQL."""

    alias: str
    relation: str
    columns: tuple[SourceColumn, ...]
    schema: str | None = None

    def named(self, name: str) -> list[SourceColumn]:
        return [column for column in self.columns if column.name.lower() == name.lower()]


@dataclass
class Scope:
    """The sources of one SELECT and the scope around it. `groups` maps the normalized text of each GROUP BY
    expression to its value after grouping; None where the query isn't grouped. `inside_aggregate` is how deep the
    expression being translated is in aggregate calls; `allows_aggregates` is true for the select list, HAVING
    and ORDER BY."""

    parent: "Scope | None" = None
    sources: list[Source] = field(default_factory=list)
    groups: dict[str, Value] | None = None
    inside_aggregate: bool = False
    allows_aggregates: bool = False
    allows_windows: bool = False

    def add(self, source: Source) -> None:
        """Add a source. Raises TSqlError 1013 when another has the same exposed name."""
        if any(s.alias.lower() == source.alias.lower() and s.schema == source.schema for s in self.sources):
            told = f'The objects "{source.alias}" and "{source.alias}" in the FROM clause have the same exposed names.'
            raise TSqlError(1013, f"{told} Use correlation names to distinguish them.")
        self.sources.append(source)

    def find_source(self, alias: str, schema: str | None = None) -> "Source | None":
        """The source columns are qualified by with that alias, here or around."""
        for source in self.sources:
            if source.alias.lower() == alias.lower() and (
                schema is None or (source.schema or "").lower() == schema.lower()
            ):
                return source
        return self.parent.find_source(alias, schema) if self.parent else None

    def column(self, node: exp.Column) -> Value:
        """What a column name stands for. Raises TSqlError 207, 209, 4104, or 8120 where grouping forbids it."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._here(node)
            if found is not None:
                return scope._after_grouping(node, found)
            scope = scope.parent
        told = ".".join(part.name for part in node.parts)
        if node.table:
            raise TSqlError(4104, f'The multi-part identifier "{told}" could not be bound.', line=line_of(node))
        raise TSqlError(INVALID_COLUMN, f"Invalid column name '{told}'.", line=line_of(node))

    def _here(self, node: exp.Column) -> SourceColumn | None:
        if node.table:
            sources = [
                s
                for s in self.sources
                if s.alias.lower() == node.table.lower()
                and (not node.db or (s.schema or "").lower() == node.db.lower())
            ]
            found = [column for source in sources for column in source.named(node.name)]
            if sources and not found:
                raise TSqlError(INVALID_COLUMN, f"Invalid column name '{node.name}'.", line=line_of(node))
        else:
            found = [column for source in self.sources for column in source.named(node.name)]
        if len(found) > 1:
            raise TSqlError(209, f"Ambiguous column name '{node.name}'.", line=line_of(node))
        return found[0] if found else None

    def _after_grouping(self, node: exp.Column, column: SourceColumn) -> Value:
        if self.groups is None or self.inside_aggregate:
            return column.value
        if (grouped := self.groups.get(column.sql)) is not None:
            return grouped
        told = f"Column '{node.name}' is invalid in the select list because it is not contained in either an aggregate"
        raise TSqlError(8120, f"{told} function or the GROUP BY clause.", line=line_of(node))


def column_reference(relation: str, name: str) -> str:
    """DuckDB SQL of a source's column."""
    return f"{relation}.{duck.name(name)}"
