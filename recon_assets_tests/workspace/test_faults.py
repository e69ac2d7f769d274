"""What goes wrong on demand, as the SDK meets it."""

import pytest
import requests
from databricks.sdk.errors import (
    BadRequest,
    DatabricksError,
    InternalError,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
    Unauthenticated,
)

from recon_assets_tests.workspace.conftest import python_task, upload
from recon_assets_tests.workspace.server import serve

ME = "/api/2.0/preview/scim/v2/Me"


@pytest.mark.parametrize("status", [429, 503])
def test_the_sdk_tries_again_when_it_is_throttled(workspace, client, status):
    workspace.faults.answer(status, "GET", ME, times=2, retry_after=1)
    assert client.current_user.me().user_name
    assert len(workspace.called("GET", ME)) == 3


@pytest.mark.parametrize(
    ("status", "error"), [(400, BadRequest), (401, Unauthenticated), (403, PermissionDenied), (500, InternalError)]
)
def test_the_sdk_does_not_try_again_after_an_error(workspace, client, status, error):
    workspace.faults.answer(status, message="as the test says")
    with pytest.raises(error, match="as the test says"):
        client.current_user.me()
    assert client.current_user.me().user_name


def test_a_fault_befalls_only_the_calls_it_is_meant_for(workspace, client):
    workspace.faults.answer(500, "POST", "/api/2.0/dbfs/mkdirs", code="IO_ERROR")
    client.current_user.me()
    with pytest.raises(DatabricksError) as raised:
        client.dbfs.mkdirs("/x")
    assert raised.value.error_code == "IO_ERROR"
    client.dbfs.mkdirs("/x")


def test_the_sdk_connects_again_after_a_dropped_connection(workspace, client):
    workspace.faults.drop("GET", ME, times=2)
    assert client.current_user.me().user_name
    assert len(workspace.called("GET", ME)) == 3


def test_a_connection_dropped_after_the_call_was_done_makes_the_sdk_do_it_twice(workspace, client):
    task = python_task(upload(client, ""))
    workspace.faults.drop("POST", "/api/2.2/jobs/runs/submit", after=True)
    client.jobs.submit(tasks=[task])
    assert len(workspace.jobs.runs) == 2
    workspace.faults.drop("POST", "/api/2.2/jobs/runs/submit", after=True)
    client.jobs.submit(tasks=[task], idempotency_token="once")
    assert len(workspace.jobs.runs) == 3


def test_a_file_written_by_a_call_that_was_dropped_is_there_when_the_sdk_tries_again(workspace, client):
    workspace.faults.drop("POST", "/api/2.0/dbfs/put", after=True)
    with pytest.raises(ResourceAlreadyExists):
        client.dbfs.put("/x", contents="")


@pytest.mark.parametrize(
    ("fault", "life_cycle", "result", "code"),
    [
        ("fail_run", "INTERNAL_ERROR", "FAILED", "RUN_EXECUTION_ERROR"),
        ("break_run", "INTERNAL_ERROR", "FAILED", "RUN_EXECUTION_ERROR"),
        ("cancel_run", "TERMINATED", "CANCELED", "USER_CANCELED"),
        ("time_out_run", "TERMINATED", "TIMEDOUT", "RUN_EXECUTION_ERROR"),
        ("skip_run", "SKIPPED", None, "SKIPPED"),
    ],
)
def test_a_run_ends_as_it_is_told_to_without_its_file(workspace, client, fault, life_cycle, result, code):
    getattr(workspace.faults, fault)("because of the test")
    run = client.jobs.get_run(client.jobs.submit(tasks=[python_task("/Shared/none.py")]).run_id)
    assert (run.state.life_cycle_state.value, run.state.result_state and run.state.result_state.value) == (
        life_cycle,
        result,
    )
    assert "because of the test" in run.state.state_message
    assert (run.status.state.value, run.status.termination_details.code.value) == ("TERMINATED", code)
    assert client.jobs.get_run_output(run.tasks[0].run_id).error == "because of the test"


def test_a_failed_runs_own_life_cycle_may_be_that_of_its_task(workspace, client):
    workspace.faults.fail_run(life_cycle="TERMINATED")
    state = client.jobs.get_run(client.jobs.submit(tasks=[python_task("/Shared/none.py")]).run_id).state
    assert (state.life_cycle_state.value, state.result_state.value) == ("TERMINATED", "FAILED")


def test_a_run_waits_for_its_cluster_until_it_is_cancelled(workspace, client):
    workspace.faults.stall_run()
    run_id = client.jobs.submit(tasks=[python_task("/Shared/none.py")]).run_id
    states = [client.jobs.get_run(run_id).state for _ in range(3)]
    assert {(state.life_cycle_state.value, state.result_state) for state in states} == {("PENDING", None)}
    client.jobs.cancel_run(run_id)
    assert client.jobs.get_run(run_id).state.result_state.value == "CANCELED"


def test_a_run_is_lost(workspace, client):
    workspace.faults.lose_run()
    run_id = client.jobs.submit(tasks=[python_task("/Shared/none.py")]).run_id
    with pytest.raises(NotFound, match=f"Run {run_id} does not exist"):
        client.jobs.get_run(run_id)


def test_a_run_is_cancelled_by_somebody_else_while_it_runs(workspace, client):
    workspace.jobs.patience = 0
    run_id = client.jobs.submit(tasks=[python_task(upload(client, "import time; time.sleep(600)"))]).run_id
    assert workspace.jobs.last.wait_until_running(60)
    workspace.jobs.last.cancel()
    assert workspace.jobs.last.wait(60)
    assert client.jobs.get_run(run_id).state.result_state.value == "CANCELED"
    assert not workspace.called("POST", "/api/2.2/jobs/runs/cancel")


def test_what_the_peer_itself_does_wrong_is_raised_in_the_end():
    with pytest.raises(ExceptionGroup, match="the peer failed"), serve() as workspace:
        del workspace.access
        answer = requests.get(f"{workspace.url}{ME}", headers={"Authorization": "Bearer x"})
        assert answer.status_code == 500
