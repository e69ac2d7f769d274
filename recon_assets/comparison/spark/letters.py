"""Upper and lower case, letter by letter, as DuckDB has them.

Belongs here: the tables of letters for Spark's `translate`. Does not belong here: what case means in a rule
(`canonical`).

Spark's own `upper` and `lower` map by whole texts: ß becomes SS, a final Σ becomes ς. DuckDB maps each character to
one other, so the tables are taken from DuckDB itself.
"""

from functools import cache
from typing import Literal

import duckdb

Mapping = Literal["lower", "upper", "both"]
_SQL = {"lower": "lower(c)", "upper": "upper(c)", "both": "lower(upper(c))"}


@cache
def letters(mapping: Mapping) -> tuple[str, str]:
    """The characters that a mapping changes, and what each becomes, in the same order; `both` is to upper
    and then to lower."""
    codes = "(FROM range(1, 55296) UNION ALL FROM range(57344, 1114112)) AS t(i)"
    query = f"SELECT c, {_SQL[mapping]} AS d FROM (SELECT chr(CAST(i AS INTEGER)) AS c FROM {codes}) WHERE d <> c"
    with duckdb.connect() as connection:
        changed = connection.execute(f"{query} ORDER BY c").fetchall()
    return "".join(c for c, _ in changed), "".join(d for _, d in changed)
