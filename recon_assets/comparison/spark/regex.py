"""Regular expressions: RE2's, which DuckDB has, as Java's, which Spark has.

Belongs here: the same matches in the other notation. Does not belong here: the functions that take them (`dialect`).

The two agree on most of their notation, but not on `$` (in Java also before a final line break), `.` (in Java not for
four more line breaks) and `\\s` (in Java with the vertical tab). What is not known to agree is refused.
"""

import re

from recon_assets.comparison.errors import ComparisonError

_SAME_ESCAPES = "dDwWntr"
_SPACE = r"\t\n\f\r "
_IGNORE_CASE = "(?i)"


def java_pattern(pattern: str) -> str:
    """The pattern that finds in Java what this one finds in RE2. Raises ComparisonError for notation not proven."""
    flags, rest = ("(?iu)", pattern.removeprefix(_IGNORE_CASE)) if pattern.startswith(_IGNORE_CASE) else ("", pattern)
    parts, place = [], 0
    while place < len(rest):
        part, length = _next(rest, place, pattern)
        parts.append(part)
        place += length
    return flags + "".join(parts)


def whole(pattern: str) -> str:
    """Java's pattern for texts that match from the first to the last character."""
    java = java_pattern(pattern)
    flags = "(?iu)" if java.startswith("(?iu)") else ""
    return rf"{flags}\A(?:{java.removeprefix(flags)})\z"


def first_match(pattern: str) -> str:
    """Java's pattern that matches from the start of the text to the end of the first match; what precedes the match
    is group 1, so that the match's own groups count from 2."""
    java = java_pattern(pattern)
    flags = "(?iu)" if java.startswith("(?iu)") else ""
    return rf"{flags}\A((?s:.*?))(?:{java.removeprefix(flags)})"


def first_replacement(replacement: str) -> str:
    """Java's replacement for `first_match`. Raises ComparisonError for a backslash that is no group's."""
    parts = re.split(r"(\\.?)", replacement)
    java = "$1"
    for part in parts:
        if part.startswith("\\"):
            if not re.fullmatch(r"\\[0-8]", part) or part == r"\0":
                raise ComparisonError(f"the replacement {replacement!r} has no equivalent on Spark: {part!r}")
            java += f"${int(part[1]) + 1}"
        else:
            java += part.replace("$", r"\$")
    return java


def _next(rest: str, place: int, pattern: str) -> tuple[str, int]:
    """The next piece in Java's notation, and how many characters it took."""
    found = re.compile(
        r"\\(?P<escape>.)|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<group>\((?:\?:|(?!\?)))"
        r"|(?P<times>(?:[*+?]|\{\d+(?:,\d*)?\})\??(?![*+?{]))|(?P<same>[|)^])|(?P<plain>[^\\\[\](){}*+?|^$.])"
        r"|(?P<end>\$)|(?P<any>\.)",
        re.DOTALL,
    ).match(rest, place)
    if found is None:
        raise _refused(pattern, rest[place : place + 3])
    text = found[0]
    if found["escape"]:
        text = f"[{_SPACE}]" if text == r"\s" else _escape(text, pattern)
    elif found["class"]:
        text = _class(text, pattern)
    elif found["end"]:
        text = r"\z"
    elif found["any"]:
        text = r"[^\n]"
    return text, len(found[0])


def _class(text: str, pattern: str) -> str:
    inside = text[1:-1].removeprefix("^")
    if "[" in inside or "&&" in inside or inside.startswith("]"):
        raise _refused(pattern, text)
    negated = "^" if text.startswith("[^") else ""
    pieces = re.findall(r"\\.|[^\\]", inside, re.DOTALL)
    java = "".join(_SPACE if piece == r"\s" else _escape(piece, pattern) for piece in pieces)
    return f"[{negated}{java}]"


def _escape(text: str, pattern: str) -> str:
    if text.startswith("\\") and text[1].isalnum() and text[1] not in _SAME_ESCAPES:
        raise _refused(pattern, text)
    return text


def _refused(pattern: str, part: str) -> ComparisonError:
    return ComparisonError(f"the pattern {pattern!r} has no proven equivalent on Spark: {part!r}")
