"""Pairs of rows: what every relation of pairs has, and the pairs of unique keys, which are a join.

Belongs here: the SELECTs of pairs. Does not belong here: keys that occur more often (`groups`), counting (`tally`).

A relation of pairs has: `k` hash of the key, `k0`… key columns, `in_source`, `in_target` (both but for rows without a
partner), `a<n>`, `b<n>` what either side has in column n, and `d<n>` whether that differs (for the values asked for).
"""

from collections.abc import Sequence

from recon_assets.comparison.canonical import csv_text
from recon_assets.comparison.plan import ROLES, Plan, Role, Value


def joined(plan: Plan, values: Sequence[Value], where: str, *, keys_too: bool = False) -> str:
    """The pairs among the rows where `where` holds, whose keys occur once on either side; `keys_too`: with the key
    columns' own values, for showing."""
    columns = {role: pair_columns(plan, role, values, keys_too=keys_too) for role in ROLES}
    s, t = (plan.rows(role, columns[role], where) for role in ROLES)
    names = [f"coalesce(s.{k}, t.{k}) AS {k}" for k in ["k", *plan.key_columns]]
    names += ["s.k IS NOT NULL AS in_source", "t.k IS NOT NULL AS in_target"]
    names += [
        f"{letter}.{name}"
        for role, letter in (("source", "s"), ("target", "t"))
        for name in named(plan, role, columns[role])
    ]
    pairs = f"SELECT {', '.join(names)} FROM ({s}) AS s FULL JOIN ({t}) AS t ON {plan.same_key}"
    return with_differences(pairs, values)


def with_differences(pairs: str, values: Sequence[Value]) -> str:
    """A relation of pairs and, of each value, whether it differs."""
    flags = "".join(f", in_source AND in_target AND {v.differs} AS d{v.number}" for v in values)
    return f"SELECT *{flags} FROM ({pairs})"


def pair_columns(plan: Plan, role: Role, values: Sequence[Value], *, keys_too: bool = False) -> list:
    """One side's columns in a relation of pairs."""
    keys = [getattr(key.pair, role) for key in plan.keys] if keys_too else []
    return keys + plan.columns(role, values)


def named(plan: Plan, role: Role, columns: Sequence) -> list[str]:
    """What columns are called, with the CSV text beside them."""
    side = plan.sides[role]
    names = []
    for column in columns:
        name = plan.name(role, column)
        names += [name, csv_text(name)] if side.columns[column.name.lower()].text else [name]
    return names
