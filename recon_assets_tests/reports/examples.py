"""Reports to show and store: small builders whose every figure a test can override."""

from datetime import UTC, datetime
from typing import Any

from recon_assets.comparison.result import ColumnResult, Comparison, DuplicateKeys, ValueSample, Verdict
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
