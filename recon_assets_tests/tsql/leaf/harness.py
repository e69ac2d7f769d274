"""Runs translated T-SQL on an in-memory DuckDB with a catalog that is a dictionary.

Belongs here: what the leaf tests share. Does not belong here: control flow, storage, or any expected value.
"""

from datetime import datetime
from decimal import Decimal

import duckdb

from recon_assets.tsql import syntax
from recon_assets.tsql.duck import name as quoted
from recon_assets.tsql.errors import TSqlError, tsql_error_from
from recon_assets.tsql.model import (
    AssignmentQuery,
    ColumnInfo,
    CreateTable,
    DropTable,
    SelectInto,
    TableInfo,
    TableName,
    TranslatedQuery,
    Truncate,
    Write,
    variable_parameter,
)
from recon_assets.tsql.translator import Translator
from recon_assets.tsql.types import parse_type

CLOCK = datetime(2024, 7, 31, 12, 34, 56, 789123)


class Database:
    """Tables and variables for one test."""

    def __init__(self, variables: dict[str, tuple[str, object]] | None = None):
        self.tables: dict[str, TableInfo] = {}
        self.connection = duckdb.connect()
        self.types = {name: parse_type(type_) for name, (type_, _) in (variables or {}).items()}
        self.values = {variable_parameter(name): value for name, (_, value) in (variables or {}).items()}
        self.values |= {"clock": CLOCK, "clock_utc": CLOCK, "rowcount": 3, "error": 0, "error_number": 8134}
        self.values |= {"trancount": 0, "error_message": "Divide by zero error encountered.", "xact_state": 0}

    def table(self, name: TableName) -> TableInfo | None:
        return self.tables.get(name.name.lower()) if (name.schema or "dbo").lower() == "dbo" else None

    def object_id(self, name: str, kind: str | None) -> int | None:
        last = name.rpartition(".")[2].strip("[]").lower()
        return list(self.tables).index(last) + 1 if last in self.tables and kind in (None, "U") else None

    def run(self, text: str):
        """Run one statement: a list of rows for a query, the count of rows for a write, the values for an
        assignment. SQL Server's errors come as TSqlError."""
        translated = Translator(self, self.types, file="source.sql").statement(syntax.parse_statement(text))
        try:
            return self._run(translated)
        except duckdb.Error as error:
            raise tsql_error_from(error, line=1, file="source.sql") or error from error

    def _run(self, translated):
        match translated:
            case TranslatedQuery():
                return self._rows(translated)
            case AssignmentQuery():
                rows = self._rows(translated.query)
                return dict(zip(translated.variables, rows[-1], strict=True)) if rows else {}
            case Write():
                return self._write(translated)
            case CreateTable(name=name, columns=columns, unique=unique):
                self._create(name, columns, unique)
            case SelectInto(name=name, columns=columns, query=query):
                self._create(name, columns, ())
                self.connection.execute(f"INSERT INTO {quoted(name.name)} {query.sql}", self._bound(query.parameters))
            case DropTable(names=names, if_exists=if_exists):
                for name in names:
                    if self.tables.pop(name.name.lower(), None):
                        self.connection.execute(f"DROP TABLE {quoted(name.name)}")
                    elif not if_exists:
                        raise TSqlError(3701, f"Cannot drop the table '{name}'.")
            case Truncate(target=target):
                self.connection.execute(f"TRUNCATE {target.relation}")

    def _bound(self, parameters):
        return {name: self.values[name] for name in parameters}

    def _rows(self, query: TranslatedQuery):
        return self.connection.execute(query.sql, self._bound(query.parameters)).fetchall()

    def _write(self, write: Write) -> int:
        self.connection.begin()
        try:
            for check in write.before:
                self.connection.execute(check, self._bound(p for p in write.parameters if f"${p}" in check)).fetchall()
            count = self.connection.execute(write.sql, self._bound(write.parameters)).fetchone()[0]
            for check in write.after:
                self.connection.execute(check).fetchall()
        except BaseException:
            self.connection.rollback()
            raise
        self.connection.commit()
        return count

    def _create(self, name: TableName, columns: tuple[ColumnInfo, ...], unique) -> None:
        parts = []
        for column in columns:
            default = ""
            if column.identity:
                sequence = quoted(f"{name.name}.{column.name}")
                seed, step = column.identity.seed, column.identity.increment
                self.connection.execute(f"CREATE SEQUENCE {sequence} START {seed} INCREMENT {step}")
                default = f" DEFAULT nextval('{sequence}')"
            parts.append(f"{quoted(column.name)} {column.type.duckdb}{default}")
        self.connection.execute(f"CREATE TABLE {quoted(name.name)} ({', '.join(parts)})")
        self.tables[name.name.lower()] = TableInfo(name, quoted(name.name), tuple(columns), tuple(unique))

    def expression(self, text: str) -> tuple[str, str]:
        """An expression's type and value, both as text."""
        translated = Translator(self, self.types, file="source.sql").scalar(syntax.parse_expression(text))
        try:
            value = self._rows(translated)[0][0]
        except duckdb.Error as error:
            raise tsql_error_from(error, line=1, file="source.sql") or error from error
        return str(translated.columns[0].type), shown(value)

    def holds(self, text: str) -> bool | None:
        """A condition's value; None is unknown."""
        translated = Translator(self, self.types).condition(syntax.parse_expression(text))
        return self._rows(translated)[0][0]


def shown(value: object) -> str:
    """A value as text: NULL, decimals with their scale, bits as 1 and 0, binary as 0x…."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case bytes():
            return "0x" + value.hex().upper()
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
