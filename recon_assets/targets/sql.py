"""Migrated logic as Databricks SQL: one SELECT, or a script that fills tables, on any Spark session.

Belongs here: running a text's statements over the inputs, and finding the outputs. Does not belong here: what the text
may name (`names`), its parameters' values (`binding`), the session's settings, or storing what comes out.
"""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlglot
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp
from sqlglot.errors import SqlglotError

from recon_assets.comparison.spark.errors import plain_message
from recon_assets.sources.base import Parameter
from recon_assets.targets import binding, names
from recon_assets.targets.base import Logic, TargetError, quoted
from recon_assets.targets.tokens import statements, tokenize

_QUERY_STARTS = frozenset({"SELECT", "WITH", "VALUES", "FROM", "TABLE", "("})


@contextmanager
def run(
    session: SparkSession,
    logic: Logic,
    inputs: Mapping[str, DataFrame],
    outputs: Sequence[str],
    parameters: Mapping[str, Parameter],
    clock: datetime | None,
) -> Iterator[dict[str, DataFrame]]:
    """Run the text. The inputs are views that no statement can write to; one that is an output too is a table.

    A text that ends in a query yields the one output; otherwise each output is a table (or view) of its name that
    the script made, in a database of this run. Raises TargetError with file and line.
    """
    path = logic.folder / logic.text
    try:
        text = path.read_text()
        tokens = tokenize(text)
        names.check(path, tokens, [*inputs, *outputs], logic.allowed, session.catalog.currentCatalog())
        text = binding.bind(path, text, tokens, _values(parameters, clock), logic.time_zone)
    except FileNotFoundError:
        raise TargetError(
            f"{path} does not exist; it is the reconciliation's target: write it, or correct `sql:`"
        ) from None
    except SqlglotError as error:
        raise TargetError(f"{path} can't be read as Databricks SQL: {error}") from error
    if not tokens:
        raise TargetError(f"{path} holds no statement: write the SELECT or script that makes {', '.join(outputs)}")

    database = f"run_{uuid.uuid4().hex}"
    session.sql(f"CREATE DATABASE {database}")
    session.catalog.setCurrentDatabase(database)
    try:
        _prepare(inputs, outputs)
        yield _execute(session, path, statements(text), outputs)
    finally:
        session.sql(f"DROP DATABASE {database} CASCADE")


def _prepare(inputs: Mapping[str, DataFrame], outputs: Sequence[str]) -> None:
    produced = {name.lower() for name in outputs}
    for name, frame in inputs.items():
        if name.lower() in produced:  # a table the procedure changes: the script changes a copy of its own
            frame.write.saveAsTable(quoted(name))
        else:
            frame.createOrReplaceTempView(quoted(name))


def _values(parameters: Mapping[str, Parameter], clock: datetime | None) -> dict[str, Any]:
    values = {name: parameter.value for name, parameter in parameters.items()}
    return values if clock is None else values | {"clock": clock}


def _execute(
    session: SparkSession, path: Path, script: Sequence[tuple[int, str]], outputs: Sequence[str]
) -> dict[str, DataFrame]:
    result: DataFrame | None = None
    for line, statement in script:
        try:
            result = session.sql(statement)
            result.schema  # noqa: B018 - Spark Connect looks at a query no sooner
        except PySparkException as error:
            raise TargetError(_place(f"{path}", line, error)) from error

    if _is_query(script[-1][1]):
        if len(outputs) > 1:
            raise TargetError(
                f"{path} ends in a query, which can yield one output only; for {', '.join(outputs)}"
                " write a script that creates a table of each name"
            )
        assert result is not None
        return {outputs[0]: result}
    return {name: _made(session, path.name, name) for name in outputs}


def _made(session: SparkSession, file: str, name: str) -> DataFrame:
    if not session.catalog.tableExists(quoted(name)):
        made = [table.name for table in session.catalog.listTables() if not table.isTemporary]
        raise TargetError(
            f"{file} ran but made no table {name}; it made {', '.join(made) or 'none'}."
            f" End it with a SELECT, or with CREATE TABLE {name} AS …"
        )
    return session.table(quoted(name))


def _is_query(statement: str) -> bool:
    first = tokenize(statement)[0].text.upper()
    if first not in _QUERY_STARTS:
        return False
    try:  # WITH and FROM may also begin an INSERT
        return first == "TABLE" or isinstance(sqlglot.parse_one(statement, read="databricks"), exp.Query)
    except SqlglotError:  # Spark reads more than sqlglot does
        return True


def _place(path: str, first_line: int, error: PySparkException) -> str:
    """Spark's message with its line, which counts from the statement's start, made the file's."""
    message = plain_message(error)
    # Parser errors say `(line 3, pos 12)`, analysis errors `line 3 pos 12`.
    found = re.search(r"line (\d+),? pos \d+", message)
    line = first_line + int(found[1]) - 1 if found else first_line
    if "TABLE_OR_VIEW_NOT_FOUND" in message:
        message += " A target sees the reconciliation's inputs, by their bare names, and the tables it creates itself."
    return f"{path}:{line}: {message}"
