"""One text against one text: {why: [(source type, value, target type, value[, rule])]}. Add a line to add a case;
every case is also tried with its sides swapped.
"""

from recon_assets_tests.comparison.exam.types import ENUM, JSON, LARGE_TEXT, TEXT, TEXT_VIEW

TRAILING, LEADING, BOTH = {"trim": "trailing"}, {"trim": "leading"}, {"trim": "both"}
CASE, EMPTY = {"case": "ignore"}, {"empty_is_null": True}
LONG = "a text that is longer than twelve bytes"

EQUAL = {
    "however text is stored": [
        (TEXT, "a", LARGE_TEXT, "a"),
        (TEXT, "a", ENUM, "a"),
        (TEXT, "𝄞 grün", TEXT_VIEW, "𝄞 grün"),
        (TEXT, '{"a": 1}', JSON, '{"a": 1}'),
        (TEXT, "", TEXT, ""),
        (TEXT, "a\x00b", TEXT, "a\x00b"),
    ],
    "XML and JSON are text": [
        (TEXT, '<a b="1"/>', TEXT, '<a b="1"/>'),
        (JSON, '{"a": 1}', JSON, '{"a": 1}'),
    ],
    "char's padding, trimmed": [
        (TEXT, "a  ", TEXT, "a", TRAILING),
        (TEXT, "   ", TEXT, "", TRAILING),
        (TEXT, "  a", TEXT, "a", LEADING),
        (TEXT, "  a ", TEXT, "a", BOTH),
        (TEXT, " " * 4000 + "a", TEXT, "a", BOTH),
        (TEXT, "a  b  ", TEXT, "a  b", TRAILING),
        (TEXT, None, TEXT, None, BOTH),
    ],
    "case is ignored where the rule says so": [
        (TEXT, "STRASSE É", TEXT, "strasse é", CASE),
        (TEXT, "ΣΑΣ", TEXT, "σας", CASE),
        (TEXT, "ß", TEXT, "ẞ", CASE),
        (TEXT, "İ", TEXT, "i", CASE),
        (TEXT, "ı", TEXT, "I", CASE),
        (TEXT, "\u212a", TEXT, "k", CASE),  # the Kelvin sign
        (TEXT, "Ǆ", TEXT, "ǆ", CASE),
        (TEXT, "ǅ", TEXT, "ǆ", CASE),
        (TEXT, "\U00010400", TEXT, "\U00010428", CASE),  # Deseret: beyond 16 bits
        (TEXT, LONG.upper(), TEXT, LONG, CASE),
    ],
    "empty is NULL where the rule says so": [
        (TEXT, "", TEXT, None, EMPTY),
        (TEXT, "   ", TEXT, None, {**EMPTY, **BOTH}),
        (TEXT, "   ", TEXT, None, {**EMPTY, **LEADING}),
        (TEXT, "", TEXT, "", EMPTY),
    ],
    "all text rules at once": [
        (TEXT, " Ab", TEXT, "aB ", {**BOTH, **CASE}),
        (TEXT, "  ", TEXT, None, {**BOTH, **CASE, **EMPTY}),
        (TEXT, " É ", LARGE_TEXT, "é", {**BOTH, **CASE, **EMPTY}),
    ],
}

DIFFERENT = {
    "padding, case and accents count": [
        (TEXT, "a", TEXT, "a "),
        (TEXT, "a", TEXT, "A"),
        (TEXT, "résumé", TEXT, "resume"),
        (TEXT, "résumé", TEXT, "RESUME", CASE),
        (TEXT, "I", TEXT, "ı"),
        (TEXT, "a", TEXT, "ａ"),  # full width
        (TEXT, "カ", TEXT, "か"),  # katakana, hiragana
    ],
    "there is no Unicode normalization": [
        (TEXT, "\u00e9", TEXT, "e\u0301"),
        (TEXT, "\u00e9", TEXT, "E\u0301", CASE),
        (TEXT, "\u212b", TEXT, "\u00c5"),  # Ångström
        (TEXT, "ﬁ", TEXT, "fi"),
        (TEXT, "²", TEXT, "2"),
        (TEXT, "각", TEXT, "\u1100\u1161\u11a8"),
    ],
    "characters beyond 16 bits are whole": [
        (TEXT, "𝄞", TEXT, "?"),
        (TEXT, "𝄞", TEXT, "??"),
        (TEXT, "𝄞", TEXT, "𝄟"),
        (TEXT, "👩‍👩‍👧", TEXT, "👩👩👧"),
        (TEXT, "grün", TEXT, "grÃ¼n"),
    ],
    "characters nobody sees": [
        (TEXT, "a\x00b", TEXT, "a"),
        (TEXT, "a\x00", TEXT, "a"),
        (TEXT, "\ufeffa", TEXT, "a"),
        (TEXT, "a\u200b", TEXT, "a"),
        (TEXT, "a\u00adb", TEXT, "ab"),
        (TEXT, "a\r\nb", TEXT, "a\nb"),
        (TEXT, "a\u00a0b", TEXT, "a b"),
    ],
    "text that a weak hash confuses": [
        (TEXT, "aaaaaaa?bbbbbbb?", TEXT, "aaaaaaa!bbbbbbb!"),
        (TEXT, "Aa", TEXT, "BB"),  # the same Java hashCode
        (TEXT, LONG, TEXT, LONG[:-1] + "!"),
        (TEXT, LONG, TEXT, LONG[:12]),
    ],
    "NULL is no sentinel": [
        (TEXT, None, TEXT, ""),
        *((TEXT, None, TEXT, told) for told in ("NULL", "null", "None", "nan", "<NA>", "__NULL__", "\\N", "\x00", "\ufffd")),
        (TEXT, None, TEXT, "", BOTH),
        (TEXT, None, TEXT, "", CASE),
    ],
    "text of numbers is text": [
        (TEXT, "1", TEXT, "1.0"),
        (TEXT, "007", TEXT, "7"),
        (TEXT, "1e3", TEXT, "1000"),
        (TEXT, "true", TEXT, "1"),
    ],
    "XML and JSON are not understood": [
        (TEXT, "<a></a>", TEXT, "<a/>"),
        (TEXT, '{"a":1}', TEXT, '{"a": 1}'),
        (JSON, '{"a":1}', JSON, '{"a": 1}'),
        (JSON, '{"a":1,"b":2}', TEXT, '{"b":2,"a":1}'),
    ],
    "only the named side is trimmed, and only of spaces": [
        (TEXT, " a", TEXT, "a", TRAILING),
        (TEXT, "a ", TEXT, "a", LEADING),
        (TEXT, "a  b", TEXT, "a b", BOTH),
        *((TEXT, blank + "a" + blank, TEXT, "a", BOTH) for blank in ("\t", "\n", "\u00a0", "\u3000", "\u200b", "\x00")),
    ],
    "case alone is ignored": [
        (TEXT, "ab", TEXT, "AC", CASE),
        (TEXT, "ß", TEXT, "ss", CASE),
        (TEXT, "ﬁ", TEXT, "FI", CASE),
        (TEXT, "a ", TEXT, "A", CASE),
        (TEXT, "Å", TEXT, "a", CASE),
    ],
    "only '' is empty": [
        (TEXT, " ", TEXT, None, EMPTY),
        (TEXT, "0", TEXT, None, EMPTY),
        (TEXT, "\t", TEXT, None, {**EMPTY, **BOTH}),
        (TEXT, " a", TEXT, None, {**EMPTY, **LEADING}),
    ],
}  # fmt: skip
