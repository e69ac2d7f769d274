"""The CSV history: one line per run and output, whatever happens while it is written."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from recon_assets.comparison.result import ValueSample, Verdict
from recon_assets.reports.files import ReportError
from recon_assets.reports.history import COLUMNS, append_history
from recon_assets_tests.reports.examples import column, comparison, different, explained, report

SEED_FIELDS = {
    "timestamp",
    "row_count_synapse",
    "row_count_databricks",
    "row_count_match",
    "column_match",
    "mismatched_columns",
    "sample_mismatches",
    "match_status",
}


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "history.csv"


def test_the_scripts_fields_are_all_there():
    assert set(COLUMNS) >= SEED_FIELDS


def test_the_header_is_written_once_and_a_line_for_each_run(path):
    for run_id in ("one", "two", "three"):
        append_history(report(run_id=run_id), path)
    assert path.read_text("utf-8").count("row_count_synapse") == 1
    assert [line["run_id"] for line in lines(path)] == ["one", "two", "three"]


def test_a_line_says_what_the_run_found(path):
    name = different("name", ('a "quoted", text\nof two lines', None), ("1.50", "1.5"), differences=7)
    append_history(
        report(
            comparison(
                verdict=Verdict.NO_MATCH,
                source_rows=10,
                target_rows=12,
                paired_rows=9,
                missing_rows=1,
                extra_rows=3,
                columns=[column("id"), name, column("city", "missing")],
            )
        ),
        path,
    )
    [line] = lines(path)
    assert json.loads(line.pop("sample_mismatches")) == {
        "name": [
            {"key": {"id": 1}, "source": 'a "quoted", text\nof two lines', "target": None},
            {"key": {"id": 2}, "source": "1.50", "target": "1.5"},
        ]
    }
    assert line == {
        "timestamp": "2026-03-04T05:06:19.500000+00:00",
        "reconciliation": "load_fact_executive_summary",
        "procedure": "dbo.LOAD_FACT_EXECUTIVE_SUMMARY",
        "output": "dbo.FACT_EXECUTIVE_SUMMARY",
        "run_id": "0f6c1a2e",
        "row_count_synapse": "10",
        "row_count_databricks": "12",
        "row_count_match": "False",
        "column_match": "False",
        "mismatched_columns": '["name", "city"]',
        "match_status": "NO MATCH",
        "expected": "MATCH",
        "as_expected": "False",
        "paired_rows": "9",
        "missing_rows": "1",
        "extra_rows": "3",
        "top_reason": "city is not in the target (+3 more)",
        "top_cause": "",
        "parameters": '{"Date": "2026-03-03"}',
        "seconds": "12.500",
    }


def test_a_line_names_the_cause_that_touches_most_rows(path):
    append_history(report(explained()), path)
    [line] = lines(path)
    assert line["top_cause"] == "rounding"
    assert (
        line["top_reason"]
        == "purchases_amount: rounded half up to 1 digit in the target (12,000 of 12,500 rows) (+6 more)"
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_starts_like_a_formula(path, start):
    evil = f"{start}cmd|' /C calc'!A0"
    broken = column(evil, "different", 1, samples=[ValueSample({evil: evil}, evil, evil)])
    append_history(
        report(
            comparison(verdict=Verdict.PARTIAL_MATCH, columns=[broken]),
            reconciliation=evil,
            procedure=evil,
            output=evil,
            run_id=evil,
        ),
        path,
    )
    [line] = lines(path)
    assert not [cell for cell in line.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert line["output"] == "'" + evil
    assert json.loads(line["mismatched_columns"]) == [evil]


def test_processes_that_append_at_once_lose_nothing(path):
    script = (
        "import sys; from pathlib import Path; from recon_assets.reports.history import append_history;"
        " from recon_assets_tests.reports.examples import report;"
        " [append_history(report(run_id=f'{sys.argv[2]}-{i}'), Path(sys.argv[1])) for i in range(25)]"
    )
    workers = [subprocess.Popen([sys.executable, "-c", script, str(path), name]) for name in "abc"]
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert sorted(line["run_id"] for line in lines(path)) == sorted(f"{w}-{i}" for w in "abc" for i in range(25))


def test_a_line_that_does_not_fit_on_the_disk_leaves_no_part_behind(path):
    append_history(report(), path)
    before = path.read_bytes()
    script = (
        "import resource, sys; from pathlib import Path;"
        " from recon_assets.reports.history import append_history;"
        " from recon_assets_tests.reports.examples import report;"
        " resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY));"
        " append_history(report(), Path(sys.argv[1]))"
    )
    limit = str(len(before) + 20)
    done = subprocess.run([sys.executable, "-c", script, str(path), limit], capture_output=True, text=True)
    assert "ReportError: cannot write the report history.csv" in done.stderr
    assert path.read_bytes() == before


def test_a_file_with_other_columns_is_left_alone(path):
    path.parent.mkdir()
    path.write_text("timestamp,something\n1,2\n")
    with pytest.raises(ReportError, match=r"history\.csv is not a history .* Move it away"):
        append_history(report(), path)
    assert path.read_text() == "timestamp,something\n1,2\n"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "reports").write_text("a file is in the way")
    with pytest.raises(ReportError, match=r"cannot write the report history\.csv in .*reports"):
        append_history(report(), tmp_path / "reports" / "history.csv")
