"""What a session does with a batch's text or a call: the events it comes to.

Belongs here: where a batch goes (canned, catalog query, stream of a table, script) and the session's transaction.
Does not belong here: tokens and requests' bytes (`connection`), or T-SQL's meaning (`script`, `queries`).
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
from sqlglot import exp

from recon_assets.tsql import control as c
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql, sql_server_error
from recon_assets.tsql.lexer import BatchText
from recon_assets.tsql.names import object_key
from recon_assets.tsql.parser import parse_batch
from recon_assets.tsql.statements import assigns
from recon_assets.tsql.types import INT, SqlType, parse_type
from recon_assets_tests.tds.catalog import fill_catalog
from recon_assets_tests.tds.external import ExternalTable, dropped_external_table, read_external_table
from recon_assets_tests.tds.outcome import Canned, Counted, Event
from recon_assets_tests.tds.packets import Disconnected
from recon_assets_tests.tds.procedures import defines_procedure
from recon_assets_tests.tds.queries import (
    Facts,
    arrow_reader,
    counted,
    quoted,
    result_rows,
    translated_rows,
    transpiled_rows,
)
from recon_assets_tests.tds.requests import Argument
from recon_assets_tests.tds.script import (
    Cancelled,
    Returning,
    Script,
    changes_something,
    denied,
    server_error,
    turns_counts_off,
)
from recon_assets_tests.tds.system_calls import asked_types
from recon_assets_tests.tds.types import ColumnType
from recon_assets_tests.tds.workspace import Workspace

if TYPE_CHECKING:
    from recon_assets_tests.tds.server import Server

_OF_CATALOG = re.compile(
    r"\bsys\s*\.|\b(?:OBJECT_ID|OBJECT_NAME|OBJECT_DEFINITION|SCHEMA_NAME|TYPE_NAME|DB_NAME|DB_ID|SUSER_\w+|USER_NAME"
    r"|ORIGINAL_LOGIN|SERVERPROPERTY|HAS_PERMS_BY_NAME|HAS_DBACCESS)\s*\(|@@(?:VERSION|SPID|SERVERNAME|TRANCOUNT)",
    re.IGNORECASE,
)
_SETTINGS = re.compile(r"\s*(?:(?:SET\s+(?!@)[\w\s,\-]+?|USE\s+[\w\[\]]+)\s*(?:;\s*|\Z|(?=\bSET\b)))+", re.IGNORECASE)
_BEGIN = re.compile(r"\s*BEGIN\s+TRAN(?:SACTION)?\s*;?\s*", re.IGNORECASE)
_LEVEL = re.compile(
    r"set transaction isolation level (snapshot|read uncommitted|read committed|repeatable read|serializable)"
)
_IF_OPEN = re.compile(r"\s*IF\s+@@TRANCOUNT\s*>\s*0\s+(COMMIT|ROLLBACK)(?:\s+TRAN(?:SACTION)?)?\s*;?\s*", re.IGNORECASE)
UNSUPPORTED = 40517
_SWAPPED = (
    "Transaction failed in database 'warehouse' because the statement was run under snapshot isolation but the transaction"
    " did not start in snapshot isolation. You cannot change the isolation level of the transaction to snapshot after the"
    " transaction has started unless the transaction was originally started under snapshot isolation level."
)
RETURN_CODE = "@return code"  # no parameter can have this name


class Engine:
    """One session's state behind its connection."""

    def __init__(self, server: "Server", number: int, user: str, database: str, cancelled: Callable[[], bool]) -> None:
        self._server = server
        self._number = number
        self._user = user
        self._database = database
        self._cancelled = cancelled
        self._work: tuple[Workspace, Script] | None = None
        self._catalogs = itertools.count()
        self._running: duckdb.DuckDBPyConnection | None = None
        self._snapshot: Workspace | None = None
        self.isolation = self._began_in = "read committed"
        self.in_transaction = False
        self.no_count = False
        self.implicit_transactions = False
        self.outputs: dict[str, Any] = {}

    # Host: what a script asks of the server

    def canned_procedure(self, name: str) -> Canned | None:
        """What a test has registered for the procedure."""
        return self._server.canned_procedure(name)

    def require_permission(self, name: str) -> None:
        """Raises error 229 where the procedure is denied."""
        if object_key(name) in self._server.denied:
            raise denied(name, "EXECUTE")

    def call_received(self) -> None:
        """A call has come: here a fault may cut the connection."""
        if self._server.faults.take_call(executed=False):
            raise Disconnected

    def call_begins(self, name: str, values: Mapping[str, Any]) -> None:
        """A procedure really begins."""
        self._server.call_begins(name, values)

    def call_ended(self) -> None:
        """It is over, one way or the other."""
        self._server.call_ended()

    def get_lock(self, name: str, timeout: int) -> int:
        """sp_getapplock."""
        return self._server.locks.get(name, self._number, timeout, self._cancelled)

    def release_lock(self, name: str) -> int:
        """sp_releaseapplock."""
        return self._server.locks.release(name, self._number)

    def cancelled(self) -> bool:
        """Whether the client has cancelled, or left."""
        return self._cancelled()

    # The session

    def interrupt(self) -> None:
        """Stop the query that is running. Called by the reading thread."""
        if (running := self._running) is not None:
            with suppress(duckdb.ConnectionException):  # it has just ended by itself
                running.interrupt()

    def close(self) -> None:
        """The connection has ended: what is not committed is lost, and its locks are free."""
        self.roll_back()
        self._server.locks.release_all(self._number)

    def reset(self) -> None:
        """Make the session like new, as a connection pool asks for."""
        self.close()
        self.no_count = self.implicit_transactions = False

    def begin(self) -> None:
        """Begin a transaction, under the level that is set."""
        if not self.in_transaction:
            self.in_transaction, self._began_in = True, self.isolation

    def commit(self) -> None:
        """Commit the transaction. Its changes are made when it ends: here."""
        self._leave_snapshot()
        work, self._work, self.in_transaction = self._work, None, False
        if work is not None:
            workspace, script = work
            try:
                while script.transaction_count:
                    script.run(_parsed("COMMIT TRANSACTION"))
                workspace.publish()
            finally:
                workspace.close()

    def roll_back(self) -> None:
        """Undo the transaction, if there is one."""
        self._leave_snapshot()
        work, self._work, self.in_transaction = self._work, None, False
        if work is not None:
            work[0].close()

    def _leave_snapshot(self) -> None:
        if self._snapshot is not None:
            self._snapshot.close()
            self._snapshot = None

    # Batches

    def run(self, text: str, arguments: tuple[Argument, ...] = ()) -> Iterator[Event]:
        """Run a batch with these variables declared. Raises TSqlError for the error that ends it, Cancelled,
        Disconnected."""
        if canned := self._server.canned_batch(text):
            yield from canned.events()
            if canned.error:
                yield canned.error
            return
        if types := asked_types(text):
            yield types
            return
        if self._is_of_session(text):
            return
        try:
            yield from self._run(text, arguments)
        except UnsupportedTSql as error:
            raise _refused(error) from error

    def _is_of_session(self, text: str) -> bool:
        """Settings, the end of a transaction, definitions: batches that give nothing back."""
        if ended := _IF_OPEN.fullmatch(text):
            if self.in_transaction:
                self.commit() if ended[1].upper() == "COMMIT" else self.roll_back()
        elif _BEGIN.fullmatch(text):
            self.begin()
        elif _SETTINGS.fullmatch(text):
            self._set(" ".join(text.split()).lower())
        elif defines_procedure(text):
            self._server.deploy(text)
        elif name := dropped_external_table(text):
            self._server.drop_external_table(name)
        else:
            return False
        return True

    def _set(self, text: str) -> None:
        if "set nocount" in text:
            self.no_count = turns_counts_off(text)
        if level := _LEVEL.search(text):
            self.isolation = level[1]
        if "implicit_transactions" in text:
            self.implicit_transactions = "implicit_transactions on" in text

    def _run(self, text: str, arguments: tuple[Argument, ...]) -> Iterator[Event]:
        if external := read_external_table(text):
            yield Counted(self._export(external, arguments))
            return
        if _OF_CATALOG.search(text):
            try:
                yield from self._transpiled(text, arguments)
                return
            except UnsupportedTSql:
                pass
        try:
            batch = _parsed(text, [a.name for a in arguments])
        except UnsupportedTSql:
            yield from self._transpiled(text, arguments)
            return
        if len(statements := batch.body.statements) == 1 and _returns_rows(statements[0]):
            try:
                yield from self._streamed(statements[0].tree, arguments)
            except UnsupportedTSql:
                yield from self._transpiled(text, arguments)
            return
        yield from self._run_script(batch, arguments)

    # Queries

    @contextmanager
    def _reading(self) -> Iterator[tuple[Workspace, Script]]:
        """The open transaction's tables, or a snapshot of them all."""
        if self._work is not None:
            yield self._work
            return
        if self.in_transaction and self.isolation == "snapshot":
            if self._began_in != "snapshot":
                raise sql_server_error(3951, _SWAPPED)
            self._snapshot = self._snapshot or Workspace(self._server.source.root, writes=False)
            yield self._snapshot, self._made_script(self._snapshot)
            return
        workspace = Workspace(self._server.source.root, writes=False)
        try:
            yield workspace, self._made_script(workspace)
        finally:
            workspace.close()

    def _made_script(self, workspace: Workspace) -> Script:
        return Script(workspace, self, list(self._server.procedures), self._server.clock)

    @contextmanager
    def _interruptible(self, connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
        self._running = connection
        try:
            yield connection
        finally:
            self._running = None

    def _streamed(self, query: exp.Expression, arguments: tuple[Argument, ...]) -> Iterator[Event]:
        self._require_readable(query)
        with self._reading() as (workspace, script):
            translated, values = script.translated(query, _variables(script, arguments))
            with workspace.session.connection.cursor() as cursor, self._interruptible(cursor):
                yield translated_rows(cursor, translated, values)

    def _export(self, external: ExternalTable, arguments: tuple[Argument, ...]) -> int:
        batch = _parsed(external.query, [a.name for a in arguments])
        query = batch.body.statements[0].tree
        self._require_readable(query)
        with self._reading() as (workspace, script):
            translated, values = script.translated(query, _variables(script, arguments))
            with workspace.session.connection.cursor() as cursor, self._interruptible(cursor):
                reader, count = counted(arrow_reader(cursor, translated, values))
                self._server.create_external_table(external, reader)
                return count()

    def _require_readable(self, query: exp.Expression) -> None:
        for table in query.find_all(exp.Table):
            if (key := ((table.db or "dbo").lower(), table.name.lower())) in self._server.denied:
                raise denied(".".join(key), "SELECT")

    def _transpiled(self, text: str, arguments: tuple[Argument, ...]) -> Iterator[Event]:
        values = {a.name: a.value for a in arguments}
        with self._reading() as (workspace, _), workspace.session.connection.cursor() as connection:
            self._open_catalog(connection, workspace)
            with self._interruptible(connection):
                yield from transpiled_rows(connection, text, values, self._facts())

    def _open_catalog(self, connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
        """A database beside the workspace's, which has the tables by their names, and the catalog views."""
        own = connection.execute("SELECT current_database()").fetchone()[0]
        name = f"catalog_{self._number}_{next(self._catalogs)}"
        connection.execute(f"ATTACH ':memory:' AS {name}")
        connection.execute(f"USE {name}")
        fill_catalog(
            connection,
            self._database,
            self._server.source.tables(),
            self._server.procedures,
            self._server.external_data_sources,
        )
        for table in workspace.session.tables.stored():
            schema = quoted(table.info.name.schema or "dbo")
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            connection.execute(
                f"CREATE VIEW {schema}.{quoted(table.info.name.name)} AS"
                f" SELECT * FROM {quoted(own)}.main.{table.info.relation}"
            )

    def _facts(self) -> Facts:
        return Facts(
            self._database,
            self._user,
            self._server.edition,
            self._number,
            int(self.in_transaction),
            self._server.denied,
            tuple(self._server.source.tables()),
            self._server.procedures,
            self._server.locks.held_by(self._number),
        )

    # Scripts

    def call(self, procedure: str, arguments: tuple[Argument, ...]) -> Iterator[Event]:
        """Call a procedure by name. Its return code and output parameters are in `outputs` afterwards."""
        variables = [(f"@argument {i}", argument) for i, argument in enumerate(arguments)]
        given = [
            c.Argument(
                argument.name.lower() or None,
                None if argument.is_default else exp.Parameter(this=exp.Var(this=name[1:])),
                name if argument.output else None,
            )
            for name, argument in variables
        ]
        execute = c.Execute(1, procedure, tuple(given), RETURN_CODE)
        named = [replace(argument, name=name) for name, argument in variables]
        code = Argument(RETURN_CODE, ColumnType("int"), None)
        try:
            yield from self._run_script(c.Batch(1, 1, c.Block(1, (execute,))), (*named, code))
        except UnsupportedTSql as error:
            if "system procedure" in error.construct:
                raise sql_server_error(2812, f"Could not find stored procedure '{procedure}'.") from error
            raise _refused(error) from error

    def _run_script(self, batch: c.Batch, arguments: tuple[Argument, ...]) -> Iterator[Event]:
        self._require_runnable(batch.body)
        if not changes_something(batch.body):
            with self._reading() as (workspace, script):
                self._execute(workspace, script, batch, arguments)
                yield from self._told(workspace, script)
            return
        workspace, script = self._work or self._new_work()
        try:
            self._execute(workspace, script, batch, arguments)
            self.in_transaction = script.transaction_count > 0
            self._work = (workspace, script) if self.in_transaction else None
            if not self.in_transaction:
                workspace.publish()
            if self._server.faults.take_call(executed=True):
                raise Disconnected
            yield from self._told(workspace, script)
        except (Cancelled, UnsupportedTSql, duckdb.Error):
            self._work, self.in_transaction = None, False
            raise
        finally:
            if self._work is None:
                workspace.close()

    def _new_work(self) -> tuple[Workspace, Script]:
        workspace = Workspace(self._server.source.root, writes=True)
        script = self._made_script(workspace)
        if self.in_transaction or self.implicit_transactions:
            script.run(_parsed("BEGIN TRANSACTION"))
        return workspace, script

    def _execute(self, workspace: Workspace, script: Script, batch: c.Batch, arguments: tuple[Argument, ...]) -> None:
        """Run the batch to its end, or to the error that ends it: that is an event too."""
        script.begin_batch(no_count=self.no_count)
        with self._interruptible(workspace.session.connection):
            try:
                script.run(batch, _variables(script, arguments))
            except TSqlError as error:
                script.events.append(server_error(error))
        self.outputs = script.values

    def _told(self, workspace: Workspace, script: Script) -> Iterator[Event]:
        with workspace.session.connection.cursor() as cursor:
            for event in script.events:
                yield result_rows(cursor, event.result) if isinstance(event, Returning) else event

    def _require_runnable(self, body: c.Block) -> None:
        for statement in body.statements:
            if isinstance(statement, c.Leaf):
                self._require_readable(statement.tree)
            if not isinstance(statement, c.Execute) or self._server.canned_procedure(statement.procedure):
                continue
            found = self._server.procedures.find(statement.procedure)
            if found is not None and found.refusal:
                raise UnsupportedTSql(f"{found.name}: {found.refusal}")


def _refused(error: UnsupportedTSql) -> TSqlError:
    return TSqlError(UNSUPPORTED, f"The peer can't run this: {error}")


def _parsed(text: str, variables: Iterable[str] = ()) -> c.Batch:
    return parse_batch(BatchText(text, 1), variables=variables)


def _returns_rows(statement: c.Statement) -> bool:
    return (
        isinstance(statement, c.Leaf)
        and isinstance(statement.tree, exp.Query)
        and not statement.tree.args.get("into")
        and not assigns(statement.tree)
    )


def _variables(script: Script, arguments: Iterable[Argument]) -> dict[str, tuple[SqlType, Any]]:
    """The parameters with their types, and their values as the interpreter holds them."""
    values = {}
    for argument in arguments:
        if argument.name == RETURN_CODE:
            values[argument.name] = (INT, None)
            continue
        declared = parse_type(str(argument.type))
        values[argument.name] = (declared, script.convert(argument.value, declared, declared))
    return values
