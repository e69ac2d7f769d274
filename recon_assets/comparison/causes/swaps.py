"""Two columns of one row whose values are exchanged.

Belongs here: finding pairs of columns that are each other's values. Does not belong here: values of another row
(`neighbours`).
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

import duckdb

from recon_assets.comparison.causes.candidate import DifferingColumn
from recon_assets.comparison.causes.guess import Guess
from recon_assets.comparison.causes.operands import Operands, of_column

MOST_COLUMNS = 40
"""Of one type: every two of them are compared."""
_VARIOUS = 3
_NEARLY_ALL, _MANY = 0.95, 10
_DOUBT = math.log(1000)
_PARTNERS, _AT_ONCE = 2, 20


def swapped_columns(
    connection: duckdb.DuckDBPyConnection, sample: str, columns: Sequence[DifferingColumn]
) -> dict[int, list[Guess]]:
    """Guesses by column, for those columns whose values are another's in some rows."""
    alike: dict[tuple[str, str], list[Operands]] = {}
    for column in columns:
        operands = of_column(column)
        if operands.family is not None and operands.types[0] == operands.types[1]:
            alike.setdefault(operands.types, []).append(operands)
    pairs = [two for group in alike.values() for two in combinations(group[:MOST_COLUMNS], 2)]
    guesses: dict[int, list[Guess]] = {c.index: [] for c in columns}
    rows = _row(connection, sample, [f"count(*) FILTER ({_both(*pair)})" for pair in pairs])
    for (one, other), counts in _looked_into(connection, sample, _likely(pairs, rows)):
        if _is_no_chance(len(pairs), *counts):
            for here, there in ((one, other), (other, one)):
                detail = f"the values of {here.column.name} and {there.column.name} are exchanged"
                guess = Guess("swapped_columns", detail, _exchanged(one, other), others=(there.column.index,))
                guesses[here.column.index].append(guess)
    return guesses


_Pair = tuple[Operands, Operands]


def _likely(pairs: Sequence[_Pair], rows: Sequence[int]) -> list[_Pair]:
    """Of each column those pairs that are exchanged most often: columns of few values are each other's by chance."""
    likely, taken = [], Counter()
    for found, pair in sorted(zip(rows, pairs, strict=True), key=lambda each: -each[0]):
        if found and any(taken[o.column.index] < _PARTNERS for o in pair):
            likely.append(pair)
            taken.update(o.column.index for o in pair)
    return likely


def _looked_into(
    connection: duckdb.DuckDBPyConnection, sample: str, pairs: Sequence[_Pair]
) -> Iterator[tuple[_Pair, Sequence[int]]]:
    """Pairs with what `_counts` gives of them; few at once, since distinct values take memory."""
    for first in range(0, len(pairs), _AT_ONCE):
        some = pairs[first : first + _AT_ONCE]
        counts = _row(connection, sample, [count for pair in some for count in _counts(*pair)])
        yield from zip(some, (counts[n : n + 7] for n in range(0, len(counts), 7)), strict=True)


def _row(connection: duckdb.DuckDBPyConnection, sample: str, counts: Sequence[str]) -> tuple[int, ...]:
    return connection.execute(f"SELECT {', '.join(counts)} FROM {sample}").fetchone() if counts else ()


def _counts(one: Operands, other: Operands) -> tuple[str, ...]:
    """SQL of what `_is_no_chance` takes."""
    both, exchanged = f"{one.column.differs} AND {other.column.differs}", _both(one, other)
    return (
        f"count(*) FILTER ({exchanged})",
        f"count(*) FILTER ({one.column.differs} OR {other.column.differs})",
        f"count(*) FILTER ({both})",
        f"count(*) FILTER ({both} AND {one.x} = {other.y})",
        f"count(*) FILTER ({both} AND {other.x} = {one.y})",
        *(f"count(DISTINCT {o.x}) FILTER ({exchanged})" for o in (one, other)),
    )


def _is_no_chance(tried: int, exchanged: int, either: int, both: int, there: int, back: int, *values: int) -> bool:
    """Whether two columns are exchanged: in nearly all rows that differ in `either`, or with several values and in more
    rows than chance has it in any of the pairs `tried`, by the rows in which only one of them has the other's value.

    Flags that differ in both columns are each other's half of the time.
    """
    if exchanged >= _MANY and exchanged >= _NEARLY_ALL * either:
        return True
    expected = (there - exchanged) * (back - exchanged) / max(1, both - exchanged)
    if max(values) < _VARIOUS or exchanged <= expected:
        return False
    # the logarithm of Poisson's tail, from below
    beyond = exchanged * math.log(exchanged / expected) - exchanged + expected if expected else math.inf
    return beyond > _DOUBT + math.log(tried)


def _both(one: Operands, other: Operands) -> str:
    return f"{one.column.differs} AND {other.column.differs} AND {_exchanged(one, other)}"


def _exchanged(one: Operands, other: Operands) -> str:
    return f"{one.x} = {other.y} AND {other.x} = {one.y}"
