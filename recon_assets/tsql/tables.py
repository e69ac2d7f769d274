"""A session's tables in DuckDB: stored ones, temporary ones, table variables; and how a rollback brings them
back.

Belongs here: which DuckDB relation holds a table at this moment, made writable or replaced when a statement
needs it, and the earlier relations that an open transaction may return to. Does not belong here: where stored
tables come from and go to (`recon_assets.sources.embedded`), or when transactions begin and end
(`transactions`).

DuckDB has no savepoints, and an error ends its transaction; in T-SQL an error ends only its statement. So
each statement is a DuckDB transaction, and a T-SQL transaction remembers, per table it changes, the relation
from before. That costs nothing for a stored table (its Parquet file stays) and for TRUNCATE; only a table
that was already changed in the session is copied, once per transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from sqlglot import exp

from recon_assets.tsql.errors import sql_server_error
from recon_assets.tsql.model import ColumnInfo, CreateTable, TableInfo, TableName

ALREADY_EXISTS = 2714
CANNOT_DROP = 3701


@dataclass(frozen=True)
class SessionTable:
    """A table as it is now. `file` is the Parquet file that still holds its rows; None once it was changed.
    `sequence` numbers the identity column."""

    info: TableInfo
    primary_key: tuple[str, ...]
    file: Path | None = None
    sequence: str | None = None


Key = tuple[str, str]


class Tables:
    """The tables that T-SQL in this session can name."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._stored: dict[Key, SessionTable] = {}
        # One scope per running procedure, the session's own first; and one of table variables each.
        self._temporary: list[dict[Key, SessionTable]] = [{}]
        self._variables: list[dict[Key, SessionTable]] = [{}]
        self._made = 0
        self._before: dict[tuple[int, Key], tuple[dict[Key, SessionTable], SessionTable | None]] | None = None

    # What there is

    def stored(self) -> Iterator[SessionTable]:
        """The tables that outlive the session."""
        return iter(self._stored.values())

    def table(self, name: TableName) -> SessionTable | None:
        """The table of that name as seen from the running procedure."""
        scope = self._scope_of(name)
        return scope.get(_key(name)) if scope is not None else None

    def _scope_of(self, name: TableName) -> dict[Key, SessionTable] | None:
        key = _key(name)
        if name.is_variable:
            return self._variables[-1]
        if name.is_temporary:
            return next((scope for scope in reversed(self._temporary) if key in scope), None)
        return self._stored

    # Scopes

    def enter_procedure(self) -> None:
        """From here on new temporary tables and table variables are the procedure's own."""
        self._temporary.append({})
        self._variables.append({})

    def leave_procedure(self) -> None:
        """Drop what the procedure's scope holds."""
        for name in [t.info.name for t in self._temporary[-1].values()]:
            self.drop(name)
        self._temporary.pop()
        self.forget_variables()
        self._variables.pop()

    def forget_variables(self) -> None:
        """Drop the scope's table variables: at the end of a batch or procedure."""
        for table in self._variables[-1].values():
            self._discard(table)
        self._variables[-1].clear()

    # Changes

    def attach(self, table: SessionTable, next_identity: int | None) -> None:
        """Add a stored table whose rows are in its file, and whose identity column goes on at that value."""
        relation = self._new_name("view")
        columns = ", ".join(_quoted(c.name) for c in table.info.columns)
        path = str(table.file).replace("'", "''")
        self._connection.execute(f"CREATE VIEW {relation} AS SELECT {columns} FROM read_parquet('{path}')")
        info = replace(table.info, relation=relation)
        sequence = None
        if next_identity is not None:
            increment = next(c.identity.increment for c in info.columns if c.identity)
            sequence = self._sequence(next_identity, increment)
        self._stored[_key(info.name)] = replace(table, info=info, sequence=sequence)

    def create(self, statement: CreateTable) -> SessionTable:
        """Make an empty table. Raises SQL Server's error 2714 where there is one of that name."""
        name = statement.name
        scope = self._new_scope(name)
        if _key(name) in scope:
            raise sql_server_error(ALREADY_EXISTS, f"There is already an object named '{name.name}' in the database.")
        if not (name.is_temporary or name.is_variable) and name.schema is None:
            name = replace(name, schema="dbo")
        info = TableInfo(name, "", statement.columns, statement.unique)
        self._remember(name, scope)
        scope[_key(name)] = self._empty(SessionTable(info, statement.primary_key))
        return scope[_key(name)]

    def _new_scope(self, name: TableName) -> dict[Key, SessionTable]:
        if name.is_variable:
            return self._variables[-1]
        return self._temporary[-1] if name.is_temporary else self._stored

    @contextmanager
    def naming(self, name: TableName, columns: tuple[ColumnInfo, ...], relation: str) -> Iterator[None]:
        """Let T-SQL read an existing relation as a temporary table for a while."""
        scope = self._temporary[-1]
        scope[_key(name)] = SessionTable(TableInfo(name, relation, columns), ())
        try:
            yield
        finally:
            del scope[_key(name)]

    def drop(self, name: TableName, *, if_exists: bool = False) -> None:
        """Remove a table. Raises SQL Server's error 3701 where there is none."""
        scope = self._scope_of(name)
        table = scope.get(_key(name)) if scope is not None else None
        if scope is None or table is None:
            if if_exists:
                return
            text = f"Cannot drop the table '{name.name}', because it does not exist or you do not have permission."
            raise sql_server_error(CANNOT_DROP, text)
        self._remember(name, scope)
        del scope[_key(name)]
        self._discard(table)

    def truncate(self, name: TableName) -> None:
        """Replace the table by an empty one; its old rows are not touched."""
        scope = self._scope_of(name)
        table = scope[_key(name)]
        self._remember(name, scope)
        scope[_key(name)] = self._empty(replace(table, file=None, sequence=None))
        self._discard(table)

    def make_writable(self, name: TableName) -> bool:
        """Have the table be one that DuckDB can change in place without losing what a rollback needs.

        True when its relation is another one now, so that the statement must be translated again.
        """
        scope = self._scope_of(name)
        table = scope[_key(name)]
        needed_later = not name.is_variable and self._before is not None and (id(scope), _key(name)) not in self._before
        if table.file is None and not needed_later:
            return False
        self._remember(name, scope)
        copy = self._empty(replace(table, file=None), keep_sequence=True)
        self._connection.execute(f"INSERT INTO {copy.info.relation} SELECT * FROM {table.info.relation}")
        scope[_key(name)] = copy
        self._discard(table)
        return True

    # Transactions

    def begin(self) -> None:
        """From here on remember what `roll_back` would bring back."""
        self._before = {}

    def commit(self) -> None:
        """Forget what was before."""
        before, self._before = self._before or {}, None
        for _, table in before.values():
            if table is not None:
                self._discard(table)

    def roll_back(self) -> None:
        """Bring back every table but table variables as `begin` found them."""
        before, self._before = self._before or {}, None
        for (_, key), (scope, table) in before.items():
            changed = scope.pop(key, None)
            if table is not None:
                scope[key] = table
            if changed is not None and (table is None or changed.info.relation != table.info.relation):
                self._discard(changed)

    def _remember(self, name: TableName, scope: dict[Key, SessionTable]) -> None:
        if self._before is not None and not name.is_variable:
            self._before.setdefault((id(scope), _key(name)), (scope, scope.get(_key(name))))

    def _discard(self, table: SessionTable) -> None:
        """Remove the relation, unless a rollback or a file still needs it."""
        remembered = (t for _, t in (self._before or {}).values() if t is not None)
        if any(t.info.relation == table.info.relation for t in remembered):
            return
        kind = "TABLE" if table.file is None else "VIEW"
        self._connection.execute(f"DROP {kind} IF EXISTS {table.info.relation}")

    # Relations

    def _new_name(self, kind: str) -> str:
        self._made += 1
        return f'"{kind} {self._made}"'

    def _empty(self, table: SessionTable, *, keep_sequence: bool = False) -> SessionTable:
        """A new, empty relation for the table."""
        relation = self._new_name("table")
        sequence = table.sequence if keep_sequence else None
        definitions = []
        for column in table.info.columns:
            definition = f"{_quoted(column.name)} {column.type.duckdb}"
            if column.identity:
                if sequence is None:
                    sequence = self._sequence(column.identity.seed, column.identity.increment)
                definition += f" DEFAULT nextval('{sequence}')"
            definitions.append(definition if column.nullable else f"{definition} NOT NULL")
        self._connection.execute(f"CREATE TABLE {relation} ({', '.join(definitions)})")
        return replace(table, info=replace(table.info, relation=relation), sequence=sequence)

    def _sequence(self, start: int, increment: int) -> str:
        self._made += 1
        name = f"numbers_{self._made}"
        bounds = f"MINVALUE {-(2**63) + 1} MAXVALUE {2**63 - 1}"
        self._connection.execute(f"CREATE SEQUENCE {name} START {start} INCREMENT {increment} {bounds}")
        return name

    def next_identity(self, table: SessionTable) -> int | None:
        """The value the next row's identity column gets; None where the table has none."""
        if table.sequence is None:
            return None
        query = (
            "SELECT coalesce(last_value + increment_by, start_value) FROM duckdb_sequences() WHERE sequence_name = ?"
        )
        return self._connection.execute(query, [table.sequence]).fetchone()[0]


def _key(name: TableName) -> Key:
    return (name.schema or "dbo").lower(), name.name.lower()


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")
