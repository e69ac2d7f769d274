"""Texts that differ in blanks, letter case, Unicode form or length.

Belongs here: changes of a text that keep its characters or its beginning. Does not belong here: damaged characters
(`encodings`), numbers and dates within texts (`written_forms`).
"""

from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Operands
from recon_assets.comparison.duck import literal

_BLANKS = "\t\n\v\f\r \x85\u00a0\u1680" + "".join(chr(c) for c in range(0x2000, 0x200C))
_BLANKS += "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
_NEARLY_ALL, _MOST = 0.9, 0.5


def _space(operands: Operands, _: Sampled) -> list[Guess]:
    x, y = operands.x, operands.y
    guesses = []
    for d in operands.directions(x, y):
        for where, trimmed in (("at the end", "rtrim({0}, ' ')"), ("at the beginning", "ltrim({0}, ' ')")):
            detail = f"spaces {where} in the {d.after}"
            holds = f"{trimmed.format(d.x)} = {trimmed.format(d.y)} AND length({d.y}) > length({d.x})"
            guesses.append(Guess("space", detail, holds))
    inner = "regexp_replace(trim(translate({0}, {1}, {2})), ' +', ' ', 'g')"
    spaces = " " * len(_BLANKS)
    for detail, form in (
        ("spaces at the beginning or the end", "trim({0}, ' ')"),
        ("blanks within the text: how many there are, or of which kind", inner),
        ("blanks anywhere: spaces, tabs, line ends, no-break spaces, …", "translate({0}, {1}, '')"),
    ):
        both = [form.format(v, literal(_BLANKS), literal(spaces)) for v in (x, y)]
        guesses.append(Guess("space", detail, " = ".join(both)))
    return guesses


def _case(operands: Operands, _: Sampled) -> list[Guess]:
    x, y = operands.x, operands.y
    guesses = [
        Guess("case", f"the {d.after} is in {what} case", f"{d.y} = {function}({d.x})")
        for d in operands.directions(x, y)
        for what, function in (("upper", "upper"), ("lower", "lower"))
    ]
    same = f"lower(upper({x})) = lower(upper({y}))"
    return [*guesses, Guess("case", "the same letters in upper and lower case", same)]


def _normalization(operands: Operands, _: Sampled) -> list[Guess]:
    x, y = operands.x, operands.y
    same = f"nfc_normalize({x}) = nfc_normalize({y})"
    guesses = [
        Guess(
            "normalization",
            f"Unicode's composed form (NFC) in the {d.before}, another in the {d.after}",
            f"{same} AND {d.x} = nfc_normalize({d.x})",
        )
        for d in operands.directions(x, y)
    ]
    guesses.append(Guess("normalization", "the same characters in different Unicode forms", same))
    return guesses + [
        Guess(
            "normalization",
            f"accents are lost in the {d.after}",
            f"{d.y} = strip_accents({d.x}) AND nfc_normalize({d.y}) <> nfc_normalize({d.x})",
        )
        for d in operands.directions(x, y)
    ]


def _ask_cut(operands: Operands, _: Sampled) -> dict[str, str]:
    return {
        f"cut_{d.after}": f"CASE WHEN starts_with({d.x}, {d.y}) AND {d.y} <> '' AND {d.x} <> {d.y}"
        f" THEN length({d.y}) END"
        for d in operands.directions(operands.x, operands.y)
    }


def _cut(operands: Operands, sampled: Sampled) -> list[Guess]:
    guesses = []
    for d in operands.directions(operands.x, operands.y):
        length = _length([(int(text), rows) for text, rows in sampled.frequent[f"cut_{d.after}"]])
        if length is not None:
            lengths = [length, length - 1, length + 1]
            holds = [f"length({d.x}) > {n} AND {d.y} = left({d.x}, {n})" for n in lengths if n]
            detail = f"the {d.after} is the {d.before} cut to {length} character{'s' * (length != 1)}"
            begin = f"left({{}}, {max(1, length // 2)})"
            # numbers with fewer digits are rounded, and half of the time no different from cut
            could = f"length({d.x}) > length({d.y}) AND {begin.format(d.x)} = {begin.format(d.y)}"
            rival = (f"cut {d.after}", 0)
            guesses.append(Guess("cut_text", detail, holds[0], holds[1:], could=could, rival=rival))
    return guesses


def _length(found: list[tuple[int, int]]) -> int | None:
    """The length that texts are cut to, of the lengths found and their rows: nearly all have it, or most have it and
    the others are shorter, as when blanks at the end are dropped afterwards."""
    if not found:
        return None
    length, rows = max(found, key=lambda f: f[1])
    total = sum(n for _, n in found)
    longest = length == max(n for n, _ in found)
    return length if rows >= (_MOST if longest else _NEARLY_ALL) * total else None


FINDERS = [Finder(_space), Finder(_case), Finder(_normalization), Finder(_cut, _ask_cut)]
