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
    "offset",
    "factor",
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
_SAME = 0.01
_MOST = 0.6


def least_support(rows: int) -> int:
    """How many of a sample's differing rows a cause must explain to be claimed: 3, or 5 % where that is fewer."""
    return max(1, min(_ENOUGH, round(rows * _ENOUGH_SHARE)))


def simplicity(guess: Guess) -> float:
    """The place of a guess in the order of simplicity; what is weak comes after the values of other rows."""
    return SIMPLICITY.index("other_row") + 0.5 if guess.weak else SIMPLICITY.index(guess.cause)


def rivals(one: Guess, other: Guess) -> bool:
    """Whether two guesses are the same thing with nearly the same number."""
    if one.rival is None or other.rival is None or one.rival[0] != other.rival[0]:
        return False
    a, b = one.rival[1], other.rival[1]
    return abs(a - b) <= _SAME * max(abs(a), abs(b))


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
        in_order = [n for n in in_order if not rivals(guesses[n], guesses[best])]
        masks = {mask: rows for mask, rows in masks.items() if not mask >> best & 1}


def supported(guesses: Sequence[Guess], holding: Mapping[tuple[int, int], int]) -> list[int]:
    """The places of the guesses that hold for most of the rows that could show them and that no other explains.

    `holding`: how many rows each combination of guesses explains (bit n is guess n) and could show.
    """
    kept = list(range(len(guesses)))
    while True:
        all_kept = sum(1 << n for n in kept)
        shares = []
        for n in kept:
            if guesses[n].could is not None:
                own = sum(rows for (held, _), rows in holding.items() if held & all_kept == 1 << n)
                rest = sum(rows for (held, could), rows in holding.items() if not held & all_kept and could >> n & 1)
                shares.append((own / (own + rest) if own else 0.0, n))
        share, worst = min(shares, default=(1.0, -1))
        if share >= _MOST:
            return kept
        kept.remove(worst)


def unexplained(masks: Mapping[int, int], chosen: Sequence[int]) -> int:
    """How many of the sample's rows none of the chosen explains."""
    return sum(rows for mask, rows in masks.items() if not any(mask >> n & 1 for n in chosen))
