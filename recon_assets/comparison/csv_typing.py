"""Giving a CSV file's text columns the types they are compared in.

Belongs here: deciding, from all of a column's values, whether it is read as another type. Does not belong
here: what counts as a type's faithful writing (`csv_columns`).
"""

from dataclasses import replace

import duckdb

from recon_assets.comparison.csv_columns import faithful
from recon_assets.comparison.duck import one_row, reading
from recon_assets.comparison.schema import Column, Pair, Side


def typed_pairs(
    connection: duckdb.DuckDBPyConnection, pairs: list[Pair], source: Side, target: Side, csv: set[str]
) -> list[Pair]:
    """The pairs, with columns of the sides in `csv` (roles) typed: as the other side's column, or as a rule
    asks.

    Each such side is read once to look at all values; a column where one doesn't fit stays text, with a note.
    """
    wanted: dict[str, dict[str, str]] = {"source": {}, "target": {}}
    for pair in pairs:
        for role, mine, other in (("source", pair.source, pair.target), ("target", pair.target, pair.source)):
            if role in csv:
                type_ = _type_by_rule(pair) if len(csv) == 2 else other.type
                if type_ and faithful("x", type_):
                    wanted[role][mine.name] = type_
    columns = {
        side.role: _typed_columns(connection, side, wanted[side.role]) for side in (source, target) if side.role in csv
    }
    return [
        replace(
            pair,
            source=columns.get("source", {}).get(pair.source.name, pair.source),
            target=columns.get("target", {}).get(pair.target.name, pair.target),
        )
        for pair in pairs
    ]


def _type_by_rule(pair: Pair) -> str | None:
    """Two CSV columns are compared as text unless a rule speaks of numbers or timestamps."""
    rule = pair.rule
    if rule.tolerance is not None or rule.relative_tolerance is not None:
        return "DECIMAL(38,10)"
    if rule.timezone is not None or rule.precision is not None:
        return "TIMESTAMP"
    return None


def _typed_columns(connection: duckdb.DuckDBPyConnection, side: Side, wanted: dict[str, str]) -> dict[str, Column]:
    if not wanted:
        return {}
    columns = {name: side.find(name) for name in wanted}
    checks = ", ".join(
        f"min(CASE WHEN NOT {faithful(columns[name].sql, type_)} THEN {columns[name].sql} END)"
        for name, type_ in wanted.items()
    )
    with reading(side.label):
        unfit = one_row(connection, f"SELECT {checks} FROM {side.view} AS raw")
    typed = {}
    for (name, type_), example in zip(wanted.items(), unfit, strict=True):
        column = columns[name]
        if example is None:
            typed[name] = replace(column, type=type_, sql=f"CAST({column.sql} AS {type_})")
        else:
            note = f"the {side.role}'s CSV text is not {type_} throughout (as in {example[:40]!r}), so it stays text"
            typed[name] = replace(column, note=note)
    return typed
