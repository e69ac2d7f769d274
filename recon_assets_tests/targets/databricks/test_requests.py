"""What is asked for: parameters as text, tasks, and jobs that take parameters in one way or another."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from databricks.sdk.service.jobs import JobParameterDefinition, NotebookTask, SparkPythonTask, Task
from pydantic import ValidationError

from recon_assets.parameters import python_value
from recon_assets.sources.base import Parameter
from recon_assets.spec import Reconciliation
from recon_assets.targets.base import Logic, RunSettings, TargetError
from recon_assets.targets.databricks.requests import Given, beginning, parameter_texts
from recon_assets.targets.databricks.workspace import connect
from recon_assets_tests.workspace.conftest import CLUSTER

GIVEN = Given({"catalog": "c", "schema": "s"}, {"DAGSTER_PIPES_CONTEXT": "x"})

TEXTS = [
    ("int", 7, "7"),
    ("decimal(9,2)", "1.50", "1.50"),
    ("bit", True, "1"),
    ("date", date(2024, 2, 29), "2024-02-29"),
    ("datetime2(3)", datetime(2024, 2, 29, 1, 2, 3, 500000), "2024-02-29 01:02:03.500000"),
    ("nvarchar(9)", "it's é", "it's é"),
    ("varchar(9)", "", ""),
    ("int", None, ""),
]


@pytest.mark.parametrize(("kind", "value", "text"), TEXTS)
def test_parameters_are_texts_that_spark_casts_back(kind, value, text):
    assert parameter_texts({"P": Parameter("P", kind, python_value(kind, value))}, None) == {"P": text}


def test_the_clock_is_a_parameter_where_there_is_one():
    parameters = {"Rate": Parameter("Rate", "decimal(9,2)", Decimal("0.05"))}
    assert parameter_texts(parameters, datetime(2024, 7, 31, 6)) == {"Rate": "0.05", "clock": "2024-07-31 06:00:00"}


ALL = {"catalog": "c", "schema": "s", "DAGSTER_PIPES_CONTEXT": "x"}
ARGUMENTS = ["--catalog=c", "--schema=s", "--dagster-pipes-context", "x"]
TASKS = [
    ("notebook", {}, {"notebook_task": {"notebook_path": "/n", "base_parameters": ALL}}),
    (
        "notebook",
        {"cluster": CLUSTER, "libraries": ("dagster-pipes",)},
        {
            "existing_cluster_id": CLUSTER,
            "libraries": [{"pypi": {"package": "dagster-pipes"}}],
            "notebook_task": {"notebook_path": "/n", "base_parameters": ALL},
        },
    ),
    (
        "script",
        {"libraries": ("dagster-pipes", "/Volumes/a/b/c/own.whl")},
        {"environment_key": "default", "spark_python_task": {"python_file": "/n", "parameters": ARGUMENTS}},
    ),
    (
        "script",
        {"new_cluster": {"spark_version": "16.4.x-scala2.12", "num_workers": 2}, "libraries": ("/x/own.whl",)},
        {
            "new_cluster": {"spark_version": "16.4.x-scala2.12", "num_workers": 2},
            "libraries": [{"whl": "/x/own.whl"}],
            "spark_python_task": {"python_file": "/n", "parameters": ARGUMENTS},
        },
    ),
]


@pytest.mark.parametrize(("kind", "settings", "task"), TASKS)
def test_a_one_off_run_says_what_runs_on_what_with_what(workspace, kind, settings, task):
    logic = Logic(kind, "/n", Path("/defs/r"), run=RunSettings(**settings, timeout=60))
    beginning(connect(), logic, GIVEN, "recon r")("token")
    [call] = workspace.called("POST", "/api/2.2/jobs/runs/submit")
    assert {name: value for name, value in call.body["tasks"][0].items() if value} == {"task_key": "logic"} | task
    assert (call.body["timeout_seconds"], call.body["idempotency_token"]) == (60, "token")
    if kind == "script" and "new_cluster" not in settings:
        [environment] = call.body["environments"]
        assert environment["spec"]["dependencies"] == list(settings["libraries"])


def test_a_misspelt_field_of_a_new_cluster_is_not_left_out_in_silence(workspace):
    logic = Logic("notebook", "/n", Path("/defs/r"), run=RunSettings(new_cluster={"spark_versoin": "16.4"}))
    with pytest.raises(TargetError, match="`new_cluster` has `spark_versoin`"):
        beginning(connect(), logic, GIVEN, "recon r")


NOTEBOOK = Task("a", existing_cluster_id=CLUSTER, notebook_task=NotebookTask("/n"))
PYTHON = Task("b", existing_cluster_id=CLUSTER, spark_python_task=SparkPythonTask("/n.py"))
JOBS = [
    ("its parameters", [NOTEBOOK], ["catalog", "schema"], {"job_parameters": {"catalog": "c", "schema": "s"}}),
    ("Pipes among them", [NOTEBOOK], list(ALL), {"job_parameters": ALL}),
    ("notebooks", [NOTEBOOK], [], {"notebook_params": ALL}),
    ("files", [PYTHON], [], {"python_params": ARGUMENTS}),
    ("both", [NOTEBOOK, PYTHON], [], {"notebook_params": ALL, "python_params": ARGUMENTS}),
]


def job(client, tasks, declared) -> Logic:
    parameters = [JobParameterDefinition(default="", name=name) for name in declared]
    made = client.jobs.create(name="nightly", tasks=tasks, parameters=parameters)
    return Logic("job", str(made.job_id), Path("/defs/r"))


@pytest.mark.parametrize(("tasks", "declared", "asked"), [each[1:] for each in JOBS], ids=[each[0] for each in JOBS])
def test_a_job_gets_parameters_in_the_way_it_takes_them(workspace, tasks, declared, asked):
    client = connect()
    logic = job(client, tasks, declared)
    beginning(client, logic, GIVEN, "recon r")("token")
    [call] = workspace.called("POST", "/api/2.2/jobs/run-now")
    assert call.body == {"job_id": int(logic.text), "idempotency_token": "token"} | asked


@pytest.mark.parametrize(
    ("tasks", "declared", "told"),
    [
        ([NOTEBOOK], ["catalog", "day"], "declares parameters, but not schema: declare them in the job"),
        ([], [], "has neither parameters nor a notebook or Python file .*: declare catalog, schema"),
    ],
)
def test_a_job_that_does_not_take_them_is_refused_before_it_runs(workspace, tasks, declared, told):
    client = connect()
    with pytest.raises(TargetError, match=told):
        beginning(client, job(client, tasks, declared), GIVEN, "recon r")
    assert not workspace.jobs.runs


WRONG = [
    ({}, "`job`: name exactly one"),
    ({"notebook": "/n", "job": 1}, "`job`: name exactly one"),
    ({"notebook": "n"}, "should match pattern"),
    ({"script": "job.py"}, "should match pattern"),
    ({"job": 0}, "greater than or equal to 1"),
    ({"notebook": "/n", "cluster": "a", "new_cluster": {"spark_version": "16.4"}}, "both given: name one"),
    ({"notebook": "/n", "libraries": ["x"]}, "`%pip install`"),
    ({"notebook": "/n", "timeout": 0}, "greater than 0"),
    ({"notebook": "/n", "ansi": True}, r"`ansi` does nothing here \(set it in the notebook or script\)"),
    ({"job": 1, "cluster": "a"}, r"`cluster` does nothing here \(a job has its own compute\)"),
    ({"sql": "target.sql", "timeout": 60}, r"`timeout` does nothing here \(it is for `notebook`, `script` and `job`\)"),
]


@pytest.mark.parametrize(("target", "told"), WRONG)
def test_mistakes_in_the_yaml_are_told(target, told):
    with pytest.raises(ValidationError, match=told):
        Reconciliation.model_validate({"procedure": "dbo.P", "outputs": [{"result_set": 1}], "target": target})


def test_a_parameter_may_not_hide_what_a_run_needs():
    parameters = {"Schema": {"type": "int", "value": 1}}
    declared = {"procedure": "dbo.P", "outputs": [{"result_set": 1}], "parameters": parameters}
    Reconciliation.model_validate(declared | {"target": {"sql": "target.sql"}})
    with pytest.raises(ValidationError, match="gets `catalog`, `schema` and `clock` from here"):
        Reconciliation.model_validate(declared | {"target": {"notebook": "/n"}})
