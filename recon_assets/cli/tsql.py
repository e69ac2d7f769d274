"""`recon tsql`: runs T-SQL batches on the embedded source, to try and debug procedures without a server.

Belongs here: the command and its options. Does not belong here: how outcomes are told (`batch_output`),
running T-SQL (`recon_assets.tsql`), or what a stored table is (`recon_assets.sources.embedded`).
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import click
import duckdb

from recon_assets.cli.batch_output import BatchOutput, JsonOutput, TerminalOutput
from recon_assets.sources.base import SourceError
from recon_assets.sources.definition import decode, read_definition
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.sources.embedded.clock import clock
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.interpreter import Interpreter
from recon_assets.tsql.lexer import BatchText, split_batches
from recon_assets.tsql.parser import parse_batch


@click.command()
@click.argument("file")
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="Folder of the embedded source to run on. Default: an empty one that is gone afterwards.",
)
@click.option("--json", "json_file", metavar="FILE", help="Write the outcomes as JSON to FILE, or - for stdout.")
@click.option("--now", type=click.DateTime(), help="What GETDATE() and its kind answer, in UTC.")
def tsql(file: str, source: Path | None, json_file: str | None, now: datetime | None) -> None:
    """Run the T-SQL batches of FILE (- for stdin), separated by GO, on the embedded source.

    A batch that fails does not keep the next from running. What --source holds is changed at the end, at
    once. PRINT goes to stderr. Exit code: 0, or 2 if any batch failed.
    """
    try:
        name = "stdin" if file == "-" else Path(file).name
        text = decode(sys.stdin.buffer.read(), name) if file == "-" else read_definition(Path(file))
        with _source(source) as embedded, embedded.session(_say) as session, ExitStack() as cleanup:
            output = _output(session.connection, json_file, cleanup)
            interpreter = Interpreter(
                session.connection,
                session.tables,
                clock=clock(now),
                file=name,
                on_message=_say,
                go_on_after_errors=True,
            )
            succeeded = [_run(interpreter, batch, name, output) for batch in split_batches(text)]
            output.close()
            interpreter.roll_back()
            session.publish()
    except (SourceError, OSError, duckdb.Error) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    sys.exit(0 if all(succeeded) else 2)


@contextmanager
def _source(root: Path | None) -> Iterator[EmbeddedSource]:
    if root is not None:
        yield EmbeddedSource(root)
        return
    with tempfile.TemporaryDirectory(prefix="recon-tsql-") as folder:
        embedded = EmbeddedSource(folder)
        embedded.create()
        yield embedded


def _output(connection: duckdb.DuckDBPyConnection, json_file: str | None, cleanup: ExitStack) -> BatchOutput:
    if json_file is None:
        return TerminalOutput(connection)
    if json_file == "-":
        return JsonOutput(connection, sys.stdout)
    return JsonOutput(connection, cleanup.enter_context(Path(json_file).open("w", encoding="utf-8")))


def _run(interpreter: Interpreter, text: BatchText, file: str, output: BatchOutput) -> bool:
    """Run one batch and tell what came of it; whether it went without an error."""
    errors: list[Exception] = []
    interpreter.errors.clear()
    interpreter.forget_results()
    try:
        batch = parse_batch(text, file=file)
        for _ in range(text.count):
            interpreter.forget_results()
            interpreter.run(batch)
    except (TSqlError, UnsupportedTSql, duckdb.Error) as error:
        errors.append(error)
    errors = [*interpreter.errors, *errors]
    output.ended(interpreter.results, [str(error) for error in errors])
    return not errors


def _say(message: str) -> None:
    click.echo(message, err=True)
