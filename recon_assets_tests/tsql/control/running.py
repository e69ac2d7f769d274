"""Runs a script of T-SQL batches as a client that reads everything does: what the control-flow tests share."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from recon_assets.tsql.errors import TSqlError
from recon_assets.tsql.interpreter import Interpreter
from recon_assets.tsql.lexer import split_batches
from recon_assets.tsql.parser import parse_batch
from recon_assets.tsql.tables import Tables

NOW = datetime(2024, 7, 31, 12, 0)


@dataclass
class Outcome:
    """What a client got: the last result set's rows, messages, and the errors in order."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    result_sets: int = 0
    messages: list[str] = field(default_factory=list)
    errors: list[TSqlError] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        return [error.number for error in self.errors]


def run(script: str) -> Outcome:
    """Run the script's batches one after another, each whatever became of the one before."""
    outcome = Outcome()
    with duckdb.connect() as connection:
        interpreter = Interpreter(
            connection,
            Tables(connection),
            clock=lambda: NOW,
            file="script.sql",
            on_message=outcome.messages.append,
            go_on_after_errors=True,
        )
        for text in split_batches(script):
            interpreter.errors.clear()
            try:
                batch = parse_batch(text, file="script.sql")
                for _ in range(batch.count):
                    interpreter.run(batch)
                outcome.errors += interpreter.errors
            except TSqlError as error:
                outcome.errors += [*interpreter.errors, error]
        outcome.result_sets = len(interpreter.results)
        if interpreter.results:
            outcome.rows = connection.execute(f"SELECT * FROM {interpreter.results[-1].relation}").fetchall()
    return outcome
