"""What tests of causes share: a table of pairs, and the causes found for it.

Belongs here: making pairs of given values and counting candidates exactly. Does not belong here: cases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from recon_assets.comparison.causes.candidate import Candidate, DifferingColumn
from recon_assets.comparison.causes.operands import of_column
from recon_assets.comparison.causes.values import discover
from recon_assets.comparison.rules import ColumnRule
from recon_assets.comparison.types import family


@dataclass(frozen=True)
class Found:
    """A cause and the differing rows it holds for."""

    cause: str
    detail: str
    rows: int


def connect() -> duckdb.DuckDBPyConnection:
    """A session like the comparison's."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET threads = 2; SET preserve_insertion_order = false")
    connection.execute("SET disabled_optimizers = 'statistics_propagation'")
    return connection


def column(index: int, name: str, source_type: str, target_type: str | None = None, **rules) -> DifferingColumn:
    """A differing column; both sides are of one type unless said otherwise."""
    return DifferingColumn(index, name, source_type, target_type or source_type, ColumnRule(**rules))


def differs(column: DifferingColumn) -> str:
    """SQL: whether a pair differs in a column, as the comparison has it."""
    source, target = of_column(column).form
    return f"({source}) IS DISTINCT FROM ({target})"


def make_pairs(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[DifferingColumn], rows: str, key: str = "hash(k0)"
) -> None:
    """The table `pairs`, of a SELECT of keys and the columns' `a<n>` and `b<n>`; only rows that differ are kept."""
    flags = ", ".join(f"{differs(c)} AS {c.differs}" for c in columns)
    some = " OR ".join(c.differs for c in columns)
    connection.execute(
        f"CREATE OR REPLACE TABLE pairs AS SELECT * FROM (SELECT *, {flags} FROM (SELECT *, {key} AS k FROM ({rows})))"
        f" WHERE {some}"
    )


def from_values(columns: Sequence[DifferingColumn], rows: Sequence[Sequence[str | None]]) -> str:
    """A SELECT of literal rows: each column's source and target value as text, NULL for None."""
    types = [t for c in columns for t in (c.source_type, c.target_type)]
    names = [n for c in columns for n in (c.a, c.b)]

    def literal(value: str | None) -> str:
        return "NULL" if value is None else "'" + value.replace("'", "''") + "'"

    lines = ", ".join(f"({i}, {', '.join(literal(v) for v in row)})" for i, row in enumerate(rows))
    chosen = ", ".join(
        f"CAST({n} AS {t}) AS {n}" if family(t) != "binary" else f"unhex({n}) AS {n}"
        for n, t in zip(names, types, strict=True)
    )
    return f"SELECT k0, {chosen} FROM (VALUES {lines}) AS given(k0, {', '.join(names)})"


def found(
    connection: duckdb.DuckDBPyConnection,
    pairs: str,
    columns: Sequence[DifferingColumn],
    sides: Mapping[str, str] | None = None,
) -> dict[int, list[Found]]:
    """Each column's causes with the rows they hold for."""
    result: dict[int, list[Found]] = {c.index: [] for c in columns}
    for candidate in discover(connection, pairs, columns, sides):
        rows = connection.execute(f"SELECT count(*) FROM {holding(candidate, pairs)}").fetchone()[0]
        result[candidate.column].append(Found(candidate.cause, candidate.detail, rows))
    return result


def holding(candidate: Candidate, pairs: str) -> str:
    """SQL: the differing rows for which a candidate holds."""
    join = f" LEFT JOIN {candidate.lookup} USING (k)" if candidate.lookup else ""
    return f"(SELECT * FROM {pairs}{join} WHERE d{candidate.column} AND ({candidate.holds}))"


def causes_of(
    rows: Sequence[tuple[str | None, str | None]], source_type: str, target_type: str | None = None, **rules
) -> list[Found]:
    """The causes found in one column of these pairs of values."""
    only = column(0, "v", source_type, target_type, **rules)
    connection = connect()
    make_pairs(connection, [only], from_values([only], rows))
    return found(connection, "pairs", [only])[0]
