"""The procedures deployed to the server: their texts, and their parsed form where the embedded source can run them.

Belongs here: CREATE, ALTER and DROP PROCEDURE over all connections. Does not belong here: running one (`script`).
"""

import re
import threading
from dataclasses import dataclass, replace
from datetime import datetime

from recon_assets.tsql import control
from recon_assets.tsql.calls import ALREADY_EXISTS
from recon_assets.tsql.errors import INVALID_OBJECT, TSqlError, UnsupportedTSql, sql_server_error
from recon_assets.tsql.lexer import BatchText
from recon_assets.tsql.names import object_key, split_name
from recon_assets.tsql.parser import parse_batch

_COMMENTS = r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_DEFINITION = re.compile(
    rf"{_COMMENTS}(?P<verb>CREATE{_COMMENTS}OR{_COMMENTS}ALTER|CREATE|ALTER){_COMMENTS}PROC(?:EDURE)?\b{_COMMENTS}"
    r'(?P<name>(?:\[(?:[^\]]|\]\])+\]|"[^"]+"|[\w@$#]+)(?:\s*\.\s*(?:\[(?:[^\]]|\]\])+\]|"[^"]+"|[\w@$#]+))?)',
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Deployed:
    """A procedure. `statement` is None where the embedded source can't run its text, for a reason that `refusal`
    tells."""

    schema: str
    name: str
    text: str
    statement: control.CreateProcedure | None
    refusal: str | None
    created: datetime
    modified: datetime
    number: int


class DeployedProcedures:
    """What procedures there are, for all connections."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], Deployed] = {}
        self._lock = threading.Lock()
        self._made = 0

    def __iter__(self):
        return iter(list(self._by_key.values()))

    def find(self, name: str) -> Deployed | None:
        """The procedure of that name."""
        return self._by_key.get(object_key(name) or ("", ""))

    def drop(self, name: str) -> None:
        """Remove the procedure, if there is one."""
        with self._lock:
            self._by_key.pop(object_key(name) or ("", ""), None)

    def deploy(self, text: str) -> Deployed:
        """CREATE [OR ALTER] or ALTER PROCEDURE. Raises TSqlError as SQL Server would."""
        found = defines_procedure(text)
        if found is None:
            raise sql_server_error(102, "Incorrect syntax near 'PROCEDURE'.")
        verb, name = found
        statement, refusal = _parsed(text)
        now = datetime.now()
        with self._lock:
            key = object_key(name)
            existing = self._by_key.get(key)
            if existing and verb == "CREATE":
                raise sql_server_error(ALREADY_EXISTS, f"There is already an object named '{name}' in the database.")
            if not existing and verb == "ALTER":
                raise sql_server_error(INVALID_OBJECT, f"Invalid object name '{name}'.")
            self._made += 1
            parts = split_name(re.sub(r"\s*\.\s*", ".", name))
            made = Deployed(
                parts[-2] if len(parts) > 1 else "dbo",
                parts[-1],
                text,
                statement,
                refusal,
                existing.created if existing else now,
                now,
                existing.number if existing else 1_000_000 + self._made,
            )
            self._by_key[key] = made
        return made


def defines_procedure(text: str) -> tuple[str, str] | None:
    """The verb and the procedure's name where the batch is a procedure's definition."""
    found = _DEFINITION.match(text)
    if not found:
        return None
    verb = found["verb"].split()[0].upper()
    return ("CREATE OR ALTER" if "ALTER" in found["verb"].upper() and verb == "CREATE" else verb), found["name"]


def _parsed(text: str) -> tuple[control.CreateProcedure | None, str | None]:
    try:
        (statement,) = parse_batch(BatchText(text, 1)).body.statements
    except UnsupportedTSql as error:
        return None, str(error)
    if not isinstance(statement, control.CreateProcedure):
        raise TSqlError(102, "Incorrect syntax near 'PROCEDURE'.", 15)
    header = replace(statement.header, may_exist=True, must_exist=False)  # who may do what was judged here already
    return replace(statement, header=header), None
