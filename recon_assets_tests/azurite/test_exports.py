"""`export: cetas` from end to end: the server writes into the lake, and nothing of it passes this machine."""

import os
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_assets.deployments import azure
from recon_assets.io_managers.copies import CopyLayer
from recon_assets_tests.assets.conftest import Project, importable_project
from recon_assets_tests.assets.test_exports import COLUMNS, EXPORTING, FILL, ROWS
from recon_assets_tests.azurite.conftest import Lake
from recon_assets_tests.azurite.server import HOST, KEY
from recon_assets_tests.tds.server import Server, serve

PASSWORD = "S3cret;}pass"


def writing(lake: Lake, container: str):
    """The server's own writer of Parquet: moments as INT96 and one file of notes, as Synapse has them."""

    def write(location: str, _source: str, _form: str, rows: pa.RecordBatchReader) -> None:
        file = pa.BufferOutputStream()
        pq.write_table(rows.read_all(), file, use_deprecated_int96_timestamps=True, compression="snappy")
        for name, content in ((f"{location}/QID1_0.parq", file.getvalue().to_pybytes()), (f"{location}/_SUCCESS", b"")):
            lake.container.upload_blob(name.lstrip("/"), content)

    return write


@pytest.fixture
def exporting(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    container = lake.container.container_name
    with importable_project(tmp_path, f"project_{abs(hash(tmp_path))}") as project:
        project.table("dbo.T", COLUMNS, ROWS)
        project.table("dbo.OUT", COLUMNS)
        project.write(EXPORTING, source_sql=FILL, target_sql="SELECT * FROM T WHERE amount IS NOT NULL")
        with serve(
            project.source, user="recon", password=PASSWORD, edition=6, on_cetas=writing(lake, container)
        ) as server:
            server.deploy(FILL)
            server.external_data_sources["lake"] = f"abfss://{container}@{HOST}"
            for name, value in {
                "SOURCE_SERVER": "127.0.0.1",
                "SOURCE_PORT": str(server.port),
                "SOURCE_DATABASE": "warehouse",
                "SOURCE_AUTHENTICATION": "sql",
                "SOURCE_USER": "recon",
                "SOURCE_PASSWORD": PASSWORD,
                "SOURCE_ENCRYPT": "strict",
                "SOURCE_CERTIFICATE": str(server.certificate),
                "SOURCE_EXTERNAL_DATA_SOURCE": "lake",
                "STORAGE_ROOT": f"abfss://{container}@{HOST}/recon",
                "STORAGE_ACCOUNT_URL": lake.proxy.url,
                "STORAGE_KEY": KEY,
            }.items():
                monkeypatch.setenv(f"RECON_{name}", value)
            project.resources = azure
            yield project, server


def test_files_of_the_servers_own_are_compared_where_they_lie(exporting: tuple[Project, Server], lake: Lake):
    project, server = exporting
    run = project.run()
    assert run.result.success, run.errors
    report = project.report("OUT")
    assert (report.comparison.verdict, report.comparison.source_rows) == ("MATCH", 2)
    layer = CopyLayer(root=os.environ["RECON_STORAGE_ROOT"], storage=lake.storage)
    export, copy = (layer.current(dg.AssetKey(["r", name])) for name in ("OUT_parquet", "OUT_adls"))
    assert export.paths == copy.paths == [export.folder.location("QID1_0.parq")]
    assert not any((project.home / "parquet").rglob("*.parquet"))
    assert not server.external_tables
    # what was uploaded from here are manifests only
    sent = {name.rpartition("/")[2] for name in lake.container.list_blob_names(name_starts_with="recon/")}
    assert sent == {"QID1_0.parq", "_SUCCESS", "current.json"}


def test_a_file_that_was_written_anew_is_not_what_was_exported(exporting: tuple[Project, Server], lake: Lake):
    project, _ = exporting
    assert project.run().result.success
    blob = next(
        name for name in lake.container.list_blob_names() if "OUT_parquet" in name and name.endswith("QID1_0.parq")
    )
    content = lake.container.download_blob(blob).readall()
    lake.container.upload_blob(blob, content, overwrite=True)  # the same bytes, but who knows
    run = project.run("OUT_report")
    assert not run.result.success
    assert "was changed after it was written" in run.errors


def test_superseded_exports_are_removed(exporting: tuple[Project, Server], lake: Lake):
    project, _ = exporting
    for _ in range(3):
        assert project.run("T_parquet").result.success
    folders = {Path(name).parent for name in lake.container.list_blob_names() if name.endswith("QID1_0.parq")}
    assert len(folders) == 2
