"""Where a dataset lies, as a record keeps it."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from recon_assets.comparison import ComparisonError, Dataset, Rules, compare
from recon_assets.comparison.location import Location

ROWS = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "v": ["a", "b", None]})


def reopened(dataset: Dataset) -> Dataset:
    """By way of its JSON record."""
    return Dataset.reopen(Location.from_json(json.loads(json.dumps(dataset.location.to_json()))))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://user:secret@host/a/b.parquet?sig=secret#part", "https://host/a/b.parquet"),
        ("abfss://container@account.dfs.core.windows.net/t/x.parquet?sas=secret",
         "abfss://container@account.dfs.core.windows.net/t/x.parquet"),
        ("az://container/t/x.parquet", "az://container/t/x.parquet"),
        ("/a/x.parquet", "/a/x.parquet"),
    ],
)  # fmt: skip
def test_a_location_keeps_no_secret(given, kept):
    assert Location.of("parquet", given).paths == (kept,)


def test_a_file_and_a_folder_are_found_again_from_another_directory(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    pq.write_table(ROWS, tmp_path / "folder" / "a.parquet")
    (tmp_path / "f.csv").write_text("id,v\n1,a\n")
    monkeypatch.chdir(tmp_path)
    there = [Dataset.open(name) for name in ("folder", "folder/a.parquet", "f.csv")]
    monkeypatch.chdir("/")
    for dataset in there:
        again = reopened(dataset)
        assert (again.format, again.schema, len(again.files)) == (dataset.format, dataset.schema, 1)


def test_a_delta_table_is_found_again_at_the_version_it_had(tmp_path):
    write_deltalake(tmp_path / "t", ROWS)
    newest = Dataset.open(tmp_path / "t")
    write_deltalake(tmp_path / "t", ROWS.slice(0, 1), mode="overwrite")
    result = compare(newest, reopened(newest), Rules(keys=("id",)))
    assert (result.verdict, result.target_rows) == ("MATCH", 3)
    assert result.evidence["datasets"]["source"] == {
        "format": "delta",
        "paths": [str(tmp_path / "t")],
        "version": 0,
    }


def test_a_dataset_without_files_is_found_again_by_its_schema():
    empty = Dataset.parquet([], ROWS.schema)
    assert reopened(empty).schema == ROWS.schema


def test_what_is_gone_is_named_with_the_remedy(tmp_path):
    pq.write_table(ROWS, tmp_path / "a.parquet")
    write_deltalake(tmp_path / "t", ROWS)
    file, table = Dataset.open(tmp_path / "a.parquet"), Dataset.open(tmp_path / "t")
    (tmp_path / "a.parquet").unlink()
    with pytest.raises(ComparisonError, match=r"a\.parquet: no longer there; .*compare again"):
        reopened(file)
    write_deltalake(tmp_path / "t", ROWS, mode="overwrite")
    DeltaTable(tmp_path / "t").vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    with pytest.raises(ComparisonError, match=r"part-.*: no longer there"):
        reopened(table)


def test_a_delta_version_that_is_not_there_is_named(tmp_path):
    write_deltalake(tmp_path / "t", ROWS)
    with pytest.raises(ComparisonError, match="at version 7"):
        Dataset.reopen(Location.of("delta", tmp_path / "t", version=7))


def test_a_folder_that_holds_another_format_now_is_refused(tmp_path):
    pq.write_table(ROWS, tmp_path / "a.parquet")
    was = Dataset.open(tmp_path)
    (tmp_path / "a.parquet").unlink()
    (tmp_path / "a.csv").write_text("id,v\n1,a\n")
    with pytest.raises(ComparisonError, match="says parquet, but csv is there now"):
        reopened(was)


@pytest.mark.parametrize("record", [None, {}, {"format": "parquet"}, {"format": "parquet", "paths": 1}])
def test_a_record_that_is_no_location_is_refused(record):
    with pytest.raises(ComparisonError, match="not a dataset's location"):
        Location.from_json(record)
