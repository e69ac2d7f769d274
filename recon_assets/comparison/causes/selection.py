"""Which guesses become candidates: the fewest and simplest that explain the most.

Belongs here: the order of simplicity, how much support a cause needs, and the choice. Does not belong here: how often
guesses hold, and whether by chance (`evidence`).
"""

from collections.abc import Iterable, Mapping, Sequence

from recon_assets.comparison.causes.guess import Guess

SIMPLICITY = (
    "null_constant",
    "type",
    "space",
    "case",
    "written_form",
    "normalization",
    "encoding",
    "cut_text",
    "midnight",
    "timestamp_precision",
    "time_shift",
    "sign",
    "float_noise",
    "integer_division",
    "truncation",
    "rounding",
    "overflow",
    "factor",
    "offset",
    "swapped_columns",
    "other_row",
    "volatile",
    "constant",
    "null",
)
"""From simple to far-fetched: of causes that explain the same rows, the first is given. Within a cause, the order in
which its module guesses."""

_ENOUGH = 3
_ENOUGH_SHARE = 0.05


def least_support(rows: int) -> int:
    """How many of a sample's differing rows a cause must explain to be claimed: 3, or 5 % where that is fewer."""
    return max(1, min(_ENOUGH, round(rows * _ENOUGH_SHARE)))


def simplicity(guess: Guess) -> int:
    """The place of a guess in the order of simplicity."""
    return SIMPLICITY.index(guess.cause)


def choose(guesses: Sequence[Guess], masks: Mapping[int, int], credible: Iterable[int]) -> list[int]:
    """The places of the guesses to claim, among the credible ones.

    Each is the one that explains most of what is unexplained so far, the simplest of these, and must add enough: so one
    whose rows are another's special case is never claimed.
    """
    enough = least_support(sum(masks.values()))
    in_order = sorted(credible, key=lambda n: (simplicity(guesses[n]), n))
    found: list[int] = []
    while True:
        gains = [(sum(rows for mask, rows in masks.items() if mask >> n & 1), n) for n in in_order]
        gain, best = max(gains, key=lambda g: g[0], default=(0, 0))
        if gain < enough:
            return found
        found.append(best)
        masks = {mask: rows for mask, rows in masks.items() if not mask >> best & 1}


def unexplained(masks: Mapping[int, int], chosen: Sequence[int]) -> int:
    """How many of the sample's rows none of the chosen explains."""
    return sum(rows for mask, rows in masks.items() if not any(mask >> n & 1 for n in chosen))
