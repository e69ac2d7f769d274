"""Running batches in the embedded source's interpreter, with what a server adds: a log of calls, canned procedures,
application locks, faults.

Belongs here: the interpreter as a server's session uses it. Does not belong here: which batches come here (`engine`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlglot import exp

from recon_assets.sources.embedded.clock import clock as clock_of
from recon_assets.tsql import control as c
from recon_assets.tsql.errors import TSqlError, sql_server_error
from recon_assets.tsql.execution import Frame, ResultSet
from recon_assets.tsql.interpreter import Interpreter
from recon_assets.tsql.model import TranslatedQuery
from recon_assets.tsql.names import split_name
from recon_assets.tsql.signals import Flow
from recon_assets.tsql.types import INT, SqlType, nvarchar
from recon_assets_tests.tds.faults import ServerError
from recon_assets_tests.tds.outcome import Canned, Counted, Event, Returned, Said
from recon_assets_tests.tds.procedures import Deployed
from recon_assets_tests.tds.workspace import Workspace

_PERMISSION_DENIED = 229


class Cancelled(Exception):
    """The client has cancelled what is running."""


class Host(Protocol):
    """What the server's side of a script can do."""

    def canned_procedure(self, name: str) -> Canned | None: ...
    def require_permission(self, name: str) -> None: ...
    def call_received(self) -> None: ...
    def call_begins(self, name: str, values: Mapping[str, Any]) -> None: ...
    def call_ended(self) -> None: ...
    def get_lock(self, name: str, timeout: int) -> int: ...
    def release_lock(self, name: str) -> int: ...
    def cancelled(self) -> bool: ...


@dataclass(frozen=True)
class Returning:
    """A result set that is still in DuckDB."""

    result: ResultSet


class Script(Interpreter):
    """One session's interpreter. What its batches come to is in `events`, in order."""

    def __init__(self, workspace: Workspace, host: Host, deployed: list[Deployed], now: datetime | None) -> None:
        session = workspace.session
        super().__init__(
            session.connection,
            session.tables,
            clock=clock_of(now),
            on_message=lambda text: self.events.append(Said(text)),
            go_on_after_errors=True,
        )
        self.events: list[Event | Returning] = []
        self.errors = _Noted(lambda error: self.events.append(server_error(error)))
        self._host = host
        self._texts = {}
        self.values: dict[str, Any] = {}
        self._no_count = False
        for procedure in deployed:
            if procedure.statement is not None:
                self.procedures.create(procedure.statement)
                self._texts[procedure.statement.header.name] = procedure.text

    @property
    def transaction_count(self) -> int:
        """@@TRANCOUNT."""
        return self._transactions.count

    def begin_batch(self, *, no_count: bool) -> None:
        """Forget what the last batch came to. `no_count` is the session's SET NOCOUNT."""
        self.forget_results()
        self.events.clear()
        self._no_count = no_count

    def translated(
        self, query: exp.Expression, variables: Mapping[str, tuple[SqlType, Any]]
    ) -> tuple[TranslatedQuery, dict[str, Any]]:
        """A query for DuckDB with these variables declared, and the values of its parameters."""
        frame = Frame(None, 1)
        for name, (type_, value) in variables.items():
            frame.types[name.lower()], frame.values[name.lower()] = type_, value
        self._execution.frame, self._execution.system = frame, self._system_values()
        made = self._execution.translator().query(query)
        return made, {name: self._execution._value(name) for name in made.parameters}

    def _end_batch(self) -> None:
        self.values = dict(self._frame.values)
        super()._end_batch()

    def _dispatch(self, statement: c.Statement) -> Flow:
        if self._host.cancelled():
            raise Cancelled
        returned = len(self.results)
        flow = super()._dispatch(statement)
        if isinstance(statement, c.InsertExecute):  # the rows went into the table, not to the client
            self.events = [e for e in self.events if not isinstance(e, Returning) or e.result in self.results]
        if len(self.results) > returned and isinstance(statement, c.Leaf):
            self.events.append(Returning(self.results[-1]))
        elif isinstance(statement, c.Leaf | c.InsertExecute) and not self._counts_are_off():
            self.events.append(Counted(self._rowcount))
        return flow

    def _counts_are_off(self) -> bool:
        return self._no_count or turns_counts_off(self._texts.get(self._frame.procedure, ""))

    def _execute(self, statement: c.Execute) -> None:
        name = split_name(statement.procedure)[-1].lower()
        if name in ("sp_getapplock", "sp_releaseapplock"):
            self._assign_code(statement, self._lock(name, statement.arguments))
            return
        if len(self._frames) > 1:
            super()._execute(statement)
            return
        self._host.require_permission(statement.procedure)
        self._host.call_received()
        if canned := self._host.canned_procedure(statement.procedure):
            self._execute_canned(canned, statement)
            return
        super()._execute(statement)
        self.events.append(Returned(self._frame.values[statement.result] if statement.result else 0))

    def _run_procedure(self, procedure: c.CreateProcedure, frame: Frame) -> None:
        if len(self._frames) > 1:
            super()._run_procedure(procedure, frame)
            return
        self._host.call_begins(procedure.header.name, dict(frame.values))
        try:
            super()._run_procedure(procedure, frame)
        finally:
            self._host.call_ended()

    def _execute_canned(self, canned: Canned, statement: c.Execute) -> None:
        given = {
            argument.name or f"@{position}": None
            if argument.value is None
            else self._execution.scalar(argument.value, self._execution.type_of(argument.value))
            for position, argument in enumerate(statement.arguments, 1)
        }
        self._host.call_begins(statement.procedure, given)
        try:
            self.events += canned.events()
            if error := canned.error:
                name = error.procedure or split_name(statement.procedure)[-1]
                raise TSqlError(error.number, error.message, error.severity, error.state, error.line, name)
        finally:
            self._host.call_ended()
        for argument in statement.arguments:
            if argument.output and argument.name in canned.outputs:
                self._frame.values[argument.output] = canned.outputs[argument.name]
        self._assign_code(statement, canned.return_code)
        self.events.append(Returned(canned.return_code))

    def _assign_code(self, statement: c.Execute, code: int) -> None:
        if statement.result:
            self._frame.values[statement.result] = code

    def _lock(self, procedure: str, arguments: tuple[c.Argument, ...]) -> int:
        given = {(a.name or "").lower(): a for a in arguments}

        def value(name: str, position: int, type_: SqlType, default: Any) -> Any:
            argument = given.get(name) or (arguments[position] if len(arguments) > position else None)
            if argument is None or argument.value is None or (argument.name and argument.name.lower() != name):
                return default
            return self._execution.scalar(argument.value, type_)

        resource = value("@resource", 0, nvarchar(255), None)
        if resource is None:
            raise sql_server_error(201, f"Procedure or function '{procedure}' expects parameter '@Resource'.")
        if procedure == "sp_releaseapplock":
            return self._host.release_lock(resource)
        return self._host.get_lock(resource, value("@locktimeout", 3, INT, -1))


class _Noted(list):
    """A list that tells what is appended to it."""

    def __init__(self, tell: Callable[[TSqlError], None]) -> None:
        super().__init__()
        self._tell = tell

    def append(self, error: TSqlError) -> None:
        self._tell(error)
        super().append(error)


def server_error(error: TSqlError) -> ServerError:
    """The interpreter's error as the server tells it."""
    return ServerError(error.number, error.message, error.state, error.severity, error.line or 1, error.procedure or "")


def denied(name: str, right: str) -> TSqlError:
    """Error 229."""
    parts = split_name(name)
    schema = parts[-2] if len(parts) > 1 else "dbo"
    text = f"The {right} permission was denied on the object '{parts[-1]}', database 'warehouse', schema '{schema}'."
    return TSqlError(_PERMISSION_DENIED, text, 14, 5)


def turns_counts_off(text: str) -> bool:
    """Whether the text says SET NOCOUNT ON."""
    return "set nocount on" in " ".join(text.lower().split())


def changes_something(node: Any) -> bool:
    """Whether what was parsed calls a procedure of the user's or changes tables; else it needn't keep others out."""
    match node:
        case c.Leaf(tree=tree):
            return not isinstance(tree, exp.Query) or bool(tree.args.get("into"))
        case c.Execute(procedure=name):
            return not split_name(name)[-1].lower().startswith("sp_")
        case c.Block(statements=statements):
            return any(map(changes_something, statements))
        case c.If(then=then, otherwise=otherwise):
            return changes_something(then) or (otherwise is not None and changes_something(otherwise))
        case c.While(body=body):
            return changes_something(body)
        case c.Try(body=body, handler=handler):
            return changes_something(body) or changes_something(handler)
        case c.InsertExecute() | c.BeginTransaction() | c.Commit() | c.Rollback():
            return True
    return isinstance(node, c.CreateProcedure | c.DropProcedure)
