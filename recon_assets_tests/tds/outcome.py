"""What a batch or call comes to, event by event, before it is bytes; and the canned ones a test registers.

Belongs here: rows to be sent, messages, errors, counts. Does not belong here: tokens (`tokens`), or getting there
(`engine`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa

from recon_assets_tests.tds.cells import encode_rows, from_arrow, from_python
from recon_assets_tests.tds.faults import ServerError
from recon_assets_tests.tds.tokens import Column
from recon_assets_tests.tds.types import column_type


class RowBatch:
    """Some rows of a result. The bytes of all of them are kept once made where `reused`."""

    def __init__(self, columns: Sequence[Column], arrays: Sequence[pa.Array], *, reused: bool = False) -> None:
        self._types = [column.type for column in columns]
        self._arrays = arrays
        self._reused = reused
        self.rows = len(arrays[0])

    def blocks(self, rows: int | None = None) -> Iterable[bytes]:
        """The first so many rows (None: all) as ROW tokens."""
        if rows is None or rows >= self.rows:
            return self._kept if self._reused else encode_rows(self._types, self._arrays)
        return encode_rows(self._types, [array.slice(0, rows) for array in self._arrays])

    @cached_property
    def _kept(self) -> list[bytes]:
        return list(encode_rows(self._types, self._arrays))


@dataclass(frozen=True)
class Rows:
    """A result set."""

    columns: Sequence[Column]
    batches: Iterable[RowBatch]


@dataclass(frozen=True)
class Said:
    """What PRINT says, or RAISERROR below error level."""

    text: str


@dataclass(frozen=True)
class Counted:
    """A statement's row count."""

    rows: int


@dataclass(frozen=True)
class Returned:
    """A procedure that a batch called has ended."""

    code: int


Event = Rows | Said | Counted | Returned | ServerError


@dataclass(frozen=True)
class Result:
    """A canned result set: (name, declared type) pairs, and rows as Python values."""

    columns: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Any]] = ()

    def event(self) -> Rows:
        columns = result_columns(self.columns)
        values = zip(*self.rows, strict=True) if self.rows else [() for _ in columns]
        arrays = [from_python(list(v), column.type) for v, column in zip(values, columns, strict=True)]
        return Rows(columns, [RowBatch(columns, arrays)])


@dataclass(frozen=True)
class Stream:
    """A canned result set whose rows come as Arrow batches, made anew each time it is asked for; one batch object that
    comes again and again is encoded once."""

    columns: Sequence[tuple[str, str]]
    batches: Callable[[], Iterable[pa.RecordBatch]]

    def event(self) -> Rows:
        columns = result_columns(self.columns)
        return Rows(columns, self._encoded(columns))

    def _encoded(self, columns: list[Column]) -> Iterator[RowBatch]:
        last, made = None, None
        for batch in self.batches():
            if batch is not last:
                last, made = batch, arrow_batch(columns, batch.columns, reused=True)
            yield made


@dataclass(frozen=True)
class Canned:
    """A canned outcome, in order: messages, results, counts, an error; and the return code of a procedure."""

    results: Sequence[Result | Stream] = ()
    messages: Sequence[str] = ()
    counts: Sequence[int] = ()
    error: ServerError | None = None
    return_code: int = 0
    outputs: dict[str, Any] = field(default_factory=dict)

    def events(self) -> Iterator[Event]:
        """All but the error."""
        yield from (Said(text) for text in self.messages)
        yield from (result.event() for result in self.results)
        yield from (Counted(rows) for rows in self.counts)


def result_columns(columns: Sequence[tuple[str, str]]) -> list[Column]:
    """(name, declared type) pairs as columns."""
    return [Column(name, column_type(type_)) for name, type_ in columns]


def arrow_batch(columns: Sequence[Column], arrays: Sequence[pa.Array], *, reused: bool = False) -> RowBatch:
    """Arrow arrays of these columns as rows to be sent."""
    made = [from_arrow(array, column.type) for array, column in zip(arrays, columns, strict=True)]
    return RowBatch(columns, made, reused=reused)
