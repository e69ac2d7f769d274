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
        repairs = Repairs(space, kept, keys)
        repairs.search()
        found = {}
        for role, unpaired in kept.items():
            nulls = {} if whole_row else _null_keys(space, unpaired, keys)
            frame = _frame(space, unpaired, keys, whole_row)
            described = search(frame) if frame else []
            claims = Claims(space, unpaired.side, repairs.tables[role], nulls, described, samples)
            found[role] = claims.causes(unpaired.surplus, repairs.found, whole_row)
        return found.get("source", []), found.get("target", [])


def _null_keys(space: Workspace, unpaired: Unpaired, keys: Sequence[KeyColumn]) -> dict[str, Predicate]:
    """By column name: that a key column is NULL, for those that are in some row without a partner."""
    columns = [unpaired.side.column(getattr(key, unpaired.side.role)) for key in keys]
    if not columns:
        return {}
    null = space.row(f"SELECT {', '.join(f'bool_or(z{j})' for j in range(len(columns)))} FROM {unpaired.table}")
    found = [column for column, some in zip(columns, null, strict=True) if some][:_MOST_NULLS]
    return {c.name: Predicate(c.is_null, f"{c.name} IS NULL", 1, math.log(len(keys))) for c in found}


def _frame(space: Workspace, unpaired: Unpaired, keys: Sequence[KeyColumn], whole_row: bool) -> Frame | None:
    """The sample to search; where a NULL in the key already tells rows apart, another one without them."""
    frame = draw(space, unpaired.side, unpaired.table, unpaired.rest)
    if frame is None or whole_row:
        return frame
    positions = {column.index: i for i, column in enumerate(unpaired.side.columns)}
    known = [
        f"z{j}"
        for j, key in enumerate(keys)
        if frame.gain_of_null(positions[getattr(key, unpaired.side.role)]) >= ROUGHLY
    ]
    if not known:
        return frame
    space.rows(f"DELETE FROM {unpaired.table} WHERE {' OR '.join(known)}")
    unpaired.rest = space.row(f"SELECT count(*) FROM {unpaired.table}")[0]
    return draw(space, unpaired.side, unpaired.table, unpaired.rest)
