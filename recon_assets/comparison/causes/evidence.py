"""How often guesses hold in a sample of differing rows, and how often they would by chance.

Belongs here: evaluating guesses over the sample, in few queries. Does not belong here: which guesses to make
(`catalogue`), or which to keep (`selection`).

Two measures of chance. What holds as often when each source value is put beside another row's target value says nothing
of the rows. And what holds as often when it is made a little wrong (`Guess.near`) is no better than its neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from recon_assets.comparison.causes.guess import Guess
from recon_assets.comparison.causes.operands import Operands

_BITS = 60  # of a mask in one BIGINT
_TOO_FEW_TO_SHUFFLE = 8
_VALUES = "causes_values"


@dataclass(frozen=True)
class Chance:
    """Of how many different pairs of values a guess explains `explained`, and `by_chance` at most, were it wrong.
    `is_constant`: of various values it makes one and the same, where it should not."""

    values: int
    explained: int
    by_chance: int
    is_constant: bool

    def is_credible(self, guess: Guess) -> bool:
        """Whether it is more than chance, by four standard deviations of the difference of two such counts.

        A guess that takes `least_values` > 1 pairs of values was made of these values: the more there are, the more
        agree by accident.
        """
        least = guess.least_values
        if self.is_constant or self.explained < guess.least_share * self.values:
            return False
        if self.explained < (least if least == 1 else max(least, _accidents(self.values))):
            return False
        if self.by_chance == 0:
            return True
        share = (self.explained + self.by_chance) / (2 * self.values)
        spread = (2 * self.values * share * max(0.0, 1 - share)) ** 0.5
        return self.explained - self.by_chance > 4 * spread


def _accidents(values: int) -> float:
    """More pairs of values than agree on a constant by accident, be it that of few or of many."""
    return min(0.15 * values, 8 + values / 400)


def masks(connection: duckdb.DuckDBPyConnection, relation: str, guesses: Sequence[Guess]) -> dict[int, int]:
    """How many rows each combination of guesses explains; bit n is guess n."""
    if not guesses:
        return {0: connection.execute(f"SELECT count(*) FROM {relation}").fetchone()[0]}
    flags = ", ".join(f"coalesce({g.holds}, false) AS h{n}" for n, g in enumerate(guesses))
    words = [
        " + ".join(f"CAST(h{n} AS BIGINT) * {1 << (n - start)}" for n in range(start, min(start + _BITS, len(guesses))))
        for start in range(0, len(guesses), _BITS)
    ]
    found: dict[int, int] = {}
    evaluated = f"SELECT {flags} FROM {_with_lookups(relation, guesses)}"
    query = f"SELECT {', '.join(words)}, count(*) FROM ({evaluated}) GROUP BY ALL"
    for *parts, rows in connection.execute(query).fetchall():
        mask = sum(part << (_BITS * i) for i, part in enumerate(parts))
        found[mask] = found.get(mask, 0) + rows
    return found


def holding(
    connection: duckdb.DuckDBPyConnection, relation: str, guesses: Sequence[Guess]
) -> dict[tuple[int, int], int]:
    """How many rows each combination of guesses explains, and could show; bit n is guess n."""
    flags = ", ".join(
        f"coalesce({g.holds}, false) AS h{n}, coalesce({g.could or 'false'}, false) AS c{n}"
        for n, g in enumerate(guesses)
    )
    held, could = (
        " + ".join(f"CAST({letter}{n} AS BIGINT) * {1 << n}" for n in range(len(guesses))) for letter in "hc"
    )
    evaluated = f"SELECT {flags} FROM {_with_lookups(relation, guesses)}"
    found = connection.execute(f"SELECT {held}, {could}, count(*) FROM ({evaluated}) GROUP BY ALL").fetchall()
    return {(one, other): rows for one, other, rows in found}


def chances(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    operands: Operands,
    guesses: Sequence[Guess],
    prepared: Sequence[str],
) -> list[Chance]:
    """For each guess, how much more than chance it is. `prepared`: see `Operands.prepared`."""
    if not guesses:
        return []
    numbers = sorted({operands.column.index, *(n for g in guesses for n in g.others)})
    lookups = sorted({g.lookup for g in guesses if g.lookup})
    columns = [*(f"{letter}{n}" for n in numbers for letter in "ab"), *prepared]
    more = [f"columns('^{lookup}_')" for lookup in lookups]
    distinct = f"SELECT DISTINCT {', '.join([*columns, *more])} FROM {_with_lookups(relation, guesses)}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_VALUES} AS {distinct}")
    wanted = ["count(*)"]
    for guess in guesses:
        wanted += [f"count(*) FILTER ({holds})" for holds in (guess.holds, *guess.near)]
        varies = guess.varies or "NULL"
        wanted.append(f"count(DISTINCT {varies}) FILTER ({guess.holds})")
    values, *counts = connection.execute(f"SELECT {', '.join(wanted)} FROM {_VALUES}").fetchone()
    shuffled = (
        _shuffled(connection, operands, guesses, columns) if values >= _TOO_FEW_TO_SHUFFLE else [0] * len(guesses)
    )
    found = []
    for guess, by_shuffle in zip(guesses, shuffled, strict=True):
        explained, near = counts[0], counts[1 : 1 + len(guess.near)]
        is_constant = counts[1 + len(guess.near)] == 1 and explained > 1
        counts = counts[2 + len(guess.near) :]
        found.append(Chance(values, explained, max([0 if guess.sure else by_shuffle, *near]), is_constant))
    connection.execute(f"DROP TABLE {_VALUES}")
    return found


def _shuffled(
    connection: duckdb.DuckDBPyConnection, operands: Operands, guesses: Sequence[Guess], columns: Sequence[str]
) -> list[int]:
    """How often the guesses hold for a source value beside the target value of another row, where these differ."""
    order = f"hash({', '.join(columns)})"
    moved = ", ".join(f"lead({c}) OVER (ORDER BY {order}) AS {c}" for c in columns if c[0] == "b")
    differ = " IS DISTINCT FROM ".join(f"({form})" for form in operands.form) if operands.family else "true"
    wanted = ", ".join(f"count(*) FILTER (({differ}) AND ({g.holds}))" for g in guesses)
    return list(connection.execute(f"SELECT {wanted} FROM (SELECT * REPLACE ({moved}) FROM {_VALUES})").fetchone())


def _with_lookups(relation: str, guesses: Sequence[Guess]) -> str:
    lookups = sorted({g.lookup for g in guesses if g.lookup})
    return relation + "".join(f" LEFT JOIN {lookup} USING (k)" for lookup in lookups)
