"""A small project to run reconciliations in: real embedded source, real Spark, a Dagster instance in memory."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa
import pytest
import yaml

from recon_assets.cli.run import cause
from recon_assets.deployments import local
from recon_assets.project import load_project
from recon_assets.reports.record import OutputReport, read_json
from recon_assets.sources.embedded import EmbeddedSource


def errors_of(result: dg.ExecuteInProcessResult) -> str:
    """Every failed step's innermost message, a line each."""
    return "\n".join(cause(event.step_failure_data.error) for event in result.all_events if event.is_step_failure)


@dataclass
class Run:
    """What one run left behind."""

    result: dg.ExecuteInProcessResult
    reports: Path

    @property
    def errors(self) -> str:
        """Every failed step's innermost message."""
        return errors_of(self.result)

    @property
    def materialized(self) -> set[str]:
        """The last parts of the keys that were materialized."""
        return {
            event.asset_key.path[-1]
            for event in self.result.all_events
            if event.is_step_materialization and event.asset_key
        }

    def checks(self, asset: str) -> dict[str, bool]:
        """The outcome of each check of one asset."""
        return {
            check.check_name: check.passed
            for check in self.result.get_asset_check_evaluations()
            if check.asset_key.path[-1] == asset
        }


@dataclass
class Project:
    """A project's package with one reconciliation `r`, and the folder its runs write to."""

    folder: Path
    home: Path
    resources: Callable[[Path], dict[str, Any]] = local
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)

    @property
    def source(self) -> EmbeddedSource:
        return EmbeddedSource(self.home / "source")

    def table(self, name: str, columns: Mapping[str, str], rows: str = "") -> None:
        """Create a source table: columns with T-SQL types, and rows as SQL VALUES."""
        names = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
        query = f"SELECT * FROM (VALUES {rows}) AS t({names})" if rows else None
        schema = pa.schema([(column, pa.null()) for column in columns])
        with duckdb.connect() as connection:
            reader = (
                connection.sql(query).to_arrow_reader(1000) if query else pa.RecordBatchReader.from_batches(schema, [])
            )
            self.source.create_table(name, list(columns.items()), reader)

    def write(self, attributes: Mapping[str, object], **files: str) -> None:
        """Write the reconciliation's YAML and its files (`source_sql` → source.sql)."""
        folder = self.folder / "r"
        folder.mkdir(exist_ok=True)
        document = {"type": "recon_assets.ProcedureReconciliation", "attributes": dict(attributes)}
        (folder / "defs.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        for name, text in files.items():
            (folder / name.replace("_", ".")).write_text(text)

    def definitions(self) -> dg.Definitions:
        """Load it as Dagster would."""
        invalidate_caches()
        return load_project(import_module(self.folder.name), self.resources(self.home))

    def run(self, *assets: str) -> Run:
        """Materialize all assets, or those named by the last part of their keys."""
        job = self.definitions().resolve_job_def("r")
        result = job.execute_in_process(
            instance=self.instance,
            raise_on_error=False,
            asset_selection=[dg.AssetKey(["r", asset]) for asset in assets] or None,
        )
        return Run(result, self.home / "reports")

    def report(self, output: str) -> OutputReport:
        """The newest report of an output."""
        return read_json(self.home / "reports" / "latest" / "r" / f"{output}.json")


@contextmanager
def importable_project(folder: Path, name: str) -> Iterator[Project]:
    """An empty project whose package can be imported by that name."""
    package = folder / name
    package.mkdir()
    (package / "__init__.py").touch()
    sys.path.insert(0, str(folder))
    try:
        yield Project(package, folder / "home")
    finally:
        sys.path.remove(str(folder))


@pytest.fixture
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with importable_project(tmp_path, f"project_{abs(hash(request.node.nodeid))}") as project:
        yield project


COPY = "CREATE PROCEDURE dbo.P AS\nBEGIN\n    SELECT id, amount FROM dbo.T;\nEND\n"


def copying(keys: Sequence[str] = ("id",)) -> dict[str, object]:
    """The attributes of the simplest reconciliation: a procedure that returns a table as it is."""
    return {
        "procedure": "dbo.P",
        "inputs": ["dbo.T"],
        "outputs": [{"result_set": 1, "keys": list(keys)}],
        "target": {"sql": "target.sql"},
    }
