"""Tables in blob storage are compared, loaded and reconciled like those in a directory."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable

from recon_assets.cli import main
from recon_assets.comparison import ComparisonError, Dataset, Rules, compare
from recon_assets.comparison.result import Verdict
from recon_assets.deployments import local
from recon_assets.engines import Comparer
from recon_assets.io_managers.storage import StorageError
from recon_assets.targets.base import ParquetFiles, TargetError
from recon_assets_tests.assets.conftest import COPY, copying, importable_project
from recon_assets_tests.azurite.conftest import Lake
from recon_assets_tests.azurite.server import KEY
from recon_assets_tests.io_managers.helpers import rows

KEYS = Rules(keys=("id",))


def in_lake(lake: Lake, *ids: int):
    assert lake.copy(lake.table(rows(*ids))).success
    return lake.current()


@pytest.mark.parametrize(
    "ids, verdict", [((1, 2, 3), Verdict.MATCH), ((1, 2), Verdict.PARTIAL_MATCH), ((7,), Verdict.NO_MATCH)]
)
@pytest.mark.parametrize("engine", ["auto", "duckdb", "spark"])
def test_tables_in_the_lake_are_compared_where_they_lie(lake, target, tmp_path, engine, ids, verdict):
    one, other = in_lake(lake, 1, 2, 3), in_lake(lake, *ids)
    comparer = Comparer(scratch=str(tmp_path), target=target)
    found = comparer.compare(one, other, KEYS, engine)
    assert found.verdict is verdict
    assert found.evidence["engine"] == ("spark" if engine == "spark" else "duckdb")


def test_one_side_in_the_lake_compares_with_one_on_this_machine(lake, target, tmp_path):
    comparer = Comparer(scratch=str(tmp_path), target=target)
    found = comparer.compare(in_lake(lake, 1, 2, 3), lake.table(rows(3, 2, 1)), KEYS, "auto")
    assert (found.verdict, found.evidence["engine"]) == (Verdict.MATCH, "duckdb")


@pytest.mark.parametrize("largest, engine", [(10**9, "duckdb"), (1, "spark")])
def test_auto_takes_spark_for_tables_in_the_lake_that_are_too_large(lake, target, tmp_path, largest, engine):
    table = in_lake(lake, 1, 2)
    found = Comparer(scratch=str(tmp_path), target=target, largest=largest).compare(table, table, KEYS, "auto")
    assert (found.verdict, found.evidence["engine"]) == (Verdict.MATCH, engine)


def test_a_planted_difference_is_found_with_its_values(lake, tmp_path):
    one = in_lake(lake, *range(1000))
    changed = pq.read_table(lake.table(rows(*range(1000))).paths[0])
    texts = changed.column("t").to_pylist()
    texts[500] = "planted"
    pq.write_table(changed.set_column(1, "t", [texts]), tmp_path / "other.parquet")
    filesystem = one.folder.filesystem
    found = compare(
        Dataset.parquet(one.paths, filesystem=filesystem), Dataset.parquet([tmp_path / "other.parquet"]), KEYS
    )
    assert found.verdict is Verdict.PARTIAL_MATCH
    [sample] = next(column for column in found.columns if column.name == "t").samples
    assert (sample.source, sample.target) == ("t500", "planted")


def test_a_file_that_goes_while_it_is_compared_is_told(lake):
    table = in_lake(lake, 1)
    dataset = Dataset.parquet(table.paths, filesystem=table.folder.filesystem)
    table.folder.remove()
    with pytest.raises(ComparisonError, match=r"part-00000\.parquet"):
        compare(dataset, dataset, KEYS)
    with pytest.raises(ComparisonError, match=r"part-00000\.parquet: not a readable Parquet file"):
        Dataset.parquet(table.paths, filesystem=table.folder.filesystem)


def test_files_in_a_storage_that_the_process_was_not_given_are_told():
    with pytest.raises(ComparisonError, match=r"a\.parquet: lies in a storage that this process has no access to"):
        Dataset.parquet(["abfss://lake@account.dfs.core.windows.net/a.parquet"])


def test_another_accounts_files_are_not_looked_for_in_this_one(lake):
    table = in_lake(lake, 1)
    elsewhere = table.paths[0].replace("@reconassets.", "@other.")
    with pytest.raises(
        StorageError, match=r"files of reconassets\.dfs\S+ are read here: keep tables that are compared"
    ):
        Dataset.parquet([elsewhere], filesystem=table.folder.filesystem)


def test_local_spark_loads_from_the_lake_and_leaves_nothing_behind(lake, target, tmp_path):
    table = in_lake(lake, 1, 2, 3)
    target.load(table.parquet, str(tmp_path / "delta"))
    assert DeltaTable(str(tmp_path / "delta")).to_pyarrow_table().column("id").to_pylist() == [1, 2, 3]
    assert not list(Path(target.spark.spark_config["spark.local.dir"]).glob("fetched-*"))


def test_local_spark_tells_of_files_it_was_given_no_storage_for(target, tmp_path):
    files = ParquetFiles(["abfss://lake@account.dfs.core.windows.net/a.parquet"], pa.schema([("id", pa.int64())]))
    with pytest.raises(TargetError, match=r"a\.parquet lies in a storage that this process has no access to"):
        target.load(files, str(tmp_path / "delta"))


@pytest.mark.parametrize(
    "logic, verdict",
    [
        ("SELECT id, amount FROM T", Verdict.MATCH),
        ("SELECT id, coalesce(amount, 0) AS amount FROM T", Verdict.PARTIAL_MATCH),
    ],
)
def test_a_reconciliation_runs_with_its_copies_in_the_lake(lake, tmp_path, logic, verdict):
    with importable_project(tmp_path, f"in_lake_{verdict.name.lower()}") as project:
        project.resources = lambda home: local(home) | {"copy_layer": lake.layer()}
        project.table("dbo.T", {"id": "int", "amount": "decimal(9,2)"}, "(1, 1.50), (2, NULL), (3, -2.25)")
        project.write(copying(), source_sql=COPY, target_sql=logic)
        run = project.run()
        assert run.result.success, run.errors
        report = project.report("P")
        assert report.comparison.verdict is verdict
        assert [proof.proven for proof in report.inputs] == [True]
        first = len(lake.proxy.sent())
        assert project.run().result.success
        assert len(lake.proxy.sent()) == first == 2


def test_recon_compare_reads_files_of_the_lake(lake, tmp_path, monkeypatch):
    table = in_lake(lake, 1, 2, 3)
    for name, value in {"ACCOUNT_URL": lake.proxy.url, "KEY": KEY}.items():
        monkeypatch.setenv(f"RECON_STORAGE_{name}", value)
    pq.write_table(pq.read_table(lake.table(rows(1, 2, 3)).paths[0]), tmp_path / "same.parquet")
    pq.write_table(pq.read_table(lake.table(rows(1, 2)).paths[0]), tmp_path / "fewer.parquet")
    for source, target, code in (
        (str(table.folder), tmp_path / "same.parquet", 0),
        (table.paths[0], tmp_path / "fewer.parquet", 1),
        (f"{table.folder}-none", tmp_path / "same.parquet", 2),
    ):
        done = CliRunner().invoke(main, ["compare", str(source), str(target), "--key", "id"])
        assert done.exit_code == code, done.output
    assert "there is no Parquet file" in done.stderr and KEY not in done.output
