"""NULL on one side where the other has a constant.

Belongs here: which constant a NULL became, or was made of. Does not belong here: a column that is constant throughout
(`whole_columns`), NULL for a number that doesn't fit (`overflow`).
"""

from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Direction, Operands, constant

_NUMBERS = ("0", "-1", "1", "9", "99", "999", "9999", "99999", "999999", "-9", "-99", "-999", "-9999", "NaN")
_TEXTS = (
    "",
    " ",
    "NULL",
    "null",
    "[NULL]",
    "<NULL>",
    "(null)",
    "N/A",
    "n/a",
    "NA",
    "None",
    "none",
    "nan",
    "-",
    "?",
    ".",
)
_WORDS = ("Unknown", "unknown", "UNKNOWN", "false", "true")
_DATES = ("1900-01-01", "1753-01-01", "1970-01-01", "0001-01-01", "1899-12-30", "9999-12-31", "2999-12-31")
_USUAL = frozenset((*_NUMBERS, *_TEXTS, *_WORDS, *_DATES))
"""What stands in for NULL so often that few rows are enough to believe it."""
_ORDINARY = frozenset(("0", "1", "9", "false", "true"))
"""Of these, what is a value like others as often: if several stand beside NULL, the column has just few values."""
_MOST = 0.8
_CONSTANTS = 3


def _asks(operands: Operands, _: Sampled) -> dict[str, str]:
    return {
        d.after: f"CASE WHEN {d.x} IS NULL THEN CAST({d.y} AS VARCHAR) END"
        for d in operands.directions(operands.x, operands.y)
    }


def _guesses(operands: Operands, sampled: Sampled) -> list[Guess]:
    guesses = []
    for d in operands.directions(operands.x, operands.y):
        nulls = sampled.source_nulls if d.before == "source" else sampled.target_nulls
        guesses += [
            Guess(
                "null_constant",
                f"{_shown(value, d)} in the {d.after} where the {d.before} is NULL",
                f"{d.x} IS NULL AND {d.y} = {constant(value, d.after_type)}",
            )
            for value in _standing_for_null(sampled.frequent[d.after], nulls)
        ]
    return guesses


def _standing_for_null(values: list[tuple[str, int]], nulls: int) -> list[str]:
    """A usual stand-in counts if it is three times as frequent as any value that is none; another value, if it makes up
    most of what is left."""
    usual = [(v, rows) for v, rows in values if _is_usual(v)]
    other = [(v, rows) for v, rows in values if not _is_usual(v)]
    ordinary = [(v, rows) for v, rows in values if not _is_usual(v) or _whole(v) in _ORDINARY]
    if ordinary and ordinary[0][1] < _MOST * sum(rows for _, rows in ordinary):
        usual = [(v, rows) for v, rows in usual if _whole(v) not in _ORDINARY]
        other = ordinary
    chance = other[0][1] if other else 0
    left = nulls - sum(rows for _, rows in usual)
    found = [v for v, rows in usual if rows >= 3 * chance or rows >= _MOST * nulls]
    if other and chance >= _MOST * left:
        found = [v for v, _ in usual] + [other[0][0]]
    return found[:_CONSTANTS]


def _is_usual(value: str) -> bool:
    return _whole(value) in _USUAL or value.partition(" ")[0] in _USUAL


def _whole(value: str) -> str:
    """A number without the zeros of its decimals; any other text as it is."""
    whole = value.rstrip("0").rstrip(".") if "." in value and "-" not in value[1:] else value
    return whole or "0"


def _shown(value: str, direction: Direction) -> str:
    return f"'{value}'" if direction.after_type == "VARCHAR" else value


FINDERS = [Finder(_guesses, _asks)]
