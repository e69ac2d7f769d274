"""One side's rows without a partner, reduced to their keys and kept in a table while causes are searched for.

Belongs here: making that table, and what it shows by itself: surplus copies of keys that the other side has too. Does
not belong here: pairing its rows otherwise (`rows_repair`), or anything about rows that have a partner.

The table's columns: `k`, `mine`, `theirs` as in `UnpairedRows.rows`; `z<j>` whether key column j is NULL; and, where
both sides have such rows, `r<j>` key column j as the side has it, `h<j>` a hash of its canonical form, `h` one of all
of them that leaves their order open, `x<m>` a hash of the m-th value column that both sides have.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from recon_assets.comparison.canonical import csv_text
from recon_assets.comparison.causes.rows_input import KeyColumn, UnpairedRows, Workspace
from recon_assets.comparison.hashing import key_hash

MOST_KEYS = 64
"""Rows of more key columns than this (tables without a declared key, mostly) aren't paired otherwise."""
_MOST_VALUES = 16  # value columns kept to tell whether rows that pair otherwise belong together

SURPLUS = "(theirs >= 1 AND mine > theirs)"
"""SQL over `UnpairedRows.rows`: the row's key is there more often than on the other side, which has it too."""


@dataclass(frozen=True)
class Surplus:
    """Rows that are copies too many: how many, of how many keys, how often the keys most of them are of occur here and
    there, and whether all do."""

    rows: int
    keys: int
    mine: int
    theirs: int
    uniform: bool


@dataclass
class Unpaired:
    """The kept table of one side. `rest` counts the rows that nothing has taken out of it yet, `repaired` those that
    pair when a key column is looked at otherwise."""

    side: UnpairedRows
    table: str
    rest: int
    surplus: Surplus | None
    values: int
    repaired: int = 0

    @property
    def partnered(self) -> int:
        """The side's rows that have a partner, surplus copies and repaired rows among them."""
        surplus = self.surplus.rows if self.surplus else 0
        return self.side.total_rows - self.side.unpaired_rows + surplus + self.repaired


def keep_unpaired(space: Workspace, side: UnpairedRows, other: UnpairedRows, keys: Sequence[KeyColumn]) -> Unpaired:
    """Reads the side once. Surplus copies are counted and not kept."""
    values = _shared_values(side, other) if side.unpaired_rows and other.unpaired_rows else []
    repairable = other.unpaired_rows > 0 and len(keys) <= MOST_KEYS
    columns = ["k", "mine", "theirs", f"{SURPLUS} AS surplus"]
    for j, key in enumerate(keys):
        column = side.column(getattr(key, side.role))
        columns.append(f"{column.is_null} AS z{j}")
        if repairable:
            columns.append(f"{column.sql} AS r{j}")
            columns += [f"{csv_text(column.sql)} AS {csv_text(f'r{j}')}"] if column.has_text else []
            form = key.form(*_in_order(side, other), column.sql, column.sql)
            columns.append(f"{key_hash([(getattr(form, side.role), form.type)])} AS h{j}")
    if repairable:
        columns += [f"{key_hash([(sql, type_)])} AS x{m}" for m, (sql, type_) in enumerate(values)]
    query = f"SELECT {', '.join(columns)} FROM ({side.rows}) WHERE unpaired"
    if repairable:
        query = f"SELECT *, {_all_of(len(keys))} AS h FROM ({query})"
    table = space.keep(side.role, query)
    surplus = _surplus(space, table)
    space.rows(f"DELETE FROM {table} WHERE surplus")
    rest = side.unpaired_rows - (surplus.rows if surplus else 0)
    return Unpaired(side, table, rest, surplus, len(values) if repairable else 0)


def all_but(j: int) -> str:
    """SQL over the kept table: a hash of all key columns but the j-th."""
    return f"xor(h, hash(h{j}, {j}))"


def _all_of(keys: int) -> str:
    combined = "0::UBIGINT"
    for j in range(keys):
        combined = f"xor({combined}, hash(h{j}, {j}))"
    return combined


def _in_order(side: UnpairedRows, other: UnpairedRows) -> tuple[UnpairedRows, UnpairedRows]:
    return (side, other) if side.role == "source" else (other, side)


def _shared_values(side: UnpairedRows, other: UnpairedRows) -> list[tuple[str, str]]:
    """Value columns that the other side has by the same name and type, in an order that is the same from there."""
    types = {c.name.lower(): c.type for c in other.columns if not c.is_key}
    shared = [c for c in side.columns if not c.is_key and types.get(c.name.lower()) == c.type]
    return [(c.sql, c.type) for c in sorted(shared, key=lambda c: c.name.lower())[:_MOST_VALUES]]


def _surplus(space: Workspace, table: str) -> Surplus | None:
    """Every key has `mine - theirs` rows too many, so that the rows of a group count its keys."""
    groups = space.rows(
        f"SELECT mine, theirs, count(*) FROM {table} WHERE surplus"
        " GROUP BY mine, theirs ORDER BY count(*) DESC, mine, theirs"
    )
    if not groups:
        return None
    mine, theirs, _ = groups[0]
    keys = sum(round(rows / (m - t)) for m, t, rows in groups)
    return Surplus(sum(rows for *_, rows in groups), keys, mine, theirs, len(groups) == 1)
