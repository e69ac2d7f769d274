"""Running a procedure once, and what it returns.

Belongs here: the batch that calls it, its lock, its messages, and its result sets kept until they are read. Does not
belong here: the tables it filled (`reading`).

A call is never sent twice. It runs in autocommit mode, as a client's call does; the procedure's transactions are its
own. TRY … CATCH around it tells the line and procedure of an error, which ODBC does not.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pyarrow as pa

from recon_assets.sources.base import TSQL_TYPE, Parameter, Procedure, SourceError
from recon_assets.sources.definition import read_definition
from recon_assets.sources.names import parse_name
from recon_assets.sources.sqlserver.catalog import Engine, full_name
from recon_assets.sources.sqlserver.columns import INSTANT, offset_field
from recon_assets.sources.sqlserver.connection import Server, ServerError, message_text
from recon_assets.sources.sqlserver.reading import rows_of
from recon_assets.tsql.lexer import split_batches

if TYPE_CHECKING:
    import pyodbc

_CODE, _ERROR = "recon_return_code", "recon_error_number"
_LOCK = """
DECLARE @held int;
EXEC @held = sp_getapplock @Resource = ?, @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = ?;
SELECT @held AS held
"""
_LOCK_MODE = "SELECT APPLOCK_MODE('public', ?, 'Session')"


class ProcedureFailed(SourceError):
    """The procedure ended with an error. `number`, `line` and `procedure` are the server's, None where unknown."""

    def __init__(self, called: str, said: str, number: int | None, line: int | None, procedure: str | None) -> None:
        self.number, self.line, self.procedure = number, line, procedure
        at = f", line {line}" if line else ""
        inside = f" in {procedure}{at}" if procedure else ""
        error = f"error {number}{inside}: " if number else ""
        super().__init__(f"{called} failed: {error}{said}")


@dataclass
class Outcome:
    """What a call came to: its return code (None where the engine has none), its messages, its result sets as files."""

    return_code: int | None = None
    messages: list[str] = field(default_factory=list)
    results: list["ResultSet"] = field(default_factory=list)


@dataclass(frozen=True)
class ResultSet:
    """A result set in a file, as Arrow; `unnamed`: which columns had no name of their own, by place from 1."""

    file: Path
    unnamed: tuple[int, ...]

    @contextmanager
    def open(self) -> Iterator[pa.RecordBatchReader]:
        """Stream its rows."""
        with pa.OSFile(str(self.file)) as source, pa.ipc.open_stream(source) as reader:
            yield reader


@contextmanager
def locked(
    server: Server, engine: Engine, connection: "pyodbc.Connection", called: str, wait: int
) -> Iterator[Callable[[], None]]:
    """Nobody else calls the procedure meanwhile, where the engine has application locks; waits so many seconds.

    Gives what raises ServerError where the lock was lost since: a gateway ends a session that is idle for long. Raises
    ServerError when another run has it all that time.
    """
    if engine.is_pool:
        yield lambda: None
        return
    resource = f"recon-assets {called.lower()}"
    with server.telling(f"locking {called}"):
        held = connection.execute(_LOCK, resource, wait * 1000).fetchone()[0]
    if held < 0:
        raise ServerError(
            f"{server}: another run of {called} has been going on for {wait} s: wait for it, or end it (sessions"
            " with an application lock are in sys.dm_tran_locks)"
        )

    def still_held() -> None:
        with server.telling(f"seeing whether {called} is still locked"):
            mode = connection.execute(_LOCK_MODE, resource).fetchone()[0]
        if mode != "Exclusive":
            raise ServerError(f"{server}: the lock on {called} was lost: another run may have changed its tables")

    yield still_held  # the lock ends with the connection


def call(
    server: Server,
    engine: Engine,
    connection: "pyodbc.Connection",
    procedure: Procedure,
    parameters: Mapping[str, Parameter],
    folder: Path,
    log: Callable[[str], None],
    note: Callable[[str], None],
) -> Outcome:
    """Run a procedure, or a script batch by batch, to its end; result sets go to files in `folder`. `log` gets its
    messages, `note` what can't be kept exactly.

    Raises ProcedureFailed, and ServerError when the server or the way to it fails.
    """
    running = _Call(server, procedure.name or procedure.definition.name, folder, log, note)
    for batch, used in _batches(engine, procedure, parameters):
        values = [_bound(p.value) for p in used if p.value is not None]
        with closing(connection.cursor()) as cursor:
            running.send(cursor, batch, values)
    with server.telling("looking for an open transaction"):
        if connection.execute("SELECT @@TRANCOUNT").fetchone()[0]:
            connection.execute("ROLLBACK TRANSACTION")
            raise ProcedureFailed(
                running.called, "it left a transaction open, which nobody would commit", None, None, None
            )
    return running.outcome


def _batches(
    engine: Engine, procedure: Procedure, parameters: Mapping[str, Parameter]
) -> Iterator[tuple[str, list[Parameter]]]:
    """Each text to send, and the parameters that it declares.

    A script's batch that names none is sent as it stands: with values bound it would run in a scope of its own, whose
    temporary tables and settings end with it.
    """
    if procedure.name is not None:
        yield _call_text(engine, procedure.name, parameters), list(parameters.values())
        return
    for batch in split_batches(read_definition(procedure.definition)):
        names = {name.lower() for name in re.findall(r"(?<!@)@\w+", batch.text)}
        used = [p for p in parameters.values() if f"@{p.name.lower()}" in names]
        for _ in range(batch.count):
            yield "".join(_declared(p.name, p) for p in used) + batch.text, used


def _call_text(engine: Engine, name: str, parameters: Mapping[str, Parameter]) -> str:
    declared = "".join(_declared(f"recon_{i}", p) for i, p in enumerate(parameters.values()))
    given = ", ".join(f"@{p.name} = @recon_{i}" for i, p in enumerate(parameters.values()))
    execute = f"{full_name(parse_name(name))} {given}".rstrip()
    line = "ERROR_LINE()" if engine.tells_lines else "NULL"
    call = (
        f"EXEC {execute};"
        if engine.is_pool
        else f"DECLARE @recon_code int;\nEXEC @recon_code = {execute};\nSELECT @recon_code AS {_CODE};"
    )
    return (
        f"{declared}BEGIN TRY\n{call}\nEND TRY\nBEGIN CATCH\nIF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;\n"
        f"SELECT ERROR_NUMBER() AS {_ERROR}, {line} AS line, ERROR_PROCEDURE() AS name, ERROR_MESSAGE() AS said;\n"
        "END CATCH"
    )


def _declared(name: str, parameter: Parameter) -> str:
    # NULL is no bound value: not every engine tells which type it would have
    value = "NULL" if parameter.value is None else "?"
    return f"DECLARE @{name} {parameter.type} = {value};\n"


def _bound(value: Any) -> Any:
    """A value as pyodbc takes it whole: of a time it would bind no fraction."""
    return value.isoformat(timespec="microseconds") if isinstance(value, time) else value


@dataclass(frozen=True)
class _Call:
    server: Server
    called: str
    folder: Path
    log: Callable[[str], None]
    note: Callable[[str], None]
    outcome: Outcome = field(default_factory=Outcome)

    def send(self, cursor: "pyodbc.Cursor", batch: str, values: Sequence[Any]) -> None:
        """Run one batch to its end."""
        try:
            cursor.execute(batch, *values)
            while True:
                self._take(cursor)
                if not cursor.nextset():
                    break
        except Exception as error:
            try:
                with self.server.telling(f"running {self.called}"):
                    raise
            except ServerError as told:
                if told.number is None or told.transient:
                    raise
                raise ProcedureFailed(self.called, str(told), None, None, None) from error

    def _take(self, cursor: "pyodbc.Cursor") -> None:
        """What the cursor is at: messages, a return code, an error, rows, or a count of them."""
        for _, text in cursor.messages or ():
            self.outcome.messages.append(message_text(text))
            self.log(message_text(text))
        names = [column[0] for column in cursor.description or ()]
        if names[:1] == [_CODE]:
            self.outcome.return_code = cursor.fetchone()[0]
        elif names[:1] == [_ERROR]:
            number, line, name, said = cursor.fetchone()
            raise ProcedureFailed(self.called, said, number, line, name)
        elif names:
            place = len(self.outcome.results)
            cut = [name for name, kind, *_, scale, _ in cursor.description if scale == 7 and kind is not Decimal]
            if cut:
                self.note(
                    f"result set {place + 1}: {', '.join(cut)}: the seventh decimal of the second, if any, is cut"
                )
            self.outcome.results.append(_kept(cursor, self.folder / f"{place}.arrow"))
        elif cursor.rowcount >= 0:
            self.log(f"{cursor.rowcount:,} rows affected")


def _kept(cursor: "pyodbc.Cursor", file: Path) -> ResultSet:
    """Write the rows of the result the cursor is at."""
    chunks = rows_of(cursor)
    first = next(chunks, [])
    moments = [any(isinstance(value, datetime) for value in values) for values in zip(*first, strict=True)]
    columns = [
        _column(place, *column, moment=bool(moments) and moments[place - 1])
        for place, column in enumerate(cursor.description, 1)
    ]
    schema = pa.schema([field for column in columns for field in column])
    for place, name in enumerate(schema.names):
        if schema.names.index(name) != place:
            raise SourceError(f"two columns of a result set are named {name}: rename one with AS")
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for rows in chain([first] if first else [], chunks):
            arrays = []
            for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                arrays.append(pa.array(values, column[0].type))
                if len(column) > 1:
                    offsets = [None if value is None else value.utcoffset() // _MINUTE for value in values]
                    arrays.append(pa.array(offsets, column[1].type))
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    unnamed = tuple(place for place, column in enumerate(cursor.description, 1) if not column[0])
    return ResultSet(file, unnamed)


def _column(
    place: int,
    name: str,
    kind: type,
    _shown: None,
    size: int,
    precision: int,
    scale: int,
    _nullable: bool,
    *,
    moment: bool,
) -> tuple[pa.Field, ...]:
    """The field of a result's column, as far as ODBC tells its type, by a Python type and sizes; and of its offset.

    `moment`: whether its first values are moments: to pyodbc a datetimeoffset is a text, which has no scale, but nor
    has a datetimeoffset(0).
    """
    name = name or f"column {place}"
    if kind is str and (moment or scale):
        instant = pa.field(name, INSTANT, metadata={TSQL_TYPE: f"datetimeoffset({scale})".encode()})
        return instant, offset_field(name)
    type_, declared = _type_of(kind, size, precision, scale)
    return (pa.field(name, type_, metadata={TSQL_TYPE: declared.encode()}),)


def _type_of(kind: type, size: int, precision: int, scale: int) -> tuple[pa.DataType, str]:
    if kind is int:
        return next((type_, name) for digits, type_, name in _INTEGERS if precision <= digits)
    if kind is float:
        return (pa.float32(), "real") if precision <= _REAL_DIGITS else (pa.float64(), "float")
    if kind is Decimal:
        return pa.decimal128(precision, scale), f"decimal({precision},{scale})"
    if kind is datetime:
        return pa.timestamp("us"), f"datetime2({scale})"
    if kind is time:
        return pa.time64("us"), f"time({scale})"
    if kind is date:
        return pa.date32(), "date"
    if kind is bool:
        return pa.bool_(), "bit"
    if kind in (bytes, bytearray):
        return pa.binary(), _sized("varbinary", size)
    if kind is UUID:
        return pa.string(), "uniqueidentifier"
    return pa.string(), _sized("nvarchar", size)


def _sized(name: str, size: int) -> str:
    return f"{name}({size if 0 < size <= _LONGEST else 'max'})"


_MINUTE = timedelta(minutes=1)
_LONGEST = 8000
_REAL_DIGITS = 24
_INTEGERS = (
    (3, pa.uint8(), "tinyint"),
    (5, pa.int16(), "smallint"),
    (10, pa.int32(), "int"),
    (19, pa.int64(), "bigint"),
)
