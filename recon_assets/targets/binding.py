"""The values of parameters in Databricks SQL: literals in place of the `:Name` markers.

Belongs here: finding the markers, and a literal of the very value and type. Does not belong here: running the text.

PySpark's own `args=` falls short: Delta 4.4 loses a query's through Spark Connect, they are refused in views and in
DEFAULT, and in a session of this process years before 1583 come out days off, or not at all.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlglot.tokens import Token, TokenType

from recon_assets.targets.base import TargetError
from recon_assets.targets.tokens import LITERALS, is_name, word, words

# After anything else that may end a value, a colon reads a path out of JSON: `col:path`.
_VALUES_END = LITERALS | {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.IDENTIFIER, TokenType.NUMBER}
_BEFORE_VALUE = words(
    "ALL AND BETWEEN BOTH BY CASE DEFAULT DISTINCT DIV ELSE ELSEIF ESCAPE FOR FROM HAVING IF ILIKE IMMEDIATE IN"
    " INTERVAL IS LEADING LIKE LIMIT NOT OF OFFSET ON OR PLACING QUALIFY RANGE REGEXP RETURN RLIKE ROWS SELECT THEN"
    " TRAILING UNTIL USING VALUES WHEN WHERE WHILE"
)
_AS_ESCAPE = {"\\": "\\\\", "'": "\\'"}


def bind(path: Path, text: str, tokens: Sequence[Token], values: Mapping[str, Any], time_zone: str) -> str:
    """The text with literals for its parameters, its lines where they were. Names are told apart as T-SQL does.

    A datetime without a zone is the time in `time_zone`. Raises TargetError for a marker that has no value.
    """
    given = {name.lower(): value for name, value in values.items()}
    bound, done = [], 0
    for colon, name in _markers(tokens):
        if name.text.lower() not in given:
            raise TargetError(
                f"{path}:{name.line}: :{name.text} is no parameter; the YAML declares"
                f" {', '.join(f':{each}' for each in values) or 'none'}: add it to `parameters:`, or set `clock:`"
                " for :clock"
            )
        # The blank keeps it off a word before it: LIMIT:n.
        bound += [text[done : colon.start], " ", literal(given[name.text.lower()], time_zone)]
        done = name.end + 1
    return "".join([*bound, text[done:]])


def literal(value: Any, time_zone: str = "UTC") -> str:
    """Databricks SQL for a value, in one line; a negative one in parentheses."""
    return _LITERALS[type(value)](value, time_zone)


def _markers(tokens: Sequence[Token]) -> list[tuple[Token, Token]]:
    return [
        (colon, name)
        for at, (colon, name) in enumerate(pairwise(tokens))
        if colon.token_type is TokenType.COLON and is_name(name) and not _ends_value(tokens, at - 1)
    ]


def _ends_value(tokens: Sequence[Token], at: int) -> bool:
    if at < 0 or tokens[at].token_type in _VALUES_END:
        return True
    if not is_name(tokens[at]):
        return False
    is_field = at > 0 and tokens[at - 1].token_type is TokenType.DOT
    return is_field or word(tokens[at]) not in _BEFORE_VALUE


def _number(value: float | Decimal, digits: str) -> str:
    return f"({digits})" if digits.startswith("-") else digits


def _float(value: float) -> str:
    if value - value != 0:  # NaN, or an infinity
        return f"CAST('{value}' AS DOUBLE)"
    return _number(value, f"{value!r}D")


def _text(value: str) -> str:
    # Control characters would move the lines, `$` begin a `${…}`, which Spark replaces before it reads the text.
    escaped = (_AS_ESCAPE.get(sign) or (f"\\u{ord(sign):04x}" if sign < " " or sign == "$" else sign) for sign in value)
    return f"'{''.join(escaped)}'"


def _timestamp(value: datetime, time_zone: str) -> str:
    # With its zone it does not depend on what the script sets.
    return f"TIMESTAMP '{value.isoformat(' ')}{'' if value.tzinfo else ' ' + time_zone}'"


_LITERALS: Mapping[type, Callable[[Any, str], str]] = {
    type(None): lambda value, _: "NULL",
    bool: lambda value, _: str(value).lower(),
    int: lambda value, _: _number(value, str(value)),
    float: lambda value, _: _float(value),
    Decimal: lambda value, _: _number(value, f"{value:f}BD"),
    str: lambda value, _: _text(value),
    bytes: lambda value, _: f"X'{value.hex()}'",
    date: lambda value, _: f"DATE '{value.isoformat()}'",
    datetime: _timestamp,
    time: lambda value, _: f"TIME '{value.isoformat()}'",
}
