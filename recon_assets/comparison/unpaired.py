"""The rows without a partner: a few to show, and why they have none.

Belongs here: bringing together the rows that the ways of pairing have left over. Does not belong here: how rows are
paired (`pairing`), or what a cause is (`causes`).
"""

from recon_assets.comparison.canonical import csv_text
from recon_assets.comparison.causes.rows import KeyColumn, RowColumn, UnpairedRows, explain_rows
from recon_assets.comparison.duck import Session
from recon_assets.comparison.findings import Unpaired
from recon_assets.comparison.keys import IN_BOTH
from recon_assets.comparison.pairing import Pairing
from recon_assets.comparison.pairs import named
from recon_assets.comparison.plan import ROLES, Plan, Role, shown
from recon_assets.comparison.schema import Column, Matching
from recon_assets.comparison.tally import CAUSE_SAMPLES, sample


def find_unpaired(
    session: Session,
    plan: Plan,
    whole: Plan,
    matching: Matching,
    pairing: Pairing,
    rows: tuple[int, int],
    totals: tuple[int, int],
    where: str,
    samples: int,
) -> tuple[Unpaired, Unpaired]:
    """Samples and explains the missing and the extra rows, `rows` of all the sides' rows (`totals`).

    `where` is the condition on `k` of the rows that were looked at.
    """
    found, sides = [], []
    for i, (role, unpaired) in enumerate(zip(ROLES, rows, strict=True)):
        ignored = {pair[i].name for pair in matching.ignored if pair[i]}
        columns = [c for c in plan.every_column(role) if c.name not in ignored]
        found.append(Unpaired(_samples(session, plan, role, columns, pairing, unpaired, samples)))
        sides.append(_whole_side(whole, role, columns, pairing, unpaired, totals[i], where))
    if any(rows):
        numbers = whole.numbers
        keys = [
            KeyColumn(k.pair.name, *(numbers[role][getattr(k.pair, role).name] for role in ROLES), k.pair.rule)
            for k in plan.keys
        ]
        causes = explain_rows(session.connection, *sides, keys, CAUSE_SAMPLES, whole_row=plan.whole_row)
        for unpaired, each in zip(found, causes, strict=True):
            unpaired.causes = each
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


def _whole_side(
    plan: Plan, role: Role, columns: list[Column], pairing: Pairing, unpaired: int, total: int, where: str
) -> UnpairedRows:
    """All of one side's rows, as the search for causes knows them."""
    names, described = ["k"], []
    for column in columns:
        number, name = plan.numbers[role][column.name], plan.name(role, column)
        names.append(f"{name} AS c{number}")
        if column.text:
            names.append(f"{csv_text(name)} AS {csv_text(f'c{number}')}")
        is_key = any(getattr(key.pair, role).name == column.name for key in plan.keys)
        described.append(RowColumn(number, column.name, column.type, is_key, column.text is not None))
    chosen = ", ".join(names)
    mine, theirs = (f"{each}_rows" for each in (ROLES if role == "source" else ROLES[::-1]))
    counts = f"coalesce({mine}, 1) AS mine, coalesce({theirs}, 1) AS theirs"
    parts = []
    if not pairing.odd_keys:
        if where:
            rows = plan.rows(role, columns, f"NOT ({where})")
            parts.append(f"SELECT {chosen}, false AS unpaired, 1 AS mine, 1 AS theirs FROM ({rows})")
        grouped = pairing.groups.every_row(role)
        parts.append(f"SELECT {chosen}, unpaired, 1 AS mine, CAST(NOT unpaired AS INTEGER) AS theirs FROM ({grouped})")
    else:
        ungrouped = f" WHERE k NOT IN (SELECT k FROM odd_keys WHERE {IN_BOTH})" if pairing.groups else ""
        parts.append(
            f"SELECT {chosen}, coalesce({theirs}, 1) = 0 AS unpaired, {counts}"
            f" FROM ({plan.rows(role, columns)}) LEFT JOIN odd_keys USING (k){ungrouped}"
        )
        if pairing.groups:
            grouped = f"({pairing.groups.every_row(role)}) LEFT JOIN odd_keys USING (k)"
            parts.append(f"SELECT {chosen}, unpaired, {counts} FROM {grouped}")
    return UnpairedRows(role, " UNION ALL ".join(parts), described, unpaired, total)
