"""What a comparison refuses.

Belongs here: the one error of this package and the wording all its messages share. Does not belong here:
differences found (those are results).
"""

from collections.abc import Iterable
from difflib import get_close_matches


class ComparisonError(Exception):
    """The comparison can't be made; the message names the object, the file and the remedy."""


def close_names(name: str, known: Iterable[str]) -> str:
    """The end of a "no such column" sentence: the nearest names, or all of them when none is near."""
    known = list(known)
    by_lower = {k.lower(): k for k in known}
    near = get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(repr(by_lower[n]) for n in near)}?"
    shown = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
    return f"its columns are: {shown or '(none)'}"
