"""How runs end, and that none goes on when nobody waits for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from dagster._core.errors import DagsterExecutionInterruptedError
from databricks.sdk import WorkspaceClient

from recon_assets.targets.base import Logic, RunSettings, TargetError
from recon_assets.targets.databricks.jobs import Runner
from recon_assets.targets.databricks.requests import Given, beginning
from recon_assets.targets.databricks.workspace import calling, connect
from recon_assets_tests.targets.databricks.conftest import enter
from recon_assets_tests.workspace.conftest import upload
from recon_assets_tests.workspace.server import Workspace

SCRIPT = "/Workspace/Shared/job.py"
SUBMIT, GET, CANCEL = "/api/2.2/jobs/runs/submit", "/api/2.2/jobs/runs/get", "/api/2.2/jobs/runs/cancel"


def logic(text: str = SCRIPT, **settings) -> Logic:
    return Logic("script", text, Path("/defs/r"), run=RunSettings(**settings))


def run(what: Logic, said: list[str] | None = None, change: Callable[[WorkspaceClient], object] = id):
    """Run it to its end, with a client that a test may have changed."""
    client = connect()
    begin = beginning(client, what, Given({"schema": "s"}, {}), "recon r")
    change(client)
    return Runner(client, "script job.py", 0, (said if said is not None else []).append).run(begin, what.run)


def test_a_run_that_succeeds_is_told_where_it_can_be_watched(workspace: Workspace):
    upload(workspace.client(), "import sys\nprint(sys.argv[1:])")
    said: list[str] = []
    ended = run(logic(), said)
    assert said == [f"script job.py: run {ended.run_id}, {ended.run_page_url}"]
    assert workspace.jobs.last.tasks[0].process.output("stdout") == "['--schema=s']\n"
    assert workspace.jobs.last.about["run_name"] == "recon r"


FAILING = "for n in range(99):\n    print('line', n)\n1 / 0"


def test_a_failure_has_the_link_the_message_the_trace_and_the_end_of_the_log(workspace: Workspace):
    upload(workspace.client(), FAILING)
    with pytest.raises(TargetError) as told:
        run(logic())
    message, last = str(told.value), workspace.jobs.last
    assert message.startswith(f"script job.py: run {last.run_id} ended as FAILED: Task logic failed with message:")
    assert f"See {last.about['run_page_url']}\n" in message
    assert "logic, error: ZeroDivisionError: division by zero" in message
    assert 'File "/Workspace/Shared/job.py", line 3' in message
    assert "line 98" in message and "line 50" not in message


ENDS = [
    ("fail_run", "ended as FAILED: Task logic failed with message: because of the test"),
    ("break_run", "ended as FAILED: Task logic failed with message: because of the test"),
    ("cancel_run", "ended as CANCELED: because of the test"),
    ("time_out_run", "ended as TIMEDOUT: because of the test"),
    ("skip_run", "ended as SKIPPED: because of the test"),
]


@pytest.mark.parametrize(("fault", "told"), ENDS, ids=[fault for fault, _ in ENDS])
def test_every_end_but_success_is_an_error_with_its_reason_and_link(workspace: Workspace, fault, told):
    getattr(workspace.faults, fault)("because of the test")
    with pytest.raises(TargetError) as error:
        run(logic())
    assert told in str(error.value) and workspace.jobs.last.about["run_page_url"] in str(error.value)
    assert len(workspace.jobs.runs) == 1


@pytest.mark.parametrize("fault", ["skip_run", "break_run"])
def test_what_never_began_is_begun_again_as_often_as_it_may(workspace: Workspace, fault):
    upload(workspace.client(), "")
    for _ in range(2):
        getattr(workspace.faults, fault)()
    said: list[str] = []
    run(logic(retries=2), said)
    assert len(workspace.jobs.runs) == 3 and sum("It never began" in each for each in said) == 2


def test_what_began_is_not_repeated(workspace: Workspace):
    upload(workspace.client(), FAILING)
    with pytest.raises(TargetError, match="ZeroDivisionError"):
        run(logic(retries=2))
    assert len(workspace.jobs.runs) == 1


def test_a_run_whose_cluster_never_starts_is_cancelled_when_its_time_is_over(workspace: Workspace):
    workspace.faults.stall_run()
    with pytest.raises(TargetError, match=r"was not done after 0 s \(PENDING, Waiting for cluster\)") as told:
        run(logic(timeout=0))
    assert str(told.value).endswith(f"Run {workspace.jobs.last.run_id} has ended: CANCELED")
    assert workspace.jobs.last.state.result == "CANCELED"


def test_a_run_that_can_not_be_cancelled_is_told_to_go_on(workspace: Workspace):
    workspace.faults.stall_run()
    workspace.faults.answer(403, "POST", CANCEL)
    with pytest.raises(TargetError, match=r"goes on, it could not be cancelled .*: end it in the workspace"):
        run(logic(timeout=0))


TROUBLE = [
    ("429 twice", lambda faults: faults.answer(429, "POST", SUBMIT, times=2, retry_after=1)),
    ("503 twice", lambda faults: faults.answer(503, "GET", GET, times=2)),
    ("503 after it was submitted", lambda faults: faults.answer(503, "POST", SUBMIT, after=True)),
    ("dropped before it was submitted", lambda faults: faults.drop("POST", SUBMIT)),
    ("dropped after it was submitted", lambda faults: faults.drop("POST", SUBMIT, after=True)),
    ("dropped while waiting", lambda faults: faults.drop("GET", GET, times=2)),
]


@pytest.mark.parametrize("trouble", [each for _, each in TROUBLE], ids=[name for name, _ in TROUBLE])
def test_passing_trouble_leaves_one_run(workspace: Workspace, trouble):
    upload(workspace.client(), "")
    trouble(workspace.faults)
    run(logic())
    assert len(workspace.jobs.runs) == 1


def raising_once(calls: Callable, at: int = 1) -> Callable:
    """A function that is interrupted after it was done for the nth time."""
    done = 0

    def interrupted(*arguments, **options):
        nonlocal done
        done += 1
        result = calls(*arguments, **options)
        if done == at:
            raise DagsterExecutionInterruptedError
        return result

    return interrupted


@pytest.mark.parametrize("call", ["submit", "get_run"])
def test_an_interrupt_cancels_the_run_and_goes_on_its_way(workspace: Workspace, call: str):
    workspace.faults.stall_run()
    said: list[str] = []
    with pytest.raises(DagsterExecutionInterruptedError):
        run(logic(), said, lambda client: setattr(client.jobs, call, raising_once(getattr(client.jobs, call))))
    assert [each.state.result for each in workspace.jobs.runs.values()] == ["CANCELED"]
    assert said[-1] == f"script job.py: interrupted. Run {workspace.jobs.last.run_id} has ended: CANCELED"


def test_a_process_of_an_interrupted_run_is_gone(workspace: Workspace):
    upload(workspace.client(), "import time\ntime.sleep(600)")
    workspace.jobs.patience = 0

    def interrupt_when_it_runs(client: WorkspaceClient) -> None:
        polled = client.jobs.get_run

        def get_run(run_id: int):
            if not workspace.called("POST", CANCEL):
                assert workspace.jobs.last.wait_until_running(60)
                raise DagsterExecutionInterruptedError
            return polled(run_id)

        client.jobs.get_run = get_run

    with pytest.raises(DagsterExecutionInterruptedError):
        run(logic(), change=interrupt_when_it_runs)
    assert workspace.jobs.last.tasks[0].process._running.returncode is not None


REFUSED = [
    (
        "an expired token",
        lambda faults: faults.answer(401, "POST", SUBMIT),
        "wrong or have expired; renew DATABRICKS_TOKEN",
    ),
    ("no right", lambda faults: faults.answer(403, "POST", SUBMIT), "does not have permission.*Give the one who calls"),
    ("no answer", lambda faults: faults.answer(404, "GET", GET), "can't be followed: It does not exist.*has ended"),
]


@pytest.mark.parametrize(("fault", "told"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_refusals_are_told_with_their_remedy(workspace: Workspace, fault, told):
    workspace.faults.stall_run()
    fault(workspace.faults)
    with pytest.raises(TargetError, match=told):
        run(logic())


def test_a_token_that_expires_meanwhile_leaves_a_run_to_be_ended_by_hand(workspace: Workspace):
    workspace.faults.stall_run()

    def expire(client: WorkspaceClient) -> None:
        workspace.faults.answer(401, "GET", GET, times=1)
        workspace.faults.answer(401, "POST", CANCEL, times=1)

    with pytest.raises(TargetError, match=r"have expired; renew .* goes on, it could not be cancelled"):
        run(logic(), change=expire)


ENTERING = [
    ("a wrong token", {"TOKEN": "dapi-PLANTED"}, "wrong or have expired; renew DATABRICKS_TOKEN"),
    ("a wrong secret", {"CLIENT_ID": "x", "CLIENT_SECRET": "dose-PLANTED"}, "renew DATABRICKS_TOKEN, or set DATABRICKS"),
    ("two ways", {"TOKEN": "dapi-PLANTED", "CLIENT_ID": "x", "CLIENT_SECRET": "dose-PLANTED"}, "more than one"),
    ("no way", {"TOKEN": ""}, "can't be entered"),
]  # fmt: skip


@pytest.mark.parametrize(("variables", "told"), [each[1:] for each in ENTERING], ids=[each[0] for each in ENTERING])
def test_what_does_not_let_in_is_told_without_secrets(workspace: Workspace, monkeypatch, variables, told):
    monkeypatch.delenv("DATABRICKS_TOKEN")
    enter(workspace, monkeypatch, **variables)
    with pytest.raises(TargetError, match=told) as error:
        run(logic())
    assert "PLANTED" not in str(error.value) and error.value.__cause__ is None
    assert not workspace.jobs.runs


def test_a_service_principal_gets_in(workspace: Workspace, monkeypatch):
    monkeypatch.delenv("DATABRICKS_TOKEN")
    access = workspace.access
    enter(workspace, monkeypatch, CLIENT_ID=access.client_id, CLIENT_SECRET=access.client_secret)
    upload(connect(), "")
    run(logic())


def test_an_answer_that_the_sdk_can_not_read_is_told_without_the_request():
    said = "This is likely a bug. Request log:```GET /x\n> * Authorization: Bearer dapi-PLANTED```"
    with pytest.raises(TargetError, match=r"job 1: This is likely a bug\.$"), calling("job 1"):
        raise OSError(said)
