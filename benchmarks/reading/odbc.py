"""How a contestant reaches the server, and what it is told: a `Task` as JSON, its only argument.

Belongs here: what all contestants need to connect. Does not belong here: connecting, which each does its own way.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

HOST, DATABASE, USER, PASSWORD = "127.0.0.1", "warehouse", "recon", "S3cret;pass"


@dataclass(frozen=True)
class Task:
    """Read the table of so many rows into Parquet files in a folder."""

    port: int
    rows: int
    folder: str
    encrypt: str

    def to_json(self) -> str:
        """The argument."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Task":
        """What `to_json` wrote."""
        return Task(**json.loads(text))

    @property
    def file(self) -> Path:
        """Where to write a single file."""
        return Path(self.folder) / "rows.parquet"

    @property
    def connection_string(self) -> str:
        """For the same driver, with the same settings, as ours has."""
        from recon_assets.sources.sqlserver.driver import find_driver

        return (
            f"DRIVER={{{find_driver()}}};SERVER={HOST},{self.port};DATABASE={DATABASE};UID={USER};PWD={{{PASSWORD}}};"
            f"Encrypt={self.encrypt};TrustServerCertificate=yes"
        )
