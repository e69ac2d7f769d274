"""What `recon tsql` tells of each batch: as JSON, or as tables on the terminal.

Belongs here: the two forms of output, written as the batches end and never holding a result set whole. Does
not belong here: running the batches (`tsql`), or one value's form (`recon_assets.tsql.printing`).
"""

import json
from collections.abc import Iterator
from typing import Any, Protocol, TextIO

import click
import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from recon_assets.tsql.execution import ResultSet
from recon_assets.tsql.printing import json_value, text_value

_SHOWN_ROWS = 1000
_FETCHED_ROWS = 10_000


class BatchOutput(Protocol):
    """Told of each batch in order, then closed."""

    def ended(self, results: list[ResultSet], errors: list[str]) -> None: ...

    def close(self) -> None: ...


class JsonOutput:
    """A list with one entry per batch: the last result set's columns and rows, or the error."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, file: TextIO) -> None:
        self._connection = connection
        self._file = file
        self._entries = 0

    def ended(self, results: list[ResultSet], errors: list[str]) -> None:
        self._file.write(",\n" if self._entries else "[\n")
        self._entries += 1
        if errors:
            self._file.write(json.dumps({"error": "\n".join(errors)}, ensure_ascii=False))
            return
        columns = results[-1].columns if results else ()
        named = [{"name": column.name, "type": str(column.type)} for column in columns]
        self._file.write(f'{{"columns": {json.dumps(named, ensure_ascii=False)}, "rows": [')
        for number, row in enumerate(_rows(self._connection, results[-1]) if results else ()):
            values = [json_value(value, column.type) for value, column in zip(row, columns, strict=True)]
            self._file.write((",\n" if number else "\n") + json.dumps(values, ensure_ascii=False, allow_nan=False))
        self._file.write("]}")

    def close(self) -> None:
        self._file.write("\n]\n" if self._entries else "[]\n")


class TerminalOutput:
    """Every result set as a table; errors on stderr."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._console = Console()

    def ended(self, results: list[ResultSet], errors: list[str]) -> None:
        for result in results:
            table = Table()
            for column in result.columns:
                table.add_column(Text(column.name))
            for number, row in enumerate(_rows(self._connection, result)):
                if number == _SHOWN_ROWS:
                    break
                values = (text_value(value, column.type) for value, column in zip(row, result.columns, strict=True))
                table.add_row(*(Text(value) for value in values))
            self._console.print(table)
            hidden = max(0, result.rows - _SHOWN_ROWS)
            self._console.print(f"{result.rows} rows{f' ({hidden} not shown)' if hidden else ''}", highlight=False)
        for error in errors:
            click.echo(error, err=True)

    def close(self) -> None:
        pass


def _rows(connection: duckdb.DuckDBPyConnection, result: ResultSet) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {result.relation}")
        while rows := cursor.fetchmany(_FETCHED_ROWS):
            yield from rows
