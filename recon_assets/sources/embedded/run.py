"""One call of a procedure or script: its parameters, its errors as the source's, and what it left to read.

Belongs here: the definition file's part in a call and the `ProcedureRun` that the caller reads from. Does not
belong here: what the T-SQL does (`recon_assets.tsql`), or publishing (`session`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from recon_assets.sources.base import Parameter, Procedure, SourceError, require_result_set
from recon_assets.sources.definition import read_definition
from recon_assets.sources.embedded import rows as table_rows
from recon_assets.sources.embedded.catalog import arrow_schema
from recon_assets.sources.embedded.clock import clock, in_utc
from recon_assets.sources.embedded.session import Session
from recon_assets.sources.embedded.snapshot import EmbeddedSnapshot
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.execution import ResultSet
from recon_assets.tsql.interpreter import Interpreter
from recon_assets.tsql.lexer import split_batches
from recon_assets.tsql.parser import parse_batch
from recon_assets.tsql.types import MAX, SqlType, datetime2, decimal, nvarchar, parse_type


class ProcedureFailed(SourceError):
    """The procedure ended with an error, and its tables are as before. `number` is SQL Server's error number,
    None where the text isn't supported; `line` is the definition file's."""

    def __init__(self, file: Path, error: TSqlError | UnsupportedTSql) -> None:
        self.number = error.number if isinstance(error, TSqlError) else None
        self.line = error.line
        self.procedure = error.procedure if isinstance(error, TSqlError) else None
        at = f"{file}:{error.line}: " if isinstance(error, TSqlError) and error.line else ""
        super().__init__(f"{at}{error}; its tables are as they were before")


class EmbeddedRun:
    """A run that has ended and whose effects are committed; see `ProcedureRun`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        results: list[ResultSet],
        committed: EmbeddedSnapshot,
        return_code: int,
        messages: list[str],
    ) -> None:
        """`committed` are the tables as the run left them."""
        self._connection = connection
        self._results = results
        self.read, self.export, self.state = committed.read, committed.export, committed.state
        self.return_code = return_code
        self.messages = messages
        self.result_sets = len(self._results)
        self.notes: list[str] = []

    @contextmanager
    def result_set(self, index: int) -> Iterator[pa.RecordBatchReader]:
        """Stream one result set (0 is the first), in the order it was returned in.

        Raises SourceError where there is none of that index, or a column has no name of its own.
        """
        require_result_set(index, self.result_sets)
        result = self._results[index]
        names = [column.name for column in result.columns]
        for position, name in enumerate(names, 1):
            if not name:
                raise SourceError(f"column {position} of result set {index} has no name: give it one with AS")
            if name.lower() in (n.lower() for n in names[: position - 1]):
                raise SourceError(
                    f"column {position} of result set {index} is named {name} like an earlier one: rename it with AS"
                )
        schema = arrow_schema((column.name, str(column.type)) for column in result.columns)
        with self._connection.cursor() as cursor:
            stream = cursor.sql(f"SELECT * FROM {result.relation}").to_arrow_reader(table_rows.BATCH_ROWS)
            batches = (table_rows.conformed(batch, schema) for batch in stream)
            with pa.RecordBatchReader.from_batches(schema, batches) as reader:
                yield reader


def execute(
    session: Session,
    procedure: Procedure,
    parameters: Mapping[str, Parameter],
    now: datetime | None,
    log: Callable[[str], None],
) -> tuple[Interpreter, int, list[str]]:
    """Run the procedure to its end in the session: the interpreter, its return code and messages.

    Everything in the file is read before anything runs. Raises ProcedureFailed, SourceError.
    """
    messages: list[str] = []

    def on_message(text: str) -> None:
        messages.append(text)
        log(text)

    interpreter = Interpreter(
        session.connection,
        session.tables,
        clock=clock(now),
        file=procedure.definition.name,
        on_message=on_message,
    )
    try:
        values = {f"@{p.name.lstrip('@')}": _value(interpreter, p) for p in parameters.values()}
        declared = values if procedure.name is None else {}
        text = read_definition(procedure.definition)
        batches = [
            parse_batch(batch, file=procedure.definition.name, variables=declared) for batch in split_batches(text)
        ]
        code = 0
        for batch in batches:
            for _ in range(batch.count):
                code = interpreter.run(batch, declared)
        if procedure.name is not None:
            if procedure.name not in interpreter.procedures:
                known = ", ".join(interpreter.procedures.names) or "no procedure"
                raise SourceError(
                    f"{procedure.definition} defines {known}, not {procedure.name}: correct the name or the file"
                )
            interpreter.forget_results()
            messages.clear()
            code = interpreter.call(procedure.name, values)
        interpreter.require_no_transaction()
    except (TSqlError, UnsupportedTSql) as error:
        raise ProcedureFailed(procedure.definition, error) from error
    return interpreter, code, messages


def _value(interpreter: Interpreter, parameter: Parameter) -> tuple[SqlType, Any]:
    """The parameter's type, and its value converted to it as T-SQL would a constant."""
    try:
        declared = parse_type(parameter.type)
        given, value = _typed(parameter.value, declared)
        return declared, interpreter.convert(value, given, declared)
    except (TSqlError, UnsupportedTSql) as error:
        raise SourceError(f"parameter {parameter.name} {parameter.type} = {parameter.value!r}: {error}") from error


def _typed(value: Any, declared: SqlType) -> tuple[SqlType, Any]:
    """A Python value as T-SQL has it before it is converted to the declared type."""
    if isinstance(value, float) and declared.is_exact:
        value = Decimal(repr(value))  # the digits that were written, not the binary fraction
    match value:
        case None:
            return declared, None
        case bool():
            return SqlType("bit"), value
        case int():
            return (SqlType("bigint"), value) if abs(value) < 2**63 else (decimal(38, 0), Decimal(value))
        case Decimal():
            plain = Decimal(format(value, "f"))  # no positive exponent
            digits, scale = len(plain.as_tuple().digits), -int(plain.as_tuple().exponent)
            return decimal(max(digits, scale, 1), scale), plain
        case float():
            return SqlType("float"), value
        case str():
            return nvarchar(MAX), value
        case datetime():
            return datetime2(6), in_utc(value)
        case date():
            return SqlType("date"), value
        case time():
            return SqlType("time", scale=6), value
        case bytes():
            return SqlType("varbinary", length=MAX), value
    raise SourceError(f"a parameter can't be a {type(value).__name__}: give a number, text, date or time")
