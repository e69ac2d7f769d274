"""The benchmark of reading measures what it says: every contestant reads all rows, and a wrong answer is told."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.reading.lineup import LINEUP, PYODBC, RECON
from benchmarks.reading.results import goals_table, results_table
from benchmarks.reading.table import COLUMNS, Found
from benchmarks.results import Outcome

ROOT = Path(__file__).parents[1]
ROWS = 120_001  # more than two batches of the server's, the last one cut


def test_every_contestant_reads_what_was_sent(tmp_path: Path):
    file = tmp_path / "tables.md"
    command = [sys.executable, "-m", "benchmarks.reading", "--rows", str(ROWS), "--runs", "1", "--data", tmp_path]
    run = subprocess.run([*command, "--markdown", file], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert file.read_text() == run.stdout.removesuffix("\n")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in run.stdout.splitlines() if "|" in line]
    answers = {row[1]: row[-1] for row in cells if row[0] == f"{ROWS:,}"}
    assert answers == {contestant.name: "right" for contestant in LINEUP}
    assert not (tmp_path / "reading").exists()


@pytest.mark.parametrize(
    ("rows", "total", "said"),
    [
        (9, "1.10", "right"),
        (8, "1.10", "wrong: rows 8 (sent 9)"),
        (9, "1.1", "right"),
        (9, "1.11", "wrong: sum of amount_0 1.11 (sent 1.10)"),
    ],
)
def test_an_answer_is_judged_by_rows_and_sum(rows: int, total: str, said: str):
    assert Found(rows, Decimal(total)).judge(Found(9, Decimal("1.10"))) == said


def test_the_table_has_twenty_columns_with_null_in_most():
    assert len(COLUMNS) == 20
    assert sum(declared.endswith("not null") for _, declared in COLUMNS) == 4


def outcome(wall: float, peak: float = 100, answer: str = "right") -> Outcome:
    return Outcome(wall, wall, peak, answer, failed=answer.startswith("none"))


def test_goals_are_judged_by_speed_and_peak():
    measured = {5_000_000: {RECON: outcome(10, 401), PYODBC: outcome(30)}}
    table = goals_table(measured)
    met = {row[0].strip(): row[4].strip() for line in table.splitlines()[2:] if (row := line.strip("|").split("|"))}
    assert met == {"at least 3 × as fast as pyodbc fetchmany": "yes", "recon: peak memory at most 400 MB": "no"}


def test_a_contestant_without_an_answer_has_no_speed_and_is_told():
    table = results_table({1_000: {RECON: outcome(1), PYODBC: outcome(1, answer="none: out of memory")}})
    assert "| pyodbc fetchmany | –" in table
    assert table.endswith("- 1,000 rows, pyodbc fetchmany: none: out of memory")
