"""How text compares: the collation SQL_Latin1_General_CP1_CI_AS, the default of US installations.

Belongs here: the keys under which text is equal or ordered, and pattern matching. Does not belong here: what text
functions give (`text_functions`), or which types meet in a comparison (`comparison`).

Equality ignores case and trailing spaces, not accents. varchar orders as SQL Server's sort order 52
(punctuation, digits, letters); nvarchar as Windows' word sort, which looks past hyphens and apostrophes first
("Windows and SQL collations differ", Transact-SQL reference on collations). Characters whose weight is not
established here (beyond Latin letters with accents and common punctuation) are refused when a row has them.
"""

import re

from recon_assets.tsql import duck
from recon_assets.tsql.errors import UnsupportedTSql, refusing
from recon_assets.tsql.types import SqlType

_LETTERS = "À-ÅÇ-ÏÑ-ÖÙ-Ýà-åç-ïñ-öù-ýÿŸŠšŽž"
_COMPARABLE = rf"[\x00-\x7e{_LETTERS}Øø€£§°–—‘’“”…•™®©]*"
_PLAIN = "[ 0-9A-Za-z]*"
_ORDERED_VARCHAR = "[ -~]*"
_ORDERED_NVARCHAR = f"[ -~{_LETTERS}]*"
_DICTIONARY_SORT = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_WORD_SORT = ' _,;:!?."()[]{}@*/\\&#%`^+<=>|~$'
_LOOKED_PAST = "-'"
_FIRST = 2
"""Marks sort before digits, these before letters: the marks become, in their order, the code points from this one
on, all below those of digits. 1 is left to end the part of a key that is compared first."""


def fold(sql: str, *, trim: bool) -> str:
    """The text as comparison sees its characters: without case, and without trailing spaces where `trim`."""

    def body(x: str) -> str:
        plain = f"lower(rtrim({x}, ' '))" if trim else f"lower({x})"
        refusal = refusing(f"'comparing text with characters beyond Latin letters: ' || {x}")
        return (
            f"CASE WHEN strlen({x}) = length({x}) THEN {plain}"
            f" WHEN regexp_full_match({x}, {duck.text(_COMPARABLE)}) THEN {plain}"
            f" WHEN {x} IS NOT NULL THEN {refusal} END"
        )

    return duck.bind(body, sql)


def equality_key(sql: str) -> str:
    """What is equal under the collation has equal keys."""
    return fold(sql, trim=True)


def literal_key(value: str) -> str | None:
    """The equality key of a constant as SQL text, or None where only the row-wise key can tell."""
    return duck.text(value.rstrip(" ").lower()) if value.isascii() else None


def order_key(sql: str, type_: SqlType) -> str:
    """Sorts (as DuckDB sorts text, by code point) as the collation sorts the text."""

    def body(x: str) -> str:
        folded = f"lower(rtrim({x}, ' '))"
        if type_.is_unicode:
            marks, allowed = _WORD_SORT, _ORDERED_NVARCHAR
            seen = f"translate(strip_accents({folded}), {duck.text(_LOOKED_PAST)}, '')"
            # what was looked past and accents break ties: a word without them comes first
            ties = f" || chr(1) || translate({folded}, {duck.text(_LOOKED_PAST)}, '~~')"
        else:
            marks, allowed, seen, ties = _DICTIONARY_SORT, _ORDERED_VARCHAR, folded, ""
        ranks = " || ".join(f"chr({_FIRST + i})" for i in range(len(marks)))
        refusal = refusing(f"'ordering text with characters of unestablished order: ' || {x}")
        return (
            f"CASE WHEN regexp_full_match({x}, '{_PLAIN}') THEN replace({folded}, ' ', chr({_FIRST}))"
            f" WHEN regexp_full_match({x}, {duck.text(allowed)})"
            f" THEN translate({seen}, {duck.text(marks)}, {ranks}){ties}"
            f" WHEN {x} IS NOT NULL THEN {refusal} END"
        )

    return duck.bind(body, sql)


def like(value: str, pattern: str, literal: str | None, escape: str | None, *, unicode: bool) -> str:
    """`value LIKE pattern`, as SQL. `literal` is the pattern where it is a constant; `escape` the escape character.

    Of non-Unicode text, trailing spaces beyond those the pattern asks for don't matter; of Unicode text they do.
    """
    if literal is None:
        if escape is not None:
            raise UnsupportedTSql("LIKE … ESCAPE with a pattern that is not a constant")
        return duck.bind(lambda x, p: _like_any(x, p, unicode), value, pattern)
    if not literal.isascii():
        raise UnsupportedTSql("LIKE with a pattern beyond ASCII")
    regex = pattern_regex(literal, escape) + ("" if unicode else " *")
    return f"regexp_full_match({fold(value, trim=False)}, {duck.text(regex)}, 's')"


def _like_any(x: str, p: str, unicode: bool) -> str:
    text = fold(x, trim=False)
    if not unicode:
        blanks = f"least(length({x}) - length(rtrim({x}, ' ')), length({p}) - length(rtrim({p}, ' ')))"
        text = f"{fold(x, trim=True)} || repeat(' ', {blanks})"
    refusal = refusing(f"'LIKE with a computed pattern that has brackets: ' || {p}")
    return f"CASE WHEN contains({p}, '[') THEN {refusal} ELSE ({text}) LIKE {fold(p, trim=False)} END"


def pattern_regex(pattern: str, escape: str | None) -> str:
    """A LIKE pattern as a regular expression over folded text. Raises UnsupportedTSql for ranges whose members
    depend on the collation's order."""
    out, i = [], 0
    pattern = pattern.lower()
    escape = escape.lower() if escape is not None else None
    while i < len(pattern):
        c = pattern[i]
        if escape is not None and c == escape and i + 1 < len(pattern):
            i += 1
            out.append(re.escape(pattern[i]))
        elif c == "%":
            out.append(".*")
        elif c == "_":
            out.append(".")
        elif c == "[":
            end = pattern.find("]", i + 1)
            if end < 0 or escape is not None:
                raise UnsupportedTSql(f"LIKE pattern '{pattern}'")
            out.append(_set_regex(pattern[i + 1 : end]))
            i = end
        else:
            out.append(re.escape(c))
        i += 1
    return "".join(out)


def _set_regex(members: str) -> str:
    negated, members = members.startswith("^"), members.removeprefix("^")
    if not members:
        raise UnsupportedTSql(f"LIKE set [{members}]")
    parts, i = [], 0
    while i < len(members):
        if i + 2 < len(members) and members[i + 1] == "-":
            low, high = members[i], members[i + 2]
            if not ((low.isdigit() and high.isdigit()) or (low.isalpha() and high.isalpha())):
                raise UnsupportedTSql(f"LIKE range [{low}-{high}]")
            parts.append(f"{low}-{high}")
            i += 3
        else:
            parts.append("\\" + members[i] if not members[i].isalnum() else members[i])
            i += 1
    return f"[{'^' if negated else ''}{''.join(parts)}]"
