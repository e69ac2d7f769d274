"""A table at rest, and its manifest: the handle that one layer hands to the next instead of rows.

Belongs here: what is known of a stored table (files with size and MD5, schema, rows, fingerprint) and the check
that the files are still those. Does not belong here: writing them (a module per layer), or reading their rows.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa

from recon_assets.comparison import Fingerprint
from recon_assets.io_managers.storage import Folder, StoredFile


class NotIntact(Exception):
    """Stored data is not what was written; the message names the file and the remedy."""


@dataclass(frozen=True)
class InputRows:
    """What an output was made from: how many rows of an input, and their fingerprint's digest."""

    rows: int
    fingerprint: str


@dataclass(frozen=True)
class StoredTable:
    """A table's files in one folder, as they were when they were written.

    `inputs` are the input tables it was made from, by bare table name: what shows that a source output and a
    target output rest on the same rows. `made_by` says by which engine and settings. `delta_version` is None for
    plain Parquet.
    """

    table: str
    folder: Folder
    files: tuple[StoredFile, ...]
    schema: pa.Schema
    fingerprint: Fingerprint
    run_id: str
    inputs: Mapping[str, InputRows] = field(default_factory=dict)
    delta_version: int | None = None
    made_by: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[str, ...] = ()  # the folders published before this one that are kept, newest first

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return self.fingerprint.rows

    @property
    def size(self) -> int:
        """Bytes of all its data files."""
        return sum(file.size for file in self.files)

    @property
    def paths(self) -> list[str]:
        """The data files' paths or URLs, in order."""
        return [self.folder.location(file.name) for file in self.files]

    def check_intact(self) -> None:
        """The files are as they were; those the storage doesn't vouch for are read. Raises NotIntact."""
        self._check(lambda file: file if self.folder.untouched(file) else self.folder.read_back(file.name))

    def read_back(self) -> None:
        """Read every file and compare size and MD5. Raises NotIntact, naming the first file that differs."""
        self._check(lambda file: self.folder.read_back(file.name))

    def _check(self, look: Callable[[StoredFile], StoredFile]) -> None:
        for file in self.files:
            path = self.folder.location(file.name)
            try:
                found = look(file)
            except FileNotFoundError:
                raise NotIntact(
                    f"{path} is gone; it held rows of {self.table}. Materialize {self.table}'s layer again."
                ) from None
            if found != file:
                raise NotIntact(
                    f"{path} was changed after it was written: it has {found.size} bytes and MD5 {found.md5}, and was"
                    f" stored with {file.size} bytes and MD5 {file.md5}. Materialize {self.table}'s layer again."
                )

    def to_json(self) -> str:
        """The manifest; the folder is left out, since the manifest lies in or above it."""
        return json.dumps(
            {
                "table": self.table,
                "folder": self.folder.name,
                "files": [vars(file) for file in self.files],
                "schema": base64.b64encode(self.schema.serialize().to_pybytes()).decode(),
                "columns": {column.name: str(column.type) for column in self.schema},  # for people
                "fingerprint": self.fingerprint.to_json(),
                "run_id": self.run_id,
                "inputs": {name: vars(rows) for name, rows in self.inputs.items()},
                "delta_version": self.delta_version,
                "made_by": dict(self.made_by),
                "earlier": self.earlier,
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str, parent: Folder) -> Self:
        """Read a manifest that lies in `parent`, beside the table's folder."""
        record: dict[str, Any] = json.loads(text)
        return cls(
            table=record["table"],
            folder=parent / record["folder"],
            files=tuple(StoredFile(**file) for file in record["files"]),
            schema=pa.ipc.read_schema(pa.py_buffer(base64.b64decode(record["schema"]))),
            fingerprint=Fingerprint.from_json(record["fingerprint"]),
            run_id=record["run_id"],
            inputs={name: InputRows(**rows) for name, rows in record["inputs"].items()},
            delta_version=record["delta_version"],
            made_by=record["made_by"],
            earlier=tuple(record["earlier"]),
        )
