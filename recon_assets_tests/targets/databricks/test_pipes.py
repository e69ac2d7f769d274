"""What runs report, and that they need not."""

import json
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError
from databricks.sdk.mixins.jobs import JobsExt

from recon_assets.targets.base import Execution, Logic, RunSettings, TargetError
from recon_assets.targets.databricks.pipes import _Dbfs
from recon_assets.targets.databricks.target import DatabricksTarget
from recon_assets_tests.workspace.conftest import CLUSTER, upload
from recon_assets_tests.workspace.server import Workspace

VOLUME = "/Volumes/main/recon/landing"
REPORT = """
from dagster_pipes import *
with open_dagster_pipes(
    params_loader=PipesCliArgsParamsLoader(),
    context_loader=PipesUnityCatalogVolumesContextLoader(),
    message_writer=PipesUnityCatalogVolumesMessageWriter(interval=0.05),
) as pipes:
    pipes.report_asset_materialization(metadata={{"text": "é" * {size}}})
    pipes.report_custom_message(pipes.get_extra("schema"))
"""


def reported(pipes: str | None, workspace: Workspace) -> dict:
    """What an asset is told by a script."""
    workspace.compute.clusters[CLUSTER].libraries = ["dagster-pipes"]
    target = DatabricksTarget(remote="sc://127.0.0.1:1", catalog="main", pipes=pipes, poll_seconds=0)
    logic = Logic("script", "/Workspace/Shared/job.py", Path("/defs/r"), run=RunSettings(CLUSTER))
    heard = {}

    @dg.asset
    def thing(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        execution = Execution(context)
        target._run(logic, {"schema": "s"}, execution)
        heard.update(execution.told(context.asset_key))
        return dg.MaterializeResult()

    with dg.instance_for_test() as instance:
        assert dg.materialize([thing], instance=instance).success
    return {name: value.value for name, value in heard.items()}


def test_a_report_is_heard_however_long_it_is(workspace: Workspace):
    upload(workspace.client(), REPORT.format(size=400_000))
    told = reported(VOLUME, workspace)
    assert len(told["text"]) == 400_000 and told["messages"] == ["s"]


def test_dbfs_is_read_beyond_its_first_half_megabyte_and_not_before_all_is_written(workspace: Workspace):
    client = workspace.client()
    reader, message = _Dbfs(client=client), json.dumps({"method": "log", "text": "x" * 1_500_000})
    written = f"{message}\n{message}"
    for size, heard in ((0, None), (len(message) // 2, None), (len(message) + 9, None), (len(written), written)):
        with client.dbfs.open("/tmp/x/1.json", write=True, overwrite=True) as file:
            file.write(written[:size].encode())
        assert reader.download_messages_chunk(1, {"path": "/tmp/x"}) == heard
    assert reader.download_messages_chunk(2, {"path": "/tmp/x"}) is None


UNHEARD = [
    ("the run says nothing", VOLUME, False, lambda faults: None),
    ("messages may not be read", VOLUME, True, lambda f: f.answer(403, "GET", "/api/2.0/fs/files", times=9999)),
    ("the files can't be removed", VOLUME, True, lambda f: f.answer(403, "DELETE", "/api/2.0/fs", times=9)),
    ("nowhere to report to", None, False, lambda faults: None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "reports", "fault"), [each[1:] for each in UNHEARD], ids=[each[0] for each in UNHEARD]
)
def test_nothing_need_be_heard(workspace: Workspace, place, reports, fault):
    upload(workspace.client(), REPORT.format(size=1) if reports else "print()")
    fault(workspace.faults)
    told = reported(place, workspace)
    assert told["databricks_run_url"] == workspace.jobs.last.about["run_page_url"]


def test_what_fails_the_run_is_told_though_clearing_up_fails_too(workspace: Workspace):
    workspace.faults.fail_run("because of the test")
    workspace.faults.answer(403, "DELETE", "/api/2.0/fs", times=9)
    with pytest.raises(TargetError, match="because of the test"):
        reported(VOLUME, workspace)


def test_a_place_that_may_not_be_written_is_named_with_its_variable(workspace: Workspace):
    workspace.faults.answer(403, "PUT", "/api/2.0/fs")
    with pytest.raises(TargetError, match=f"{VOLUME}, where runs report through Pipes .RECON_TARGET_PIPES.: "):
        reported(VOLUME, workspace)
    assert not workspace.jobs.runs


def test_an_interrupt_cancels_the_run_and_fails_the_asset(workspace: Workspace, monkeypatch):
    workspace.faults.stall_run()
    polled = JobsExt.get_run

    def get_run(self, run_id: int):
        if not workspace.called("POST", "/api/2.2/jobs/runs/cancel"):
            raise DagsterExecutionInterruptedError
        return polled(self, run_id)

    monkeypatch.setattr(JobsExt, "get_run", get_run)
    with pytest.raises(DagsterExecutionInterruptedError):
        reported(VOLUME, workspace)
    assert workspace.jobs.last.state.result == "CANCELED"
    assert list(workspace.place(f"{VOLUME}/tmp").iterdir()) == []
