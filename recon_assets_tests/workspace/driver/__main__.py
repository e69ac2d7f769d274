"""The process of one task: `python -m recon_assets_tests.workspace.driver task.json`.

Belongs here: running a file or a notebook as Databricks does, and noting how it ended. Does not belong here: what is
put around it (the other modules of this folder).
"""

import json
import os
import sys
import traceback
from pathlib import Path
from types import CodeType
from typing import Any

from recon_assets_tests.workspace.driver import files, packages, spark, utilities
from recon_assets_tests.workspace.places import Places


def main() -> None:
    """Run the task; what goes wrong in it is noted, not raised."""
    task = json.loads(Path(sys.argv[1]).read_text())
    named = Path(task["file"])
    places = Places(task["places"])
    sys.path[:] = [str(named.parent), *(each for each in sys.path if each not in ("", task["ours"]))]
    os.environ.pop("PYTHONPATH")
    sys.argv = [task["name"].replace("dbfs:/", "/dbfs/"), *task["arguments"]]
    # As on Databricks, where files are handed to exec: without a `__file__`.
    scope: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    note = Path(task["outcome"])
    packages.hide(task["hidden"], task["libraries"])
    files.mount(Places(task["files"]))
    outcome: dict[str, Any] = {}
    try:
        session = spark.start(task["tags"], places) if task["spark"] else None
        if task["kind"] == "notebook":
            scope |= {"dbutils": utilities.dbutils(task["widgets"], places), "spark": session}
        exec(_compiled(named, task), scope)
    except utilities.NotebookExit as end:
        outcome["result"] = str(end)
    # SystemExit, too: IPython, which runs files on Databricks, reports it like any exception.
    except BaseException as error:
        outcome["error"] = f"{type(error).__name__}: {error}"
        # From the file's own first frame on.
        trace = traceback.format_exception(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))
        outcome["error_trace"] = "".join(trace)
        sys.stderr.write(outcome["error_trace"])
    sys.stdout.flush()
    sys.stderr.flush()
    note.write_text(json.dumps(outcome))
    # A job's process ends with its code, whatever threads it left behind.
    os._exit(0)


def _compiled(file: Path, task: dict[str, Any]) -> CodeType:
    text = file.read_text()
    if task["kind"] == "notebook":
        magics = [line for line in text.splitlines() if line.startswith("# MAGIC %") and "%md" not in line]
        if magics:
            raise NotImplementedError(f"the peer runs Python cells only: {magics[0]}")
    return compile(text, task["name"], "exec")


if __name__ == "__main__":
    main()
