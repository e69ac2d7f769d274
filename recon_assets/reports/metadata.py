"""A report as metadata of its Dagster asset.

Belongs here: the one place where this package knows Dagster. Counts are ints, so that the UI plots them over
runs. Does not belong here: the checks' outcomes (`checks`), or emitting anything (`assets`).
"""

import json
from itertools import islice
from pathlib import Path
from typing import Any

from dagster import MetadataValue, TableColumn, TableRecord, TableSchema

from recon_assets.comparison.result import Comparison, Row, RowCause
from recon_assets.reports.cause_labels import cause_label
from recon_assets.reports.record import OutputReport
from recon_assets.reports.why import differing_by_weight
from recon_assets.reports.wording import percent

_SAMPLES_PER_COLUMN = 3
_ROW_SAMPLES = 5
_MOST_ROWS = 50
_MOST_COLUMNS = 30
"""Metadata is stored with each event and shown inline; the page has all samples."""
_LONGEST_TEXT = 200
"""Characters of one value."""


def report_metadata(report: OutputReport, page: Path | str | None = None) -> dict[str, MetadataValue]:
    """The report asset's metadata by name; `page` is the HTML page's path, or its URL where it is served."""
    comparison = report.comparison
    metadata: dict[str, MetadataValue] = {}
    # What says why comes first.
    if causes := _causes(comparison):
        metadata["causes"] = _table(causes)
    for name, found, rows in (
        ("missing_causes", comparison.missing_causes, comparison.missing_rows),
        ("extra_causes", comparison.extra_causes, comparison.extra_rows),
    ):
        if found:
            metadata[name] = _table([_row_cause(cause, rows) for cause in found])
    if report.top_cause:
        metadata["top_cause"] = MetadataValue.text(cause_label(report.top_cause))
    metadata |= {
        "verdict": MetadataValue.text(comparison.verdict.value),
        "expected": MetadataValue.text(report.expected.value),
        "as_expected": MetadataValue.bool(report.as_expected),
        "reason": MetadataValue.text(comparison.reason),
        "source_rows": MetadataValue.int(comparison.source_rows),
        "target_rows": MetadataValue.int(comparison.target_rows),
        "paired_rows": MetadataValue.int(comparison.paired_rows),
        "missing_rows": MetadataValue.int(comparison.missing_rows),
        "extra_rows": MetadataValue.int(comparison.extra_rows),
        "duplicate_keys_source": MetadataValue.int(comparison.duplicate_keys.source),
        "duplicate_keys_target": MetadataValue.int(comparison.duplicate_keys.target),
        "differing_columns_count": MetadataValue.int(len(comparison.differing_columns)),
        "comparison_seconds": MetadataValue.float(comparison.seconds),
    }
    if report.notes:
        metadata["notes"] = MetadataValue.text("\n".join(report.notes))
    if report.top_reason:
        metadata["top_reason"] = MetadataValue.text(report.top_reason)
    if comparison.differing_columns:
        metadata["differing_columns"] = _differing_columns(report)
    if samples := _samples(report):
        metadata["samples"] = _table(samples)
    for name, rows in (
        ("missing_samples", comparison.missing_samples),
        ("extra_samples", comparison.extra_samples),
    ):
        if rows:
            metadata[name] = _table([_row(row) for row in rows[:_ROW_SAMPLES]])
    if isinstance(page, Path):
        metadata["page"] = MetadataValue.path(page)
    elif page is not None:
        metadata["page"] = MetadataValue.url(page)
    return metadata


def _causes(comparison: Comparison) -> list[dict[str, str | int]]:
    """One row per column and cause, of the columns that differ in most rows first."""
    return [
        {
            "column": column.name,
            "cause": cause_label(cause.cause),
            "rows": cause.rows,
            "share": percent(cause.rows, column.differences),
            "detail": cause.detail,
        }
        for column in differing_by_weight(comparison)
        for cause in column.causes
    ]


def _row_cause(cause: RowCause, rows: int) -> dict[str, str | int]:
    """`precision` is the share of the rows it holds for that are missing, or extra."""
    return {
        "cause": cause_label(cause.cause),
        "rows": cause.rows,
        "share": percent(cause.rows, rows),
        "precision": percent(cause.precision, 1),
        "detail": cause.detail,
    }


def _differing_columns(report: OutputReport) -> MetadataValue:
    return _table(
        [
            {
                "column": column.name,
                "status": column.status,
                "differences": column.differences,
                "source_type": column.source_type or "",
                "target_type": column.target_type or "",
                "note": column.note or "",
            }
            for column in report.comparison.differing_columns
        ]
    )


def _samples(report: OutputReport) -> list[dict[str, str]]:
    return [
        {
            "column": column.name,
            "key": _shown(sample.key),
            "source": _shown(sample.source),
            "target": _shown(sample.target),
        }
        for column in report.comparison.columns
        for sample in column.samples[:_SAMPLES_PER_COLUMN]
    ]


def _row(row: Row) -> dict[str, str]:
    return {column: _shown(value) for column, value in islice(row.items(), _MOST_COLUMNS)}


def _table(rows: list[dict[str, str | int]]) -> MetadataValue:
    """A table of the first rows, all of which have the same columns and types."""
    schema = TableSchema(
        columns=[TableColumn(name, "int" if isinstance(value, int) else "string") for name, value in rows[0].items()]
    )
    return MetadataValue.table(records=[TableRecord(row) for row in rows[:_MOST_ROWS]], schema=schema)


def _shown(value: Any) -> str:
    """JSON text, so that NULL is null and text is in quotes: '1' and 1, NULL and 'NULL' differ to the eye."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text):,} characters)"
