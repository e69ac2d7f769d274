"""The rows without a partner: a few to show, and why they have none.

Belongs here: bringing together the rows that the ways of pairing have left over. Does not belong here: how rows are
paired (`pairing`), or what a cause is (`causes`).
"""

from recon_assets.comparison.canonical import csv_text
from recon_assets.comparison.causes.rows import KeyColumn, RowColumn, UnpairedRows, explain_rows
from recon_assets.comparison.duck import Session
from recon_assets.comparison.findings import Findings, Unpaired
from recon_assets.comparison.keys import IN_BOTH
from recon_assets.comparison.pairing import Pairing
from recon_assets.comparison.pairs import named
from recon_assets.comparison.plan import ROLES, Plan, Role, shown
from recon_assets.comparison.question import Question
from recon_assets.comparison.schema import Column, Matching
from recon_assets.comparison.tally import CAUSE_SAMPLES, sample


def find_unpaired(
    session: Session, question: Question, matching: Matching, pairing: Pairing, found: Findings, samples: int
) -> tuple[Unpaired, Unpaired]:
    """Samples and explains the missing and the extra rows, which are those that `found` has no pairs of."""
    sides, results = [], []
    whole = question.whole
    rows = {role: total - found.paired for role, total in found.rows.items()}
    for role in ROLES:
        relation = unpaired_rows(question.plan, role, matching, pairing)
        looks = looks_of(question.plan, role, matching)
        kinds = {"unpaired": ("true", rows[role])}
        taken = sample(session, relation, question.plan.key_columns, looks, kinds, samples) if relation else {}
        results.append(Unpaired(taken.get("unpaired", [])))
        sides.append(_whole_side(question, role, matching, pairing, rows[role], found.rows[role]))
    if any(rows.values()):
        keys = [
            KeyColumn(k.pair.name, *(whole.numbers[role][getattr(k.pair, role).name] for role in ROLES), k.pair.rule)
            for k in whole.keys
        ]
        causes = explain_rows(session.connection, *sides, keys, CAUSE_SAMPLES, whole_row=whole.whole_row)
        for unpaired, each in zip(results, causes, strict=True):
            unpaired.causes = each
    return results[0], results[1]


def unpaired_rows(plan: Plan, role: Role, matching: Matching, pairing: Pairing) -> str:
    """The relation of one side's rows without a partner; '' where it is known to have none."""
    columns = _compared(plan, role, matching)
    relations = []
    names = ", ".join(["k", *plan.key_columns, *named(plan, role, columns)])
    if role in pairing.lonely:
        relations.append(f"SELECT {names} FROM ({plan.rows(role, columns, pairing.lonely[role])})")
    if pairing.groups is not None:
        relations.append(f"SELECT {names} FROM ({pairing.groups.unpaired(role)})")
    return " UNION ALL ".join(relations)


def looks_of(plan: Plan, role: Role, matching: Matching) -> dict[str, str]:
    """What is shown of a row, by column name."""
    return {c.name: shown(c, plan.name(role, c)) for c in _compared(plan, role, matching)}


def _compared(plan: Plan, role: Role, matching: Matching) -> list[Column]:
    """One side's columns, but for those that are ignored."""
    ignored = {column.name for pair in matching.ignored if (column := pair[ROLES.index(role)])}
    return [c for c in plan.every_column(role) if c.name not in ignored]


def _whole_side(
    question: Question, role: Role, matching: Matching, pairing: Pairing, unpaired: int, total: int
) -> UnpairedRows:
    """All of one side's rows, as the search for causes knows them."""
    plan, where = question.whole, question.in_whole
    columns = _compared(plan, role, matching)
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
    apart = question.copied or not pairing.odd_keys
    if apart and where:
        rows = plan.rows(role, columns, f"NOT ({where})")
        parts.append(f"SELECT {chosen}, false AS unpaired, 1 AS mine, 1 AS theirs FROM ({rows})")
    if not pairing.odd_keys:
        grouped = pairing.groups.every_row(role)
        parts.append(f"SELECT {chosen}, unpaired, 1 AS mine, CAST(NOT unpaired AS INTEGER) AS theirs FROM ({grouped})")
    else:
        ungrouped = f" WHERE k NOT IN (SELECT k FROM odd_keys WHERE {IN_BOTH})" if pairing.groups else ""
        rows = (question.plan if apart else plan).rows(role, columns)
        parts.append(
            f"SELECT {chosen}, coalesce({theirs}, 1) = 0 AS unpaired, {counts}"
            f" FROM ({rows}) LEFT JOIN odd_keys USING (k){ungrouped}"
        )
        if pairing.groups:
            grouped = f"({pairing.groups.every_row(role)}) LEFT JOIN odd_keys USING (k)"
            parts.append(f"SELECT {chosen}, unpaired, {counts} FROM {grouped}")
    return UnpairedRows(role, " UNION ALL ".join(parts), described, unpaired, total, question.partnered)
