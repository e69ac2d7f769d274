"""The translator: parsed T-SQL leaf statements and expressions in, DuckDB SQL with SQL Server's meaning out.

Belongs here: the one public door to the leaf half, and where each statement is reached. Does not belong here: any
translation itself (`queries`, `statements`, `expressions`), parsing (`syntax`) or running (`interpreter`).
"""

from collections.abc import Callable, Mapping

from sqlglot import exp

from recon_assets.tsql import expressions, merging, queries, statements, table_definitions, updates
from recon_assets.tsql.context import Context, Query, Translations
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.model import Catalog, OutputColumn, Translated, TranslatedQuery
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.syntax import line_of, text_of
from recon_assets.tsql.types import BIT, SqlType

_TRANSLATIONS = Translations(queries.query, expressions.scalar, expressions.condition)
_STATEMENTS: dict[type, Callable[[exp.Expression, Context], Translated]] = {
    exp.Insert: statements.insert,
    exp.Update: updates.update,
    exp.Delete: updates.delete,
    exp.Merge: merging.merge,
    exp.TruncateTable: statements.truncate,
    exp.Create: lambda node, context: table_definitions.create_table(node),
    exp.Drop: lambda node, context: table_definitions.drop_table(node),
}


class Translator:
    """Translates nodes made by `syntax.parse_statement` and its kin, against the catalog as it is at the call.

    `variables` are the declared scalar variables (`@name` → type; looked up case-insensitively); table variables
    are the catalog's. Every method raises UnsupportedTSql for what can't be done exactly, and TSqlError for what
    SQL Server would refuse to compile (207 invalid column, 208 invalid object, 137 undeclared variable, …).
    """

    def __init__(self, catalog: Catalog, variables: Mapping[str, SqlType], *, file: str | None = None):
        self._catalog = catalog
        self._variables = variables
        self._file = file

    def statement(self, node: exp.Expression) -> Translated:
        """Any leaf statement: SELECT (also INTO and @x =), INSERT, UPDATE, DELETE, MERGE, TRUNCATE, CREATE and
        DROP TABLE, each with its CTEs."""
        return self._placed(node, self._statement)

    def query(self, node: exp.Expression) -> TranslatedQuery:
        """A query that returns rows."""
        return self._placed(node, _query)

    def scalar(self, node: exp.Expression, to: SqlType | None = None) -> TranslatedQuery:
        """An expression as a one-row, one-column query `SELECT … AS c1`, converted to `to` where given."""

        def translate(node: exp.Expression, context: Context) -> TranslatedQuery:
            value = context.scalar(node, Scope())
            value = convert(value, to) if to else value
            made = Query(f"SELECT {value.typed()} AS c1", (OutputColumn("", value.type, value.nullable),))
            return statements.translated(made, context)

        return self._placed(node, translate)

    def condition(self, node: exp.Expression) -> TranslatedQuery:
        """A condition (IF, WHILE) as a one-row query `SELECT … AS c1`, a BOOLEAN that may be NULL (unknown)."""

        def translate(node: exp.Expression, context: Context) -> TranslatedQuery:
            made = Query(f"SELECT {context.condition(node, Scope())} AS c1", (OutputColumn("", BIT),))
            return statements.translated(made, context)

        return self._placed(node, translate)

    def _statement(self, node: exp.Expression, context: Context) -> Translated:
        if statements.assigns(node):
            return statements.assignment(node, context)
        if isinstance(node, exp.Select) and node.args.get("into"):
            return statements.select_into(node, context)
        if isinstance(node, exp.Query):
            return _query(node, context)
        translate = _STATEMENTS.get(type(node))
        if translate is None:
            raise UnsupportedTSql(text_of(node), line_of(node))
        return translate(node, context)

    def _placed(self, node: exp.Expression, translate: Callable):
        """Run a translation; what it raises gets the file and, where it has none, the node's line."""
        try:
            context = Context(self._catalog, self._variables, _TRANSLATIONS)
            for option in node.find_all(exp.QueryOption):
                if option.name.upper() == "MAXRECURSION":
                    context.max_recursion = int(option.expression.name)
            return translate(node, context)
        except UnsupportedTSql as error:
            error.file = error.file or self._file
            error.line = error.line or line_of(node)
            raise
        except TSqlError as error:
            error.line = error.line or line_of(node)
            raise


def _query(node: exp.Expression, context: Context) -> TranslatedQuery:
    if isinstance(node, exp.Select) and node.args.get("into"):
        raise UnsupportedTSql("SELECT INTO within a query", line_of(node))
    return statements.translated(context.query(node), context)
