"""Compares two datasets on DuckDB: fingerprints first, then only what differs.

Belongs here: the order of the steps, and putting their findings together. Does not belong here: any step's
SQL.
"""

import time
from dataclasses import astuple, replace
from pathlib import Path

from recon_assets.comparison.csv_typing import typed_pairs
from recon_assets.comparison.dataset import Dataset
from recon_assets.comparison.differences import PairsRelation, find_differences
from recon_assets.comparison.digests import column_digests, differing_buckets, row_digests
from recon_assets.comparison.duck import Session, identifier, session
from recon_assets.comparison.findings import Findings, column_results, evidence
from recon_assets.comparison.hashing import SCHEME
from recon_assets.comparison.keys import repeated_keys
from recon_assets.comparison.pairing import Pairing, pair_rows
from recon_assets.comparison.plan import BUCKETS, ROLES, Plan, Role, Value, in_buckets, make_plan
from recon_assets.comparison.result import Comparison, DuplicateKeys
from recon_assets.comparison.rules import Rules
from recon_assets.comparison.schema import Column, Matching, Side, check_types, match_columns
from recon_assets.comparison.unpaired import find_unpaired
from recon_assets.comparison.verdict import decide

FEW_ROWS = 2_000_000
"""So many rows of either side are copied out of the files, once, to be looked at more than once."""


def compare(
    source: Dataset,
    target: Dataset,
    rules: Rules,
    *,
    samples: int = 20,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
    threads: int | None = None,
    exact: bool = False,
) -> Comparison:
    """Compares two datasets under the rules, out of core.

    `samples` is how many differing values per column, and missing and extra rows, are kept. `memory_limit` is in
    DuckDB's notation (`2GB`; 1 GB if not given); what doesn't fit is spilled below `temp_directory`. `exact` leaves
    the fingerprints out and joins everything. Raises ComparisonError when the rules don't fit the columns, a type has
    no comparison, or a file can't be read.
    """
    started = time.monotonic()
    both = f"comparing {source.label} with {target.label}"
    with (
        session(memory_limit=memory_limit, temp_directory=temp_directory, threads=threads) as duck,
        duck.reading(both),
    ):
        left, right = _side(duck, "source", source), _side(duck, "target", target)
        matching = match_columns(left, right, rules)
        csv = {role for role, side in (("source", source), ("target", target)) if side.format == "csv"}
        matching = replace(matching, pairs=typed_pairs(duck.connection, matching.pairs, left, right, csv))
        for pair in matching.pairs:
            check_types(pair, left, right)
        plan = make_plan(_typed(left, matching), _typed(right, matching), matching)
        if matching.unpaired_keys or not matching.pairs:
            found = Findings(*(_count_rows(duck, plan, role) for role in ROLES))
            found.evidence["path"] = "none: the sides cannot be compared"
        else:
            found = _find(duck, plan, matching, samples, exact)
    columns = column_results(plan, matching, found)
    verdict, reason = decide(
        source_rows=found.source_rows,
        target_rows=found.target_rows,
        paired=found.paired,
        columns=columns,
        unpaired_keys=matching.unpaired_keys,
        strict_row_count=rules.strict_row_count,
        whole_row=plan.whole_row,
    )
    return Comparison(
        verdict=verdict,
        reason=reason,
        source_rows=found.source_rows,
        target_rows=found.target_rows,
        paired_rows=found.paired,
        missing_rows=found.source_rows - found.paired,
        extra_rows=found.target_rows - found.paired,
        duplicate_keys=found.duplicates,
        columns=columns,
        missing_samples=found.missing.samples,
        extra_samples=found.extra.samples,
        missing_causes=found.missing.causes,
        extra_causes=found.extra.causes,
        rules=rules.model_dump(mode="json"),
        evidence=evidence(plan, found),
        seconds=round(time.monotonic() - started, 3),
    )


def _side(duck: Session, role: Role, dataset: Dataset) -> Side:
    view = f"{role}_rows"
    types = dataset.create_view(duck.connection, view)
    file_types = {f.name: str(f.type) for f in dataset.schema}
    columns = {
        name.lower(): Column(name, type_, file_types.get(name, type_), f"raw.{identifier(name)}")
        for name, type_ in types.items()
    }
    return Side(role, dataset.label, view, columns)


def _typed(side: Side, matching: Matching) -> Side:
    """The side with its columns as they are compared."""
    typed = {c.name.lower(): c for pair in matching.pairs for c in [getattr(pair, side.role)]}
    return replace(side, columns=side.columns | typed)


def _count_rows(duck: Session, plan: Plan, role: Role) -> int:
    return duck.row(f"SELECT count(*) FROM {plan.sides[role].view}")[0]


def _find(duck: Session, plan: Plan, matching: Matching, samples: int, exact: bool) -> Findings:
    if exact:
        found = Findings(*(_count_rows(duck, plan, role) for role in ROLES))
        found.evidence["path"] = "exact"
        _look_closer(duck, plan, matching, found, None, samples, exact=True, same_keys=False)
        return found
    one, other = (row_digests(duck, plan, role) for role in ROLES)
    found = Findings(one.rows, other.rows)
    found.evidence["fingerprints"] = {"scheme": SCHEME, "source": one.to_json(), "target": other.to_json()}
    differing = differing_buckets(one, other)
    equal = [rows for b, (rows, *_) in one.buckets.items() if b not in set(differing)]
    found.paired = sum(equal)
    rest = f"NOT ({in_buckets(differing)})" if differing else ""
    repeated = repeated_keys(duck, plan, "source", found.paired, rest) if equal else 0
    found.duplicates = DuplicateKeys(repeated, repeated)
    if not differing:
        found.evidence["path"] = "fingerprint"
        return found
    found.evidence["path"] = "join"
    found.evidence["buckets"] = {"all": BUCKETS, "differing": len(differing)}
    same_keys = one.keys == other.keys
    _look_closer(duck, plan, matching, found, differing if equal else None, samples, exact=False, same_keys=same_keys)
    return found


def _look_closer(
    duck: Session,
    whole: Plan,
    matching: Matching,
    found: Findings,
    buckets: list[int] | None,
    samples: int,
    *,
    exact: bool,
    same_keys: bool,
) -> None:
    """Pairs the rows of the given buckets (None: all), counts, explains and samples."""
    in_question = in_buckets(buckets)
    plan, where = _few(duck, whole, in_question, max(found.source_rows, found.target_rows) - found.paired)
    pairing = pair_rows(duck, plan, where, found.source_rows - found.paired, same_keys=same_keys)
    found.duplicates = DuplicateKeys(
        *(one + more for one, more in zip(astuple(found.duplicates), pairing.repeated, strict=True))
    )
    every_value = exact or plan is not whole or pairing.groups is not None
    values = plan.values if every_value else _suspects(duck, plan, pairing, found)
    alone = (0, 0)
    if not plan.whole_row and (values or plan is not whole):
        relation = PairsRelation(plan, values, pairing.once, pairing.groups, pairing.once_rows)
        sides = {role: _side_of(whole, role, values) for role in ROLES}
        differences = find_differences(duck, relation, sides, samples)
        found.differences, found.causes, found.samples = differences.counts, differences.causes, differences.samples
        alone = differences.alone
    found.paired += pairing.once_rows - alone[0] + (pairing.groups.paired if pairing.groups else 0)
    found.evidence["pairing"] = pairing.description
    unpaired = (found.source_rows - found.paired, found.target_rows - found.paired)
    found.missing, found.extra = find_unpaired(
        duck, plan, whole, matching, pairing, unpaired, (found.source_rows, found.target_rows), in_question, samples
    )


def _side_of(plan: Plan, role: Role, values: list[Value]) -> str:
    """SELECT of one whole side as the search for causes knows it: k, the key columns, and c<n> for column n."""
    columns = [f"{plan.name(role, getattr(v.pair, role))} AS c{v.number}" for v in values]
    names = ", ".join(["k", *plan.key_columns, *columns])
    return f"SELECT {names} FROM ({plan.rows(role, plan.columns(role, values))})"


def _few(duck: Session, plan: Plan, where: str, rows: int) -> tuple[Plan, str]:
    """Where few rows are concerned, the plan over copies of them, which need no condition."""
    if rows > FEW_ROWS:
        return plan, where
    for role in ROLES:
        duck.keep(f"few_{role}", plan.rows(role, plan.every_column(role), where))
    return plan.with_views({role: f"few_{role}" for role in ROLES}), ""


def _suspects(duck: Session, plan: Plan, pairing: Pairing, found: Findings) -> list[Value]:
    """The columns that differ by their sums over the rows whose keys are unique. That none does is possible only where
    rows are missing or extra; otherwise all are looked at.
    """
    one, other = (column_digests(duck, plan, role, plan.values, pairing.once) for role in ROLES)
    for role, digests in zip(ROLES, (one, other), strict=True):
        found.evidence["fingerprints"][role]["columns"] = {v.pair.name: digests[v.number] for v in plan.values}
    differing = [v for v in plan.values if one[v.number] != other[v.number]]
    return differing if differing or pairing.has_odd else plan.values
