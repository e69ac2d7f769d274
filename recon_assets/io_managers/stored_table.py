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
from recon_assets.sources.base import TableState
from recon_assets.targets.base import ParquetFiles, TableVersion


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
    target output rest on the same rows. `made_by` says by which engine and settings. `delta` is None for plain Parquet;
    the files of a Delta table that the target alone reaches are not known here. `source_state` is what the source
    itself said of the table (see `Snapshot.state`) when it wrote the files; None where its rows passed by here. `notes`
    are what whoever reads a verdict should know of how it was read.
    """

    table: str
    folder: Folder
    files: tuple[StoredFile, ...]
    schema: pa.Schema
    fingerprint: Fingerprint
    run_id: str
    inputs: Mapping[str, InputRows] = field(default_factory=dict)
    delta: TableVersion | None = None
    made_by: Mapping[str, str] = field(default_factory=dict)
    source_state: TableState | None = None
    notes: tuple[str, ...] = ()
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

    @property
    def parquet(self) -> ParquetFiles:
        """Its files, for whatever reads them."""
        return ParquetFiles(self.paths, self.schema, self.folder.filesystem)

    def check_intact(self) -> None:
        """The files are as they were; those the storage doesn't vouch for are read. Raises NotIntact."""
        self._check(self._vouched)

    def read_back(self) -> None:
        """Read every file whose MD5 is known and compare size and MD5; the storage vouches for the others.

        Raises NotIntact, naming the first file that differs.
        """
        self._check(lambda file: self._vouched(file) if file.md5 is None else self.folder.read_back(file.name))

    def _vouched(self, file: StoredFile) -> StoredFile:
        return file if self.folder.untouched(file) else self.folder.read_back(file.name)

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
                was = f"MD5 {file.md5}" if file.md5 else f"version {file.version}"
                now = f"MD5 {found.md5}" if file.md5 else f"version {found.version}"
                raise NotIntact(
                    f"{path} was changed after it was written: it has {found.size} bytes and {now}, and was"
                    f" stored with {file.size} bytes and {was}. Materialize {self.table}'s layer again."
                )

    def to_json(self, home: Folder) -> str:
        """The manifest that lies in `home`; of a folder beside it, only the name is kept."""
        return json.dumps(
            {
                "table": self.table,
                "folder": self.folder.name if self.folder == home / self.folder.name else str(self.folder),
                "files": [vars(file) for file in self.files],
                "schema": base64.b64encode(self.schema.serialize().to_pybytes()).decode(),
                "columns": {column.name: str(column.type) for column in self.schema},  # for people
                "fingerprint": self.fingerprint.to_json(),
                "run_id": self.run_id,
                "inputs": {name: vars(rows) for name, rows in self.inputs.items()},
                "delta": self.delta and vars(self.delta),
                "made_by": dict(self.made_by),
                "notes": self.notes,
                "source_state": self.source_state and vars(self.source_state),
                "earlier": self.earlier,
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str, home: Folder) -> Self:
        """Read a manifest that lies in `home`."""
        record: dict[str, Any] = json.loads(text)
        return cls(
            table=record["table"],
            folder=home.at(record["folder"]) if "/" in record["folder"] else home / record["folder"],
            files=tuple(StoredFile(**file) for file in record["files"]),
            schema=pa.ipc.read_schema(pa.py_buffer(base64.b64decode(record["schema"]))),
            fingerprint=Fingerprint.from_json(record["fingerprint"]),
            run_id=record["run_id"],
            inputs={name: InputRows(**rows) for name, rows in record["inputs"].items()},
            delta=record["delta"] and TableVersion(**record["delta"]),
            made_by=record["made_by"],
            notes=tuple(record["notes"]),
            source_state=record["source_state"] and TableState(**record["source_state"]),
            earlier=tuple(record["earlier"]),
        )
