"""What every source can do: name its tables' columns, stream a table, run a procedure.

Belongs here: the interface the assets use, and the errors a source raises. Does not belong here: any one
system's way of doing it (a module each), or storing what was read (`io_managers`).
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

TSQL_TYPE = b"tsql_type"
"""Arrow field metadata: the column's declared T-SQL type, such as `decimal(18,2)`."""

OFFSET_OF = b"offset_of"
"""Arrow field metadata: the datetimeoffset column that this column has the offset of, in minutes."""


class SourceError(Exception):
    """The source could not do what was asked; the message names the object, the place and the remedy."""


class TableNotFound(SourceError):
    """A table that was asked for does not exist in the source."""


def require_result_set(index: int, there: int) -> None:
    """Raises SourceError where a procedure that returned so many result sets has none of that index (from 0)."""
    if not 0 <= index < there:
        raise SourceError(f"the procedure returned {there} result sets, so there is none numbered {index + 1}")


@dataclass(frozen=True)
class Parameter:
    """A procedure parameter: its name without `@`, its T-SQL type, and the value both sides get."""

    name: str
    type: str
    value: Any


@dataclass(frozen=True)
class Procedure:
    """What to run: the procedure's name (`dbo.X`), or a script where `name` is None; and its text's file."""

    name: str | None
    definition: Path


@dataclass(frozen=True)
class Split:
    """Read a table in so many parts at the same time, told apart by a column's values."""

    by: str
    parts: int


@dataclass(frozen=True)
class TableState:
    """What a table's rows come to by the source's own reckoning: how many, and a checksum of its own kind (None where
    there are none). Different states are of different rows; equal ones all but surely of the same."""

    rows: int
    checksum: int | None


@dataclass(frozen=True)
class Export:
    """A table that the source has written as files: the columns that are in them, and the table's state meanwhile."""

    schema: pa.Schema
    state: TableState


class Snapshot(Protocol):
    """Tables as they were at one moment, where the source can see to that (see `Source.describe`)."""

    def read(self, table: str, split: Split | None = None) -> AbstractContextManager[pa.RecordBatchReader]:
        """Stream a table in batches, never holding it whole, each field carrying its T-SQL type.

        One table at a time. With `split`, over several connections at once where the source has such: the rows are
        then in any order, and of a moment of their own. Raises TableNotFound, and SourceError for a type that can't be
        read exactly, a column that can't split the table, and a table that was changed while its parts were read.
        """
        ...

    def export(self, table: str, folder: str) -> Export:
        """Have the source write a table, as it is now, as Parquet files into a folder, by its path or URL.

        Raises TableNotFound, and SourceError where the source can't write there, a type can't be exported exactly, or
        the table was changed meanwhile.
        """
        ...

    def state(self, table: str) -> TableState:
        """The state of a table as it is now; the source reads it once. Raises TableNotFound."""
        ...


class ProcedureRun(Snapshot, Protocol):
    """A procedure that has run to its end, its effects committed; alive inside the `with` of `call`.

    `read` gives a table as the procedure left it, whatever others have done to it since where the engine allows.
    """

    return_code: int | None
    """None where the engine has none."""
    messages: list[str]
    """What it printed or raised below error level, in order."""
    result_sets: int
    """How many result sets it returned to its caller."""
    notes: list[str]
    """What whoever reads a verdict should know of the call, and of what was read since: a deployed procedure of another
    text, decimals that were cut."""

    def result_set(self, index: int) -> AbstractContextManager[pa.RecordBatchReader]:
        """Stream one result set (0 is the first). Raises SourceError when there is none of that index."""
        ...


class Source(Protocol):
    """A system that holds tables and runs procedures."""

    def describe(self) -> str:
        """Engine, version and how its reads are isolated, for the evidence."""
        ...

    def snapshot(self, log: Callable[[str], None] = lambda message: None) -> AbstractContextManager[Snapshot]:
        """Tables to read, of one moment; `log` is told what can't be kept exactly."""
        ...

    def call(
        self,
        procedure: Procedure,
        parameters: Mapping[str, Parameter],
        *,
        now: datetime | None = None,
        log: Callable[[str], None] = lambda message: None,
        before: Callable[[], None] = lambda: None,
    ) -> AbstractContextManager[ProcedureRun]:
        """Run a procedure once, `log` getting its messages as they come.

        `before` is called right before it starts, when nobody else can change the tables any more where the source
        can see to that (the embedded one does); what it raises ends the call.

        `now` pins what GETDATE() and its kind answer, where the source can (the embedded one can). A procedure
        that fails raises SourceError with error number, line and procedure; the embedded source leaves its tables as
        they were, a server what the procedure's own transactions leave.
        """
        ...
