"""Counting and sampling what differs between rows that have been paired.

Belongs here: one count and one sample over a relation of pairs, whichever way they were found. Does not
belong here: how rows are paired (`pairing` for unique keys, `groups` for the rest).

Samples are the rows whose key hashes are smallest: the same ones on every run and for swapped sides, spread
over the whole table, and found without keeping rows.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import duckdb

from recon_assets.comparison.duck import one_row
from recon_assets.comparison.plan import Plan, Value
from recon_assets.comparison.result import Row, ValueSample
from recon_assets.comparison.schema import Column


@dataclass
class Samples:
    """At most `limit` of each kind, JSON-ready."""

    columns: dict[int, list[ValueSample]] = field(default_factory=dict)
    missing: list[Row] = field(default_factory=list)
    extra: list[Row] = field(default_factory=list)


@dataclass
class Tally:
    """Pairs, rows without a pair, and differing values by column index, with the key hashes to sample."""

    paired: int = 0
    differences: dict[int, int] = field(default_factory=dict)
    sampled: dict[int | str, list[int]] = field(default_factory=dict)

    def key_hashes(self) -> list[int]:
        return sorted({k for hashes in self.sampled.values() for k in hashes})


def pair_columns(values: list[Value]) -> str:
    """The columns every relation of pairs has, given the rows `s` and `t`."""
    flags = "".join(f", {v.differs} AS d{v.index}" for v in values)
    return f"coalesce(s.k, t.k) AS k, s.k IS NOT NULL AS in_source, t.k IS NOT NULL AS in_target{flags}"


def count(connection: duckdb.DuckDBPyConnection, pairs: str, values: list[Value], samples: int) -> Tally:
    """Counts a relation of pairs in one pass."""
    kinds: dict[int | str, str] = {v.index: f"in_source AND in_target AND d{v.index}" for v in values}
    kinds |= {"missing": "NOT in_target", "extra": "NOT in_source"}
    wanted = ["count(*) FILTER (in_source AND in_target)"]
    for condition in kinds.values():
        wanted.append(f"count(*) FILTER ({condition})")
        wanted.append(f"min(k, {samples}) FILTER ({condition})" if samples else "NULL")
    paired, *found = one_row(connection, f"SELECT {', '.join(wanted)} FROM ({pairs})")
    by_kind = dict(zip(kinds, zip(found[::2], found[1::2], strict=True), strict=True))
    return Tally(
        paired,
        {v.index: by_kind[v.index][0] for v in values},
        {kind: hashes or [] for kind, (_, hashes) in by_kind.items()},
    )


def collect(
    connection: duckdb.DuckDBPyConnection,
    pairs: str,
    plan: Plan,
    values: list[Value],
    tally: Tally,
    shown: dict[str, list[Column]],
    samples: Samples,
    limit: int,
) -> None:
    """Adds the sampled rows of a relation of pairs (with the columns sa…, ta… of what is shown) to
    `samples`."""
    order = [f"ks{i}" for i in range(len(plan.keys))]
    order += [f"{role[0]}a{i}" for role, columns in shown.items() for i in range(len(columns))]
    cursor = connection.execute(f"SELECT * FROM ({pairs}) ORDER BY {', '.join(order)}")
    names = [d[0] for d in cursor.description]
    wanted = {kind: set(hashes) for kind, hashes in tally.sampled.items()}
    while batch := cursor.fetchmany(256):
        for values_of_row in batch:
            row = dict(zip(names, values_of_row, strict=True))
            _take(row, plan, values, wanted, shown, samples, limit)


def _take(
    row: dict[str, Any],
    plan: Plan,
    values: list[Value],
    wanted: dict[int | str, set[int]],
    shown: dict[str, list[Column]],
    samples: Samples,
    limit: int,
) -> None:
    sides = {
        role: {c.name: json_ready(row[f"{role[0]}a{i}"]) for i, c in enumerate(columns)}
        for role, columns in shown.items()
    }
    if not row["in_target"] or not row["in_source"]:
        kind, role = ("missing", "source") if row["in_source"] else ("extra", "target")
        rows = samples.missing if kind == "missing" else samples.extra
        if row["k"] in wanted[kind] and len(rows) < limit:
            rows.append(sides[role])
        return
    key = {pair.name: sides["source"][pair.source.name] for pair, _ in plan.keys}
    for value in values:
        taken = samples.columns.setdefault(value.index, [])
        if row[f"d{value.index}"] and row["k"] in wanted[value.index] and len(taken) < limit:
            pair = value.pair
            taken.append(ValueSample(key, sides["source"][pair.source.name], sides["target"][pair.target.name]))


def json_ready(value: Any) -> Any:
    """A value as JSON can hold it exactly."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
