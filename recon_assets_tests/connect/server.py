"""Starting and losing the server.

Does not belong here: what it is (`server_process`).
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


class ConnectServer:
    """Spark Connect on the loopback; it can be stopped and started again at the same address, its tables' files kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start it; the port is the system's choice the first time, and the same from then on."""
        port = self.url.rpartition(":")[2] or "0"
        command = [sys.executable, "-m", "recon_assets_tests.connect.server_process", str(self.folder), port]
        # of sessions that are open in this process
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("SPARK_CONNECT", "SPARK_REMOTE"))
        }
        environment = own | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            pytest.fail("the Spark Connect server did not start")

    def stop(self) -> None:
        """End it, and its JVM, as a lost machine would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
