"""A target behind Spark Connect: a real server, tables by name and by folder."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_assets.comparison import FingerprintStream
from recon_assets.deployments import resources
from recon_assets.io_managers.delta import DeltaLayer
from recon_assets.io_managers.fingerprinting import Fingerprinter
from recon_assets.io_managers.parquet import ParquetLayer
from recon_assets.sources.base import Parameter
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.targets.base import Logic, ParquetFiles, TableVersion, TargetError
from recon_assets.targets.connect import ConnectSpark
from recon_assets_tests.assets.conftest import importable_project
from recon_assets_tests.connect.server import ConnectServer
from recon_assets_tests.io_managers.helpers import KEY as SNAPSHOT
from recon_assets_tests.io_managers.helpers import rows, store

ROWS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int32()),
        "amount": pa.array([Decimal("1.50"), None, Decimal("-2.25")], pa.decimal128(9, 2)),
        "at": pa.array([datetime(2024, 2, 29, 23, 59, 59, 999999), None, datetime(1, 1, 1)], pa.timestamp("us")),
    }
)
KEY = ["r", "SALES_delta"]
STORED = dg.AssetKey(["r", "T_delta"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectServer]:
    server = ConnectServer(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture(params=["by name", "by folder"])
def remote(request: pytest.FixtureRequest, server: ConnectServer, tmp_path: Path) -> ConnectSpark:
    place = {"catalog": "spark_catalog"} if request.param == "by name" else {"root": str(tmp_path / "tables")}
    return ConnectSpark(remote=server.url, **place)


@pytest.fixture
def files(tmp_path: Path) -> ParquetFiles:
    pq.write_table(ROWS, tmp_path / "sales.parquet")
    return ParquetFiles([str(tmp_path / "sales.parquet")], ROWS.schema)


@pytest.fixture
def sales(remote: ConnectSpark, files: ParquetFiles, tmp_path: Path) -> TableVersion:
    return remote.load(files, remote.location(KEY, f"/home/delta/r/SALES_delta/{abs(hash(tmp_path)):x}-0001"))


def rows_of(remote: ConnectSpark, table: TableVersion) -> list[tuple]:
    with remote.reading([table]) as (frame,):
        return sorted(tuple(row) for row in frame.collect())


def test_a_table_is_loaded_with_its_rows_and_types(remote: ConnectSpark, sales: TableVersion):
    with remote.reading([sales]) as (frame,):
        assert frame.dtypes == [("id", "int"), ("amount", "decimal(9,2)"), ("at", "timestamp_ntz")]
    stream = FingerprintStream(ROWS.schema)
    for batch in ROWS.to_batches():
        stream.update(batch)
    fingerprinter = Fingerprinter(target=remote)
    assert fingerprinter.of_table("SALES", sales, ROWS.schema) == stream.result()


def test_no_files_are_a_table_without_rows(remote: ConnectSpark, tmp_path: Path):
    made = remote.load(ParquetFiles([], ROWS.schema), remote.location(KEY, f"/x/{abs(hash(tmp_path)):x}-0002"))
    assert rows_of(remote, made) == []


def test_a_name_says_of_which_reconciliation_and_run_a_table_is(server: ConnectServer):
    named = ConnectSpark(remote=server.url, catalog="ma`in")
    assert (
        named.location(["r", "SALES_delta"], "/home/delta/r/SALES_delta/1f2e3d4c-aaaa")
        == "`ma``in`.`recon_r_1f2e3d4c`.`SALES`"
    )
    lying = ConnectSpark(remote=server.url, root="abfss://lake@account.dfs.core.windows.net/delta/")
    assert lying.location(["r", "SALES_delta"], "/home/delta/r/SALES_delta/1f2e3d4c-aaaa") == (
        "abfss://lake@account.dfs.core.windows.net/delta/r/SALES_delta/1f2e3d4c-aaaa"
    )


LOGIC = [
    ("sql", "target.sql", "SELECT id, coalesce(amount, :Least) AS amount FROM SALES WHERE id < :Most"),
    (
        "sql",
        "target.sql",
        "CREATE TABLE OUT AS SELECT id, amount FROM SALES;\n"
        "MERGE INTO OUT USING SALES ON OUT.id = SALES.id\n"
        "WHEN MATCHED AND SALES.amount IS NULL THEN UPDATE SET amount = :Least\n"
        "WHEN MATCHED AND OUT.id >= :Most THEN DELETE",
    ),
    (
        "python",
        "target:f",
        "from pyspark.sql import functions as F\n"
        "def f(sales_df, least, most):\n"
        "    kept = sales_df.where(F.col('id') < most)\n"
        "    return kept.select('id', F.coalesce('amount', F.lit(least)).alias('amount'))\n",
    ),
]


@pytest.mark.parametrize(("kind", "text", "content"), LOGIC, ids=["a query", "a script with MERGE", "Python"])
def test_logic_gives_the_rows_it_gives_on_this_machine(remote, sales, tmp_path, kind, text, content):
    (tmp_path / text.replace(":f", ".py")).write_text(content)
    parameters = {"Least": Parameter("Least", "decimal(9,2)", Decimal("0.05")), "Most": Parameter("Most", "int", 3)}
    with remote.run(Logic(kind, text, tmp_path), {"SALES": sales}, ["OUT"], parameters, None) as frames:
        made = remote.save(frames["OUT"], remote.location(["r", "OUT_delta"], f"/x/{abs(hash(tmp_path)):x}-0003"))
    assert rows_of(remote, made) == [(1, Decimal("1.50")), (2, Decimal("0.05"))]


def test_ansi_and_time_zone_are_the_reconciliation_s(remote: ConnectSpark, sales: TableVersion, tmp_path: Path):
    (tmp_path / "target.sql").write_text(
        "SELECT id / (id - id) AS x, current_timezone() AS zone FROM SALES WHERE id = 1"
    )
    logic = Logic("sql", "target.sql", tmp_path, ansi=False, time_zone="America/New_York")
    with remote.run(logic, {"SALES": sales}, ["OUT"], {}, None) as frames:
        assert [tuple(row) for row in frames["OUT"].collect()] == [(None, "America/New_York")]
    assert {"ansi": "false", "session_time_zone": "America/New_York"}.items() <= remote.describe(logic).items()
    assert {"ansi": "true", "session_time_zone": "UTC"}.items() <= remote.describe(
        Logic("sql", "", tmp_path, ansi=True)
    ).items()


def test_what_others_write_later_is_not_read(remote: ConnectSpark, sales: TableVersion):
    before = rows_of(remote, sales)
    with remote.session() as session:
        session.sql(f"DELETE FROM {sales.sql} WHERE id = 1")
    assert rows_of(remote, sales) == before
    remote.check(sales)


def test_a_table_that_was_replaced_is_not_the_one_that_was_made(remote, sales, files):
    with remote.session() as session:
        if sales.has_name:
            session.sql(f"DROP TABLE {sales.location}")
        else:
            import shutil

            shutil.rmtree(sales.location)
    with pytest.raises(TargetError, match="can't be read"):
        remote.check(sales)
    remote.load(files, sales.location)
    with pytest.raises(TargetError, match="is another table than the one that was made"):
        remote.check(sales)


def test_a_run_that_tries_again_takes_its_own_table_s_place(remote, sales, files):
    again = remote.load(files, sales.location)
    assert rows_of(remote, again) == rows_of(remote, sales)
    remote.check(again)


def test_an_older_table_that_cannot_be_dropped_does_not_keep_the_new_one_back(
    server, files, tmp_path, monkeypatch, caplog
):
    remote = ConnectSpark(remote=server.url, root=str(tmp_path / "tables"))
    layer = DeltaLayer(
        root=str(tmp_path / "delta"), keep_runs=1, target=remote, fingerprinter=Fingerprinter(target=remote)
    )
    snapshots = ParquetLayer(root=str(tmp_path / "parquet"))
    refused: list[str] = []

    def refuse(self: ConnectSpark, location: str) -> None:
        refused.append(location)
        raise TargetError("no right to drop")

    monkeypatch.setattr(ConnectSpark, "drop", refuse)
    for n in (1, 2):
        assert store(snapshots, rows(n)).success
        assert store(layer, snapshots.current(SNAPSHOT), STORED).success
        assert rows_of(remote, layer.current(STORED).delta) == [(n, f"t{n}")]
    assert len(refused) == 1 and "no right to drop" in caplog.text


def test_a_dropped_table_takes_its_empty_schema_along(server: ConnectServer, files: ParquetFiles):
    remote = ConnectSpark(remote=server.url, catalog="spark_catalog", prefix="dropping")
    one, other = (remote.location(["r", f"{name}_delta"], "/x/aaaaaaaa-1") for name in ("ONE", "OTHER"))
    for location in (one, other):
        remote.load(files, location)
    for location, left in ((one, 1), (other, 0), (other, 0)):
        remote.drop(location)
        with remote.session() as session:
            assert session.sql("SHOW SCHEMAS LIKE 'dropping_r_aaaaaaaa'").count() == left


BAD = [
    ("SELECT 1\nSELEC 2", r"target\.sql:2: .*Syntax error"),
    ("SELECT *\nFROM\n  NOPE", r"target\.sql:3: .*NOPE.*A target sees the reconciliation's inputs"),
    ("CREATE TABLE OTHER AS SELECT 1 AS x", r"made no table OUT; it made other"),
]


@pytest.mark.parametrize(("text", "told"), BAD, ids=["a syntax error", "a missing table", "no output"])
def test_mistakes_in_the_logic_are_told_with_their_line(remote, sales, tmp_path, text, told):
    (tmp_path / "target.sql").write_text(text)
    logic = Logic("sql", "target.sql", tmp_path)
    with pytest.raises(TargetError, match=f"(?s){told}"), remote.run(logic, {"SALES": sales}, ["OUT"], {}, None):
        pass


def test_a_mistake_that_shows_while_rows_are_computed_is_told(remote, sales, tmp_path):
    (tmp_path / "target.sql").write_text("SELECT id / (id - id) AS x FROM SALES")
    logic = Logic("sql", "target.sql", tmp_path, ansi=True)
    computing = pytest.raises(TargetError, match=r"could not compute the rows: .*DIVIDE_BY_ZERO")
    with remote.run(logic, {"SALES": sales}, ["OUT"], {}, None) as frames, computing:
        remote.save(frames["OUT"], remote.location(["r", "OUT_delta"], f"/x/{abs(hash(tmp_path)):x}-0004"))


def test_files_of_this_machine_are_refused_for_a_server_elsewhere(files: ParquetFiles):
    remote = ConnectSpark(remote="sc://adb-1.azuredatabricks.net:443/;token=PLANTED", catalog="main")
    with (
        pytest.raises(
            TargetError, match=r"lies on this machine, where adb-1\.azuredatabricks\.net does not reach"
        ) as told,
        remote.reachable(files),
    ):
        pass
    assert "PLANTED" not in str(told.value)


def test_a_probe_makes_a_table_and_leaves_none(server: ConnectServer):
    remote = ConnectSpark(remote=server.url, catalog="spark_catalog", prefix="probing")
    assert remote.probe().startswith(
        "Spark 4.2.0 at 127.0.0.1; tables can be made, such as `spark_catalog`.`probing_probe_"
    )
    with remote.session() as session:
        assert session.sql("SHOW SCHEMAS LIKE 'probing*'").count() == 0


def test_an_address_that_nobody_answers_is_told_without_its_token(tmp_path: Path):
    remote = ConnectSpark(remote="sc://127.0.0.1:1/;token=PLANTED;use_ssl=false", root=str(tmp_path))
    with pytest.raises(TargetError, match=r"127\.0\.0\.1: the server can't be reached") as told, remote.session():
        pass
    assert "PLANTED" not in str(told.value) and "PLANTED" not in repr(remote)


FILL = "CREATE PROCEDURE dbo.P AS\nBEGIN\n    SELECT id, amount FROM dbo.T;\nEND\n"
LOGIC_TEXT = "SELECT id, coalesce(amount, 0) AS amount FROM T"
RECONCILING = {
    "procedure": "dbo.P",
    "inputs": ["dbo.T"],
    "outputs": [{"result_set": 1, "keys": ["id"]}],
    "target": {"sql": "target.sql"},
}


def test_a_reconciliation_runs_there_and_goes_on_after_the_server_was_lost(tmp_path: Path):
    server = ConnectServer(tmp_path / "server")
    with importable_project(tmp_path, "project_on_connect") as project:
        target = ConnectSpark(remote=server.url, root=str(tmp_path / "tables"))
        project.resources = lambda home: resources(
            home, {"root": str(home / "adls")}, EmbeddedSource(home / "source"), target
        )
        project.table("dbo.T", {"id": "int", "amount": "decimal(9,2)"}, "(1, 1.50), (2, NULL), (3, -2.25)")
        project.write(RECONCILING, source_sql=FILL, target_sql=LOGIC_TEXT)
        run = project.run()
        assert run.result.success, run.errors
        report = project.report("P")
        assert report.comparison.verdict == "PARTIAL MATCH"
        assert report.comparison.evidence["engine"] == "spark"
        assert report.target_system.startswith("Spark 4.2.0 at 127.0.0.1, ansi true, session_time_zone UTC")

        project.write(RECONCILING | {"engine": "duckdb"}, source_sql=FILL, target_sql=LOGIC_TEXT)
        here = project.run("P_report")
        assert "is a table that only the target reaches: compare it there, by `engine: spark`" in here.errors
        project.write(RECONCILING, source_sql=FILL, target_sql=LOGIC_TEXT)

        server.stop()
        lost = project.run("P_delta", "P_report")
        assert not lost.result.success
        assert "127.0.0.1: the server can't be reached, or has gone away" in lost.errors
        assert report == project.report("P")

        server.start()
        again = project.run("P_delta", "P_report")
        assert again.result.success, again.errors
        assert "T_delta" not in again.materialized
    server.stop()
