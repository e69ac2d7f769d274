"""Running what the translator gives: values, conditions, result sets and changes of tables, in DuckDB.

Belongs here: binding variables and system values, one DuckDB transaction per statement, and counting rows.
Does not belong here: control flow and what errors do (`interpreter`), or translating (`translator`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb
from sqlglot import exp

from recon_assets.tsql.calls import Procedures
from recon_assets.tsql.errors import UnsupportedTSql
from recon_assets.tsql.model import (
    AssignmentQuery,
    ColumnInfo,
    CreateTable,
    DropTable,
    OutputColumn,
    SelectInto,
    TableInfo,
    TableName,
    TranslatedQuery,
    Truncate,
    Write,
    variable_parameter,
)
from recon_assets.tsql.names import object_key, split_name
from recon_assets.tsql.syntax import line_of
from recon_assets.tsql.tables import Tables
from recon_assets.tsql.transactions import Transactions
from recon_assets.tsql.translator import Translator
from recon_assets.tsql.types import SqlType


@dataclass
class Frame:
    """A running batch or procedure: its variables, and where it is for messages. `first_line` is the file's
    line that ERROR_LINE() counts from."""

    procedure: str | None
    first_line: int
    types: dict[str, SqlType] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    xact_abort: bool = False
    return_code: int = 0


@dataclass(frozen=True)
class ResultSet:
    """Rows a query returned to the caller, kept in DuckDB; its columns are named c1, c2, … there."""

    columns: tuple[OutputColumn, ...]
    relation: str
    rows: int


class Execution:
    """Runs single statements for the interpreter, in the frame it sets as `frame`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        tables: Tables,
        procedures: Procedures,
        clock: Callable[[], datetime],
        file: str | None,
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._procedures = procedures
        self._clock = clock
        self.file = file
        self._object_ids: dict[tuple[str, str, str], int] = {}
        self._results_made = 0
        self._instant = clock()
        self.transactions = Transactions(tables)
        self.frame = Frame(None, 1)
        self.results: list[ResultSet] = []
        self.system: dict[str, Any] = {}
        """The system parameters' values, but for the clock and the transaction's."""

    # The translator's catalog

    def table(self, name: TableName) -> TableInfo | None:
        """The table of that name as the running statement sees it."""
        found = self._tables.table(name)
        return found.info if found else None

    def object_id(self, name: str, kind: str | None) -> int | None:
        """OBJECT_ID: numbers are given as they are asked for."""
        key = object_key(name)
        parts = split_name(name.strip())
        if key is None or parts is None:
            return None
        is_table = self.table(TableName(parts[-1], parts[-2] if len(parts) > 1 and parts[-2] else None)) is not None
        found = "U" if is_table else "P" if name in self._procedures else None
        if found is None or kind not in (None, found):
            return None
        return self._object_ids.setdefault((found, *key), len(self._object_ids) + 1)

    # Statements

    def translator(self, variables: Mapping[str, SqlType] | None = None) -> Translator:
        """A translator that sees these variables (the frame's, unless given) and the tables there are."""
        return Translator(self, self.frame.types if variables is None else variables, file=self.file)

    def scalar(self, node: exp.Expression, to: SqlType | None = None) -> Any:
        """The expression's value, converted to the type where one is given."""
        self._instant = self._clock()
        return self._run(self.translator().scalar(node, to).sql)[0][0]

    def holds(self, node: exp.Expression) -> bool:
        """Whether the condition is true (neither false nor unknown)."""
        self._instant = self._clock()
        return self._run(self.translator().condition(node).sql)[0][0] is True

    def type_of(self, node: exp.Expression) -> SqlType:
        """The expression's type."""
        return self.translator().scalar(node).columns[0].type

    def convert(self, value: Any, given: SqlType, to: SqlType) -> Any:
        """A value of one type as another, as an assignment converts it."""
        variable = exp.Parameter(this=exp.Var(this="value"))
        translated = self.translator({"@value": given}).scalar(variable, to)
        return self._connection.execute(translated.sql, dict.fromkeys(translated.parameters, value)).fetchone()[0]

    def assign(self, name: str, value: Any) -> None:
        """Give the frame's variable a value that is already of its type."""
        self.frame.values[name] = value

    def leaf(self, node: exp.Expression) -> int:
        """Run a query or a statement that changes or defines tables; the number of rows is @@ROWCOUNT's."""
        self._instant = self._clock()
        match translated := self.translator().statement(node):
            case TranslatedQuery():
                return self._return_rows(translated)
            case AssignmentQuery(query, variables):
                return self._assign_last_row(query, variables, node)
            case Write():
                self.transactions.require_writable()
                if self._tables.make_writable(translated.target.name):
                    translated = self.translator().statement(node)
                return self._write(translated)
            case Truncate(target):
                self.transactions.require_writable()
                self._atomically(lambda: self._tables.truncate(target.name))
            case CreateTable():
                self.transactions.require_writable()
                self._atomically(lambda: self._tables.create(translated))
            case DropTable(names, if_exists):
                self.transactions.require_writable()
                for name in names:
                    self._tables.drop(name, if_exists=if_exists)
            case SelectInto():
                self.transactions.require_writable()
                return self._select_into(translated)
        return 0

    def take_results(self, after: int) -> list[ResultSet]:
        """Take back the result sets beyond the first `after` ones; they are not returned to the caller."""
        taken = self.results[after:]
        del self.results[after:]
        return taken

    def forget_results(self) -> None:
        """Drop all result sets so far."""
        for result in self.results:
            self._connection.execute(f"DROP TABLE {result.relation}")
        self.results.clear()

    def _return_rows(self, query: TranslatedQuery) -> int:
        self._results_made += 1
        relation = f'"result {self._results_made}"'
        count = self._run(f"CREATE TABLE {relation} AS {query.sql}")[0][0]
        self.results.append(ResultSet(query.columns, relation, count))
        return count

    def _assign_last_row(self, query: TranslatedQuery, variables: tuple[str, ...], node: exp.Expression) -> int:
        cursor = self._start(query.sql)
        count, last = 0, None
        while rows := cursor.fetchmany(10_000):
            count, last = count + len(rows), rows[-1]
        if count > 1 and _reads_what_it_assigns(node, variables):
            # What each row would see of the rows before it, SQL Server leaves undefined.
            raise UnsupportedTSql("SELECT @x = … @x … over several rows", line_of(node), self.file, "use an aggregate")
        if last is not None:
            for name, value in zip(variables, last, strict=True):
                self.assign(name.lower(), value)
        return count

    def _write(self, write: Write) -> int:
        def run() -> int:
            for check in write.before:
                self._run(check)
            count = self._run(write.sql)[0][0]
            for check in write.after:
                self._run(check)
            return count

        return self._atomically(run)

    def _select_into(self, statement: SelectInto) -> int:
        table = self._tables.create(CreateTable(statement.name, statement.columns))
        columns = ", ".join(exp.to_identifier(c.name, quoted=True).sql("duckdb") for c in statement.columns)
        try:
            return self._run(f"INSERT INTO {table.info.relation} ({columns}) {statement.query.sql}")[0][0]
        except duckdb.Error:
            self._tables.drop(statement.name)
            raise

    def insert_result(self, node: exp.Expression, rows_name: str, result: ResultSet) -> int:
        """INSERT … EXEC: run the INSERT while its rows_name stands for the result set, which is used up."""
        name = TableName(rows_name)
        columns = tuple(ColumnInfo(f"c{i}", c.type) for i, c in enumerate(result.columns, 1))
        try:
            with self._tables.naming(name, columns, result.relation):
                return self.leaf(node)
        finally:
            self._connection.execute(f"DROP TABLE {result.relation}")

    def _atomically(self, run: Callable[[], Any]) -> Any:
        self._connection.begin()
        try:
            done = run()
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()
        return done

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        return self._start(sql).fetchall()

    def _start(self, sql: str) -> duckdb.DuckDBPyConnection:
        statement = self._connection.extract_statements(sql)[0]
        bound = {name: self._value(name) for name in statement.named_parameters}
        return self._connection.execute(statement, bound)

    def _value(self, parameter: str) -> Any:
        if parameter in ("clock", "clock_utc"):
            return self._instant
        if parameter == "trancount":
            return self.transactions.count
        if parameter == "xact_state":
            return self.transactions.state
        if parameter in self.system:
            return self.system[parameter]
        return next(v for name, v in self.frame.values.items() if variable_parameter(name) == parameter)


def _reads_what_it_assigns(node: exp.Expression, variables: tuple[str, ...]) -> bool:
    targets = {id(part.this) for part in node.expressions if isinstance(part, exp.EQ)}
    assigned = {name.lower() for name in variables}
    return any(
        id(parameter) not in targets and f"@{parameter.name.lower()}" in assigned
        for parameter in node.find_all(exp.Parameter)
    )
