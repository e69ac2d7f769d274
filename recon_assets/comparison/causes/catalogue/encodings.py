"""Texts damaged by a wrong character encoding.

Belongs here: UTF-8 read as a code page, and characters replaced because an encoding lacks them. Does not belong here:
Unicode forms of the same character (`texts`).
"""

from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Operands
from recon_assets.comparison.duck import literal

_UNDEFINED_IN_1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
_IN_1252 = [b for b in range(0x80, 0xA0) if b not in _UNDEFINED_IN_1252]
_FROM_1252 = "".join(bytes([b]).decode("cp1252") for b in _IN_1252)
_TO_LATIN_1 = "".join(chr(b) for b in _IN_1252)
_SUPPLEMENTARY = r"[\x{10000}-\x{10FFFF}]"


def _mojibake(operands: Operands, _: Sampled) -> list[Guess]:
    return [
        Guess(
            "encoding",
            f"UTF-8 read as Windows-1252 or Latin-1 in the {d.after}",
            f"{_bytes_of_characters(d.y)} = CAST(encode({d.x}) AS VARCHAR)",
        )
        for d in operands.directions(operands.x, operands.y)
    ]


def _bytes_of_characters(text: str) -> str:
    r"""SQL: a text whose characters are bytes (é is 0xE9), as DuckDB writes a blob of these bytes.

    Written as a blob, the text's UTF-8 has \xC2\x80–\xC2\xBF for these bytes and \xC3\x80–\xC3\xBF for 0xC0–0xFF; the
    backslash itself is \x5C there, so that \y can stand for what is already replaced.
    """
    sql = f"CAST(encode(translate({text}, {literal(_FROM_1252)}, {literal(_TO_LATIN_1)})) AS VARCHAR)"
    for written, byte in (
        (r"\xC2\x", r"\y"),
        *((rf"\xC3\x{a}", rf"\y{b}") for a, b in zip("89AB", "CDEF", strict=True)),
    ):
        sql = f"replace({sql}, '{written}', '{byte}')"
    return rf"replace({sql}, '\y', '\x')"


def _replaced(operands: Operands, _: Sampled) -> list[Guess]:
    code_page = rf"[^\x00-\xFF{_FROM_1252}]"
    ascii_only = r"[^\x00-\x7F]"
    guesses = []
    for d in operands.directions(operands.x, operands.y):
        for what, lost in (("ASCII", ascii_only), ("Windows-1252", code_page)):
            for mark, shown in (("?", "'?'"), ("\ufffd", "U+FFFD")):
                each = f"regexp_replace({d.x}, {literal(lost)}, {literal(mark)}, 'g')"
                pairs = f"regexp_replace({d.x}, {literal(_SUPPLEMENTARY)}, {literal(mark * 2)}, 'g')"
                both = f"regexp_replace({pairs}, {literal(lost)}, {literal(mark)}, 'g')" if mark == "?" else each
                detail = f"characters beyond {what} are {shown} in the {d.after}"
                guesses.append(Guess("encoding", detail, f"{d.y} IN ({each}, {both})"))
        dropped = f"{d.y} = regexp_replace({d.x}, {literal(ascii_only)}, '', 'g') AND {d.y} <> ''"
        guesses.append(Guess("encoding", f"characters beyond ASCII are left out in the {d.after}", dropped))
    return guesses


FINDERS = [Finder(_mojibake), Finder(_replaced)]
