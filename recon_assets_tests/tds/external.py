"""CREATE EXTERNAL TABLE … AS SELECT, as Synapse and SQL Server 2022 export to a lake.

Belongs here: the statement's form. Does not belong here: writing files, which is the test's hook.
"""

import re
from dataclasses import dataclass

_CREATE = re.compile(
    r"\s*CREATE\s+EXTERNAL\s+TABLE\s+(?P<name>[^\s(]+(?:\s*\.\s*[^\s(]+)?)\s+WITH\s*\((?P<options>.*?)\)\s*AS\s+"
    r"(?P<query>(?:SELECT|WITH)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
_OPTION = re.compile(r"(\w+)\s*=\s*(?:N?'((?:[^']|'')*)'|\[([^\]]+)\]|(\w+))")
_DROP = re.compile(r"\s*DROP\s+EXTERNAL\s+TABLE\s+(?:IF\s+EXISTS\s+)?([^\s;]+)\s*;?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class ExternalTable:
    """What CREATE EXTERNAL TABLE … AS SELECT says."""

    name: str
    location: str
    data_source: str
    file_format: str
    query: str


def read_external_table(text: str) -> ExternalTable | None:
    """The statement, if the text is one."""
    found = _CREATE.fullmatch(text)
    if not found:
        return None
    options = {
        key.upper(): quoted.replace("''", "'") or bracketed or bare
        for key, quoted, bracketed, bare in _OPTION.findall(found["options"])
    }
    return ExternalTable(
        found["name"], options["LOCATION"], options["DATA_SOURCE"], options["FILE_FORMAT"], found["query"]
    )


def dropped_external_table(text: str) -> str | None:
    """The name of the table that a DROP EXTERNAL TABLE drops."""
    found = _DROP.fullmatch(text)
    return found[1] if found else None
