"""The samples of differing rows that causes are searched in, and what is asked of them before guessing.

Belongs here: bounding the rows looked at, and the frequent values of expressions. Does not belong here: guesses, or
their evaluation (`evidence`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import duckdb

from recon_assets.comparison.causes.candidate import DifferingColumn
from recon_assets.comparison.causes.guess import Finder, Frequent, Sampled
from recon_assets.comparison.causes.operands import Operands, decimals_used
from recon_assets.comparison.causes.selection import least_support

SAMPLED_ROWS = 20_000
"""How many differing rows of a column are looked at, about. A cause of 1 in 1000 of them still shows in 20."""
PART_ROWS = 2_000
"""How many of these every guess is tried on at once."""
_FREQUENT = 24
_SAMPLE = "causes_sample"
_PART = "causes_part"


@contextmanager
def sampled(
    connection: duckdb.DuckDBPyConnection, pairs: str, columns: Sequence[DifferingColumn]
) -> Iterator[tuple[str, dict[int, int]]]:
    """A relation of at most about SAMPLED_ROWS differing rows of each column, and how many each has."""
    counted = _count(connection, pairs, columns)
    shares = {c.index: -(-counted[c.index] // SAMPLED_ROWS) for c in columns}
    if all(share <= 1 for share in shares.values()):
        yield pairs, counted
        return
    flags = ", ".join(
        f"({c.differs} AND hash(k) % {shares[c.index]} = 0) AS {c.differs}" for c in columns if shares[c.index]
    )
    some = " OR ".join(c.differs for c in columns)
    chosen = f"SELECT * FROM (SELECT * REPLACE ({flags}) FROM {pairs}) WHERE {some}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_SAMPLE} AS {chosen}")
    try:
        yield _SAMPLE, _count(connection, _SAMPLE, columns)
    finally:
        connection.execute(f"DROP TABLE {_SAMPLE}")


def _count(connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[DifferingColumn]) -> dict[int, int]:
    if not columns:
        return {}
    wanted = ", ".join(f"count(*) FILTER ({c.differs})" for c in columns)
    counts = connection.execute(f"SELECT {wanted} FROM {relation}").fetchone()
    return dict(zip((c.index for c in columns), counts, strict=True))


@contextmanager
def part(
    connection: duckdb.DuckDBPyConnection,
    sample: str,
    where: str,
    rows: int,
    numbers: Iterable[int],
    prepared: Mapping[str, str],
) -> Iterator[str]:
    """A table of about PART_ROWS of the `rows` rows of a sample where a condition holds: their values in the columns
    with these numbers, and what is prepared of them (see `Operands.prepared`)."""
    share = -(-rows // PART_ROWS)
    some = f" AND hash(k, 1) % {share} = 0" if share > 1 else ""
    names = ["k", *(f"{letter}{n}" for n in sorted(numbers) for letter in "ab")]
    chosen = ", ".join([*names, *(f"{sql} AS {name}" for name, sql in prepared.items())])
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_PART} AS SELECT {chosen} FROM {sample} WHERE {where}{some}")
    try:
        yield _PART
    finally:
        connection.execute(f"DROP TABLE {_PART}")


def ask(connection: duckdb.DuckDBPyConnection, relation: str, operands: Operands, found: Sequence[Finder]) -> Sampled:
    """What guessing starts from: NULLs, decimals used, and the frequent values of what the finders ask for."""
    wanted = ["count(*)", *(f"count(*) FILTER ({v} IS NULL)" for v in (operands.x, operands.y))]
    if operands.family == "number" and operands.exact is not None:
        # but for 1 row in 100, lest one odd number has the say
        values = (operands.exact.x, operands.exact.y)
        wanted += [f"greatest(0, coalesce(quantile_disc({decimals_used(v)}, 0.99), 0))" for v in values]
    counts = connection.execute(f"SELECT {', '.join(wanted)} FROM {relation}").fetchone()
    known = Sampled(*counts)
    asks = {name: sql for finder in found for name, sql in finder.asks(operands, known).items()}
    return replace(known, frequent=_frequent(connection, relation, asks, least_support(known.rows)))


def _frequent(connection: duckdb.DuckDBPyConnection, relation: str, asks: Mapping[str, str], least: int) -> Frequent:
    if not asks:
        return {}
    values = ", ".join(f"CAST({sql} AS VARCHAR)" for sql in asks.values())
    query = (
        f"SELECT ask, value, count(*) AS rows"
        f" FROM (SELECT unnest([{values}]) AS value, unnest(range({len(asks)})) AS ask FROM {relation})"
        f" WHERE value IS NOT NULL GROUP BY ask, value HAVING count(*) >= {least}"
        f" QUALIFY row_number() OVER (PARTITION BY ask ORDER BY rows DESC, value) <= {_FREQUENT}"
        " ORDER BY rows DESC, value"
    )
    found: dict[str, list[tuple[str, int]]] = {name: [] for name in asks}
    names = list(asks)
    for n, text, count in connection.execute(query).fetchall():
        found[names[n]].append((text, count))
    return found
