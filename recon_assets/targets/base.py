"""What every target can do: turn Parquet files into a Delta table, run migrated logic, and say what it is.

Belongs here: the interface the assets and IO managers use, and the errors a target raises. Does not belong here:
any one engine's way of doing it (a module each).
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import pyarrow as pa
from fsspec import AbstractFileSystem

from recon_assets.sources.base import Parameter


class TargetError(Exception):
    """The target could not do what was asked; the message names the object, the place and the remedy."""


@dataclass(frozen=True)
class Logic:
    """The migrated implementation: `kind` and what it names, relative to `folder`."""

    kind: Literal["sql", "python", "parquet"]
    text: str  # a file or folder name, or module:function
    folder: Path


@dataclass(frozen=True)
class TableVersion:
    """A Delta table as it stands at one version."""

    folder: str
    version: int


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files, none for no rows, by path or URL, and the columns that they have; `filesystem` reads those with
    URLs from this machine."""

    paths: Sequence[str]
    schema: pa.Schema
    filesystem: AbstractFileSystem | None = field(default=None, repr=False)


class Target(Protocol):
    """A lakehouse that holds Delta tables and runs SQL and PySpark on them."""

    def load(self, files: ParquetFiles, folder: str) -> None:
        """Make a Delta table in `folder` from Parquet files."""
        ...

    def run(
        self,
        logic: Logic,
        inputs: Mapping[str, TableVersion],
        outputs: Sequence[str],
        parameters: Mapping[str, Parameter],
        clock: datetime | None,
    ) -> AbstractContextManager[Mapping[str, Any]]:
        """Run the logic over the Delta tables in `inputs` (by bare name).

        Gives each output's Spark DataFrame by its bare name, not yet computed where the logic allows; what the logic
        made on its way is gone after the `with`. Raises TargetError with the logic's file and, for SQL, the line.
        """
        ...

    def reading(self, tables: Sequence[TableVersion | ParquetFiles]) -> AbstractContextManager[Sequence[Any]]:
        """The Spark DataFrames of Delta tables at a version, or of Parquet files, in one session.

        Raises TargetError when they can't be read.
        """
        ...

    def save(self, frame: Any, folder: str) -> None:
        """Compute a DataFrame that `run` returned and store it as a Delta table in `folder`."""
        ...

    def describe(self) -> dict[str, str]:
        """Engine, version and the settings that change answers, for the evidence."""
        ...
