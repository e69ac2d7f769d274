"""Reports to show and store: small builders whose every figure a test can override."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from recon_assets.comparison.result import (
    Cause,
    ColumnResult,
    Comparison,
    DuplicateKeys,
    Row,
    RowCause,
    ValueSample,
    Verdict,
)
from recon_assets.reports.record import InputProof, OutputReport, ParameterText


def comparison(**changes: Any) -> Comparison:
    """Three equal rows of two columns, unless said otherwise."""
    facts: dict[str, Any] = {
        "verdict": Verdict.MATCH,
        "reason": "rows and values agree",
        "source_rows": 3,
        "target_rows": 3,
        "paired_rows": 3,
        "missing_rows": 0,
        "extra_rows": 0,
        "duplicate_keys": DuplicateKeys(0, 0),
        "columns": [column("id", source_type="int", target_type="int"), column("name")],
        "missing_samples": [],
        "extra_samples": [],
        "rules": {"keys": ["id"], "ignore": [], "rename": {}, "strict_row_count": False, "columns": {}},
        "evidence": {"engine": "DuckDB 2.0.0", "path": "fingerprint"},
        "seconds": 0.25,
    }
    return Comparison(**(facts | changes))


def column(name: str, status: str = "equal", differences: int = 0, **changes: Any) -> ColumnResult:
    return ColumnResult(name, status, differences, **changes)


def different(name: str, *pairs: tuple[Any, Any], differences: int | None = None) -> ColumnResult:
    """A column that differs, with a sample for each pair (source, target) under the keys 1, 2, …"""
    samples = [ValueSample({"id": i}, source, target) for i, (source, target) in enumerate(pairs, start=1)]
    return column(name, "different", len(pairs) if differences is None else differences, samples=samples)


def cause(name: str, detail: str, rows: int, of: int, *pairs: tuple[Any, Any]) -> Cause:
    """A cause of `rows` of a column's `of` differences, with a sample for each pair under the keys 101, 102, …"""
    samples = [ValueSample({"id": i}, source, target) for i, (source, target) in enumerate(pairs, start=101)]
    return Cause(name, detail, rows, rows / of, samples)


def row_cause(name: str, detail: str, rows: int, of: int, *samples: Row, precision: float = 1.0) -> RowCause:
    return RowCause(name, detail, rows, rows / of, precision, list(samples))


def explained(**changes: Any) -> Comparison:
    """A first draft of a migration: one column with one cause, one with two and a rest, missing and extra rows."""
    income = different("income_amount", (None, "0.00"), differences=3_741)
    purchases = different(
        "purchases_amount", ("10.04", "10.0"), ("7.25", "-7.25"), ("3.10", "9.99"), differences=12_500
    )
    facts: dict[str, Any] = {
        "verdict": Verdict.NO_MATCH,
        "reason": "rows and values disagree",
        "source_rows": 200_000,
        "target_rows": 200_030,
        "paired_rows": 199_990,
        "missing_rows": 10,
        "extra_rows": 40,
        "columns": [
            column("id", source_type="int", target_type="int"),
            replace(
                income,
                causes=[
                    cause(
                        "null_constant",
                        "0.00 in the target where the source is NULL",
                        3_741,
                        3_741,
                        (None, "0.00"),
                        (None, "0.00"),
                    )
                ],
            ),
            replace(
                purchases,
                causes=[
                    cause(
                        "rounding",
                        "rounded half up to 1 digit in the target",
                        12_000,
                        12_500,
                        ("10.04", "10.0"),
                        ("0.25", "0.3"),
                    ),
                    cause("unexplained", "", 450, 12_500, ("3.10", "9.99")),
                    cause("sign", "the sign is flipped in the target", 50, 12_500, ("7.25", "-7.25")),
                ],
            ),
        ],
        "missing_samples": [{"id": 7, "product_id": "P7 "}],
        "extra_samples": [{"id": 8, "product_id": "P1"}, {"id": 8, "product_id": "P2"}],
        "missing_causes": [
            row_cause("key_differs", "product_id differs by a trailing space", 10, 10, {"id": 7, "product_id": "P7 "}),
        ],
        "extra_causes": [
            row_cause(
                "null_key",
                "corporation_id is NULL in all of them",
                30,
                40,
                {"id": 8, "product_id": "P1"},
                precision=0.975,
            ),
            row_cause("unexplained", "", 10, 40, {"id": 9, "product_id": "P2"}, precision=0.0001),
        ],
    }
    return comparison(**(facts | changes))


def report(compared: Comparison | None = None, **changes: Any) -> OutputReport:
    facts: dict[str, Any] = {
        "reconciliation": "load_fact_executive_summary",
        "procedure": "dbo.LOAD_FACT_EXECUTIVE_SUMMARY",
        "output": "dbo.FACT_EXECUTIVE_SUMMARY",
        "run_id": "0f6c1a2e",
        "started_at": datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        "finished_at": datetime(2026, 3, 4, 5, 6, 19, 500_000, tzinfo=UTC),
        "comparison": compared or comparison(),
        "parameters": {"Date": ParameterText(type="date", value="2026-03-03")},
        "source_system": "embedded (DuckDB 2.0.0)",
        "target_system": "Spark 4.2.0 local[*], ANSI on",
        "inputs": [
            InputProof(
                table="dbo.DIM_DATE",
                source_rows=731,
                source_fingerprint="ab12",
                target_rows=731,
                target_fingerprint="ab12",
            )
        ],
        "code_hashes": {"source.sql": "5e1f", "target.sql": "77aa"},
        "versions": {"recon-assets": "0.1.0", "duckdb": "2.0.0"},
    }
    return OutputReport(**(facts | changes))
