"""Which keys do not occur exactly once on either side.

Belongs here: finding repeated, missing and extra keys by their hashes alone, and counting what follows from them. Does
not belong here: pairing rows (`pairs` for keys that occur once on both sides, `groups` for the rest).

Equal keys have equal hashes, so a key whose hash occurs once on a side is unique there. Where two keys share a hash,
they end up among the odd ones, which are looked at by the key itself.
"""

from dataclasses import dataclass

from recon_assets.comparison.duck import Session
from recon_assets.comparison.plan import ROLES, Plan, Role, select_where

NOT_ODD = "k NOT IN (SELECT k FROM odd_keys)"
UNPAIRED = {
    "source": "k IN (SELECT k FROM odd_keys WHERE target_rows = 0)",
    "target": "k IN (SELECT k FROM odd_keys WHERE source_rows = 0)",
}
"""Conditions on `k`: the side's rows whose key the other side doesn't have."""
ODD = "k IN (SELECT k FROM odd_keys)"
IN_BOTH = "source_rows > 0 AND target_rows > 0"
SHARED = f"k IN (SELECT k FROM odd_keys WHERE {IN_BOTH})"
"""The condition on `k` of rows that have to be paired in groups."""


@dataclass(frozen=True)
class OddKeys:
    """How many rows have odd keys: `missing` and `extra` ones, whose key the other side lacks, and `shared` ones,
    which repeat on a side and occur on both (source's, target's). `repeated`: distinct keys that repeat, per side."""

    missing: int
    extra: int
    shared: tuple[int, int]
    repeated: tuple[int, int]

    @property
    def rows(self) -> dict[Role, int]:
        return {"source": self.missing + self.shared[0], "target": self.extra + self.shared[1]}


def odd_keys(session: Session, plan: Plan, where: str, *, same_keys: bool) -> OddKeys:
    """Looks at the keys of the rows where `where` holds; leaves the odd ones in the table `odd_keys` (k, source_rows,
    target_rows). `same_keys`: both sides are known to have the same ones, equally often. Without a declared key, rows
    that occur equally often on both sides are not odd.
    """
    source, target = (plan.rows(role, [], where) for role in ROLES)
    if same_keys:
        odd = (
            f"SELECT k, count(*) AS source_rows, count(*) AS target_rows FROM ({source}) GROUP BY k HAVING count(*) > 1"
        )
    else:
        both = f"SELECT k, 1 AS mine, NULL AS theirs FROM ({source}) UNION ALL SELECT k, NULL, 1 FROM ({target})"
        as_often = "count(mine) = count(theirs)"
        even = as_often if plan.whole_row and not plan.values else f"count(mine) = 1 AND {as_often}"
        odd = (
            f"SELECT k, count(mine) AS source_rows, count(theirs) AS target_rows FROM ({both})"
            f" GROUP BY k HAVING NOT ({even})"
        )
    session.keep("odd_keys", odd)
    missing, extra, shared_source, shared_target = session.row(
        "SELECT coalesce(sum(CASE WHEN target_rows = 0 THEN source_rows END), 0),"
        " coalesce(sum(CASE WHEN source_rows = 0 THEN target_rows END), 0),"
        " coalesce(sum(CASE WHEN target_rows > 0 THEN source_rows END), 0),"
        " coalesce(sum(CASE WHEN source_rows > 0 THEN target_rows END), 0) FROM odd_keys"
    )
    repeated = (0, 0) if plan.whole_row else tuple(_repeated_odd(session, plan, role) for role in ROLES)
    return OddKeys(int(missing), int(extra), (int(shared_source), int(shared_target)), repeated)


def repeated_keys(session: Session, plan: Plan, role: Role, rows: int, where: str) -> int:
    """How many distinct keys repeat among a side's rows where `where` holds, which are `rows`."""
    if plan.whole_row or not rows:
        return 0
    keys = plan.rows(role, [], where)
    if session.row(f"SELECT count(DISTINCT k) FROM ({keys})")[0] == rows:
        return 0
    session.keep("repeated", f"SELECT k FROM ({keys}) GROUP BY k HAVING count(*) > 1")
    return _distinct_repeated(session, plan, select_where(keys, "k IN (SELECT k FROM repeated)"))


def _repeated_odd(session: Session, plan: Plan, role: Role) -> int:
    repeat = f"SELECT k FROM odd_keys WHERE {role}_rows > 1"
    if not session.row(f"SELECT count(*) FROM ({repeat})")[0]:
        return 0
    return _distinct_repeated(session, plan, plan.rows(role, [], f"k IN ({repeat})"))


def _distinct_repeated(session: Session, plan: Plan, rows: str) -> int:
    key = ", ".join(plan.key_columns)
    return session.row(f"SELECT count(*) FROM (SELECT {key} FROM ({rows}) GROUP BY {key} HAVING count(*) > 1)")[0]
