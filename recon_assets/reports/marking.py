"""Two differing values as text pieces, the differing ones marked and the invisible ones made visible.

Belongs here: what a reader needs to see a difference at all. Does not belong here: HTML (the templates turn
pieces into it), or why values differ (`comparison`).
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, Literal, NamedTuple

LONGEST = 400
"""Characters of one value that are shown; its full length is said."""
_LEAD = 40
"""Characters kept before the first difference, where a value is too long to show whole."""

_TOKEN = re.compile(r"[\w\u0300-\u036f]+|\s+|.", re.DOTALL)
_NUMBER = re.compile(r"([-+]?\d+)(\.\d+)?", re.ASCII)
_SYMBOLS = {"\t": "⇥", "\n": "↵", "\r": "␍", "\u00a0": "⍽"}
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"}


class Piece(NamedTuple):
    """A stretch of a value. `symbol`: the text stands for something invisible; the value does not hold it."""

    text: str
    differs: bool = False
    symbol: bool = False


@dataclass(frozen=True)
class Shown:
    """A value ready to be shown: `kind` tells NULL from the text 'NULL', and empty text from nothing."""

    kind: Literal["null", "empty", "text"]
    pieces: tuple[Piece, ...]
    length: int | None = None
    """The full length in characters, where not all of it is shown."""


class _Span(NamedTuple):
    text: str
    differs: bool
    spelled: bool = False
    """Shown by code points, because it looks like the other side's."""


def shown(value: Any) -> Shown:
    """One value by itself, nothing marked."""
    return _whole(value, differs=False)


def marked(source: Any, target: Any) -> tuple[Shown, Shown]:
    """Two values side by side, with the parts of each that differ from the other marked."""
    left, right = _as_text(source), _as_text(target)
    if source is None or target is None or left == right:
        # Nothing of one is in the other; or the difference is not in the text (number 1 and text '1').
        return _whole(source, differs=True), _whole(target, differs=True)
    start = 0
    if max(len(left), len(right)) > LONGEST:
        start = max(0, _shared(left, right) - _LEAD)
    left_spans, right_spans = _differences(left[start : start + LONGEST], right[start : start + LONGEST])
    return _shown(left, left_spans, start), _shown(right, right_spans, start)


def defang(text: str) -> str:
    """`text` with control and format characters (bidi overrides, zero widths) as `⟨U+202E⟩`.

    Such characters can reorder or hide what stands around them. Spaces, tabs and line ends stay.
    """
    return "".join(_code_point(c) if _is_hidden(c) and not c.isspace() else c for c in text)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _whole(value: Any, differs: bool) -> Shown:
    if value is None:
        return Shown("null", (Piece("NULL", differs, symbol=True),))
    text = _as_text(value)
    return _shown(text, [_Span(text[:LONGEST], differs)])


def _shown(text: str, spans: Iterable[_Span], start: int = 0) -> Shown:
    if text == "":
        return Shown("empty", (Piece("empty text", differs=any(s.differs for s in spans), symbol=True),))
    end = start + LONGEST
    pieces = [
        Piece("".join(c.text for c in run), differs, symbol)
        for (differs, symbol), run in groupby(_characters(text, spans, start), key=lambda c: (c.differs, c.symbol))
    ]
    if start > 0:
        pieces.insert(0, Piece("…", symbol=True))
    if end < len(text):
        pieces.append(Piece("…", symbol=True))
    return Shown("text", tuple(pieces), len(text) if start > 0 or end < len(text) else None)


def _characters(text: str, spans: Iterable[_Span], start: int) -> Iterator[Piece]:
    """The spans by character; a space is made visible where it differs, leads or trails."""
    first, last = len(text) - len(text.lstrip(" ")), len(text.rstrip(" "))
    position = start
    for span in spans:
        for character in span.text:
            if character == " " and (span.differs or not first <= position < last):
                yield Piece("·", span.differs, symbol=True)
            elif character in _SYMBOLS:
                yield Piece(_SYMBOLS[character], span.differs, symbol=True)
            elif _is_hidden(character) or (span.spelled and not character.isascii()):
                yield Piece(_code_point(character), span.differs, symbol=True)
            else:
                yield Piece(character, span.differs)
            position += 1


def _differences(left: str, right: str) -> tuple[list[_Span], list[_Span]]:
    """Both texts as spans, those that differ marked."""
    a, b = _NUMBER.fullmatch(left), _NUMBER.fullmatch(right)
    if a and b:
        # Digits mean something by their place only: those of 99.99 and 199.98 have nothing in common.
        shared = _shared(left, right) if len(a[1]) == len(b[1]) else 0
        return tuple([_Span(text[:shared], False), _Span(text[shared:], True)] for text in (left, right))
    return _word_differences(left, right)


def _word_differences(left: str, right: str) -> tuple[list[_Span], list[_Span]]:
    """Whole words are aligned, then each pair that differs is narrowed."""
    left_tokens, right_tokens = _TOKEN.findall(left), _TOKEN.findall(right)
    left_spans: list[_Span] = []
    right_spans: list[_Span] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, left_tokens, right_tokens, autojunk=False).get_opcodes():
        a, b = "".join(left_tokens[i1:i2]), "".join(right_tokens[j1:j2])
        if tag == "equal":
            left_spans.append(_Span(a, differs=False))
            right_spans.append(_Span(b, differs=False))
            continue
        prefix = _common_prefix(a, b)
        suffix = _shared(a[prefix:][::-1], b[prefix:][::-1])
        a_core, b_core = a[prefix : len(a) - suffix], b[prefix : len(b) - suffix]
        alike = unicodedata.normalize("NFC", a_core) == unicodedata.normalize("NFC", b_core)
        for spans, text, core in ((left_spans, a, a_core), (right_spans, b, b_core)):
            spans += [
                _Span(text[:prefix], differs=False),
                _Span(core, differs=True, spelled=alike),
                _Span(text[prefix + len(core) :], differs=False),
            ]
    return left_spans, right_spans


def _common_prefix(a: str, b: str) -> int:
    """Length of the common prefix, not parting a letter from the accents that combine with it."""
    length = _shared(a, b)
    while length and any(unicodedata.combining(c) for c in a[length : length + 1] + b[length : length + 1]):
        length -= 1
    return length


def _shared(a: str, b: str) -> int:
    """How many characters the two begin with in common."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((place for place, (x, y) in pairs if x != y), min(len(a), len(b)))


def _is_hidden(character: str) -> bool:
    return character != " " and unicodedata.category(character) in _HIDDEN_CATEGORIES


def _code_point(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"
