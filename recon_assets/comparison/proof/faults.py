"""A known fault, and what a right comparison must say of it.

Belongs here: the types that planting and trial share, and DESIGN's verdict once more. Does not belong here: which
faults there are (`values`, `rows`), or which are planted together (`batches`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Self

from recon_assets.comparison.proof.changes import Change
from recon_assets.comparison.proof.fields import Field
from recon_assets.comparison.result import Comparison, Verdict


@dataclass(frozen=True)
class Counts:
    """What a comparison counts: rows, keys that repeat, differences by column, columns of one side only."""

    missing: int = 0
    extra: int = 0
    repeated_source: int = 0
    repeated_target: int = 0
    differences: Mapping[str, int] = field(default_factory=dict)
    missing_columns: frozenset[str] = frozenset()
    extra_columns: frozenset[str] = frozenset()

    @classmethod
    def of(cls, comparison: Comparison) -> Self:
        """What a comparison counted."""
        return cls(
            comparison.missing_rows,
            comparison.extra_rows,
            comparison.duplicate_keys.source,
            comparison.duplicate_keys.target,
            {c.name: c.differences for c in comparison.columns if c.differences},
            frozenset(c.name for c in comparison.columns if c.status == "missing"),
            frozenset(c.name for c in comparison.columns if c.status == "extra"),
        )

    def __add__(self, other: Self) -> Self:
        columns = self.differences.keys() | other.differences.keys()
        return type(self)(
            self.missing + other.missing,
            self.extra + other.extra,
            self.repeated_source + other.repeated_source,
            self.repeated_target + other.repeated_target,
            {c: self.differences.get(c, 0) + other.differences.get(c, 0) for c in columns},
            self.missing_columns | other.missing_columns,
            self.extra_columns | other.extra_columns,
        )

    def facts(self) -> dict[str, Any]:
        """All that is not 0, by what it is."""
        facts = {
            "missing rows": self.missing,
            "extra rows": self.extra,
            "repeated keys in the source": self.repeated_source,
            "repeated keys in the target": self.repeated_target,
            **{f"differences in {column}": number for column, number in sorted(self.differences.items())},
            "missing columns": sorted(self.missing_columns),
            "extra columns": sorted(self.extra_columns),
        }
        return {name: fact for name, fact in facts.items() if fact}

    def verdict(self, source_rows: int, *, strict_row_count: bool) -> Verdict:
        """The verdict that follows from the counts, where the source has so many rows."""
        rows_agree = not self.missing and not self.extra
        values_agree = not any(self.differences.values())
        if rows_agree and values_agree and not self.missing_columns and not self.extra_columns:
            return Verdict.MATCH
        none_pairs = self.missing == source_rows
        forbidden = strict_row_count and self.missing != self.extra
        return (
            Verdict.NO_MATCH if none_pairs or forbidden or not (rows_agree or values_agree) else Verdict.PARTIAL_MATCH
        )


@dataclass(frozen=True)
class Edit:
    """A statement that changes the table `copy`, with its bound values."""

    sql: str
    bound: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Fault:
    """One fault, as it is planted: `edits` make the copy the faulty one, after `prepared` was done to both copies.

    `cells`: what it touches, as (row, column). `alone_on_rows`: those rows pair otherwise, so nothing else may be
    planted on them. `new_rows`: what identity columns become, by row. `dropped`, `renamed`: columns of the faulty copy.
    """

    kind: str
    place: str
    shown: str
    expected: Counts
    edits: tuple[Edit, ...] = ()
    prepared: tuple[Edit, ...] = ()
    cells: frozenset[tuple[int, str]] = frozenset()
    alone_on_rows: bool = False
    new_rows: tuple[tuple[int, tuple[tuple[Field, Change], ...]], ...] = ()
    dropped: str | None = None
    renamed: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it must be found; else it must be disregarded."""
        return bool(self.expected.facts())

    @property
    def rows(self) -> frozenset[int]:
        """The rows it touches."""
        return frozenset(row for row, _ in self.cells)


@dataclass(frozen=True)
class Proposal:
    """A fault of one kind in one place: the ways to plant it, best first, and why there is none if there is none."""

    kind: str
    place: str
    options: Sequence[Fault]
    otherwise: str


def total(counts: Iterable[Counts]) -> Counts:
    """The sum."""
    return reduce(Counts.__add__, counts, Counts())


def set_to(column: Field, row: int, change: Change) -> Edit:
    """The edit that changes one value."""
    return Edit(f"UPDATE copy SET {column.sql} = {change.sql} WHERE n = {row}", change.bound)
