"""Checking a batch or procedure before any of it runs, as SQL Server's compilation does.

Belongs here: finding every expression and leaf statement of a tree and having it translated once, so that
what isn't supported, or names a column that isn't there, is told before anything has changed. Does not belong
here: running (`interpreter`).

As in SQL Server, a statement on a table that doesn't exist (yet) is left for when it runs: deferred name
resolution.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from sqlglot import exp

from recon_assets.tsql import control as c
from recon_assets.tsql.errors import INVALID_COLUMN, TSqlError, UnsupportedTSql
from recon_assets.tsql.translator import Translator
from recon_assets.tsql.types import SqlType


def declared(tree: c.Block) -> tuple[dict[str, SqlType], list[c.DeclareTable]]:
    """The types of all variables, and the table variables, that the tree declares, wherever it does."""
    statements = list(_statements(tree))
    types = {s.name: s.type for s in statements if isinstance(s, c.Declare)}
    return types, [s for s in statements if isinstance(s, c.DeclareTable)]


def check(tree: c.Block, translator: Translator) -> None:
    """Raises UnsupportedTSql or SQL Server's error 207 for the first statement that can't be run as it
    stands.

    `translator` must know the types of the variables that the tree declares.
    """
    for statement in _statements(tree):
        try:
            _translate(statement, translator)
        except UnsupportedTSql as error:
            error.line = error.line or statement.line
            raise
        except TSqlError as error:
            if error.number == INVALID_COLUMN:
                error.line = error.line or statement.line
                raise


def _translate(statement: c.Statement, translator: Translator) -> None:
    match statement:
        case c.Leaf(tree=tree) | c.DeclareTable(tree=tree):
            translator.statement(tree)
        case c.If(condition=condition) | c.While(condition=condition):
            translator.condition(condition)
        case c.InsertExecute() | c.CreateProcedure():
            return  # its rows are known when it runs; its body was checked, or will be, by itself
        case _:
            for node in _expressions(statement):
                translator.scalar(node)


def _statements(node: object) -> Iterator[c.Statement]:
    """The statements of a tree, outer before inner, in the order of the text."""
    if isinstance(node, tuple):
        for item in node:
            yield from _statements(item)
    elif isinstance(node, c.Statement) and not isinstance(node, c.CreateProcedure):
        yield node
        for item in fields(node):
            yield from _statements(getattr(node, item.name))


def _expressions(node: object) -> Iterator[exp.Expression]:
    """The expressions that a statement itself holds."""
    if isinstance(node, exp.Expression):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from _expressions(item)
    elif is_dataclass(node) and not isinstance(node, c.Block):
        for item in fields(node):
            yield from _expressions(getattr(node, item.name))
