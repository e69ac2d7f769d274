"""Which rows are paired how: the keys that occur once on both sides by a join, the others in groups.

Belongs here: dividing the rows among the ways to pair them. Does not belong here: the ways (`pairs`, `groups`), or
telling odd keys (`keys`).
"""

from dataclasses import dataclass

from recon_assets.comparison.duck import Session
from recon_assets.comparison.groups import EXACT_PAIRS, Groups
from recon_assets.comparison.keys import NOT_ODD, SHARED, UNPAIRED, OddKeys, odd_keys
from recon_assets.comparison.plan import Plan, Role


@dataclass(frozen=True)
class Pairing:
    """How rows are paired.

    `once`: the condition on `k` of rows whose key occurs once on both sides, `once_rows` how many there are on either
    side (without a declared key: rows that occur equally often). `groups` has the rows of repeated keys, `lonely` the
    condition on `k` of rows whose key the other side lacks. `odd_keys`: whether the table of that name is there, and
    `has_odd` whether it has any. `repeated`: distinct repeated keys, per side.
    """

    once: str
    once_rows: int
    groups: Groups | None
    lonely: dict[Role, str]
    odd_keys: bool
    has_odd: bool
    repeated: tuple[int, int]

    @property
    def pairs(self) -> int:
        """How many pairs there are; fewer, where keys of one hash turn out to be two."""
        return self.once_rows + (self.groups.paired if self.groups else 0)

    @property
    def large_groups(self) -> int:
        """Of how many groups not all pairings were tried."""
        return self.groups.large_groups if self.groups else 0


def pair_rows(
    session: Session, plan: Plan, where: str, source_rows: int, *, same_keys: bool, odd: OddKeys | None = None
) -> Pairing:
    """Divides the rows where `where` holds, `source_rows` of them in the source; keeps tables in the session.

    `same_keys`: both sides' keys are known to be the same, equally often. `odd`: what `odd_keys` has found of them.
    """
    if plan.whole_row and plan.values:  # nearly equal is no equivalence: nothing can be told from hashes
        groups = Groups(session, plan, where)
        return Pairing("false", 0, groups, {}, False, True, (0, 0))
    odd = odd or odd_keys(session, plan, where, same_keys=same_keys)
    groups = Groups(session, plan, SHARED) if any(odd.shared) else None
    has_odd = any(odd.rows.values())
    once = " AND ".join(f"({part})" for part in (where, NOT_ODD if has_odd else "") if part)
    lonely = {role: UNPAIRED[role] for role, rows in (("source", odd.missing), ("target", odd.extra)) if rows}
    once_rows = source_rows - odd.rows["source"]
    return Pairing(once, once_rows, groups, lonely, True, has_odd, odd.repeated)


def describe(plan: Plan, grouped: bool, large_groups: int) -> str:
    """How rows were paired; `grouped`: whether keys repeat, `large_groups`: of how many groups not all pairings were
    tried."""
    if plan.whole_row:
        how = "whole rows, equal ones with each other"
    elif not grouped:
        return "by key, which is unique on both sides where they differ"
    else:
        how = "by key; rows of a repeated key so that the fewest values differ"
    if large_groups:
        how += (
            f"; {large_groups} group(s) with more than {EXACT_PAIRS} possible pairs were paired in the order "
            "of their values, which may show more differences than need be"
        )
    return how
