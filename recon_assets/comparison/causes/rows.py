"""Why rows are missing from the target, and why it has extra ones.

Belongs here: the order in which causes are looked for. Does not belong here: how each is found (`rows_unpaired`:
copies too many; `rows_repair`: keys that differ; `rows_search`: predicates), or which are claimed (`rows_claims`).

Both sides' rows without a partner are kept by their keys; surplus copies are taken out first, then rows that pair
when a key column is looked at otherwise, then those with NULL in a key column. For the rest a predicate is searched
in a bounded sample. All candidates are then counted over all rows. That makes four scans of each side that has such
rows, and a fifth where keys are NULL.
"""

import math
from collections.abc import Sequence

import duckdb

from recon_assets.comparison.causes.predicates import Predicate
from recon_assets.comparison.causes.rows_claims import Claims
from recon_assets.comparison.causes.rows_frame import Frame, draw
from recon_assets.comparison.causes.rows_input import KeyColumn, RowColumn, UnpairedRows, Workspace
from recon_assets.comparison.causes.rows_repair import Repairs
from recon_assets.comparison.causes.rows_search import ROUGHLY, search
from recon_assets.comparison.causes.rows_unpaired import Unpaired, keep_unpaired
from recon_assets.comparison.result import RowCause

__all__ = ["KeyColumn", "RowColumn", "UnpairedRows", "explain_rows"]

_MOST_NULLS = 30  # key columns whose NULLs are counted


def explain_rows(
    connection: duckdb.DuckDBPyConnection,
    missing: UnpairedRows,
    extra: UnpairedRows,
    keys: Sequence[KeyColumn],
    samples: int,
    *,
    whole_row: bool = False,
) -> tuple[list[RowCause], list[RowCause]]:
    """The causes of missing rows (the source's) and of extra ones (the target's), those of most rows first.

    Together a side's causes account for all of its rows without a partner, each row for one cause; `unexplained` are
    those of no other. `samples` rows are kept of each cause at most. `whole_row`: no key is declared, `keys` being all
    columns that rows pair by. May raise duckdb.Error for data or resources.
    """
    with Workspace(connection) as space:
        kept = {
            side.role: keep_unpaired(space, side, other, keys)
            for side, other in ((missing, extra), (extra, missing))
            if side.unpaired_rows
        }
        nulls = {role: [] if whole_row else _null_rows(space, unpaired, keys) for role, unpaired in kept.items()}
        repairs = Repairs(space, kept, keys)
        repairs.search()
        found = {}
        for role, unpaired in kept.items():
            null = _null_keys(space, unpaired, keys, nulls[role])
            frame = _frame(space, unpaired, repairs.tables[role], null)
            described = search(frame) if frame else []
            telling = {c.name: Predicate(c.is_null, f"{c.name} IS NULL", 1, math.log(len(keys))) for c in null.values()}
            claims = Claims(space, unpaired.side, repairs.tables[role], telling, described, samples)
            found[role] = claims.causes(unpaired.surplus, repairs.found, whole_row)
        return found.get("source", []), found.get("target", [])


def _null_rows(space: Workspace, unpaired: Unpaired, keys: Sequence[KeyColumn]) -> list[int]:
    """By key column: in how many of the kept rows it is NULL."""
    counts = ", ".join(f"count(*) FILTER (z{j})" for j in range(len(keys)))
    return list(space.row(f"SELECT {counts} FROM {unpaired.table}"))


def _null_keys(
    space: Workspace, unpaired: Unpaired, keys: Sequence[KeyColumn], before: Sequence[int]
) -> dict[int, RowColumn]:
    """The key columns, by position, that are NULL in some kept row and in none that a repair took since `before`: where
    NULL rows have a partner after all, their NULL is not why the others have none."""
    if not any(before):
        return {}
    now = _null_rows(space, unpaired, keys)
    found = [j for j, (rows, earlier) in enumerate(zip(now, before, strict=True)) if rows and rows == earlier]
    return {j: unpaired.side.column(getattr(keys[j], unpaired.side.role)) for j in found[:_MOST_NULLS]}


def _frame(space: Workspace, unpaired: Unpaired, repaired: str, null: dict[int, RowColumn]) -> Frame | None:
    """The sample to search; where a NULL in the key already tells rows apart, another one without them."""
    frame = draw(space, unpaired, repaired)
    if frame is None:
        return None
    positions = {column.index: i for i, column in enumerate(unpaired.side.columns)}
    known = [f"z{j}" for j, column in null.items() if frame.gain_of_null(positions[column.index]) >= ROUGHLY]
    if not known:
        return frame
    space.rows(f"DELETE FROM {unpaired.table} WHERE {' OR '.join(known)}")
    unpaired.rest = space.row(f"SELECT count(*) FROM {unpaired.table}")[0]
    return draw(space, unpaired, repaired)
