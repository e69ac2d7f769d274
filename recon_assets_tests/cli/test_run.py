"""`recon run` and `recon example-data`, as processes, on the examples."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RECON = Path(sys.executable).with_name("recon")
ROOT = Path(__file__).parents[2]


def recon(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RECON, *arguments],
        env=os.environ
        | {"RECON_HOME": str(home), "DAGSTER_HOME": str(home / "dagster"), "COLUMNS": "160"}
        | environment,
        cwd=ROOT,
        text=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The examples, run once over 20 000 rows."""
    home = tmp_path_factory.mktemp("home")
    made = recon(home, "example-data", RECON_EXAMPLE_ROWS="20000")
    assert made.returncode == 0, made.stderr
    return home, recon(home, "run")


def test_the_examples_give_their_expected_verdicts(examples):
    home, run = examples
    assert run.returncode == 0, run.stdout + run.stderr
    reports = {
        path.parent.name: json.loads(path.read_text()) for path in (home / "reports" / "latest").glob("*/*.json")
    }
    assert {name: report["comparison"]["verdict"] for name, report in reports.items()} == {
        "load_fact_executive_summary": "MATCH",
        "load_fact_executive_summary_draft": "NO MATCH",
        "usp_api_patch_account": "MATCH",
    }
    assert all(report["as_expected"] for report in reports.values())
    assert all(
        proof["source_fingerprint"] == proof["target_fingerprint"] for r in reports.values() for proof in r["inputs"]
    )


def test_each_of_the_drafts_four_mistakes_shows(examples):
    home, _ = examples
    report = json.loads(next((home / "reports/latest/load_fact_executive_summary_draft").iterdir()).read_text())
    comparison = report["comparison"]
    columns = {column["name"]: column for column in comparison["columns"]}
    # The lost rule: what was 0 is NULL.
    assert {(s["source"], s["target"]) for s in columns["income_amount"]["samples"]} == {("0.00", None)}
    # The rounding: what has a second decimal lost it.
    assert columns["purchases_amount"]["differences"] > comparison["paired_rows"] * 0.8
    # The kept trailing space: rows that pair with none, for their key differs by it.
    missing = {
        tuple(row[key] for key in report["comparison"]["rules"]["keys"]) for row in comparison["missing_samples"]
    }
    extra = comparison["extra_samples"]
    assert missing and all(not key[3].endswith(" ") for key in missing)
    # The LEFT JOIN: extra rows that found no corporation.
    assert any(row["product_id"].endswith(" ") for row in extra) and any(row["corporation_id"] is None for row in extra)
    assert {name for name, column in columns.items() if column["status"] == "different"} == {
        "income_amount",
        "purchases_amount",
    }


def test_the_page_holds_every_output_and_the_history_a_line_each(examples):
    home, run = examples
    page = home / "reports" / "report.html"
    assert f"Report: {page}" in run.stdout
    for name in ("load_fact_executive_summary_draft", "usp_api_patch_account"):
        assert name in page.read_text()
    with (home / "reports" / "history.csv").open(newline="") as lines:
        history = list(csv.DictReader(lines))
    assert [line["match_status"] for line in history] == ["MATCH", "NO MATCH", "MATCH"]


def test_the_table_of_verdicts_says_what_differs_and_why(examples):
    _, run = examples
    draft = next(line for line in run.stdout.splitlines() if "summary_draft" in line)
    assert "NO MATCH" in draft and "purchases_amount: the target is the source" in draft


def test_example_data_that_is_there_is_left_alone(examples):
    home, _ = examples
    catalog = home / "source" / "catalog.json"
    before = catalog.stat().st_mtime_ns
    assert recon(home, "example-data", "--rows", "20000").returncode == 0
    assert catalog.stat().st_mtime_ns == before


def test_a_name_that_does_not_exist_is_an_error_that_lists_those_that_do(tmp_path: Path):
    run = recon(tmp_path, "run", "no_such")
    assert run.returncode == 2
    assert "there is no reconciliation no_such" in run.stderr and "usp_api_patch_account" in run.stderr


def test_a_source_without_tables_is_an_error_with_exit_code_2(tmp_path: Path):
    run = recon(tmp_path, "run", "usp_api_patch_account")
    assert run.returncode == 2
    assert "usp_api_patch_account: " in run.stderr and "Traceback" not in run.stderr


def test_a_missing_java_stops_before_any_work(tmp_path: Path):
    run = recon(tmp_path / "home", "run", JAVA_HOME=str(tmp_path))
    assert run.returncode == 2
    assert "needs Java" in run.stderr
    assert not (tmp_path / "home").exists()
