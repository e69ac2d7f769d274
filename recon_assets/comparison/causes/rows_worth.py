"""How well a predicate tells rows without a partner from the others.

Belongs here: the measures, the same for a sample and for all rows. Does not belong here: what is good enough
(`rows_search`, `rows_claims`).
"""

import math
from dataclasses import dataclass

SIMPLER = 0.01
"""The share of the rows that a predicate may describe less for each point it is less complex."""


def gain(precision: float, base: float) -> float:
    """How much better than chance: 0 if what holds tells nothing, 1 if it holds for none but the rows described.

    `base` is the share of the rows to describe among those and the rows with a partner.
    """
    return (precision - base) / (1 - base) if base < 1 else 0.0


def worth(coverage: float, precision: float, base: float, complexity: float) -> float:
    """What the choice between predicates goes by."""
    return coverage * max(gain(precision, base), 0.0) - SIMPLER * complexity


@dataclass(frozen=True)
class Rated:
    """A predicate's table of hits and misses: the rows to describe that it holds for, all of those, and the same of
    the rows with a partner."""

    rows: int
    all_rows: int
    paired: int
    all_paired: int

    @property
    def coverage(self) -> float:
        """The share of the rows to describe."""
        return self.rows / self.all_rows if self.all_rows else 0.0

    @property
    def precision(self) -> float:
        """The share of what it holds for that is to be described."""
        return self.rows / (self.rows + self.paired) if self.rows else 0.0

    @property
    def base(self) -> float:
        """The precision of what holds for every row."""
        return self.all_rows / max(self.all_rows + self.all_paired, 1)

    @property
    def gain(self) -> float:
        """See the function."""
        return gain(self.precision, self.base)

    @property
    def evidence(self) -> float:
        """How unlikely it is by chance: minus the natural logarithm, by the likelihood ratio."""
        total = self.all_rows + self.all_paired
        hits = self.rows + self.paired
        cells = (
            (self.rows, hits, self.all_rows),
            (self.paired, hits, self.all_paired),
            (self.all_rows - self.rows, total - hits, self.all_rows),
            (self.all_paired - self.paired, total - hits, self.all_paired),
        )
        return sum(n * math.log(n * total / (row * column)) for n, row, column in cells if n)
