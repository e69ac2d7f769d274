"""Azurite, the emulator of Azure's blob storage, as a process of its own on the loopback interface."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

ACCOUNT = "reconassets"
KEY = "UExBTlRFRC1LRVktdGhhdC1tdXN0LW5vdC1iZS1zaG93bi1hbnl3aGVyZS1hdC1hbGwuLi4uLi4uLi4uLi4uLg=="
"""The account's key, planted: no message, log, record or page may show it."""
HOST = f"{ACCOUNT}.dfs.core.windows.net"

_PROGRAM = Path(__file__).with_name("node_modules") / "azurite" / "dist" / "src" / "blob" / "main.js"
_LISTENS = re.compile(r"listens on http://127\.0\.0\.1:(\d+)")


class Azurite:
    """One server; it can be killed and started again on the same port and data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def url(self) -> str:
        """The account's address."""
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    def start(self) -> None:
        """Start it; the port is the system's choice the first time, and the same from then on."""
        node = shutil.which("node")
        if node is None or not _PROGRAM.exists():
            pytest.fail("the tests of Azure storage need Azurite: run scripts/install-azurite")
        self._process = subprocess.Popen(
            [
                node,
                str(_PROGRAM),
                *("--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", str(self.folder)),
                *("--skipApiVersionCheck", "--disableTelemetry", "--silent", "--loose"),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
        )
        assert self._process.stdout is not None
        told = ""
        for line in self._process.stdout:
            told += line
            if listens := _LISTENS.search(line):
                self.port = int(listens[1])
                return
        pytest.fail(f"Azurite did not start: {told}")

    def kill(self) -> None:
        """End it at once, with whatever it was at."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it after it has written what it holds."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.communicate()
            self._process = None
