"""Why values differ: candidates found in a sample of the differing rows, and the causes made of their exact counts.

Belongs here: the order of the search. Does not belong here: the causes themselves (`catalogue`, `swaps`, `neighbours`,
`whole_columns`), how they are judged (`evidence`, `selection`), or counting them over all rows.

A column is searched in two rounds: first for changes that take one side's value to the other's; then, if rows remain,
for what needs other rows or the column as a whole.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import duckdb

from recon_assets.comparison.causes.candidate import Candidate, DifferingColumn
from recon_assets.comparison.causes.catalogue import finders
from recon_assets.comparison.causes.evidence import chances, holding, masks
from recon_assets.comparison.causes.guess import Guess
from recon_assets.comparison.causes.neighbours import other_rows
from recon_assets.comparison.causes.operands import Operands, of_column
from recon_assets.comparison.causes.sample import ask, part, sampled
from recon_assets.comparison.causes.selection import SIMPLICITY, choose, least_support, supported, unexplained
from recon_assets.comparison.causes.swaps import swapped_columns
from recon_assets.comparison.causes.whole_columns import whole_column
from recon_assets.comparison.result import Cause, ValueSample

_ROUNDS = 3


def discover(
    connection: duckdb.DuckDBPyConnection,
    pairs: str,
    columns: Sequence[DifferingColumn],
    sides: Mapping[str, str] | None = None,
) -> list[Candidate]:
    """What may explain the differences of these columns, each candidate with the rows it holds for as SQL.

    `pairs` names a table or view of pairs, each with a difference in some column: `k` (the key's hash), and for each
    column n `a<n>`, `b<n>` and `d<n>`. `sides` are SELECTs over the whole source and target with `k`, the key columns
    `k0`, `k1`, … and `c<n>`, the value as it was read; without them causes that need other rows are not looked for.
    """
    with sampled(connection, pairs, columns) as (sample, rows):
        columns = [c for c in columns if rows[c.index]]
        swaps = swapped_columns(connection, sample, columns)
        searches = [_Search(connection, sample, of_column(c), rows[c.index]) for c in columns]
        for search in searches:
            search.look_at_values(swaps[search.column.index])
        left = [s for s in searches if s.left]
        if left:
            neighbours = other_rows(connection, sides, [s.operands for s in left]) if sides else {}
            for search in left:
                search.look_beyond(neighbours.get(search.column.index, []), sides)
    return [candidate for search in searches for candidate in search.candidates()]


class _Search:
    """The search in one column, and the guesses chosen so far. `rows`: how many differing rows the sample has."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, sample: str, operands: Operands, rows: int) -> None:
        self._connection, self._sample, self.operands, self._rows = connection, sample, operands, rows
        self.column = operands.column
        self._chosen: list[Guess] = []
        self._left = rows

    @property
    def left(self) -> bool:
        """Whether more rows than a few are unexplained, or explained by what gives way to other rows' values."""
        return self._left >= least_support(self._rows) or any(g.weak for g in self._chosen)

    def look_at_values(self, more: Sequence[Guess]) -> None:
        """Looks for changes that take one side's value to the other's; `more` are further guesses.

        First in a part of the rows, then in what that leaves unexplained, where rare causes show.
        """
        found = finders(self.operands)
        prepared, columns = self.operands.prepared()
        for _ in range(_ROUNDS):
            if self._left < least_support(self._rows):
                break
            with self._part(more, columns) as table:
                known = ask(self._connection, table, prepared, found)
                short = [g for finder in found for g in finder.guesses(prepared, known)]
                kept = self._judge(table, [*short, *more], list(columns))
            if not kept:
                break
            guesses = [*(g for finder in found for g in finder.guesses(self.operands, known)), *more]
            self._keep([guesses[n] for n in kept])
        self._drop_unsupported()

    def look_beyond(self, neighbours: Sequence[Guess], sides: Mapping[str, str] | None) -> None:
        """Looks at what is left: for values of other rows, and at the column as a whole."""
        if any(g.weak for g in self._chosen) and neighbours:
            weak = [g for g in self._chosen if g.weak]
            self._chosen = [g for g in self._chosen if not g.weak]
            self._count_left()
            self._look_for([*weak, *neighbours])
            neighbours = []
        if self._left < least_support(self._rows):
            return
        beyond = whole_column(self._connection, self._sample, self.operands, self._unexplained, self._rows, sides)
        self._look_for([*neighbours, *beyond])

    def candidates(self) -> list[Candidate]:
        """What was chosen."""
        return [Candidate(self.column.index, g.cause, g.detail, g.holds, g.lookup) for g in self._chosen]

    def _look_for(self, guesses: Sequence[Guess]) -> None:
        """Keeps those of the guesses that are worth claiming in the rows that are unexplained so far."""
        if guesses:
            with self._part(guesses, {}) as table:
                kept = self._judge(table, guesses)
            self._keep([guesses[n] for n in kept])

    def _part(self, guesses: Sequence[Guess], prepared: Mapping[str, str]) -> AbstractContextManager[str]:
        """Some of the rows that are unexplained so far."""
        numbers = {self.column.index, *(n for guess in guesses for n in guess.others)}
        return part(self._connection, self._sample, self._unexplained, self._left, numbers, prepared)

    @property
    def _unexplained(self) -> str:
        return " AND ".join([self.column.differs, *(f"NOT coalesce({g.holds}, false)" for g in self._chosen)])

    def _judge(self, table: str, guesses: Sequence[Guess], prepared: Sequence[str] = ()) -> list[int]:
        """The places of the guesses worth claiming in a table of differing rows, which has `prepared` columns."""
        counted = masks(self._connection, table, guesses)
        possible = set(range(len(guesses)))
        tested: set[int] = set()
        while True:
            chosen = choose(guesses, counted, possible)
            new = [n for n in chosen if n not in tested]
            if not new:
                return chosen
            results = chances(self._connection, table, self.operands, [guesses[n] for n in new], prepared)
            possible -= {n for n, c in zip(new, results, strict=True) if not c.is_credible(guesses[n])}
            tested |= set(new)

    def _keep(self, guesses: Sequence[Guess]) -> None:
        """Adds guesses to those chosen, and leaves out what they have made superfluous."""
        together = [*self._chosen, *guesses]
        counted = masks(self._connection, self._differing, together)
        kept = choose(together, counted, range(len(together)))
        self._chosen = [together[n] for n in kept]
        self._left = unexplained(counted, kept)

    def _drop_unsupported(self) -> None:
        """Leaves out what most of the rows that could show it don't show."""
        if not any(g.could for g in self._chosen):
            return
        kept = supported(self._chosen, holding(self._connection, self._differing, self._chosen))
        if len(kept) < len(self._chosen):
            self._chosen = [self._chosen[n] for n in kept]
            self._count_left()

    def _count_left(self) -> None:
        self._left = unexplained(masks(self._connection, self._differing, self._chosen), range(len(self._chosen)))

    @property
    def _differing(self) -> str:
        return f"(SELECT * FROM {self._sample} WHERE {self.column.differs})"


def rank(
    differences: int,
    counted: Sequence[tuple[Candidate, int, list[ValueSample]]],
    rest: tuple[int, list[ValueSample]],
) -> list[Cause]:
    """A column's causes, those that explain most first, then by simplicity; what nothing explains comes last.

    `counted`: each candidate with the rows it holds for, and samples of these; `rest`: the rows none holds for.
    """
    found = [c for c in counted if c[1]]
    found.sort(key=lambda c: (-c[1], SIMPLICITY.index(c[0].cause)))
    causes = [Cause(c.cause, c.detail, rows, rows / differences, samples) for c, rows, samples in found]
    rows, samples = rest
    if rows:
        causes.append(Cause("unexplained", "no known cause", rows, rows / differences, samples))
    return causes
