"""The plan's SQL, which is DuckDB's, as Spark's.

Belongs here: the way from the one text to the other. Does not belong here: what is proven (`proven`), or how it is
written (`generator`).
"""

from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.spark.generator import ARGUMENTS, FUNCTIONS, Generator
from recon_assets.comparison.spark.proven import check


def to_spark(sql: str, types: Mapping[str, str] | None = None) -> str:
    """A query of the plan, in DuckDB's SQL, as Spark's with the same meaning in a session as `settings` describes it.

    `types`: DuckDB's types of columns by name, wherever in the query the name is, which makes for shorter SQL; others
    are looked up by Spark itself.

    Raises ComparisonError, naming it, for whatever is not proven to mean the same.
    """
    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except SqlglotError as error:
        raise ComparisonError(f"not SQL that can be brought to Spark: {str(error).splitlines()[0]}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise ComparisonError(f"only single queries can be brought to Spark, not {sql[:80]!r}")
    query = statements[0]
    for node in query.walk():
        check(node, ARGUMENTS, FUNCTIONS)
        if isinstance(node, exp.Column) and types and node.name in types:
            node.type = exp.DataType.build(types[node.name], dialect="duckdb")
    return Generator().generate(query)
