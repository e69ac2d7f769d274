"""A guess: a candidate that has yet to be shown to be more than chance.

Belongs here: what a catalogue module is asked for and answers with. Does not belong here: the catalogue's guesses, or
how they are judged (`evidence`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from recon_assets.comparison.causes.operands import Operands

Frequent = Mapping[str, Sequence[tuple[str, int]]]
"""For each expression asked for: its most frequent values, as text, and in how many differing rows each occurs."""


@dataclass(frozen=True)
class Guess:
    """A cause that may hold. `near` are conditions much like `holds` that are wrong on purpose: what holds as rarely as
    they do is chance. `least_values` is how many different pairs of values it takes to make the cause credible. `sure`:
    the condition holds for unrelated values of the column as well, by what it says, and that speaks not against it.

    `least_share` is the share of the pairs of values that must agree. `varies` is SQL of a value of which the rows it
    holds for must have several, lest one constant stand for what was done to many. `could` are the rows that would show
    it, were it so: it must hold for most of those that nothing else explains. Of guesses that are `rival`s, by name and
    by a number that is nearly the same, only one is claimed. What is `weak` gives way to what other rows explain.

    `others` are the numbers of further columns whose values `holds` speaks of, `lookup` as in `Candidate`.
    """

    cause: str
    detail: str
    holds: str
    near: Sequence[str] = ()
    least_values: int = 1
    sure: bool = False
    least_share: float = 0.0
    varies: str | None = None
    could: str | None = None
    rival: tuple[str, float] | None = None
    weak: bool = False
    others: Sequence[int] = ()
    lookup: str | None = None


@dataclass(frozen=True)
class Sampled:
    """What is known of a column before guessing: how many differing rows are looked at, in how many of these the
    source (the target) is NULL, how many decimals its numbers use, and the frequent values of what was asked for."""

    rows: int
    source_nulls: int
    target_nulls: int
    source_decimals: int = 0
    target_decimals: int = 0
    frequent: Frequent = field(default_factory=dict)


Asks = Callable[[Operands, Sampled], Mapping[str, str]]
Guesses = Callable[[Operands, Sampled], list[Guess]]


@dataclass(frozen=True)
class Finder:
    """One idea of the catalogue: what it asks of the sample (names and SQL over a row of pairs), and its guesses."""

    guesses: Guesses
    asks: Asks = lambda _operands, _sampled: {}
