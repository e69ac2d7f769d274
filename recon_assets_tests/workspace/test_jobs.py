"""Jobs through the SDK, as real processes."""

import pytest
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound, ResourceDoesNotExist
from databricks.sdk.service.compute import ClusterSpec
from databricks.sdk.service.jobs import (
    RunLifeCycleState,
    RunLifecycleStateV2State,
    RunResultState,
    SparkPythonTask,
    SubmitTask,
    Task,
    TaskDependency,
)

from recon_assets_tests.workspace.compute import Cluster
from recon_assets_tests.workspace.conftest import CLUSTER, python_task, upload

NEW_CLUSTER = ClusterSpec(spark_version="16.4.x-scala2.12")


def ended(client, run_id: int) -> tuple[str, str | None]:
    state = client.jobs.get_run(run_id).state
    return state.life_cycle_state.value, state.result_state and state.result_state.value


def test_a_file_runs_with_its_parameters_and_its_output_is_kept(client):
    path = upload(client, "import sys\nprint(sys.argv, file=sys.stderr)\nprint('é')")
    submitted = client.jobs.submit(run_name="mine", tasks=[python_task(path, "--a", "b c")])
    run = client.jobs.get_run(submitted.run_id)
    assert (run.run_name, run.run_type.value) == ("mine", "SUBMIT_RUN")
    assert run.run_page_url.endswith(f"/?o=1234567890123456#job/{run.job_id}/run/{run.run_id}")
    assert (run.state.life_cycle_state, run.state.result_state) == (
        RunLifeCycleState.TERMINATED,
        RunResultState.SUCCESS,
    )
    assert run.status.state == RunLifecycleStateV2State.TERMINATED
    assert run.status.termination_details.code.value == "SUCCESS"
    [task] = run.tasks
    assert task.run_id != run.run_id and task.cluster_instance.cluster_id == CLUSTER
    output = client.jobs.get_run_output(task.run_id)
    assert output.logs == "é\n['/Shared/job.py', '--a', 'b c']\n"
    assert (output.error, output.metadata.run_id) == (None, task.run_id)


def test_output_is_that_of_a_task_never_that_of_a_run(client):
    run_id = client.jobs.submit(tasks=[python_task(upload(client, ""))]).run_id
    with pytest.raises(InvalidParameterValue, match="of each individual task run instead"):
        client.jobs.get_run_output(run_id)


def test_an_exception_fails_the_run_and_is_told_with_its_trace(client):
    path = upload(client, "def f():\n    return 1 / 0\nf()")
    run = client.jobs.get_run(client.jobs.submit(tasks=[python_task(path)]).run_id)
    assert (run.state.life_cycle_state, run.state.result_state) == (
        RunLifeCycleState.INTERNAL_ERROR,
        RunResultState.FAILED,
    )
    assert run.state.state_message.startswith("Task main failed with message: Workload failed, see run output")
    assert run.status.termination_details.code.value == "RUN_EXECUTION_ERROR"
    assert run.tasks[0].state.life_cycle_state == RunLifeCycleState.TERMINATED
    output = client.jobs.get_run_output(run.tasks[0].run_id)
    assert output.error == "ZeroDivisionError: division by zero"
    assert 'File "/Shared/job.py", line 2, in f' in output.error_trace
    assert "driver" not in output.error_trace


def test_tasks_wait_for_those_they_depend_on_and_are_not_run_after_a_failure(client):
    good, bad = upload(client, "print('ok')"), upload(client, "1/0", "/Shared/bad.py")

    def task(key: str, path: str, *needs: str) -> SubmitTask:
        return SubmitTask(
            task_key=key,
            existing_cluster_id=CLUSTER,
            spark_python_task=SparkPythonTask(path),
            depends_on=[TaskDependency(need) for need in needs],
        )

    tasks = [task("a", good), task("b", bad, "a"), task("c", good, "b")]
    run = client.jobs.get_run(client.jobs.submit(tasks=tasks).run_id)
    assert [(each.task_key, each.state.result_state.value) for each in run.tasks] == [
        ("a", "SUCCESS"),
        ("b", "FAILED"),
        ("c", "UPSTREAM_FAILED"),
    ]
    assert run.state.result_state == RunResultState.FAILED


def test_a_job_is_run_with_other_parameters(client):
    path = upload(client, "import sys\nprint(sys.argv[1:])")
    task = Task(task_key="main", existing_cluster_id=CLUSTER, spark_python_task=SparkPythonTask(path, ["usual"]))
    job_id = client.jobs.create(name="nightly", tasks=[task]).job_id
    assert client.jobs.get(job_id).settings.name == "nightly"
    for parameters, said in ((None, "['usual']\n"), (["other"], "['other']\n")):
        run = client.jobs.get_run(client.jobs.run_now(job_id, python_params=parameters).run_id)
        assert (run.run_type.value, run.run_name, run.job_id) == ("JOB_RUN", "nightly", job_id)
        assert client.jobs.get_run_output(run.tasks[0].run_id).logs == said
    with pytest.raises(ResourceDoesNotExist, match=r"Job 1 does not exist\."):
        client.jobs.get(1)


def test_the_same_idempotency_token_is_the_same_run(workspace, client):
    task = python_task(upload(client, ""))
    first, second = (client.jobs.submit(tasks=[task], idempotency_token="t").run_id for _ in range(2))
    assert first == second and len(workspace.jobs.runs) == 1
    with pytest.raises(InvalidParameterValue, match="64"):
        client.jobs.submit(tasks=[task], idempotency_token="t" * 65)


def test_a_running_run_is_cancelled_with_its_processes(workspace, client):
    workspace.jobs.patience = 0
    source = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    run_id = client.jobs.submit(tasks=[python_task(upload(client, source))]).run_id
    assert workspace.jobs.last.wait_until_running(60)
    assert ended(client, run_id) == ("RUNNING", None)
    client.jobs.cancel_run(run_id)
    assert workspace.jobs.last.wait(60)
    run = client.jobs.get_run(run_id)
    assert (run.state.result_state, run.state.user_cancelled_or_timedout) == (RunResultState.CANCELED, True)
    assert run.status.termination_details.code.value == "USER_CANCELED"
    assert run.tasks[0].state.result_state == RunResultState.CANCELED


def test_a_task_that_takes_longer_than_it_may_times_out(client):
    task = python_task(upload(client, "import time; time.sleep(600)"))
    task.timeout_seconds = 1
    assert ended(client, client.jobs.submit(tasks=[task]).run_id) == ("TERMINATED", "TIMEDOUT")


def test_a_clusters_logs_are_delivered_to_dbfs(workspace, client, run_python):
    workspace.compute.clusters["c"] = Cluster("c", log_destination="dbfs:/logs")
    run_python("print('out')", existing_cluster_id="c")
    client.jobs.get_run(workspace.jobs.last.run_id)
    assert {entry.path for entry in client.dbfs.list("dbfs:/logs/c/driver")} == {
        "/logs/c/driver/stderr",
        "/logs/c/driver/stdout",
    }
    assert workspace.place("dbfs:/logs/c/driver/stdout").read_text() == "out\n"


def test_a_terminated_cluster_is_started_for_the_run_and_may_refuse(workspace, client, run_python):
    workspace.compute.clusters["c"] = Cluster("c", "TERMINATED")
    assert run_python("print(1)", existing_cluster_id="c").logs == "1\n"
    workspace.compute.clusters["c"] = Cluster("c", "TERMINATED", refuses="no quota")
    output = run_python("print(1)", existing_cluster_id="c")
    assert output.error == "Unexpected failure while waiting for the cluster (c) to be ready: no quota"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"existing_cluster_id": "nowhere"}, "Cluster nowhere does not exist"),
        ({"environment_key": "none"}, "environment key none"),
        ({"new_cluster": NEW_CLUSTER, "existing_cluster_id": CLUSTER}, "Only one of"),
        ({"libraries": []}, "needs an environment_key"),
    ],
)
def test_what_can_not_run_is_refused_at_once(workspace, client, options, message):
    with pytest.raises(BadRequest, match=message):
        client.jobs.submit(tasks=[python_task("/x.py", **options)])
    assert not workspace.jobs.runs


def test_an_unknown_run_does_not_exist(client):
    with pytest.raises(NotFound, match="Run 1 does not exist"):
        client.jobs.get_run(1)
