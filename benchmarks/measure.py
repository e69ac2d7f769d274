"""One process, from start to end: wall seconds, CPU seconds and peak memory.

Belongs here: starting a command with a memory and a time limit and reading what it used. Does not belong here: which
commands, or what their answers mean.

The kernel counts, for the child and the children it waited for: wait4's `ru_utime` + `ru_stime`, and `ru_maxrss`, the
largest of their resident sets. Until it executes its program a child's resident set is its parent's, so whoever
measures must stay small: nothing here, or in `__main__`, imports DuckDB or Arrow.
"""

import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer

_OUT_OF_MEMORY = ("MemoryError", "OutOfMemory", "Out of Memory", "out of memory", "bad_alloc", "allocation failed",
                  "memory allocation of", "realloc of size", "malloc of size", "Cannot allocate memory")  # fmt: skip


@dataclass(frozen=True)
class Usage:
    """What one run took: seconds, CPU seconds (user and system), peak resident memory in MB."""

    wall: float
    cpu: float
    peak_mb: float
    failure: str | None
    """Why it ended without an answer: `out of memory`, `over N s`, or its last words."""


def run(
    command: Sequence[str | Path],
    *,
    folder: Path,
    memory_gib: float,
    timeout: float,
    success: Sequence[int] = (0,),
    environment: dict[str, str] | None = None,
) -> Usage:
    """Run a command in `folder` and measure it.

    Beyond `memory_gib` of data (RLIMIT_DATA: heap and private mappings) its allocations fail; after `timeout` seconds
    it is killed, with its children. `success` are the exit codes of a run that came to an answer.
    Raises FileNotFoundError when the command doesn't exist.
    """
    limit = int(memory_gib * 2**30)
    with TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)),
        )
        # Not `wait`: only wait4 tells this one child's usage.
        timer = Timer(timeout, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            timer.cancel()
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        failure = None
        if process.returncode not in success:
            output.seek(0)
            said = output.read().decode(errors="replace").strip()
            failure = f"over {timeout:.0f} s" if wall >= timeout else _failure(process.returncode, said)
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6, failure)


def _failure(code: int, said: str) -> str:
    """Of what it said the last line that names an exception, else the last line."""
    if code == -signal.SIGKILL or any(words in said for words in _OUT_OF_MEMORY):
        return "out of memory"
    lines = said.splitlines()
    exceptions = [line for line in lines if re.match(r"[\w.]*(Error|Exception): ", line)]
    return (exceptions or lines or [f"exit code {code}"])[-1][:200]
