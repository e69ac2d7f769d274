"""A workspace that the environment points to, in which nothing waits."""

from collections.abc import Iterator

import pytest
from dagster._core.pipes import utils as pipes_utils
from databricks.sdk.clock import RealClock

from recon_assets_tests.workspace.server import Workspace, serve

PATIENCE = 60


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's waits before it tries again, and Pipes' own, are of seconds."""
    monkeypatch.setattr(RealClock, "sleep", lambda self, seconds: None)
    monkeypatch.setattr(pipes_utils, "DEFAULT_SLEEP_INTERVAL", 0.01)
    monkeypatch.setattr(pipes_utils, "WAIT_FOR_LOGS_AFTER_EXECUTION_INTERVAL", 0)


def enter(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Workspace:
    """Point this process to a workspace, by its token unless told otherwise."""
    given = variables or {"TOKEN": workspace.token}
    for name, value in {"HOST": workspace.url, **given}.items():
        monkeypatch.setenv(f"DATABRICKS_{name}", value)
    return workspace


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Jobs have no Spark here."""
    with serve(patience=PATIENCE) as workspace:
        yield enter(workspace, monkeypatch)
