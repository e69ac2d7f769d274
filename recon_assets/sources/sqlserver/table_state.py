"""What a table's state is to the server: how many rows, and a sum of the checksums the server makes of them.

Belongs here: asking for it, so that a table that is read over several connections, or by the server itself, can be
shown to have been the same before and after; and which changes it doesn't show. Does not belong here: reading rows
(`reading`), or fingerprints of what was read (`comparison`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recon_assets.sources.base import TableState
from recon_assets.sources.names import ObjectName
from recon_assets.sources.sqlserver.catalog import full_name
from recon_assets.sources.sqlserver.columns import CatalogColumn
from recon_assets.sources.sqlserver.connection import Server

if TYPE_CHECKING:
    import pyodbc

_IGNORED = ("xml", "text", "ntext", "image", "json")
_IN_PART = ("varchar", "nvarchar")


def state_of(server: Server, connection: "pyodbc.Connection", table: ObjectName) -> TableState:
    """The table's state as that connection sees it; the server reads the whole table once. Raises ServerError."""
    query = f"SELECT COUNT_BIG(*), SUM(CAST(BINARY_CHECKSUM(*) AS bigint)) FROM {full_name(table)}"
    with server.telling(f"asking for the state of {table}"):
        return TableState(*connection.execute(query).fetchone())


def unheeded(columns: Sequence[CatalogColumn]) -> list[str]:
    """The columns in which a change may leave the state as it was, beyond what 32 bits can tell apart: BINARY_CHECKSUM
    ignores types that can't be compared, and takes in the first 255 characters of a text without a bound."""
    return [
        column.name
        for column in columns
        if column.type in _IGNORED or (column.type in _IN_PART and column.max_length == -1)
    ]
