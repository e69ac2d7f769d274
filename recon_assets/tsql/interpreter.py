"""Runs the control-flow tree: what each statement does, and what an error does to the rest.

Belongs here: the flow from statement to statement, TRY … CATCH, procedures' frames, @@ERROR and @@ROWCOUNT.
Does not belong here: running one query or change (`execution`), what expressions mean (`translator`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import duckdb
from sqlglot import exp

from recon_assets.tsql import compilation, raising
from recon_assets.tsql import control as c
from recon_assets.tsql.calls import Procedures, match_arguments
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql, sql_server_error, tsql_error_from
from recon_assets.tsql.execution import Execution, Frame, ResultSet
from recon_assets.tsql.procedures import ROWS_OF_EXECUTE
from recon_assets.tsql.signals import NESTED_TOO_DEEP, Flow, Raised, Raising
from recon_assets.tsql.tables import Tables
from recon_assets.tsql.types import INT, SqlType, nvarchar, varchar

NESTED_INSERT_EXECUTE = 8164
ROLLBACK_IN_INSERT_EXECUTE = 3915
TRANSACTION_COUNT_CHANGED = 266
ENDED_DOOMED = 3998
MOST_NESTED = 32


class Interpreter:
    """One session: procedures, transaction and temporary tables live on from batch to batch."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Tables,
        *,
        clock: Callable[[], datetime],
        file: str | None = None,
        on_message: Callable[[str], None] = lambda message: None,
        go_on_after_errors: bool = False,
    ) -> None:
        """`clock` gives the server's time, which is UTC as on Azure. `go_on_after_errors`: an error that ends
        only its statement is kept in `errors` and the batch goes on, as a client that reads on sees it;
        otherwise the first uncaught error ends everything."""
        self._tables = tables
        self._procedures = Procedures()
        self._execution = Execution(connection, tables, self._procedures, clock, file)
        self._transactions = self._execution.transactions
        self._on_message = on_message
        self._go_on = go_on_after_errors
        self._frames: list[Frame] = []
        self._tries = 0
        self._caught: list[Raised] = []
        self._inserting_from_execute = False
        self._xact_abort = False
        self._rowcount = 0
        self._error = 0
        self.errors: list[TSqlError] = []

    # The session's doors

    @property
    def procedures(self) -> Procedures:
        """The procedures there are."""
        return self._procedures

    @property
    def results(self) -> list[ResultSet]:
        """The result sets returned so far."""
        return self._execution.results

    def require_no_transaction(self) -> None:
        """Raises error 266 where a transaction is left open: its changes would be lost."""
        if self._transactions.count:
            text = (
                "Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT statements."
                f" Previous count = 0, current count = {self._transactions.count}."
            )
            raise TSqlError(TRANSACTION_COUNT_CHANGED, text, 16, 2)

    def forget_results(self) -> None:
        """Drop the result sets returned so far."""
        self._execution.forget_results()

    def roll_back(self) -> None:
        """Undo the open transaction, as the end of a connection does."""
        if self._transactions.count:
            self._transactions.roll_back()

    def run(self, batch: c.Batch, variables: Mapping[str, tuple[SqlType, Any]] | None = None) -> int:
        """Run one batch, with these variables (name with `@` → type, value) declared; the last return code of
        a RETURN. Raises TSqlError for the error that ended it, UnsupportedTSql, or duckdb.Error for what is
        neither."""
        frame = Frame(None, batch.line, xact_abort=self._xact_abort)
        for name, (type_, value) in (variables or {}).items():
            frame.types[name.lower()], frame.values[name.lower()] = type_, value
        self._tries = 0
        self._caught.clear()
        self._enter(frame)
        try:
            self._check(batch.body, frame.types)
            self._body(batch.body)
            self._end_batch()
        except Raised as raised:
            if raised.ends_transaction or self._transactions.doomed:
                self.roll_back()
            raise raised.error from None  # the way here through the tree tells nobody anything
        finally:
            self._frames.clear()
            self._xact_abort = frame.xact_abort
            self._tables.forget_variables()
        return frame.return_code

    def call(self, procedure: str, arguments: Mapping[str, tuple[SqlType, Any]]) -> int:
        """Call a procedure with these arguments (name with `@` → type, value): its return code. Raises as
        `run`."""
        result = "@return value"  # no argument can have this name
        execute = c.Execute(1, procedure, tuple(c.Argument(n.lower(), _variable(n)) for n in arguments), result)
        body = c.Block(1, (execute, c.Return(1, _variable(result))))
        return self.run(c.Batch(1, 1, body), {**arguments, result: (INT, None)})

    def convert(self, value: Any, given: SqlType, to: SqlType) -> Any:
        """A value of one type as another, as an assignment converts it. Raises TSqlError where it can't
        be."""
        try:
            return self._execution.convert(value, given, to)
        except duckdb.Error as error:
            raise tsql_error_from(error) or error from error

    def _end_batch(self) -> None:
        if self._transactions.doomed:
            self.roll_back()
            text = "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back."
            raise self._raised(sql_server_error(ENDED_DOOMED, text), self._frame.first_line)

    def _check(self, body: c.Block, variables: Mapping[str, SqlType]) -> None:
        types, _ = compilation.declared(body)
        try:
            compilation.check(body, self._execution.translator({**variables, **types}))
        except TSqlError as error:
            raise self._raised(error, body.line) from error

    # Frames

    @property
    def _frame(self) -> Frame:
        return self._frames[-1]

    def _enter(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._execution.frame = frame

    def _leave(self) -> None:
        self._frames.pop()
        self._execution.frame = self._frame

    # Statements and errors

    def _body(self, body: c.Block) -> None:
        """Run a batch's or procedure's statements in its frame, where all it declares is there from the start."""
        types, table_variables = compilation.declared(body)
        self._frame.types.update(types)
        self._frame.values.update(dict.fromkeys(types))
        for variable in table_variables:
            self._execution.leaf(variable.tree)
        self._block(body)

    def _block(self, block: c.Block) -> Flow:
        for statement in block.statements:
            flow = self._survive(statement)
            if flow is not Flow.NEXT:
                return flow
        return Flow.NEXT

    def _survive(self, statement: c.Statement) -> Flow:
        """Run the statement; an error that ends nothing but it is noted where nobody is there to catch it."""
        try:
            return self._statement(statement)
        except Raised as raised:
            scope_ended = raised.ends_scope and raised.frame is self._frame
            if not self._go_on or self._tries or raised.ends_batch or scope_ended or raised.xact_abort_ends:
                raise
            self.errors.append(raised.error)
            self._finish(rowcount=0, error=raised.error.number)
            return Flow.NEXT

    def _statement(self, statement: c.Statement) -> Flow:
        self._execution.system = self._system_values()
        try:
            return self._dispatch(statement)
        except TSqlError as error:
            raise self._raised(error, statement.line) from error
        except UnsupportedTSql as error:
            error.line, error.file = error.line or statement.line, error.file or self._execution.file
            raise
        except duckdb.Error as error:
            known = tsql_error_from(error, line=statement.line, file=self._execution.file)
            if isinstance(known, TSqlError):
                raise self._raised(known, statement.line) from error
            if known is not None:
                raise known from error
            raise

    def _raised(self, error: TSqlError, line: int, how: Raising = Raising.FAILED) -> Raised:
        error.line = error.line or line
        error.procedure = error.procedure or self._frame.procedure
        return Raised(error, error.line - self._frame.first_line + 1, self._frame, how)

    def _system_values(self) -> dict[str, Any]:
        caught = self._caught[-1] if self._caught else None
        error = caught.error if caught else None
        return {
            "rowcount": self._rowcount,
            "rowcount_big": self._rowcount,
            "error": self._error,
            "nestlevel": len(self._frames) - 1,
            "error_message": error and error.message,
            "error_number": error and error.number,
            "error_severity": error and error.severity,
            "error_state": error and error.state,
            "error_line": caught and caught.line,
            "error_procedure": error and error.procedure,
        }

    def _finish(self, *, rowcount: int, error: int = 0) -> None:
        self._rowcount, self._error = rowcount, error

    def _dispatch(self, statement: c.Statement) -> Flow:
        match statement:
            case c.Block():
                return self._block(statement)
            case c.If():
                return self._if(statement)
            case c.While():
                return self._while(statement)
            case c.Try():
                return self._try(statement)
            case c.Break():
                return Flow.BREAK
            case c.Continue():
                return Flow.CONTINUE
            case c.Return():
                return self._return(statement)
            case c.Execute():
                self._execute(statement)
            case c.InsertExecute():
                self._insert_execute(statement)
            case c.Throw():
                self._throw(statement)
            case c.RaiseError():
                self._raise_error(statement)
            case c.Leaf():
                self._finish(rowcount=self._execution.leaf(statement.tree))
            case c.Declare():
                self._declare(statement)
            case c.DeclareTable():
                pass  # it is there from the start
            case c.Assign():
                value = self._execution.scalar(statement.value, self._frame.types[statement.name])
                self._frame.values[statement.name] = value
                self._finish(rowcount=1)
            case c.Print():
                self._print(statement)
            case _:
                self._session_statement(statement)
                self._finish(rowcount=0)
        return Flow.NEXT

    def _session_statement(self, statement: c.Statement) -> None:
        match statement:
            case c.BeginTransaction(name=name):
                self._transactions.begin(name)
            case c.Commit():
                self._transactions.commit()
            case c.Rollback(name=name):
                if self._inserting_from_execute:
                    text = "Cannot use the ROLLBACK statement within an INSERT-EXEC statement."
                    raise sql_server_error(ROLLBACK_IN_INSERT_EXECUTE, text)
                self._transactions.roll_back(name)
            case c.SetXactAbort(on=on):
                self._frame.xact_abort = on
            case c.Harmless():
                pass
            case c.CreateProcedure(header=header):
                self._check(statement.body, {p.name: p.type for p in header.parameters})
                self._procedures.create(statement)
            case c.DropProcedure():
                self._procedures.drop(statement)
            case _:
                raise TypeError(f"no statement: {statement!r}")

    def _if(self, statement: c.If) -> Flow:
        holds = self._execution.holds(statement.condition)
        self._finish(rowcount=0)
        if holds:
            return self._survive(statement.then)
        return self._survive(statement.otherwise) if statement.otherwise else Flow.NEXT

    def _while(self, statement: c.While) -> Flow:
        while True:
            self._execution.system = self._system_values()
            holds = self._execution.holds(statement.condition)
            self._finish(rowcount=0)
            flow = self._survive(statement.body) if holds else Flow.BREAK
            if flow is Flow.BREAK:
                return Flow.NEXT
            if flow is Flow.RETURN:
                return flow

    def _try(self, statement: c.Try) -> Flow:
        self._tries += 1
        try:
            return self._block(statement.body)
        except Raised as raised:
            if raised.ends_scope and raised.frame is self._frame:
                raise
            caught = raised
        finally:
            self._tries -= 1
        if self._transactions.count and caught.ends_transaction:
            self._transactions.doomed = True
        self._caught.append(caught)
        self._finish(rowcount=0, error=caught.error.number)
        try:
            return self._block(statement.handler)
        finally:
            self._caught.pop()

    def _throw(self, statement: c.Throw) -> None:
        if statement.arguments is None:
            caught = self._caught[-1]
            raise Raised(caught.error, caught.line, caught.frame, Raising.THROWN)
        error = raising.error_to_throw(self._execution, statement.arguments)
        raise self._raised(error, statement.line, Raising.THROWN)

    def _raise_error(self, statement: c.RaiseError) -> None:
        error = raising.error_to_raise(self._execution, statement)
        if error.severity >= raising.LOWEST_ERROR_SEVERITY:
            raise self._raised(error, statement.line, Raising.RAISED)
        self._on_message(error.message)
        self._finish(rowcount=0, error=error.number if statement.set_error else 0)

    def _print(self, statement: c.Print) -> None:
        type_ = self._execution.type_of(statement.value)
        text = self._execution.scalar(statement.value, nvarchar(4000) if type_.is_unicode else varchar(8000))
        self._on_message(text or "")
        self._finish(rowcount=0)

    def _declare(self, statement: c.Declare) -> None:
        if statement.value is not None:
            self._frame.values[statement.name] = self._execution.scalar(statement.value, statement.type)
            self._finish(rowcount=1)

    def _return(self, statement: c.Return) -> Flow:
        if statement.value is not None:
            self._frame.return_code = self._execution.scalar(statement.value, INT) or 0
        return Flow.RETURN

    # Procedures

    def _execute(self, statement: c.Execute) -> None:
        procedure = self._procedures.find(statement.procedure)
        if len(self._frames) > MOST_NESTED:
            text = "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32)."
            raise sql_server_error(NESTED_TOO_DEEP, text)
        callee = Frame(procedure.header.name, procedure.first_line, xact_abort=self._frame.xact_abort)
        outputs: list[tuple[str, str]] = []
        for parameter, argument in match_arguments(procedure, statement.arguments):
            value = parameter.default if argument is None else argument.value
            callee.types[parameter.name] = parameter.type
            callee.values[parameter.name] = self._execution.scalar(value, parameter.type)
            if argument is not None and argument.output:
                outputs.append((parameter.name, argument.output))
        transactions = self._transactions.count
        self._run_procedure(procedure, callee)
        for parameter_name, variable in outputs:
            self._frame.values[variable] = self._execution.convert(
                callee.values[parameter_name], callee.types[parameter_name], self._frame.types[variable]
            )
        if statement.result:
            self._frame.values[statement.result] = self._execution.convert(
                callee.return_code, INT, self._frame.types[statement.result]
            )
        if self._transactions.count != transactions:
            text = (
                "Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT statements."
                f" Previous count = {transactions}, current count = {self._transactions.count}."
            )
            raise TSqlError(TRANSACTION_COUNT_CHANGED, text, 16, 2)

    def _run_procedure(self, procedure: c.CreateProcedure, frame: Frame) -> None:
        self._enter(frame)
        self._tables.enter_procedure()
        try:
            self._body(procedure.body)
        finally:
            self._tables.leave_procedure()
            self._leave()

    def _insert_execute(self, statement: c.InsertExecute) -> None:
        if self._inserting_from_execute:
            raise sql_server_error(NESTED_INSERT_EXECUTE, "An INSERT EXEC statement cannot be nested.")
        before = list(self.results)
        self._inserting_from_execute = True
        try:
            self._execute(statement.execute)
        finally:
            self._inserting_from_execute = False
        returned = self._execution.take_results(after=len(before))
        if len(returned) > 1:
            raise UnsupportedTSql(
                f"INSERT … EXEC of a procedure that returns {len(returned)} result sets",
                statement.line,
                self._execution.file,
            )
        rows = 0
        for result in returned:
            rows = self._execution.insert_result(statement.insert, ROWS_OF_EXECUTE, result)
        self._finish(rowcount=rows)


def _variable(name: str) -> exp.Parameter:
    return exp.Parameter(this=exp.Var(this=name.lstrip("@")))
