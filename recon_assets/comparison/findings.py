"""What a comparison's steps have found, and its form in the result.

Belongs here: the findings that the steps add to, and the columns and evidence made of them. Does not belong here:
the steps (`engine`), or the verdict (`verdict`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recon_assets.comparison.location import Location
from recon_assets.comparison.plan import Plan, Role
from recon_assets.comparison.result import Cause, ColumnResult, DuplicateKeys, Row, RowCause, ValueSample
from recon_assets.comparison.schema import Matching


@dataclass
class Unpaired:
    """What is shown and known of one side's rows without a partner."""

    samples: list[Row] = field(default_factory=list)
    causes: list[RowCause] = field(default_factory=list)


@dataclass
class Findings:
    """What the steps have found so far; differences, their causes and samples by column number."""

    source_rows: int = 0
    target_rows: int = 0
    paired: int = 0
    duplicates: DuplicateKeys = field(default_factory=lambda: DuplicateKeys(0, 0))
    differences: dict[int, int] = field(default_factory=dict)
    causes: dict[int, list[Cause]] = field(default_factory=dict)
    samples: dict[int, list[ValueSample]] = field(default_factory=dict)
    missing: Unpaired = field(default_factory=Unpaired)
    extra: Unpaired = field(default_factory=Unpaired)
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> dict[Role, int]:
        """How many rows either side has."""
        return {"source": self.source_rows, "target": self.target_rows}


def column_results(plan: Plan, matching: Matching, found: Findings) -> list[ColumnResult]:
    """Every column of either side: the source's in its order, then what the target alone has."""
    results = {}
    for each in [*plan.keys, *plan.values]:
        pair, differences = each.pair, found.differences.get(each.number, 0)
        notes = [n for n in (pair.source.note, pair.target.note, each.form.note) if n]
        results[pair.name.lower()] = ColumnResult(
            pair.name,
            "different" if differences else "equal",
            differences,
            found.samples.get(each.number, []),
            pair.source.type,
            pair.target.type,
            "; ".join(notes) or None,
            found.causes.get(each.number, []),
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


def evidence(plan: Plan, found: Findings, locations: Mapping[str, Location]) -> dict[str, Any]:
    """What the verdict rests on, whichever the engine: where the data lies (by side), each column's canonical form, and
    what the steps noted."""
    return {
        "datasets": {side: location.to_json() for side, location in locations.items()},
        "canonical": {each.pair.name: each.form.form for each in [*plan.keys, *plan.values]},
        **found.evidence,
    }
