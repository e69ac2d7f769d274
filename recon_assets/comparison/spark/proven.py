"""What of the plan's SQL is proven to mean the same on Spark.

Belongs here: the constructs that sqlglot writes rightly, with the arguments they may have, and the refusal of all
others. Does not belong here: constructs that have to be written otherwise (`generator`).

sqlglot translates much to something that runs and gives other values, without a word. So nothing passes through: what
is neither here nor in `generator` is refused. To add a construct is to add it to the tests, which run it on both
engines.
"""

from collections.abc import Container

from sqlglot import exp

from recon_assets.comparison.errors import ComparisonError

_QUERIES: dict[type[exp.Expr], str] = {
    exp.Select: "expressions from_ joins where group having qualify order limit distinct with_",
    exp.Union: "this expression distinct order limit with_",
    exp.With: "expressions",
    exp.CTE: "this alias",
    exp.Subquery: "this alias",
    exp.From: "this",
    exp.Join: "this on using side kind",
    exp.Table: "this db catalog alias joins",
    exp.TableAlias: "this",
    exp.Where: "this",
    exp.Group: "expressions",
    exp.Having: "this",
    exp.Qualify: "this",
    exp.Order: "expressions",
    exp.Ordered: "this desc nulls_first",
    exp.Limit: "expression",
    exp.Distinct: "expressions",
    exp.Star: "except_",
    exp.Alias: "this alias",
    exp.Column: "this table",
}
_CONDITIONS: dict[type[exp.Expr], str] = {
    exp.And: "this expression",
    exp.Or: "this expression",
    exp.Not: "this",
    exp.EQ: "this expression",
    exp.NEQ: "this expression",
    exp.LT: "this expression",
    exp.LTE: "this expression",
    exp.GT: "this expression",
    exp.GTE: "this expression",
    exp.Is: "this expression",
    exp.NullSafeEQ: "this expression",
    exp.NullSafeNEQ: "this expression",
    exp.Between: "this low high",
    exp.In: "this expressions query",
    exp.Case: "this ifs default",
    exp.If: "this true",
    exp.Paren: "this",
    exp.Tuple: "expressions",
    exp.Boolean: "this",
    exp.Null: "",
}
_VALUES: dict[type[exp.Expr], str] = {
    exp.BitwiseAnd: "this expression",
    exp.Coalesce: "this expressions",
    exp.Nullif: "this expression",
    exp.Greatest: "this expressions ignore_nulls",
    exp.Least: "this expressions ignore_nulls",
    exp.Length: "this",
    exp.Replace: "this expression replacement",
    exp.MD5: "this",
    exp.Chr: "expressions",
    exp.Transform: "this expression",
    exp.Lambda: "this expressions",
}
_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Count: "this big_int",
    exp.Sum: "this",
    exp.Min: "this",
    exp.Max: "this",
    exp.Filter: "this expression",
    exp.RowNumber: "",
}
SAME = _QUERIES | _CONDITIONS | _VALUES | _AGGREGATES
"""What both engines take for the same, with the arguments it may have."""

SAME_FUNCTIONS = {"octet_length", "map_entries", "xxhash64", "shiftright", "size"}
"""The same of functions that sqlglot doesn't know; the last three are Spark's alone, for `hashing`."""


def check(node: exp.Expr, arguments: dict[type[exp.Expr], str], functions: Container[str]) -> None:
    """Raises ComparisonError, naming it, for a construct that is not in SAME, and not among those given."""
    if isinstance(node, exp.DataType):
        return  # which its cast sees to
    if isinstance(node, exp.Anonymous):
        if node.name.lower() not in SAME_FUNCTIONS and node.name.lower() not in functions:
            raise refused(node, f"the function {node.name}")
        return
    known = (SAME | arguments).get(type(node))
    if known is None:
        raise refused(node, type(node).__name__)
    more = {key for key, value in node.args.items() if value not in (None, False, [], "")} - set(known.split())
    if more:
        raise refused(node, f"{type(node).__name__} with {', '.join(sorted(more))}")


def refused(node: exp.Expr, what: str) -> ComparisonError:
    """The error for a construct, which `what` names."""
    return ComparisonError(f"on Spark there is no proven equivalent of {what}, in {node.sql('duckdb')[:200]}")
