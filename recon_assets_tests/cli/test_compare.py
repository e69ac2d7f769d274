"""`recon compare`, as a user calls it."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from deltalake import write_deltalake

from recon_assets.cli.compare import compare


@pytest.fixture
def files(tmp_path):
    """Three files: the second is equal to the first, the third differs in one value and lacks a row."""
    rows = pa.table({"id": [1, 2, 3], "amount": [1.5, float("nan"), None], "name": ["a", "[red]b", "c"]})
    pq.write_table(rows, tmp_path / "a.parquet")
    pq.write_table(rows.take([2, 0, 1]), tmp_path / "b.parquet")
    pq.write_table(rows.slice(0, 2).set_column(1, "amount", [[1.5, 2.5]]), tmp_path / "c.parquet")
    return tmp_path


def recon(*arguments):
    return CliRunner().invoke(compare, [str(a) for a in arguments])


@pytest.mark.parametrize("target, code, verdict", [("b", 0, "MATCH"), ("c", 1, "NO MATCH")])
def test_the_exit_code_and_the_json_carry_the_verdict(files, target, code, verdict):
    done = recon(files / "a.parquet", files / f"{target}.parquet", "--key", "id", "--json", "-")
    assert done.exit_code == code
    assert json.loads(done.stdout)["verdict"] == verdict


@pytest.mark.parametrize(
    "source, target, code",
    [("t@0", "a.parquet", 0), ("t@1", "a.parquet", 1), ("delta:t@0", "a.parquet", 0), ("delta:t", "t@1", 0)],
)
def test_a_delta_table_is_compared_as_of_a_version(files, monkeypatch, source, target, code):
    rows = pq.read_table(files / "a.parquet")
    write_deltalake(files / "t", rows)
    write_deltalake(files / "t", rows.slice(0, 1), mode="append")
    monkeypatch.chdir(files)
    done = recon(source, target, "--key", "id")
    assert done.exit_code == code, done.output


def test_a_path_that_has_an_at_in_it_is_a_path(files):
    (files / "a.parquet").rename(files / "a@1")
    assert recon(files / "a@1", files / "b.parquet", "--key", "id").exit_code == 0


BAD_NAMES = [
    ("t@7", "t: not a readable Delta table at version 7"),
    ("none@1", "none: not a readable Delta table"),
    ("delta:a.parquet", "a.parquet: not a readable Delta table"),
]


@pytest.mark.parametrize("name, told", BAD_NAMES, ids=["no such version", "no such folder", "no Delta table"])
def test_a_version_that_is_not_there_is_told(files, monkeypatch, name, told):
    write_deltalake(files / "t", pq.read_table(files / "a.parquet"))
    monkeypatch.chdir(files)
    done = recon(name, "b.parquet", "--key", "id")
    assert done.exit_code == 2
    assert told in done.stderr


def test_the_json_has_the_documented_fields(files):
    done = recon(files / "a.parquet", files / "c.parquet", "--key", "id", "--json", files / "out.json")
    record = json.loads((files / "out.json").read_text())
    wanted = {
        "verdict": "NO MATCH",
        "source_rows": 3,
        "target_rows": 2,
        "paired_rows": 2,
        "missing_rows": 1,
        "extra_rows": 0,
        "duplicate_keys": {"source": 0, "target": 0},
    }
    assert {name: record[name] for name in wanted} == wanted
    columns = [(c["name"], c["status"], c["differences"]) for c in record["columns"]]
    assert columns == [("id", "equal", 0), ("amount", "different", 1), ("name", "equal", 0)]
    assert record["columns"][1]["samples"] == [{"key": {"id": 2}, "source": "NaN", "target": 2.5}]
    assert record["missing_samples"] == [{"id": 3, "amount": None, "name": "c"}]
    assert "NO MATCH" in done.output


def test_what_a_person_reads_shows_verdict_counts_and_samples(files):
    done = recon(files / "c.parquet", files / "a.parquet", "--key", "id")
    for text in ("NO MATCH", "source rows 2, target rows 3, paired 2", "amount", "2.5", "extra rows"):
        assert text in done.output


def test_markup_in_the_data_is_shown_as_it_is(files):
    done = recon(files / "a.parquet", files / "c.parquet")
    assert "[red]b" in done.output


def test_a_composite_key_is_given_by_repeating_the_option(files):
    assert recon(files / "a.parquet", files / "b.parquet", "--key", "id", "--key", "name").exit_code == 0


def test_exact_comparison_gives_the_same_answer(files):
    done = recon(files / "a.parquet", files / "c.parquet", "--key", "id", "--exact", "--json", "-")
    record = json.loads(done.stdout)
    assert (record["verdict"], record["evidence"]["path"]) == ("NO MATCH", "exact")


def test_rules_come_from_a_yaml_file(files):
    (files / "rules.yaml").write_text("keys: [id]\nignore: [amount]\ncolumns:\n  name: {trim: both}\n")
    done = recon(files / "a.parquet", files / "b.parquet", "--rules", files / "rules.yaml")
    assert done.exit_code == 0


def test_a_tolerance_is_read_digit_by_digit(files):
    (files / "rules.yaml").write_text("columns: {amount: {tolerance: 0.12345678901234567890}}\n")
    done = recon(
        files / "a.parquet", files / "b.parquet", "--key", "id", "--rules", files / "rules.yaml", "--json", "-"
    )
    assert json.loads(done.stdout)["rules"]["columns"]["amount"]["tolerance"] == "0.12345678901234567890"


@pytest.mark.parametrize(
    "text, told",
    [
        ("keys: [id]\nignroe: [amount]\n", "rules.yaml:2: unknown rule 'ignroe'; did you mean 'ignore'"),
        (
            "columns:\n  amount:\n    tolerence: 1\n",
            "rules.yaml:3: unknown rule 'columns.amount.tolerence'; did you mean 'tolerance'",
        ),
        ("columns:\n  amount:\n    tolerance: -1\n", "rules.yaml:3: columns.amount.tolerance: "),
        ("columns:\n  amount:\n    tolerance: .inf\n", "rules.yaml:3: columns.amount.tolerance: "),
        ("columns:\n  amount:\n    tolerance: much\n", "rules.yaml:3: columns.amount.tolerance: "),
        ("keys: id\n", "rules.yaml:1: keys: "),
        ("keys: [id\n", "rules.yaml:2: not valid YAML"),
        ("keys: [id]\nkeys: [name]\n", "rules.yaml:2: 'keys' is given twice"),
        ("- keys\n", "rules.yaml:1: the rules must be a mapping"),
        ("columns: {amount: {trim: both}}\n", "the rule trim is for texts"),
    ],
)
def test_a_mistake_in_the_rules_is_told_with_its_line(files, text, told):
    (files / "rules.yaml").write_text(text)
    done = recon(files / "a.parquet", files / "b.parquet", "--key", "id", "--rules", files / "rules.yaml")
    assert done.exit_code == 2
    assert told in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["none.parquet", "b.parquet"], "none.parquet: no such file"),
        (["a.parquet", "b.parquet", "--key", "idd"], "did you mean 'id'"),
        (["a.parquet", "b.parquet", "--rules", "none.yaml"], "none.yaml: can't be read"),
        (["a.parquet", "b.parquet", "--json", "no/folder.json"], "folder.json: can't be written"),
        (["a.parquet", "b.parquet", "--samples", "-1"], "--samples"),
        (["a.parquet"], "TARGET"),
    ],
)
def test_what_cannot_be_compared_exits_with_2_and_says_why(files, monkeypatch, arguments, told):
    monkeypatch.chdir(files)
    done = recon(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_keys_given_twice_must_agree(files):
    (files / "rules.yaml").write_text("keys: [name]\n")
    done = recon(files / "a.parquet", files / "b.parquet", "--key", "id", "--rules", files / "rules.yaml")
    assert done.exit_code == 2
    assert "--key names id" in done.stderr


def test_a_damaged_file_is_an_error_and_not_a_difference(files):
    rows = pa.table({"id": range(5000), "name": [f"name {i}" for i in range(5000)]})
    pq.write_table(rows, files / "a.parquet", compression="zstd")
    damaged = bytearray((files / "a.parquet").read_bytes())
    damaged[len(damaged) // 3 : len(damaged) // 3 + 500] = b"\xff" * 500
    (files / "b.parquet").write_bytes(damaged)
    done = recon(files / "a.parquet", files / "b.parquet", "--key", "id", "--json", "-")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "b.parquet" in done.stderr
