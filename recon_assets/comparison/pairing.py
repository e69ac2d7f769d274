"""Pairing the rows of unique keys: a join.

Belongs here: the join of rows whose key occurs at most once on either side. Does not belong here: keys that
occur more often (`groups`), counting (`tally`).
"""

from recon_assets.comparison.plan import Plan, Value
from recon_assets.comparison.schema import Column
from recon_assets.comparison.tally import pair_columns


def joined(plan: Plan, values: list[Value], where: str, shown: dict[str, list[Column]] | None = None) -> str:
    """The relation of pairs among the rows where `where` holds; with `shown`, what is shown of them as
    well."""
    s, t = (
        plan.rows(role, values, numbers=True, shown=shown[role] if shown else [], where=where)
        for role in ("source", "target")
    )
    more = shown_columns(plan, shown) if shown else ""
    return f"SELECT {pair_columns(values)}{more} FROM ({s}) AS s FULL JOIN ({t}) AS t ON {plan.same_key}"


def shown_columns(plan: Plan, shown: dict[str, list[Column]]) -> str:
    """What `tally.collect` reads besides the pair's own columns: ks… to order by, sa… and ta… to show."""
    keys = [f"coalesce(s.k{i}, t.k{i}) AS ks{i}" for i in range(len(plan.keys))]
    mine = [f"s.a{i} AS sa{i}" for i in range(len(shown["source"]))]
    theirs = [f"t.a{i} AS ta{i}" for i in range(len(shown["target"]))]
    return "".join(f", {column}" for column in [*keys, *mine, *theirs])
