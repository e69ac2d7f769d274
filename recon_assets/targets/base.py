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
class RunSettings:
    """How Databricks runs what is its own: on which compute, with which packages, and for how long at most."""

    cluster: str | None = None
    new_cluster: Mapping[str, Any] = field(default_factory=dict)
    libraries: Sequence[str] = ()
    timeout: float | None = None  # seconds
    retries: int = 0


@dataclass(frozen=True)
class Logic:
    """The migrated implementation: `kind` and what it names, relative to `folder`; and the settings that change its
    answers. `ansi` None: the engine's own. `allowed`: tables outside of the reconciliation that it may use. `run`: how
    Databricks runs a notebook, a script or a job, which lie in its workspace."""

    kind: Literal["sql", "python", "parquet", "delta", "notebook", "script", "job"]
    text: str  # a file or folder name, module:function, a table's name, a path in the workspace, or a job's id
    folder: Path
    ansi: bool | None = None
    time_zone: str = "UTC"
    allowed: Sequence[str] = ()
    run: RunSettings = RunSettings()

    @property
    def is_output(self) -> bool:
        """Whether it is no logic, but what some logic has made elsewhere."""
        return self.kind in ("parquet", "delta")

    @property
    def in_workspace(self) -> bool:
        """Whether it lies in a Databricks workspace, which runs it itself."""
        return self.kind in ("notebook", "script", "job")


@dataclass
class Execution:
    """One materialization: Dagster's context for what runs elsewhere, and what that said of itself, to be told on.

    `made_by` belongs to the evidence, `metadata` to every output's asset, `reported` to those of its keys.
    """

    context: Any
    made_by: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    reported: dict[Any, dict[str, Any]] = field(default_factory=dict)

    def told(self, key: Any) -> dict[str, Any]:
        """The metadata of the asset of this key."""
        return self.metadata | self.reported.get(key, {})


@dataclass(frozen=True)
class TableVersion:
    """A Delta table as it stands at one version: its folder's path or URL, or its name, each part in backticks.

    `id` is Delta's own of the table, by which one that took its place is told apart; None where its files are known.
    """

    location: str
    version: int
    id: str | None = None

    @property
    def has_name(self) -> bool:
        """Whether it goes by a name, and not by where it lies."""
        return self.location.startswith("`")

    @property
    def sql(self) -> str:
        """What SQL calls it."""
        return self.location if self.has_name else f"delta.`{self.location.replace('`', '``')}`"


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files, none for no rows, by path or URL, and the columns that they have; `filesystem` reads those with
    URLs from this machine."""

    paths: Sequence[str]
    schema: pa.Schema
    filesystem: AbstractFileSystem | None = field(default=None, repr=False)


def quoted(name: str) -> str:
    """An identifier of Databricks SQL, in backticks."""
    return f"`{name.replace('`', '``')}`"


class Target(Protocol):
    """A lakehouse that holds Delta tables and runs SQL and PySpark on them."""

    readable_here: bool
    """Whether its tables are folders of this machine, whose log and files can be read without it."""

    def location(self, key: Sequence[str], folder: str) -> str:
        """Where a table goes that is to be made for the asset of this key; `folder` is what the run has for it here."""
        ...

    def load(self, files: ParquetFiles, location: str) -> TableVersion:
        """Make a Delta table from Parquet files."""
        ...

    def run(
        self,
        logic: Logic,
        inputs: Mapping[str, TableVersion],
        outputs: Sequence[str],
        parameters: Mapping[str, Parameter],
        clock: datetime | None,
        execution: Execution | None = None,
    ) -> AbstractContextManager[Mapping[str, Any]]:
        """Run the logic over the Delta tables in `inputs` (by bare name).

        Gives each output's Spark DataFrame by its bare name, not yet computed where the logic allows; what the logic
        made on its way is gone after the `with`. `execution` is for logic that runs elsewhere, and takes what it says.
        Raises TargetError with the logic's file and, for SQL, the line.
        """
        ...

    def reading(self, tables: Sequence[TableVersion | ParquetFiles]) -> AbstractContextManager[Sequence[Any]]:
        """The Spark DataFrames of Delta tables at a version, or of Parquet files, in one session.

        Raises TargetError when they can't be read.
        """
        ...

    def save(self, frame: Any, location: str) -> TableVersion:
        """Compute a DataFrame that `run` returned and store it as a Delta table."""
        ...

    def check(self, table: TableVersion) -> None:
        """Raises TargetError where the table, at that version, is no longer there. Its rows are not read."""
        ...

    def drop(self, location: str) -> None:
        """Remove a table, as far as it is still there, with what was made around it."""
        ...

    def describe(self, logic: Logic) -> dict[str, str]:
        """Engine, version and the settings that change the logic's answers, for the evidence."""
        ...

    def engine(self) -> str:
        """Engine and version. Raises TargetError where it can't be had."""
        ...
