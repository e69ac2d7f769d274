"""A task as a process on this machine.

Belongs here: its environment, starting it, ending it, and what it leaves behind. Does not belong here: states (`runs`),
and what happens inside (`driver`).
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recon_assets_tests.workspace.places import Places

LOG_LIMIT = 5 * 1024 * 1024
"""Of a task's output, the API gives the end only."""
_OURS = Path(__file__).parents[2]
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "JAVA_HOME", "SPARK_LOCAL_IP", "TZ")
"""What a job has from this process's environment: nothing by which a test could reach around the API."""


@dataclass(frozen=True)
class Machine:
    """What every task's process is given. `spark` is a Spark Connect URL."""

    folder: Path
    files: Places
    places: Places
    spark: str | None
    hidden: Sequence[str]

    def environment(self) -> dict[str, str]:
        """What a task finds in its environment."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        kept |= {"PYTHONPATH": str(_OURS), "PYSPARK_PYTHON": sys.executable, "DATABRICKS_RUNTIME_VERSION": "16.4"}
        return kept | ({"SPARK_REMOTE": self.spark} if self.spark else {})


@dataclass(frozen=True)
class Work:
    """What a task is to run: `file` is the workspace's name for what lies in `place`."""

    kind: str
    name: str
    place: Path
    arguments: Sequence[str] = ()
    widgets: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    libraries: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None


@dataclass
class Process:
    """A task's process. `outcome` is what it noted in the end: an error, or a notebook's result."""

    machine: Machine
    work: Work
    number: int
    outcome: dict[str, Any] = field(default_factory=dict)
    timed_out: bool = False
    _running: subprocess.Popen | None = None
    _ended: bool = False

    @property
    def _folder(self) -> Path:
        return self.machine.folder / f"task-{self.number}"

    def output(self, name: str) -> str:
        """Its stdout or stderr so far, as far back as is kept."""
        path = self._folder / name
        return path.read_bytes()[-LOG_LIMIT:].decode(errors="replace") if path.exists() else ""

    def run(self) -> None:
        """Start it and wait for its end."""
        self._folder.mkdir(parents=True)
        task, outcome = self._folder / "task.json", self._folder / "outcome.json"
        task.write_text(json.dumps(self._told(outcome)))
        with (self._folder / "stdout").open("wb") as out, (self._folder / "stderr").open("wb") as err:
            if self._ended:
                return
            self._running = subprocess.Popen(
                [sys.executable, "-m", "recon_assets_tests.workspace.driver", str(task)],
                cwd=self.work.place.parent,
                env=self.machine.environment() | dict(self.work.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            if self._ended:
                self.end()
            try:
                self._running.wait(self.work.timeout)
            except subprocess.TimeoutExpired:
                self.timed_out = True
                self.end()
                self._running.wait()
        self._ended = True
        unknown = {"error": f"The Python process exited with exit code {self._running.returncode}.", "error_trace": ""}
        self.outcome = json.loads(outcome.read_text()) if outcome.exists() else unknown

    def end(self) -> None:
        """End it at once, with the processes it started."""
        self._ended = True
        if self._running is not None and self._running.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)

    def _told(self, outcome: Path) -> dict[str, Any]:
        return {
            "kind": self.work.kind,
            "name": self.work.name,
            "file": str(self.work.place),
            "arguments": list(self.work.arguments),
            "widgets": dict(self.work.widgets),
            "libraries": list(self.work.libraries),
            "tags": dict(self.work.tags),
            "hidden": list(self.machine.hidden),
            "files": self.machine.files.folders,
            "places": self.machine.places.folders,
            "spark": self.machine.spark is not None,
            "outcome": str(outcome),
            "ours": str(_OURS),
        }
