"""Values that belong to another row: the one before or after, or any of those that share the leading key columns.

Belongs here: the lookup of other rows' values, by one read of each side. Does not belong here: values of another column
of the same row (`swaps`).
"""

from collections.abc import Mapping, Sequence
from uuid import uuid4

import duckdb

from recon_assets.comparison.causes.guess import Guess
from recon_assets.comparison.causes.operands import Operands, operands

MOST_ROWS = 5_000_000
"""Of a side; beyond, no neighbours are looked at, since each side is sorted by its key."""
_LEAST_VALUES = 5
_FAR = 7  # rows away: that a value is there too is chance


def other_rows(
    connection: duckdb.DuckDBPyConnection, sides: Mapping[str, str], columns: Sequence[Operands]
) -> dict[int, list[Guess]]:
    """Guesses by column; none where there are no key columns or too many rows.

    They need a lookup table, which stays for as long as the session does.
    """
    guesses: dict[int, list[Guess]] = {o.column.index: [] for o in columns}
    keys = _keys(connection, sides["source"])
    columns = [o for o in columns if o.family is not None]
    if not keys or not columns or any(_rows(connection, side) > MOST_ROWS for side in sides.values()):
        return guesses
    name = f"causes_rows_{uuid4().hex[:12]}"
    connection.execute(f"CREATE TEMP TABLE {name} AS {_lookup(name, sides, keys, columns)}")
    for o in columns:
        guesses[o.column.index] = _guesses(name, o, keys)
    return guesses


def _guesses(name: str, column: Operands, keys: Sequence[str]) -> list[Guess]:
    i = column.column.index

    def at(place: str) -> str:
        return operands(column.column, f"{name}_{place}{i}", column.b).same

    far = [at("far_before"), at("far_after")]
    guesses = [
        Guess("other_row", f"the target has the value of the row {place}, in the order of the key", at(place), far,
              _LEAST_VALUES, lookup=name)
        for place in ("before", "after")
    ]  # fmt: skip
    if len(keys) > 1:
        detail = "the target has the value of another row with the same leading key columns, whose values are permuted"
        guesses.append(Guess("other_row", detail, f"{name}_tied{i}", (), _LEAST_VALUES, True, lookup=name))
    return guesses


def _lookup(name: str, sides: Mapping[str, str], keys: Sequence[str], columns: Sequence[Operands]) -> str:
    """SELECT of one row for each key that is unique in the source."""
    chosen = []
    for o in columns:
        i = o.column.index
        for place, moved in (("before", "lag"), ("after", "lead")):
            chosen.append(f"{moved}(c{i}) OVER w AS {name}_{place}{i}")
            chosen.append(f"{moved}(c{i}, {_FAR}) OVER w AS {name}_far_{place}{i}")
    tied, joins = [], ""
    for n in sorted({len(keys) - 1, 1} - {0, len(keys)}):
        groups = [_groups(side, keys[:n], columns, role) for role, side in sides.items()]
        on = " AND ".join(f"p.{k} IS NOT DISTINCT FROM q.{k}" for k in keys[:n])
        flags = ", ".join(f"p.g{o.column.index} = q.g{o.column.index} AS g{o.column.index}" for o in columns)
        shown = ", ".join(f"p.{k} AS {k}" for k in keys[:n])
        joins += (
            f" LEFT JOIN (SELECT {shown}, {flags} FROM ({groups[0]}) AS p JOIN ({groups[1]}) AS q ON {on}) AS t{n}"
            f" ON {' AND '.join(f'r.{k} IS NOT DISTINCT FROM t{n}.{k}' for k in keys[:n])}"
        )
        tied.append(n)
    if tied:
        for o in columns:
            i = o.column.index
            any_of = " OR ".join(f"coalesce(t{n}.g{i}, false)" for n in tied)
            chosen.append(f"({any_of}) AS {name}_tied{i}")
    window = f"WINDOW w AS (ORDER BY {', '.join(f'r.{k}' for k in keys)})"
    return (
        f"SELECT r.k, {', '.join(chosen)} FROM ({sides['source']}) AS r{joins} {window}"
        " QUALIFY count(*) OVER (PARTITION BY r.k) = 1"
    )


def _groups(side: str, keys: Sequence[str], columns: Sequence[Operands], role: str) -> str:
    """For each group of rows with these keys: the sum of each column's hashed values, which knows no order."""
    sums = []
    for o in columns:
        value = f"c{o.column.index}"
        source, target = operands(o.column, value, value).form
        sums.append(f"sum(hash({source if role == 'source' else target})) + count(*) AS g{o.column.index}")
    return f"SELECT {', '.join(keys)}, {', '.join(sums)} FROM ({side}) GROUP BY {', '.join(keys)} HAVING count(*) > 1"


def _keys(connection: duckdb.DuckDBPyConnection, side: str) -> list[str]:
    names = [d[0] for d in connection.execute(f"SELECT * FROM ({side}) LIMIT 0").description]
    return sorted((n for n in names if n[0] == "k" and n[1:].isdigit()), key=lambda n: int(n[1:]))


def _rows(connection: duckdb.DuckDBPyConnection, side: str) -> int:
    return connection.execute(f"SELECT count(*) FROM ({side})").fetchone()[0]
