"""Two columns of one row whose values are exchanged.

Belongs here: finding pairs of columns that are each other's values. Does not belong here: values of another row
(`neighbours`).
"""

from collections.abc import Sequence
from itertools import combinations

import duckdb

from recon_assets.comparison.causes.candidate import DifferingColumn
from recon_assets.comparison.causes.guess import Guess
from recon_assets.comparison.causes.operands import Operands, of_column

MOST_COLUMNS = 40
"""Of one type: every two of them are compared."""
_VARIOUS = 3
_NEARLY_ALL, _MANY = 0.95, 10


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
    pairs = [pair for pair, found in zip(pairs, rows, strict=True) if found]
    counts = _row(connection, sample, [count for pair in pairs for count in _counts(*pair)])
    for (one, other), rows, differing, *values in zip(pairs, *(counts[n::4] for n in range(4)), strict=True):
        nearly_all = rows >= _MANY and rows >= _NEARLY_ALL * differing
        if nearly_all or max(values) >= _VARIOUS:
            for here, there in ((one, other), (other, one)):
                detail = f"the values of {here.column.name} and {there.column.name} are exchanged"
                guess = Guess("swapped_columns", detail, _exchanged(one, other), others=(there.column.index,))
                guesses[here.column.index].append(guess)
    return guesses


def _row(connection: duckdb.DuckDBPyConnection, sample: str, counts: Sequence[str]) -> tuple[int, ...]:
    return connection.execute(f"SELECT {', '.join(counts)} FROM {sample}").fetchone() if counts else ()


def _counts(one: Operands, other: Operands) -> tuple[str, ...]:
    """SQL: rows that are exchanged, rows that differ in either column, and the values exchanged in each.

    Flags that differ in both columns are each other's half of the time.
    """
    exchanged = _both(one, other)
    return (
        f"count(*) FILTER ({exchanged})",
        f"count(*) FILTER ({one.column.differs} OR {other.column.differs})",
        *(f"count(DISTINCT {o.x}) FILTER ({exchanged})" for o in (one, other)),
    )


def _both(one: Operands, other: Operands) -> str:
    return f"{one.column.differs} AND {other.column.differs} AND {_exchanged(one, other)}"


def _exchanged(one: Operands, other: Operands) -> str:
    return f"{one.x} = {other.y} AND {other.x} = {one.y}"
