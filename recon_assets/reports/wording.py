"""How counts and shares are worded, alike in every report.

Belongs here: what turns a number into the words around it. Does not belong here: sentences about a comparison
(`why`, `checks`).
"""


def count(number: int, noun: str) -> str:
    """`1 row`, `1,204 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def share(part: int, whole: int, noun: str) -> str:
    """`12 rows`, or `12 of 1,204 rows` where that is not all of them."""
    return count(part, noun) if part == whole else f"{part:,} of {count(whole, noun)}"


def percent(part: float, whole: float) -> str:
    """A share for reading: never 0 % or 100 % unless it is exactly that."""
    if whole == 0:
        return "–"
    value = 100 * part / whole
    if 0 < value < 0.01:
        return "< 0.01 %"
    if 99.99 < value < 100:
        return "> 99.99 %"
    return f"{value:.2f} %" if 0 < value < 100 else f"{value:.0f} %"
