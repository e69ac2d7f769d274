"""Which engine compares two stored tables."""

import dagster as dg
import pytest
from click.testing import CliRunner

from recon_assets.cli import main
from recon_assets.comparison import Rules
from recon_assets.deployments import local
from recon_assets.engines import Comparer
from recon_assets_tests.assets.conftest import COPY, Project, copying, importable_project

ROWS = "(1, 1.50), (2, NULL), (3, -2.25)"
LOGIC = "SELECT id, coalesce(amount, 0) AS amount FROM T"


@pytest.fixture(scope="module")
def by_engine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """The same reconciliation, run on either engine."""
    projects = {}
    for engine in ("duckdb", "spark"):
        with importable_project(tmp_path_factory.mktemp(engine), f"on_{engine}") as project:
            project.table("dbo.T", {"id": "int", "amount": "decimal(9,2)"}, ROWS)
            project.write(copying() | {"engine": engine}, source_sql=COPY, target_sql=LOGIC)
            run = project.run()
            assert run.result.success, run.errors
            projects[engine] = project
    return projects


def test_either_engine_gives_the_same_report(by_engine):
    records = {engine: project.report("P").comparison.to_json() for engine, project in by_engine.items()}
    assert {engine: record["evidence"]["engine"] for engine, record in records.items()} == {
        "duckdb": "duckdb",
        "spark": "spark",
    }
    assert records["spark"]["evidence"]["fingerprints"] == records["duckdb"]["evidence"]["fingerprints"]
    for record in records.values():
        del record["evidence"], record["seconds"]
    assert records["spark"] == records["duckdb"]
    assert records["spark"]["verdict"] == "PARTIAL MATCH"


def test_a_record_made_on_spark_is_proven_without_it(by_engine):
    record = by_engine["spark"].home / "reports/latest/r/P.json"
    proof = CliRunner().invoke(main, ["prove", str(record)])
    assert proof.exit_code == 0, proof.output


@pytest.mark.parametrize(
    "engine, largest, chosen",
    [("auto", 10**9, "duckdb"), ("auto", 1, "spark"), ("duckdb", 1, "duckdb"), ("spark", 10**9, "spark")],
)
def test_auto_takes_spark_for_what_is_too_large_for_this_machine(by_engine, engine, largest, chosen):
    home = by_engine["duckdb"].home
    resources = local(home)
    stored = [
        resources[layer].current(dg.AssetKey(["r", table]))
        for layer, table in (("copy_layer", "P_adls"), ("delta_layer", "P_delta"))
    ]
    comparer = Comparer(scratch=str(home / "scratch"), largest=largest, target=resources["target"])
    assert comparer.compare(*stored, Rules(keys=("id",)), engine).evidence["engine"] == chosen
