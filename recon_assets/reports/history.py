"""The CSV history: one line per run and output, for spreadsheets and for readers of the old scripts' CSV.

Belongs here: the columns of that file and appending to it safely. Does not belong here: the full record
(`record`), from which anything the CSV leaves out can be had.

Spreadsheets run a cell that starts with `=`, `+`, `-` or `@` as a formula, and names and values come from
other people's databases. Such a text gets a leading apostrophe, which spreadsheets hide; numbers, and the
JSON columns (which start with `[` or `{`), are left as they are.
"""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

from filelock import FileLock

from recon_assets.reports.files import ReportError, unwritable
from recon_assets.reports.record import OutputReport

COLUMNS = (
    "timestamp",
    "reconciliation",
    "procedure",
    "output",
    "run_id",
    "row_count_synapse",
    "row_count_databricks",
    "row_count_match",
    "column_match",
    "mismatched_columns",
    "sample_mismatches",
    "match_status",
    "expected",
    "as_expected",
    "paired_rows",
    "missing_rows",
    "extra_rows",
    "top_reason",
    "top_cause",
    "parameters",
    "seconds",
)
"""The first script's report fields, under its names, among those that say which run and output a line is of.

`mismatched_columns` is a JSON list of names, `sample_mismatches` a JSON object of name → samples (each `key`,
`source`, `target`), `parameters` a JSON object of name → value; `top_cause` is a cause's identifier (docs/causes.md);
`timestamp` is ISO 8601 in UTC."""


def append_history(report: OutputReport, path: Path) -> None:
    """Append the report's line to the CSV at `path`, with the header where the file is new.

    Processes that append at once wait for each other; a line is in the file whole or not at all. Raises
    ReportError where the folder can't be written, or where the file there is not such a history.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{path.name}.lock")):
            _append(path, _csv(_line(report)))
    except OSError as error:
        raise unwritable(path, error) from error


def _append(path: Path, line: str) -> None:
    header = _csv(COLUMNS)
    # Unbuffered: a buffer would try once more to write what failed when the file is closed.
    with path.open("a+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size and file.readline() != header.encode():
            raise ReportError(
                f"{path} is not a history with the columns this version writes. Move it away; a new one is then begun."
            )
        unwritten = (line if size else header + line).encode()
        try:
            while unwritten:
                unwritten = unwritten[file.write(unwritten) :]
            os.fsync(file.fileno())
        except OSError:
            # A full disk may have taken a part of the line; the next one must not be glued to it.
            file.truncate(size)
            raise


def _line(report: OutputReport) -> list[Any]:
    comparison = report.comparison
    differing = comparison.differing_columns
    fields = {
        "timestamp": report.finished_at.isoformat(),
        "reconciliation": _text(report.reconciliation),
        "procedure": _text(report.procedure),
        "output": _text(report.output),
        "run_id": _text(report.run_id),
        "row_count_synapse": comparison.source_rows,
        "row_count_databricks": comparison.target_rows,
        "row_count_match": comparison.source_rows == comparison.target_rows,
        "column_match": not any(c.status in ("missing", "extra") for c in comparison.columns),
        "mismatched_columns": _json([c.name for c in differing]),
        "sample_mismatches": _json(
            {
                c.name: [{"key": s.key, "source": s.source, "target": s.target} for s in c.samples]
                for c in differing
                if c.samples
            }
        ),
        "match_status": comparison.verdict.value,
        "expected": report.expected.value,
        "as_expected": report.as_expected,
        "paired_rows": comparison.paired_rows,
        "missing_rows": comparison.missing_rows,
        "extra_rows": comparison.extra_rows,
        "top_reason": _text(report.top_reason),
        "top_cause": _text(report.top_cause),
        "parameters": _json({name: p.value for name, p in report.parameters.items()}),
        "seconds": f"{report.seconds:.3f}",
    }
    return [fields[name] for name in COLUMNS]


def _csv(values: Any) -> str:
    line = io.StringIO()
    # With any other line end, Python 3.11 leaves a carriage return in a value unquoted.
    csv.writer(line, lineterminator="\r\n").writerow(values)
    return line.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
