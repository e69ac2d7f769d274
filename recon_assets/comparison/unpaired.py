"""The rows without a partner: a few to show, and why they have none.

Belongs here: bringing together the rows that the ways of pairing have left over. Does not belong here: how rows are
paired (`pairing`), or what a cause is (`causes`).
"""

from recon_assets.comparison.duck import Session
from recon_assets.comparison.findings import Unpaired
from recon_assets.comparison.pairing import Pairing
from recon_assets.comparison.pairs import named
from recon_assets.comparison.plan import ROLES, Plan, Role, shown
from recon_assets.comparison.schema import Column, Matching
from recon_assets.comparison.tally import sample


def find_unpaired(
    session: Session,
    plan: Plan,
    whole: Plan,
    matching: Matching,
    pairing: Pairing,
    rows: tuple[int, int],
    samples: int,
) -> tuple[Unpaired, Unpaired]:
    """Samples and explains the missing and the extra rows, `rows` of them."""
    found = []
    for i, (role, unpaired) in enumerate(zip(ROLES, rows, strict=True)):
        ignored = {pair[i].name for pair in matching.ignored if pair[i]}
        columns = [c for c in plan.every_column(role) if c.name not in ignored]
        found.append(Unpaired(_samples(session, plan, role, columns, pairing, unpaired, samples)))
    return found[0], found[1]


def _samples(
    session: Session, plan: Plan, role: Role, columns: list[Column], pairing: Pairing, rows: int, samples: int
) -> list[dict]:
    relations = []
    names = ", ".join(["k", *plan.key_columns, *named(plan, role, columns)])
    if role in pairing.lonely:
        relations.append(f"SELECT {names} FROM ({plan.rows(role, columns, pairing.lonely[role])})")
    if pairing.groups is not None:
        relations.append(f"SELECT {names} FROM ({pairing.groups.unpaired(role)})")
    if not relations:
        return []
    looks = {c.name: shown(c, plan.name(role, c)) for c in columns}
    taken = sample(
        session, " UNION ALL ".join(relations), plan.key_columns, looks, {"unpaired": ("true", rows)}, samples
    )
    return taken.get("unpaired", [])
