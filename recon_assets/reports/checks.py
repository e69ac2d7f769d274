"""What the four asset checks of a report say about its comparison.

Belongs here: which facts pass or fail, how severe that is, and in which words. Does not belong here: making
them into Dagster's results (`assets`), or the numbers themselves (`comparison`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from recon_assets.comparison.result import Cause, ColumnStatus, Comparison, RowCause
from recon_assets.reports.why import differing_by_weight, joined, reasons
from recon_assets.reports.wording import count


@dataclass(frozen=True)
class CheckFact:
    """One check's outcome. `severity` counts only where it did not pass; metadata values are JSON-ready."""

    name: Literal["row_count", "schema", "keys_unique", "values"]
    passed: bool
    description: str
    metadata: dict[str, Any]
    severity: Literal["WARN", "ERROR"] = "ERROR"


CHECKS = {
    "row_count": "Both sides have as many rows.",
    "schema": "Both sides have the same columns to compare.",
    "keys_unique": "The key identifies every row, on both sides.",
    "values": "No row is missing or extra, and every compared value is equal under the rules.",
}
"""The checks and what each of them says when it passes."""

_MOST_REASONS = 5
"""Reasons that a description tells."""
_MOST_COLUMNS = 50
"""Columns whose causes the metadata holds, those that differ most first: it is stored with each event."""


def check_facts(comparison: Comparison) -> list[CheckFact]:
    """The facts for the checks in `CHECKS`, in that order."""
    return [_row_count(comparison), _schema(comparison), _keys_unique(comparison), _values(comparison)]


def _row_count(comparison: Comparison) -> CheckFact:
    source, target = comparison.source_rows, comparison.target_rows
    difference = target - source
    if difference == 0:
        description = f"both sides have {count(source, 'row')}"
    else:
        more = "more" if difference > 0 else "fewer"
        description = f"the target has {count(abs(difference), 'row')} {more}: {target:,} against {source:,}"
    return CheckFact(
        "row_count",
        difference == 0,
        description,
        {"source_rows": source, "target_rows": target, "difference": difference},
    )


def _schema(comparison: Comparison) -> CheckFact:
    missing = _names(comparison, "missing")
    extra = _names(comparison, "extra")
    noted = {c.name: c.note for c in comparison.columns if c.note}
    parts = []
    if missing:
        parts.append(f"not in the target: {', '.join(missing)}")
    if extra:
        parts.append(f"not in the source: {', '.join(extra)}")
    compared = len(comparison.columns) - len(missing) - len(extra) - len(_names(comparison, "ignored"))
    return CheckFact(
        "schema",
        not parts,
        "; ".join(parts) or f"both sides have the same {count(compared, 'column')} to compare",
        {"missing_columns": missing, "extra_columns": extra, "notes": noted},
    )


def _keys_unique(comparison: Comparison) -> CheckFact:
    """Rows are multisets, so a key that both sides repeat alike may be as the procedure means it: WARN, since
    rows are then paired by fewest differences and not by key alone. Where one side repeats more keys than
    the other, a join fanned out or rows were lost: ERROR.
    """
    source, target = comparison.duplicate_keys.source, comparison.duplicate_keys.target
    keys = list(comparison.rules.get("keys") or ())
    metadata = {"duplicate_keys_source": source, "duplicate_keys_target": target, "keys": keys}
    if not keys:
        return CheckFact("keys_unique", True, "no key is declared: rows are compared whole", metadata)
    key = ", ".join(keys)
    if not source and not target:
        return CheckFact("keys_unique", True, f"({key}) identifies every row on both sides", metadata)
    return CheckFact(
        "keys_unique",
        False,
        f"values of ({key}) that occur more than once: {source:,} in the source, {target:,} in the target",
        metadata,
        "WARN" if source == target else "ERROR",
    )


def _values(comparison: Comparison) -> CheckFact:
    # A column that one side lacks is the schema check's affair.
    found = [reason for reason in reasons(comparison) if reason.rows is not None]
    metadata = {
        "paired_rows": comparison.paired_rows,
        "missing_rows": comparison.missing_rows,
        "extra_rows": comparison.extra_rows,
        "differences": {c.name: c.differences for c in comparison.columns if c.status == "different"},
    }
    causes = {
        "causes": {c.name: _facts(c.causes) for c in differing_by_weight(comparison)[:_MOST_COLUMNS] if c.causes},
        "missing_causes": _facts(comparison.missing_causes),
        "extra_causes": _facts(comparison.extra_causes),
    }
    return CheckFact(
        "values",
        not found,
        joined(found, _MOST_REASONS)
        or f"all compared values of {count(comparison.paired_rows, 'paired row')} are equal",
        metadata | {name: found for name, found in causes.items() if found},
    )


def _facts(causes: Sequence[Cause] | Sequence[RowCause]) -> list[dict[str, Any]]:
    """The causes as in the full record, without their samples."""
    return [{name: value for name, value in asdict(cause).items() if name != "samples"} for cause in causes]


def _names(comparison: Comparison, status: ColumnStatus) -> list[str]:
    return [column.name for column in comparison.columns if column.status == status]
