"""What can be said of a column as a whole where no change of single values explains it.

Belongs here: values of the run itself (its time, generated ids and numbers) and columns that one side leaves constant.
Does not belong here: anything that takes one value to another (`catalogue`).
"""

from collections.abc import Mapping, Sequence

import duckdb

from recon_assets.comparison.causes.guess import Guess
from recon_assets.comparison.causes.operands import Direction, Operands, constant
from recon_assets.comparison.causes.operands import operands as of_values
from recon_assets.comparison.csv_columns import UUID_PATTERN
from recon_assets.comparison.types import digits

_NEARLY_ALL = 0.9
_VARIOUS = 5
_RUN = 3_600
"""The longest a run takes to write its times, in seconds."""
_RUNS = (631_152_000, 4_102_444_800)
"""Runs are of the years 1990 to 2099, in seconds since 1970."""
_FEW = 10
"""Rows that it takes for one of few values to be a constant."""


def whole_column(
    connection: duckdb.DuckDBPyConnection,
    sample: str,
    operands: Operands,
    left: str,
    rows: int,
    sides: Mapping[str, str] | None,
) -> list[Guess]:
    """Guesses about the rows where `left` holds, of the column's `rows` differing ones in the sample."""
    relation = f"(SELECT {operands.x} AS x, {operands.y} AS y FROM {sample} WHERE {left})"
    guesses = []
    if operands.family == "timestamp":
        guesses += _run_times(connection, sample, operands, left, rows, sides)
    if operands.family in ("uuid", "text"):
        guesses += _generated_ids(connection, relation, operands, rows)
    if sides is not None and all(digits(t) and not digits(t).scale for t in operands.types):
        guesses += _generated_numbers(connection, operands, sides)
    return guesses + _constants(connection, relation, operands)


def _run_times(
    connection: duckdb.DuckDBPyConnection,
    sample: str,
    operands: Operands,
    left: str,
    rows: int,
    sides: Mapping[str, str] | None,
) -> list[Guess]:
    """Nearly all of one side's times lie within one hour, and of the other's within another, as two runs' do."""
    ticks = operands.ticks
    query = (
        f"SELECT count(*), quantile_disc(x, [0.01, 0.99]), quantile_disc(y, [0.01, 0.99]) FROM"
        f" (SELECT {ticks.x} AS x, {ticks.y} AS y FROM {sample} WHERE {left}) WHERE x IS NOT NULL AND y IS NOT NULL"
    )
    count, *windows = connection.execute(query).fetchone()
    if count < _NEARLY_ALL * rows:
        return []
    (low_x, high_x), (low_y, high_y) = windows
    if not (high_x < low_y or high_y < low_x) or not all(_may_be_a_run(*w, ticks.second) for w in windows):
        return []
    if sides is not None and not _are_the_column(connection, operands, sides, windows):
        return []
    parts = []
    for value, (low, high) in ((ticks.x, windows[0]), (ticks.y, windows[1])):
        room = (high - low) // 4 + ticks.second
        parts.append(f"{value} BETWEEN {low - room} AND {high + room}")
    times = (f"'{_shown(connection, low, ticks.second)}'{' and later' if high > low else ''}" for low, high in windows)
    detail = "each side has the time of its own run: {} in the source, {} in the target".format(*times)
    return [Guess("volatile", detail, " AND ".join(parts), sure=True)]


def _may_be_a_run(low: int, high: int, second: int) -> bool:
    """Whether a run may have written times from `low` to `high`. One time of a whole minute is a date or a default."""
    in_time = _RUNS[0] * second <= low and high < _RUNS[1] * second
    return in_time and high - low <= _RUN * second and (high > low or low % (60 * second) != 0)


def _are_the_column(
    connection: duckdb.DuckDBPyConnection,
    operands: Operands,
    sides: Mapping[str, str],
    windows: Sequence[tuple[int, int]],
) -> bool:
    """Whether nearly all times of each side lie within its window, not only those of the rows that differ."""
    value = f"c{operands.column.index}"
    ticks = of_values(operands.column, value, value).ticks
    for side, count, (low, high) in zip(("source", "target"), (ticks.x, ticks.y), windows, strict=True):
        room = high - low + ticks.second
        share = connection.execute(
            f"SELECT avg(CAST({count} BETWEEN {low - room} AND {high + room} AS INTEGER)) FROM ({sides[side]})"
        ).fetchone()[0]
        if share is None or share < _NEARLY_ALL:
            return False
    return True


def _shown(connection: duckdb.DuckDBPyConnection, count: int, second: int) -> str:
    micro = count // (second // 1_000_000)
    return connection.execute(f"SELECT strftime(make_timestamp({micro}), '%Y-%m-%d %H:%M:%S')").fetchone()[0]


def _generated_ids(connection: duckdb.DuckDBPyConnection, relation: str, operands: Operands, rows: int) -> list[Guess]:
    """UUIDs that occur once each, and on one side only."""
    is_uuid = " AND ".join(f"regexp_full_match(CAST({v} AS VARCHAR), '{UUID_PATTERN}')" for v in ("x", "y"))
    query = (
        f"WITH found AS MATERIALIZED (SELECT lower(CAST(x AS VARCHAR)) AS x, lower(CAST(y AS VARCHAR)) AS y"
        f" FROM {relation} WHERE {is_uuid}) SELECT count(*), count(DISTINCT x), count(DISTINCT y),"
        " (SELECT count(*) FROM found WHERE x IN (SELECT y FROM found)) FROM found"
    )
    count, xs, ys, common = connection.execute(query).fetchone()
    if count < _NEARLY_ALL * rows or min(xs, ys) < _NEARLY_ALL * count or common:
        return []
    holds = " AND ".join(f"regexp_full_match(CAST({v} AS VARCHAR), '{UUID_PATTERN}')" for v in (operands.x, operands.y))
    return [Guess("volatile", "each side has generated its own UUIDs", holds, sure=True)]


def _generated_numbers(
    connection: duckdb.DuckDBPyConnection, operands: Operands, sides: Mapping[str, str]
) -> list[Guess]:
    """Both sides number their rows without gaps, in different orders."""
    value = f"c{operands.column.index}"
    for side in sides.values():
        rows, different, low, high = connection.execute(
            f"SELECT count({value}), approx_count_distinct({value}), min({value}), max({value}) FROM ({side})"
        ).fetchone()
        if rows < _VARIOUS or high - low + 1 != rows or different < 0.8 * rows:
            return []
    holds = f"{operands.x} IS NOT NULL AND {operands.y} IS NOT NULL"
    return [Guess("volatile", "each side has numbered its rows in an order of its own", holds, sure=True)]


def _constants(connection: duckdb.DuckDBPyConnection, relation: str, operands: Operands) -> list[Guess]:
    """One side has one value, or NULL, where the other has various ones."""
    query = (
        "SELECT count(*), count(*) FILTER (x IS NULL), count(*) FILTER (y IS NULL),"
        " count(DISTINCT x), count(DISTINCT y), CAST(mode(x) AS VARCHAR), CAST(mode(y) AS VARCHAR),"
        " count(DISTINCT x) FILTER (y IS NULL), count(DISTINCT y) FILTER (x IS NULL)"
        f" FROM {relation}"
    )
    rows, x_nulls, y_nulls, xs, ys, x_mode, y_mode, beside_y, beside_x = connection.execute(query).fetchone()
    guesses = []
    facts = ((xs, ys, x_mode, y_mode, y_nulls, beside_y), (ys, xs, y_mode, x_mode, x_nulls, beside_x))
    directions = operands.directions(operands.x, operands.y)
    for d, (before, after, only, mode, nulls, beside) in zip(directions, facts, strict=True):
        if nulls and beside >= min(2, nulls):
            detail = f"NULL in the {d.after} where the {d.before} has a value"
            guesses.append(Guess("null", detail, f"{d.y} IS NULL AND {d.x} IS NOT NULL", sure=True))
        if after == 1 and nulls < rows and (before >= _VARIOUS or rows >= _FEW):
            guesses.append(_always(d, mode, only if before == 1 else None))
    return guesses


def _always(d: Direction, value: str, only: str | None) -> Guess:
    """`only`: the one value that the other side has; None where it has various ones."""
    where = (
        f"where the {d.before} has {_quoted(only, d.before_type)}"
        if only is not None
        else f"whatever the {d.before} has"
    )
    return Guess(
        "constant",
        f"{_quoted(value, d.after_type)} in the {d.after} {where}",
        f"{d.y} = {constant(value, d.after_type)} AND {d.x} IS NOT NULL",
        sure=True,
    )


def _quoted(value: str, duck_type: str) -> str:
    return f"'{value}'" if duck_type == "VARCHAR" else value
