"""Small pieces of DuckDB SQL text that all translation builds on.

Belongs here: quoting, casting, and using a long expression several times without writing it several times. Does
not belong here: anything that knows what T-SQL means.
"""

import re
from collections.abc import Callable
from itertools import count

_NAME = r"""(?:\w+|"[^"]*")(?:\.(?:\w+|"[^"]*")|\['f\d'\])?|'[^']*'|\$\w+"""
_TYPE = r"[A-Z0-9_]+(?:\([\d,]+\))?"
_SIMPLE = re.compile(rf"(?:{_NAME})|CAST\((?:{_NAME}) AS {_TYPE}\)")
_numbers = count(1)


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """A quoted identifier."""
    return '"' + value.replace('"', '""') + '"'


def cast(sql: str, to: str, *, safe: bool = False) -> str:
    """A cast; where `safe`, what can't be cast is NULL."""
    return f"{'TRY_CAST' if safe else 'CAST'}({sql} AS {to})"


def bind(body: Callable[..., str], *values: str) -> str:
    """`body` of the values, each evaluated (and written) once however often `body` uses it.

    Nested expressions would otherwise double in length with each level. A one-element list is the only
    binding DuckDB has inside an expression; names and literals are cheap enough to repeat.
    """
    if all(_SIMPLE.fullmatch(value) for value in values):
        return body(*values)
    row = f"r{next(_numbers)}"
    if len(values) == 1:
        return f"list_transform([{values[0]}], lambda {row}: {body(row)})[1]"
    # r['f0'], for HAVING takes r.f0 for a table's column
    fields = ", ".join(f"'f{i}': {value}" for i, value in enumerate(values))
    parts = (f"{row}['f{i}']" for i in range(len(values)))
    return f"list_transform([{{{fields}}}], lambda {row}: {body(*parts)})[1]"
