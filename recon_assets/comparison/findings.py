"""What a comparison's steps have found, and its form in the result.

Belongs here: the findings that the steps add to, and the columns and evidence made of them. Does not belong here:
the steps (`engine`), or the verdict (`verdict`).
"""

from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from recon_assets.comparison.plan import Plan
from recon_assets.comparison.result import ColumnResult, DuplicateKeys
from recon_assets.comparison.schema import Matching
from recon_assets.comparison.tally import Samples


@dataclass
class Findings:
    """What the steps have found so far; `differences` by column index."""

    source_rows: int = 0
    target_rows: int = 0
    paired: int = 0
    duplicates: DuplicateKeys = field(default_factory=lambda: DuplicateKeys(0, 0))
    differences: dict[int, int] = field(default_factory=dict)
    samples: Samples = field(default_factory=Samples)
    evidence: dict[str, Any] = field(default_factory=dict)


def column_results(plan: Plan, matching: Matching, found: Findings) -> list[ColumnResult]:
    """Every column of either side: the source's in its order, then what the target alone has."""
    results = {}
    forms = [(pair, form, None) for pair, form in plan.keys] + [(v.pair, v.form, v.index) for v in plan.values]
    for pair, form, index in forms:
        differences = found.differences.get(index, 0)
        notes = [n for n in (pair.source.note, pair.target.note, form.note) if n]
        results[pair.name.lower()] = ColumnResult(
            pair.name,
            "different" if differences else "equal",
            differences,
            found.samples.columns.get(index, []),
            pair.source.type,
            pair.target.type,
            "; ".join(notes) or None,
        )
    for column in matching.missing:
        results[column.name.lower()] = ColumnResult(column.name, "missing", source_type=column.type)
    for mine, theirs in matching.ignored:
        column = mine or theirs
        results[column.name.lower()] = ColumnResult(
            column.name,
            "ignored",
            source_type=mine.type if mine else None,
            target_type=theirs.type if theirs else None,
        )
    in_order = [results[name] for name in plan.sides["source"].columns]
    in_order += [results[c.name.lower()] for mine, c in matching.ignored if mine is None]
    return in_order + [ColumnResult(c.name, "extra", target_type=c.type) for c in matching.extra]


def evidence(plan: Plan, found: Findings) -> dict[str, Any]:
    """What the verdict rests on: engine, versions, each column's canonical form, and what the steps noted."""
    forms = [(pair, form) for pair, form in plan.keys] + [(v.pair, v.form) for v in plan.values]
    return {
        "engine": "duckdb",
        "versions": {"duckdb": duckdb.__version__, "pyarrow": pa.__version__},
        "canonical": {pair.name: form.form for pair, form in forms},
        **found.evidence,
    }
