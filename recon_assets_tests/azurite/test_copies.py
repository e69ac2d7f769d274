"""Copies in blob storage: whole or not at all, sent once, kept and removed like those in a directory."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from recon_assets.io_managers import layer as layers
from recon_assets.io_managers.stored_table import NotIntact
from recon_assets_tests.azurite.server import HOST
from recon_assets_tests.io_managers.helpers import metadata, rows

MANY = range(60_000)  # about 300 kB of Parquet


def test_a_copy_is_the_snapshot_byte_by_byte_and_says_where_it_lies(lake):
    table = lake.table(rows(3, 1, 2))
    run = lake.copy(table)
    [check] = run.get_asset_check_evaluations()
    assert (check.passed, check.description) == (True, "3 rows in files read back with the same size and MD5")
    copy = lake.current()
    copy.check_intact()
    assert (copy.rows, copy.schema, copy.files, copy.fingerprint) == (3, table.schema, table.files, table.fingerprint)
    [path] = copy.paths
    folder = f"abfss://{lake.container.container_name}@{HOST}/tables/r/T_adls/{copy.folder.name}"
    assert path == f"{folder}/part-00000.parquet"
    assert (metadata(run)["dagster/uri"], metadata(run)["bytes_sent"]) == (folder, table.size)


def test_a_blob_carries_the_md5_of_all_its_bytes(lake, small_blocks):
    lake.copy(lake.table(rows(*MANY)))
    copy = lake.current()
    blob = lake.container.get_blob_client(f"tables/r/T_adls/{copy.folder.name}/part-00000.parquet")
    content = blob.download_blob().readall()
    assert len(content) > 2 * small_blocks
    assert blob.get_blob_properties().content_settings.content_md5 == hashlib.md5(content).digest()


def test_a_large_file_goes_in_blocks_each_with_its_md5(lake, small_blocks):
    table = lake.table(rows(*MANY))
    assert lake.copy(table).success
    sent = lake.proxy.sent()
    assert all(request.options["comp"] == "block" and len(request.body) <= small_blocks for request in sent)
    assert sum(len(request.body) for request in sent) == table.size


def test_an_empty_table_is_copied(lake):
    assert lake.copy(lake.table(rows())).success
    assert lake.current().rows == 0


def test_unchanged_content_is_published_again_without_being_sent(lake):
    lake.copy(lake.table(rows(1, 2)))
    first, sent = lake.current(), len(lake.proxy.sent())
    again = lake.copy(lake.table(rows(1, 2)))
    assert again.success and metadata(again)["bytes_sent"] == 0
    assert len(lake.proxy.sent()) == sent
    second = lake.current()
    assert second.folder == first.folder and second.run_id != first.run_id
    assert lake.folders() == {first.folder.name}


def test_changed_content_is_sent(lake):
    lake.copy(lake.table(rows(1, 2)))
    sent = len(lake.proxy.sent())
    assert lake.copy(lake.table(rows(1, 3))).success
    assert len(lake.proxy.sent()) == sent + 1


@pytest.mark.parametrize("harm", ["gone", "overwritten", "overwritten with the old MD5 on it"])
def test_unchanged_content_is_sent_again_where_the_copy_is_no_longer_what_it_was(lake, harm):
    lake.copy(lake.table(rows(1, 2)))
    first = lake.current()
    blob = lake.container.get_blob_client(f"tables/r/T_adls/{first.folder.name}/part-00000.parquet")
    settings = blob.get_blob_properties().content_settings
    if harm == "gone":
        blob.delete_blob()
    else:
        blob.upload_blob(b"x" * first.size, overwrite=True)
        if "MD5" in harm:
            blob.set_http_headers(settings)
    with pytest.raises(NotIntact, match=r"part-00000\.parquet (is gone|was changed)"):
        first.check_intact()
    assert lake.copy(lake.table(rows(1, 2))).success
    lake.current().check_intact()
    assert lake.current().folder != first.folder


def test_a_blob_rewritten_with_the_same_bytes_is_intact(lake):
    lake.copy(lake.table(rows(1, 2)))
    copy = lake.current()
    blob = lake.container.get_blob_client(f"tables/r/T_adls/{copy.folder.name}/part-00000.parquet")
    blob.upload_blob(blob.download_blob().readall(), overwrite=True)
    copy.check_intact()


def test_a_damaged_copy_is_not_published(lake):
    lake.copy(lake.table(rows(1)))
    before = lake.current()

    def spoil(request):
        if request.method == "GET" and request.path.endswith(".parquet"):
            blob = lake.container.get_blob_client(request.path.split("/", 2)[2])
            if blob.get_blob_properties().size > 4:
                blob.upload_blob(b"PAR1", overwrite=True)

    lake.proxy.meddle = spoil
    run = lake.copy(lake.table(rows(2)))
    lake.proxy.meddle = lambda request: None
    [check] = run.get_asset_check_evaluations()
    assert not check.passed and "it has 4 bytes" in (check.description or "")
    assert lake.current() == before


@pytest.mark.parametrize("keep_runs, kept", [(1, [3]), (2, [2, 3]), (3, [1, 2, 3])])
def test_as_many_copies_are_kept_as_keep_runs_says(lake, keep_runs, kept):
    folders = []
    for n in range(4):
        assert lake.copy(lake.table(rows(n)), lake.layer(keep_runs)).success
        folders.append(lake.current().folder.name)
    assert lake.folders() == {folders[n] for n in kept}


def test_what_a_killed_run_left_is_removed_after_a_day_and_a_younger_folder_is_not(lake, monkeypatch):
    leftover = lake.container.get_blob_client("tables/r/T_adls/killed/part-00000.parquet")
    leftover.upload_blob(b"half")
    assert lake.copy(lake.table(rows(1))).success
    assert "killed" in lake.folders()
    tomorrow = datetime.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(layers.time, "time", tomorrow.timestamp)
    assert lake.copy(lake.table(rows(2))).success
    assert "killed" not in lake.folders() and len(lake.folders()) == 2


def test_a_folder_of_many_blobs_is_listed_and_removed_256_at_a_time(lake):
    copies = lake.layer().storage.folder(lake.root) / "r" / "T_adls"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: lake.container.upload_blob(f"tables/r/T_adls/many/{n:04}", b"x"), range(1000)))
    lake.container.upload_blob("tables/r/T_adls/few/1", b"x")
    assert copies.folders().keys() == {"many", "few"}
    (copies / "many").remove()
    assert copies.folders().keys() == {"few"}
    assert (
        len([request for request in lake.proxy.requests if request.method == "POST"]) == 5
    )  # the last one for the folder itself


def test_directories_of_a_hierarchical_namespace_go_once_they_are_empty(lake):
    for name in ("run", "run/inner"):
        lake.container.upload_blob(f"tables/r/T_adls/{name}", b"", metadata={"hdi_isfolder": "true"})
    lake.container.upload_blob("tables/r/T_adls/run/inner/file", b"x")
    copies = lake.layer().storage.folder(lake.root) / "r" / "T_adls"
    assert copies.folders().keys() == {"run"}
    (copies / "run").remove()
    removals = [request.body.decode() for request in lake.proxy.requests if request.method == "POST"]
    assert [re.findall(r"DELETE \S*/T_adls/([\w/]+)", removal) for removal in removals] == [
        ["run/inner/file"],
        ["run/inner"],
        ["run"],
    ]


def test_folders_of_like_names_are_told_apart(lake):
    for name in ("run", "run-2"):
        lake.container.upload_blob(f"tables/r/T_adls/{name}/file", b"x")
    copies = lake.layer().storage.folder(lake.root) / "r" / "T_adls"
    (copies / "run").remove()
    assert copies.folders().keys() == {"run-2"}


def test_two_runs_that_upload_at_once_each_publish_a_whole_table(lake, small_blocks):
    tables = [lake.table(rows(*MANY)), lake.table(rows(*reversed(MANY)))]
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda table: lake.copy(table, lake.layer()), tables))
    assert [run.success for run in runs] == [True, True]
    copy = lake.current()
    copy.check_intact()
    assert copy.files in [table.files for table in tables]


def test_a_table_never_copied_and_a_damaged_manifest_are_told(lake):
    with pytest.raises(NotIntact, match=r"r/T_adls is not stored in abfss://.*: materialize it first"):
        lake.current()
    lake.container.upload_blob("tables/r/T_adls/current.json", b"{")
    with pytest.raises(NotIntact, match=r"abfss://.*/current\.json is damaged .*: materialize r/T_adls again"):
        lake.current()


def test_what_is_handed_on_is_checked_without_reading_it_again(lake):
    lake.copy(lake.table(rows(1, 2)))
    copy = lake.current()
    before = len(lake.proxy.requests)
    copy.check_intact()
    assert [request.method for request in lake.proxy.requests[before:]] == ["HEAD"]
