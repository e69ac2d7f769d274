"""Databricks SQL as tokens: what is told of a text without knowing its whole grammar.

Belongs here: names, words and statements as they follow each other. Does not belong here: what they mean (`references`,
`binding`), or the embedded source's T-SQL (`tsql`).
"""

from collections.abc import Sequence
from typing import ClassVar

from sqlglot.dialects.databricks import Databricks
from sqlglot.tokens import Token, TokenType

LITERALS = frozenset({TokenType.STRING, TokenType.RAW_STRING})


class _Tokenizer(Databricks.Tokenizer):
    """Databricks' signs, text and comments; every word is just a word.

    sqlglot's own takes some statements' rest for one text, and words in pairs: here all must be seen.
    """

    KEYWORDS: ClassVar = {key: kind for key, kind in Databricks.Tokenizer.KEYWORDS.items() if not key[0].isalpha()}
    COMMANDS: ClassVar = frozenset()
    RAW_STRINGS: ClassVar = [*Databricks.Tokenizer.RAW_STRINGS, "$$"]


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, without comments. Raises sqlglot's TokenError for text that does not end."""
    return _Tokenizer(dialect="databricks").tokenize(text)


def is_name(token: Token | None) -> bool:
    """Whether it is a word, or anything in backticks."""
    return token is not None and token.token_type in (TokenType.VAR, TokenType.IDENTIFIER)


def word(token: Token | None) -> str:
    """A word in capitals; "" for all else, such as a name in backticks."""
    return token.text.upper() if token is not None and token.token_type is TokenType.VAR else ""


def words(text: str) -> frozenset[str]:
    """A set of words, written with blanks between."""
    return frozenset(text.split())


def statements(text: str) -> list[tuple[int, str]]:
    """Each statement with the line it starts on (1 is the first), split at semicolons outside of text and comments."""
    found: list[tuple[int, str]] = []
    pending: list[Token] = []
    tokens = tokenize(text)
    if is_script(tokens):  # which Spark takes whole
        return [(tokens[0].line, text)]
    for token in [*tokens, None]:
        if token is not None and token.token_type is not TokenType.SEMICOLON:
            pending.append(token)
        elif pending:
            found.append((pending[0].line, text[pending[0].start : pending[-1].end + 1]))
            pending = []
    return found


def is_script(tokens: Sequence[Token]) -> bool:
    """Whether it is one of Spark's SQL scripts: BEGIN … END."""
    return bool(tokens) and word(tokens[0]) == "BEGIN"
