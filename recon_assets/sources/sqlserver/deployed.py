"""Whether a deployed procedure is the text that lies beside the YAML.

Does not belong here: running it (`calling`).
"""

import re
from typing import TYPE_CHECKING

from recon_assets.sources.base import Procedure
from recon_assets.sources.definition import read_definition
from recon_assets.sources.names import parse_name
from recon_assets.sources.sqlserver.catalog import full_name
from recon_assets.sources.sqlserver.connection import Server
from recon_assets.tsql.lexer import split_batches

if TYPE_CHECKING:
    import pyodbc

_HEAD = re.compile(r"\b(create(\s+or\s+alter)?|alter)\s+proc(edure)?\s+[^\s(]+", re.IGNORECASE)


def differs_from_deployed(server: Server, connection: "pyodbc.Connection", procedure: Procedure) -> bool:
    """Whether the server has another text of the procedure, white space and how it was created aside; False where the
    login may not see it, or there is no text beside the YAML."""
    if procedure.name is None or not procedure.definition.is_file():
        return False
    name = full_name(parse_name(procedure.name))
    with server.telling(f"looking at the text of {procedure.name}"):
        row = connection.execute("SELECT OBJECT_DEFINITION(OBJECT_ID(?))", name).fetchone()
    if row is None or row[0] is None:
        return False
    batches = split_batches(read_definition(procedure.definition))
    return _comparable(row[0]) not in {_comparable(batch.text) for batch in batches}


def _comparable(text: str) -> str:
    head = _HEAD.search(text)
    return " ".join(text[head.end() if head else 0 :].split())
