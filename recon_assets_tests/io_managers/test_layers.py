"""Tables at rest: published whole or not at all, kept for readers, and known to be intact."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_assets.io_managers import parquet as parquet_layer
from recon_assets.io_managers.copies import CopyLayer
from recon_assets.io_managers.parquet import ParquetLayer, Rows
from recon_assets.io_managers.stored_table import NotIntact, StoredTable
from recon_assets_tests.io_managers import helpers
from recon_assets_tests.io_managers.helpers import KEY, SCHEMA, rows


def failing_rows() -> Rows:
    def read():
        yield rows(1).reader.read_next_batch()
        raise ConnectionError("the source hung up")

    return Rows("T", pa.RecordBatchReader.from_batches(SCHEMA, read()))


@pytest.fixture
def store(tmp_path: Path) -> Callable[[Rows], dg.ExecuteInProcessResult]:
    return lambda value: helpers.store(ParquetLayer(root=str(tmp_path)), value)


def published(tmp_path: Path) -> StoredTable:
    return ParquetLayer(root=str(tmp_path)).current(KEY)


def test_what_is_stored_is_read_back_with_its_schema_and_column_metadata(store, tmp_path):
    assert store(rows(3, 1, 2)).success
    stored = published(tmp_path)
    assert (stored.rows, stored.table, stored.schema) == (3, "T", SCHEMA)
    assert stored.schema.field("t").metadata == {b"tsql_type": b"varchar(9)"}
    assert pq.read_table(stored.paths[0]).column("id").to_pylist() == [3, 1, 2]
    stored.check_intact()


def test_an_empty_table_is_a_file_with_its_schema(store, tmp_path):
    assert store(rows()).success
    stored = published(tmp_path)
    assert stored.rows == 0 and len(stored.files) == 1
    assert pq.read_schema(stored.paths[0]).names == ["id", "t"]


def test_small_batches_become_sound_row_groups(store, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_layer, "ROW_GROUP_ROWS", 10)
    assert store(rows(1, 2, 3, batches=11)).success
    file = pq.ParquetFile(published(tmp_path).paths[0])
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [12, 12, 9]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_large_table_is_several_files(store, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_layer, "ROW_GROUP_ROWS", 3)
    monkeypatch.setattr(parquet_layer, "FILE_BYTES", 1)
    assert store(rows(1, 2, 3, batches=4)).success
    stored = published(tmp_path)
    assert [file.name for file in stored.files] == [f"part-{n:05}.parquet" for n in range(4)]
    assert stored.rows == 12


def test_a_write_that_fails_leaves_the_last_good_table_and_no_rubbish(store, tmp_path):
    assert store(rows(1, 2)).success
    before = published(tmp_path)
    assert not store(failing_rows()).success
    assert published(tmp_path) == before
    assert {path.name for path in (tmp_path / "r" / "T_parquet").iterdir()} == {"current.json", before.folder.name}


def test_the_table_before_is_kept_for_its_readers_and_the_one_before_that_is_not(store, tmp_path):
    folders = []
    for n in range(3):
        assert store(rows(n)).success
        folders.append(published(tmp_path).folder.name)
    kept = {path.name for path in (tmp_path / "r" / "T_parquet").iterdir() if path.is_dir()}
    assert kept == set(folders[1:])


@pytest.mark.parametrize("keep_runs, kept", [(1, [3]), (2, [2, 3]), (3, [1, 2, 3]), (9, [0, 1, 2, 3])])
def test_as_many_tables_are_kept_as_keep_runs_says(tmp_path, keep_runs, kept):
    layer = ParquetLayer(root=str(tmp_path), keep_runs=keep_runs)
    folders = []
    for n in range(4):
        assert helpers.store(layer, rows(n)).success
        folders.append(layer.current(KEY).folder.name)
    there = {path.name for path in (tmp_path / "r" / "T_parquet").iterdir() if path.is_dir()}
    assert there == {folders[n] for n in kept}


def test_fewer_runs_to_keep_than_before_removes_the_others_and_never_the_newest(tmp_path):
    for keep_runs in (4, 4, 4, 1):
        layer = ParquetLayer(root=str(tmp_path), keep_runs=keep_runs)
        assert helpers.store(layer, rows(1)).success
    [folder] = [path for path in (tmp_path / "r" / "T_parquet").iterdir() if path.is_dir()]
    assert folder.name == layer.current(KEY).folder.name
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        ParquetLayer(root=str(tmp_path), keep_runs=0)


def test_a_table_that_fails_its_check_removes_nothing(store, tmp_path, monkeypatch):
    folders = []
    for n in range(2):
        assert store(rows(n)).success
        folders.append(published(tmp_path).folder.name)
    monkeypatch.setattr(ParquetLayer, "damage", lambda self, stored: "the disk lied")
    store(rows(7))
    assert published(tmp_path).folder.name == folders[1]
    assert set(folders) <= {path.name for path in (tmp_path / "r" / "T_parquet").iterdir()}


def test_a_folder_that_another_run_is_still_writing_is_left_alone_and_a_days_old_one_is_swept(store, tmp_path):
    home = tmp_path / "r" / "T_parquet"
    for name in ("at-work", "left-behind"):
        (home / name).mkdir(parents=True)
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    os.utime(home / "left-behind", (two_days_ago, two_days_ago))
    assert store(rows(1)).success
    assert (home / "at-work").is_dir() and not (home / "left-behind").exists()


def test_a_table_that_cannot_be_shown_to_be_intact_is_not_published(store, tmp_path, monkeypatch):
    assert store(rows(1)).success
    before = published(tmp_path)
    monkeypatch.setattr(ParquetLayer, "damage", lambda self, stored: "the disk lied")
    result = store(rows(2))
    [check] = result.get_asset_check_evaluations()
    assert (check.passed, check.description) == (False, "the disk lied")
    assert published(tmp_path) == before


def test_bytes_changed_while_writing_are_found_before_publishing(store, tmp_path, monkeypatch):
    honest = ParquetLayer.damage

    def damage(self: ParquetLayer, stored: StoredTable) -> str | None:
        pq.write_table(pa.table({"id": [7], "t": ["t7"]}, schema=SCHEMA), stored.paths[0])
        return honest(self, stored)

    monkeypatch.setattr(ParquetLayer, "damage", damage)
    [check] = store(rows(1, 2)).get_asset_check_evaluations()
    assert not check.passed
    assert "holds 1 rows" in (check.description or "") and "2 rows" in (check.description or "")


def test_a_damaged_manifest_is_told(store, tmp_path):
    assert store(rows(1)).success
    (tmp_path / "r" / "T_parquet" / "current.json").write_text('{"table": "T"')
    with pytest.raises(NotIntact, match=r"current\.json is damaged .*: materialize r/T_parquet again"):
        published(tmp_path)


def test_a_table_never_stored_is_told(tmp_path):
    with pytest.raises(NotIntact, match=r"r/T_parquet is not stored in .*: materialize it first"):
        published(tmp_path)


def test_a_copy_that_is_changed_later_is_told(store, tmp_path):
    assert store(rows(1, 2, 3)).success
    table = published(tmp_path)
    layer = CopyLayer(root=str(tmp_path / "copies"))
    assert helpers.store(layer, table).success
    copy = layer.current(KEY)
    assert (copy.rows, copy.files, copy.fingerprint) == (table.rows, table.files, table.fingerprint)
    copy.check_intact()
    Path(copy.paths[0]).write_bytes(b"PAR1")
    with pytest.raises(NotIntact, match=r"part-00000\.parquet was changed after it was written: it has 4 bytes"):
        copy.check_intact()


def test_a_manifest_says_what_people_want_to_know(store, tmp_path):
    assert store(rows(1)).success
    manifest = json.loads((tmp_path / "r" / "T_parquet" / "current.json").read_text())
    assert manifest["columns"] == {"id": "int64", "t": "string"}
    assert manifest["files"][0]["name"] == "part-00000.parquet"
