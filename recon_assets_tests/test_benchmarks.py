"""The benchmarks measure what they say: planted data, judged answers, real processes, the goals of the table."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from benchmarks import measure
from benchmarks.answer import Answer, judge
from benchmarks.data import KEYS, VALUES, Scenario, scenarios
from benchmarks.generate import main as generate
from benchmarks.goals import goals_table
from benchmarks.results import Outcome

ROOT = Path(__file__).parents[1]
ROWS = 20_000
SCENARIOS = scenarios(ROWS)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of the command's, with the files of one size."""
    folder = tmp_path_factory.mktemp("bench")
    generate(folder / str(ROWS), ROWS, list(SCENARIOS), database=False)
    return folder


def files(data: Path, scenario: Scenario) -> dict[str, str]:
    folder = data / str(ROWS)
    return {"source": str(folder / scenario.source.file), "target": str(folder / scenario.target.file)}


@pytest.fixture(scope="module")
def printed(data: Path) -> str:
    """What one run of the command prints."""
    file = data / "table.md"
    names = ["recon", "scan", "scan+sums", "join", "join-1GB"]
    contestants = [argument for name in names for argument in ("--contestant", name)]
    command = [sys.executable, "-m", "benchmarks", "--rows", str(ROWS), "--runs", "1", "--data", data, *contestants]
    run = subprocess.run([*command, "--markdown", file], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert file.read_text() == run.stdout.removesuffix("\n")
    return run.stdout


@pytest.fixture(scope="module")
def rows_of_the_table(printed: str) -> dict[tuple[str, str], list[str]]:
    """The cells of a row, by scenario and contestant."""
    lines = printed.partition("Goals")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {(row[0], row[1]): row for row in cells[2:]}


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(
    ("contestant", "answer"),
    [
        ("recon", "right"),
        ("scan", "counts rows only"),
        ("scan+sums", "counts rows only"),
        ("join", "right"),
        ("join-1GB", "right"),
    ],
)
def test_the_table_has_every_contestant_and_its_answer(
    rows_of_the_table: dict[tuple[str, str], list[str]], scenario: str, contestant: str, answer: str
):
    _, _, wall, cpu, peak, *ratios, said = rows_of_the_table[scenario, contestant]
    assert float(wall) > 0 and float(cpu) > 0 and float(peak) > 10
    assert all(float(ratio) > 0 for ratio in ratios)
    if scenario == "duplicates" and contestant.startswith("join"):
        assert said == "wrong"
    else:
        assert said == answer


def test_how_an_answer_is_wrong_is_told_below_the_table(printed: str):
    # joined, 150 keys (twice on both sides) give four rows, 100 (twice on one side) two, and 19,750 one
    note = (
        "- duplicates, join: wrong: source rows 20,550 (planted 20,200); target rows 20,550 (planted 20,200); missing 0"
    )
    assert note in printed


def test_the_goals_follow(printed: str):
    goals = printed.partition("Goals")[2]
    assert "equal: at most 1.2 × one scan (a)" in goals
    assert "stated for 10,000,000 rows" in goals


def test_a_program_that_is_not_there_is_told_before_anything_is_generated(tmp_path: Path):
    command = [sys.executable, "-m", "benchmarks", "--contestant", "reladiff", "--data", tmp_path / "data"]
    run = subprocess.run([*command, "--peers-python", tmp_path / "python"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr == f"Error: reladiff: no program {tmp_path}/python; `make bench` installs what is needed\n"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("scenario", "source_rows", "target_rows", "only_in_source", "only_in_target"),
    [
        ("equal", 20_000, 20_000, 0, 0),
        ("sparse", 20_000, 20_000, 1, 1),
        ("dense", 20_000, 20_000, 20_000, 20_000),
        ("rows", 20_000, 20_000, 200, 200),
        ("duplicates", 20_200, 20_200, 100, 100),  # 50 alone and 50 differing ones
    ],
)
def test_so_many_whole_rows_are_on_one_side_only(
    data: Path, scenario: str, source_rows: int, target_rows: int, only_in_source: int, only_in_target: int
):
    sides = files(data, SCENARIOS[scenario])
    rest = "SELECT count(*) FROM (FROM read_parquet($a) EXCEPT ALL FROM read_parquet($b))"
    with duckdb.connect() as connection:

        def count(query: str, **named: str) -> int:
            return connection.execute(query, named).fetchall()[0][0]

        assert count("SELECT count(*) FROM read_parquet($a)", a=sides["source"]) == source_rows
        assert count("SELECT count(*) FROM read_parquet($a)", a=sides["target"]) == target_rows
        assert count(rest, a=sides["source"], b=sides["target"]) == only_in_source
        assert count(rest, a=sides["target"], b=sides["source"]) == only_in_target


def test_keys_are_unique_types_are_mixed_and_most_values_can_be_null(data: Path):
    source = files(data, SCENARIOS["equal"])["source"]
    with duckdb.connect() as connection:
        distinct = f"SELECT count(*) FROM (SELECT DISTINCT {', '.join(KEYS)} FROM read_parquet($1))"
        assert connection.execute(distinct, [source]).fetchall() == [(ROWS,)]
        types = dict(
            connection.execute(
                "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet($1))", [source]
            ).fetchall()
        )
        nulls = connection.execute(
            f"SELECT {', '.join(f'count(*) - count({name})' for name in types)} FROM read_parquet($1)", [source]
        )
        holds_null = [name for name, count in zip(types, nulls.fetchall()[0], strict=True) if count]
    assert tuple(types) == (*KEYS, *VALUES)
    assert [types[key] for key in KEYS] == ["INTEGER", "INTEGER", "VARCHAR", "BIGINT"]
    kinds = [types[name] for name in VALUES]
    assert [
        kinds.count(k) for k in ("DECIMAL(18,2)", "INTEGER", "BIGINT", "DECIMAL(28,6)", "VARCHAR", "TIMESTAMP")
    ] == [6, 5, 1, 1, 3, 1]
    assert set(VALUES) - set(holds_null) == {"reference_id", "customer_name"}


def test_the_two_files_have_their_rows_in_different_order(data: Path):
    sides = files(data, SCENARIOS["equal"])
    same_place = "SELECT count(*) FROM read_parquet($source) s POSITIONAL JOIN read_parquet($target) t WHERE s.account_id = t.account_id AND s.date_key = t.date_key"
    with duckdb.connect() as connection:
        assert connection.execute(same_place, sides).fetchall()[0][0] < 20  # of 20 000, 1 expected by chance


TRUTH = Answer(100, 100, missing=1, extra=2, differences={"a": 3})


@pytest.mark.parametrize(
    ("answer", "judgement"),
    [
        (TRUTH, "right"),
        (Answer(100, 100), "counts rows only"),
        (Answer(100, 100, differences={"a": 3}), "right"),
        (Answer(99, 100), "wrong: source rows 99 (planted 100)"),
        (Answer(100, 100, 0, 0, {"a": 3}), "wrong: missing 0 (planted 1); extra 0 (planted 2)"),
        (Answer(100, 100, 1, 2, {}), "wrong: values differing none (planted a 3)"),
        (Answer(100, 100, 1, 2, {"a": 4, "b": 1000}), "wrong: values differing a 4 + b 1,000 (planted a 3)"),
        (Answer(100, 100, 1, 2, dict.fromkeys("abcd", 2)), "wrong: values differing 8 in 4 columns (planted a 3)"),
    ],
)
def test_an_answer_is_judged_by_what_was_planted(answer: Answer, judgement: str):
    assert judge(answer, TRUTH) == judgement


def python(program: str, **limits: float) -> measure.Usage:
    return measure.run([sys.executable, "-c", program], folder=ROOT, **({"memory_gib": 4, "timeout": 60} | limits))


def test_peak_memory_and_cpu_seconds_are_the_process_s():
    program = "import time; x = b'x' * 200_000_000\nwhile time.process_time() < 0.5: pass"
    measuring = (  # from a process of its own, since a child's peak is its parent's size at least, and tests are large
        "import dataclasses, json, pathlib, sys; from benchmarks import measure;"
        " usage = measure.run(sys.argv[1:], folder=pathlib.Path.cwd(), memory_gib=4, timeout=60);"
        " print(json.dumps(dataclasses.asdict(usage)))"
    )
    command = [sys.executable, "-c", measuring, sys.executable, "-c", program]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    usage = measure.Usage(**json.loads(said))
    assert usage.failure is None
    assert 200 < usage.peak_mb < 300
    assert usage.cpu >= 0.5


@pytest.mark.parametrize(
    ("program", "limits", "failure"),
    [
        ("b'x' * 2**30", {"memory_gib": 0.5}, "out of memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", {}, "out of memory"),
        ("while True: pass", {"timeout": 1}, "over 1 s"),
        ("raise ValueError('Duplicate primary keys')", {}, "ValueError: Duplicate primary keys"),
        ("raise SystemExit(3)", {}, "exit code 3"),
    ],
)
def test_a_failure_is_told_by_its_reason(program: str, limits: dict[str, float], failure: str):
    assert python(program, **limits).failure == failure


def outcome(wall: float, cpu: float, peak: float = 100, failed: bool = False) -> Outcome:
    return Outcome(wall, cpu, peak, "right", failed)


@pytest.mark.parametrize(
    ("scenario", "rows", "ours", "other", "cells"),
    [
        ("equal", 10_000_000, outcome(12, 24), {"scan": outcome(10, 20)}, ["1.20", "1.20", "equal", "yes"]),
        ("equal", 10_000_000, outcome(13, 26), {"scan": outcome(10, 20)}, ["1.30", "1.30", "equal", "no"]),
        ("equal", 10_000_000, outcome(13, 20), {"scan": outcome(10, 20)}, ["1.30", "1.00", "equal", "by CPU only"]),
        ("equal", 20_000, outcome(1, 1), {"scan": outcome(1, 1)}, ["1.00", "1.00", "equal", "stated for 10,000,000 rows"]),
        ("rows", 1_000_000, outcome(1, 2), {"sorted-pandas": outcome(30, 40)}, ["30.00", "20.00", "rows", "by wall only"]),
        ("rows", 100_000_000, outcome(1, 1, peak=999), {}, ["999.00", "999.00", "rows", "yes"]),
    ],
)  # fmt: skip
def test_a_goal_is_judged_at_its_size_by_wall_and_cpu(
    scenario: str, rows: int, ours: Outcome, other: dict[str, Outcome], cells: list[str]
):
    table = goals_table({rows: {scenario: {"recon": ours, **other}}})
    judged = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert cells in [row[2:] for row in judged]


def test_cost_is_linear_when_ten_times_the_rows_take_ten_times_as_long():
    small, large = ({"equal": {"recon": outcome(seconds, seconds)}} for seconds in (2, 21))
    last = goals_table({1_000_000: small, 10_000_000: large}).splitlines()[-1]
    assert [cell.strip() for cell in last.strip("|").split("|")][1:] == ["10,000,000", "1.05", "1.05", "equal", "yes"]


def test_a_contestant_that_failed_settles_no_goal():
    table = goals_table({1_000_000: {"equal": {"recon": outcome(1, 1), "sorted-pandas": outcome(60, 60, failed=True)}}})
    assert "the scripts' way" not in table
