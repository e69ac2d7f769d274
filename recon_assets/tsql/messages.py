"""The text of RAISERROR: its message with arguments put in.

Belongs here: the printf-like formats that the Transact-SQL reference gives for RAISERROR. Does not belong
here: what raising does (`interpreter`).
"""

import re
from collections.abc import Sequence
from typing import Any

from recon_assets.tsql.errors import TSqlError

WRONG_ARGUMENT_TYPE = 2786
_LONGEST = 2047
_FORMAT = re.compile(
    r"%(?:%|(?P<flags>[-+0# ]*)(?P<width>\d+|\*)?(?:\.(?P<precision>\d+|\*))?(?:h|l|I64)?(?P<type>[diouxXs]))"
)


def format_message(text: str, arguments: Sequence[Any]) -> str:
    """Put the arguments into the message, cut to 2047 characters as SQL Server does.

    An argument that is missing or NULL reads `(null)`. Raises error 2786 for one of the wrong type.
    """
    remaining = list(arguments)
    used = 0

    def next_argument() -> Any:
        nonlocal used
        used += 1
        return remaining[used - 1] if used <= len(remaining) else None

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        width = next_argument() if found["width"] == "*" else found["width"]
        precision = next_argument() if found["precision"] == "*" else found["precision"]
        value = next_argument()
        form = f"%{found['flags']}{'' if width is None else width}{'' if precision is None else f'.{precision}'}"
        if value is None:
            return "(null)"
        if found["type"] == "s" and isinstance(value, str):
            return (form + "s") % value
        if found["type"] != "s" and isinstance(value, int):
            unsigned = found["type"] in "ouxX" and value < 0
            return (form + found["type"].replace("u", "d")) % (value + 2**32 if unsigned else value)
        mismatch = (
            f"The data type of substitution parameter {used} does not match the expected type of the format"
            " specification."
        )
        raise TSqlError(WRONG_ARGUMENT_TYPE, mismatch)

    message = _FORMAT.sub(put, text)
    return message if len(message) <= _LONGEST else message[: _LONGEST - 3] + "..."
