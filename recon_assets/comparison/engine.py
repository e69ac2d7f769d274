"""Compares two datasets on DuckDB: fingerprints first, then only what differs.

Belongs here: the order of the steps, and putting their findings together. Does not belong here: any step's
SQL.
"""

import time
from dataclasses import replace
from pathlib import Path

import duckdb

from recon_assets.comparison.csv_typing import typed_pairs
from recon_assets.comparison.dataset import Dataset
from recon_assets.comparison.duck import identifier, reading, session
from recon_assets.comparison.findings import Findings, column_results, evidence
from recon_assets.comparison.groups import EXACT_PAIRS, Groups
from recon_assets.comparison.hashing import SCHEME
from recon_assets.comparison.pairing import joined
from recon_assets.comparison.plan import Plan, Role, Value, make_plan
from recon_assets.comparison.result import Comparison, DuplicateKeys
from recon_assets.comparison.rules import Rules
from recon_assets.comparison.scan import (
    BUCKETS,
    IN_DIFFERING_BUCKETS,
    SideFingerprint,
    count_rows,
    differing_buckets,
    duplicate_keys,
    fingerprint_side,
)
from recon_assets.comparison.schema import Column, Matching, Side, check_types, match_columns
from recon_assets.comparison.tally import Tally, collect, count
from recon_assets.comparison.verdict import decide


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
        session(memory_limit=memory_limit, temp_directory=temp_directory, threads=threads) as connection,
        reading(both),
    ):
        left, right = _side(connection, "source", source), _side(connection, "target", target)
        matching = match_columns(left, right, rules)
        csv = {role for role, side in (("source", source), ("target", target)) if side.format == "csv"}
        matching = replace(matching, pairs=typed_pairs(connection, matching.pairs, left, right, csv))
        for pair in matching.pairs:
            check_types(pair, left, right)
        plan = make_plan(left, right, matching)
        if matching.unpaired_keys or not matching.pairs:
            found = Findings(count_rows(connection, left.view), count_rows(connection, right.view))
            found.evidence["path"] = "none: the sides cannot be compared"
        else:
            found = _find(connection, plan, matching, samples, exact)
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
        missing_samples=found.samples.missing,
        extra_samples=found.samples.extra,
        rules=rules.model_dump(mode="json"),
        evidence=evidence(plan, found),
        seconds=round(time.monotonic() - started, 3),
    )


def _side(connection: duckdb.DuckDBPyConnection, role: Role, dataset: Dataset) -> Side:
    view = f"{role}_rows"
    types = dataset.create_view(connection, view)
    file_types = {f.name: str(f.type) for f in dataset.schema}
    columns = {
        name.lower(): Column(name, type_, file_types.get(name, type_), f"raw.{identifier(name)}")
        for name, type_ in types.items()
    }
    return Side(role, dataset.label, view, columns)


def _find(connection: duckdb.DuckDBPyConnection, plan: Plan, matching: Matching, samples: int, exact: bool) -> Findings:
    if exact:
        found = Findings(*(count_rows(connection, side.view) for side in plan.sides.values()))
        found.evidence["path"] = "exact"
        _count_duplicates(connection, plan, found, both=True)
        _look_closer(connection, plan, matching, found, plan.values, "true", samples)
        return found
    one, other = (fingerprint_side(connection, plan, role) for role in ("source", "target"))
    found = Findings(one.rows, other.rows)
    found.evidence["fingerprints"] = {
        "scheme": SCHEME,
        "source": one.to_json(plan.values),
        "target": other.to_json(plan.values),
    }
    _count_duplicates(connection, plan, found, both=one != other)
    if one == other:
        found.evidence["path"] = "fingerprint"
        found.paired = one.rows
        return found
    found.evidence["path"] = "join"
    values = _suspects(plan, one, other, found)
    differing, equal_rows = _differing_buckets(connection, plan, values, keys_differ=one.keys != other.keys)
    found.evidence["buckets"] = {"all": BUCKETS, "differing": differing}
    found.paired = equal_rows
    where = "true" if differing == BUCKETS else IN_DIFFERING_BUCKETS
    _look_closer(connection, plan, matching, found, values, where, samples)
    return found


def _differing_buckets(
    connection: duckdb.DuckDBPyConnection, plan: Plan, values: list[Value], *, keys_differ: bool
) -> tuple[int, int]:
    """Where keys are missing all over the table, its keys alone show that no bucket can be left out."""
    if keys_differ and values:
        differing, equal_rows = differing_buckets(connection, plan, [])
        if differing == BUCKETS:
            return differing, equal_rows
    return differing_buckets(connection, plan, values)


def _suspects(plan: Plan, one: SideFingerprint, other: SideFingerprint, found: Findings) -> list[Value]:
    """The columns that may differ: those whose sums do. Not so with duplicate keys, where sums of single
    columns can agree and rows still don't, nor if only the sums over whole rows differ.
    """
    differing = [v for v in plan.values if one.columns[v.index] != other.columns[v.index]]
    duplicates = found.duplicates.source or found.duplicates.target
    return plan.values if duplicates or plan.whole_row or not differing else differing


def _count_duplicates(connection: duckdb.DuckDBPyConnection, plan: Plan, found: Findings, *, both: bool) -> None:
    """Sides with equal fingerprints have equally many, so one is counted."""
    if plan.whole_row:
        return
    source = duplicate_keys(connection, plan, "source", found.source_rows)
    target = duplicate_keys(connection, plan, "target", found.target_rows) if both else source
    found.duplicates = DuplicateKeys(source, target)


def _look_closer(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    matching: Matching,
    found: Findings,
    values: list[Value],
    where: str,
    samples: int,
) -> None:
    """Pairs the rows where `where` holds, counts, and samples."""
    ignored = {column for pair in matching.ignored for column in pair}
    shown: dict[str, list[Column]] = {
        role: [c for c in side.columns.values() if c not in ignored] for role, side in plan.sides.items()
    }
    found.evidence["pairing"] = "by key, which is unique on both sides"
    unique = where
    if plan.whole_row or found.duplicates.source or found.duplicates.target:
        repeated = "k IN (SELECT k FROM duplicated_source UNION ALL SELECT k FROM duplicated_target)"
        groups = Groups(connection, plan, where if plan.whole_row else f"{where} AND {repeated}", shown)
        found.paired += groups.equal_pairs
        tally = count(connection, groups.pairs(shown=False), values, samples)
        _add(found, tally)
        if tally.key_hashes():
            relation = groups.pairs(shown=True, where=_among(tally.key_hashes()))
            collect(connection, relation, plan, values, tally, shown, found.samples, samples)
        found.evidence["pairing"] = _pairing(plan, groups)
        unique = f"{where} AND NOT ({repeated})"
    if plan.whole_row:
        return
    tally = count(connection, joined(plan, values, unique), values, samples)
    _add(found, tally)
    hashes = tally.key_hashes()
    if hashes:
        if not tally.sampled["missing"] and not tally.sampled["extra"]:
            shown = _only_compared(plan, values)
        relation = joined(plan, values, f"{unique} AND {_among(hashes)}", shown)
        collect(connection, relation, plan, values, tally, shown, found.samples, samples)


def _among(hashes: list[int]) -> str:
    return f"k IN ({', '.join(map(str, hashes))})"


def _only_compared(plan: Plan, values: list[Value]) -> dict[str, list[Column]]:
    """Without missing or extra rows to show, the key and the differing columns are all that need be read
    again."""
    pairs = [pair for pair, _ in plan.keys] + [v.pair for v in values]
    return {"source": [p.source for p in pairs], "target": [p.target for p in pairs]}


def _add(found: Findings, tally: Tally) -> None:
    found.paired += tally.paired
    for index, differences in tally.differences.items():
        found.differences[index] = found.differences.get(index, 0) + differences


def _pairing(plan: Plan, groups: Groups) -> str:
    if plan.whole_row:
        how = "whole rows, equal ones with each other"
    else:
        how = "by key; rows of a repeated key so that the fewest values differ"
    if groups.large_groups:
        how += (
            f"; {groups.large_groups} group(s) with more than {EXACT_PAIRS} possible pairs were paired in the order "
            "of their values, which may show more differences than need be"
        )
    return how
