"""What a job's file or notebook finds around it."""

import base64

import pytest
from databricks.sdk.service.compute import ClusterSpec, Environment, Library, PythonPyPiLibrary
from databricks.sdk.service.jobs import (
    JobEnvironment,
    NotebookTask,
    RunLifeCycleState,
    SubmitTask,
)
from databricks.sdk.service.workspace import ImportFormat, Language

from recon_assets_tests.workspace.compute import Cluster
from recon_assets_tests.workspace.conftest import CLUSTER, python_task, submit, upload

NEW_CLUSTER = ClusterSpec(spark_version="16.4.x-scala2.12", num_workers=1, spark_env_vars={"GIVEN": "by the cluster"})


def environments(*dependencies: str) -> list[JobEnvironment]:
    return [JobEnvironment("default", Environment(client="2", dependencies=list(dependencies)))]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("__file__", "NameError: name '__file__' is not defined"),
        ("import os; os._exit(3)", "The Python process exited with exit code 3."),
        ("x = (", "SyntaxError: '(' was never closed (job.py, line 1)"),
    ],
)
def test_what_ends_a_file_badly_fails_its_run(run_python, source, error):
    assert run_python(source).error == error


def test_files_run_from_dbfs_volumes_and_the_tree(workspace, client):
    client.dbfs.put("/jobs/a.py", contents=base64.b64encode(b"print('dbfs')").decode())
    client.files.upload("/Volumes/main/recon/landing/a.py", b"print('volume')")
    upload(client, "print('tree')")
    for path, said in {
        "dbfs:/jobs/a.py": "dbfs\n",
        "/Volumes/main/recon/landing/a.py": "volume\n",
        "/Workspace/Shared/job.py": "tree\n",
        "Shared/job.py": "tree\n",
    }.items():
        assert submit(client, python_task(path)).logs == said


def test_a_file_that_is_not_there_fails_its_run(client):
    output = submit(client, python_task("dbfs:/nowhere.py"))
    assert output.error == "Cannot read the python file dbfs:/nowhere.py. Please check driver logs for more details."
    assert output.metadata.state.life_cycle_state == RunLifeCycleState.INTERNAL_ERROR


def test_a_new_clusters_environment_reaches_the_file_and_this_processs_does_not(run_python, monkeypatch):
    monkeypatch.setenv("DATABRICKS_TOKEN", "mine")
    source = "import os\nprint(os.environ['GIVEN'], 'DATABRICKS_TOKEN' in os.environ)"
    assert run_python(source, new_cluster=NEW_CLUSTER).logs == "by the cluster False\n"


def test_serverless_tasks_run_in_an_environment(client):
    task = python_task(upload(client, "print(1)"), environment_key="default")
    assert submit(client, task, environments=environments()).logs == "1\n"


def test_paths_of_volumes_dbfs_and_the_tree_are_files(workspace, run_python):
    source = """
import os, pathlib, shutil
landing = pathlib.Path("/Volumes/main/recon/landing")
(landing / "in").mkdir()
(landing / "in" / "a.txt").write_text("from the job")
os.makedirs("/dbfs/tmp/x")
shutil.copytree(landing / "in", "/dbfs/tmp/x/y")
os.rename("/dbfs/tmp/x/y/a.txt", "/dbfs/tmp/x/y/b.txt")
print(os.listdir("/dbfs/tmp/x/y"), os.path.exists("/Workspace/Shared/job.py"), os.path.exists("/Volumes/main/none"))
shutil.rmtree(landing / "in")
"""
    output = run_python(source)
    assert (output.error, output.logs) == (None, "['b.txt'] True False\n")
    assert workspace.place("dbfs:/tmp/x/y/b.txt").read_text() == "from the job"


def test_packages_are_there_only_where_the_job_brings_them(workspace, client, run_python):
    source = "import dagster_pipes, recon_assets\nprint(recon_assets.__name__)"
    assert run_python(source).error == "ModuleNotFoundError: No module named 'dagster_pipes'"
    wheel = "/Volumes/main/recon/landing/recon_assets-0.1.0-py3-none-any.whl"
    client.files.upload(wheel, b"")
    libraries = [Library(whl=wheel), Library(pypi=PythonPyPiLibrary("dagster-pipes==1.13.27"))]
    assert run_python(source, existing_cluster_id=CLUSTER, libraries=libraries).logs == "recon_assets\n"
    task = python_task("/Shared/job.py", environment_key="default")
    assert submit(client, task, environments=environments("dagster-pipes", wheel)).logs == "recon_assets\n"
    workspace.compute.clusters["prepared"] = Cluster("prepared", libraries=["dagster_pipes", "recon-assets"])
    assert run_python(source, existing_cluster_id="prepared").logs == "recon_assets\n"


def test_a_wheel_that_is_not_there_breaks_the_run(run_python):
    output = run_python("", existing_cluster_id=CLUSTER, libraries=[Library(whl="dbfs:/none.whl")])
    assert output.error.startswith("Library installation failed for library due to user error.")


def test_a_notebook_gets_widgets_and_gives_a_result(client):
    source = """# Databricks notebook source
# MAGIC %md A title
# COMMAND ----------
dbutils.widgets.text("b", "the default")
dbutils.fs.put("/out.txt", dbutils.widgets.get("a"))
# COMMAND ----------
try:
    dbutils.notebook.exit(dbutils.widgets.get("b") + dbutils.fs.head("dbfs:/out.txt"))
except Exception:
    pass
"""
    client.workspace.import_(
        "/Shared/n",
        content=base64.b64encode(source.encode()).decode(),
        format=ImportFormat.SOURCE,
        language=Language.PYTHON,
    )
    task = SubmitTask(task_key="n", notebook_task=NotebookTask("/Shared/n", base_parameters={"a": "1"}))
    output = submit(client, task)
    assert (output.error, output.notebook_output.result, output.logs) == (None, "the default1", None)
    task = SubmitTask(task_key="n", notebook_task=NotebookTask("/Shared/n"))
    assert "No input widget named a is defined" in submit(client, task).error


def test_a_notebook_that_is_not_there_or_is_a_file_breaks_the_run(client):
    path = upload(client, "print()")
    output = submit(client, SubmitTask(task_key="n", notebook_task=NotebookTask(path)))
    assert output.error.startswith('Unable to access the notebook "/Shared/job.py".')
