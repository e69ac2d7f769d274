"""`recon prove`, as a user calls it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from recon_assets.cli import main
from recon_assets.comparison import Dataset, Rules, compare
from recon_assets.reports.record import write_json
from recon_assets_tests.reports.examples import report

ROOT = Path(__file__).parents[2]


def recon(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two files that differ in one value, and the record of their comparison, made with relative names."""
    rows = pa.table({"id": [1, 2, 3], "name": ["a", "[red]b", None]})
    pq.write_table(rows, tmp_path / "a.parquet")
    pq.write_table(rows.set_column(1, "name", [["a", "[red]b", "c"]]), tmp_path / "b.parquet")
    monkeypatch.chdir(tmp_path)
    recon("compare", "a.parquet", "b.parquet", "--key", "id", "--json", "out.json")
    monkeypatch.chdir("/")
    return tmp_path


def test_a_record_that_holds_is_proven_from_any_directory(files):
    done = recon("prove", files / "out.json", "--json", files / "proof.json")
    assert done.exit_code == 0, done.output
    assert "verdict, counts and fingerprints are those of the record" in done.output
    assert max(map(len, done.output.splitlines())) <= 120
    proof = json.loads((files / "proof.json").read_text())
    count = len(proof["faults"])
    assert done.output.rstrip().endswith(f"{count} of {count} planted faults were found.")
    assert (proof["holds"], proof["reproduction"]["verdict"], proof["sampled_rows"]) == (True, "PARTIAL MATCH", 3)
    (dropped,) = [fault for fault in proof["faults"] if fault["kind"] == "row dropped"]
    assert dropped == {
        "kind": "row dropped",
        "place": "rows",
        "change": "one row",
        "expected": {"missing rows": 1},
        "ok": True,
        "wrong": [],
    }
    assert {"kind": "column dropped", "place": "name"}.items() <= proof["faults"][-2].items()


def test_data_that_has_changed_since_is_told_and_exits_with_1(files):
    pq.write_table(pa.table({"id": [1, 2], "name": ["a", "[red]b"]}), files / "b.parquet")
    done = recon("prove", files / "out.json", "--json", "-")
    assert done.exit_code == 1
    again = json.loads(done.stdout)["reproduction"]
    assert again["sentence"] == "The data of the target has changed since the record was made."
    assert again["unlike"]["target rows"] == {"recorded": 3, "found": 2}


def test_the_report_of_a_run_is_proven_too(files):
    made = compare(Dataset.open(files / "a.parquet"), Dataset.open(files / "b.parquet"), Rules(keys=("id",)))
    write_json(report(comparison=made), files / "run.json")
    assert recon("prove", files / "run.json").exit_code == 0


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (None, "cannot read"),
        ("not JSON", "no record of a comparison"),
        ("[]", "no record of a comparison"),
        ('{"verdict": "MATCH"}', "no record of a comparison"),
        ('{"comparison": 1}', "damaged or not a report"),
    ],
)
def test_what_is_no_record_exits_with_2_and_says_why(tmp_path, record, told):
    if record is not None:
        (tmp_path / "out.json").write_text(record)
    done = recon("prove", tmp_path / "out.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr


def test_data_that_is_gone_exits_with_2_and_says_what_to_do(files):
    (files / "b.parquet").unlink()
    done = recon("prove", files / "out.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "b.parquet: no longer there; restore it, or compare again and use the new record" in done.stderr


def test_the_documented_commands_work_as_they_stand(tmp_path):
    rows = pa.table({"id": [1, 2], "v": ["a", "b"]})
    for name in ("old", "new"):
        pq.write_table(rows, tmp_path / f"{name}.parquet")
    section = (ROOT / "docs" / "rules.md").read_text().partition("## Prove it\n")[2]
    commands = re.search(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)[1]
    programs = str(Path(sys.executable).parent)
    subprocess.run(["bash", "-euc", commands.replace(".venv/bin", programs)], cwd=tmp_path, check=True)
