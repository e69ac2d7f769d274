"""Where runs write, and the Dagster instance that `recon run` and `make ui` share.

Belongs here: two folders and the instance's settings. Does not belong here: what lies below them (`deployments`), or
a production instance, which brings its own DAGSTER_HOME.
"""

import os
from pathlib import Path

_SETTINGS = """\
# Written by recon; yours to change.
telemetry:
  enabled: false
nux:
  enabled: false  # no sign-up form over the first page
concurrency:
  pools:
    default_limit: 1  # a pool is a procedure: runs of it take turns
"""


def home() -> Path:
    """Where everything that runs write lies: `RECON_HOME`, else `.recon` in the current directory."""
    return Path(os.environ.get("RECON_HOME", ".recon")).absolute()


def ensure_dagster_home() -> Path:
    """Point DAGSTER_HOME to a folder below `home()`, unless it is set already, and give a new one its settings."""
    folder = Path(os.environ.setdefault("DAGSTER_HOME", str(home() / "dagster")))
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        settings.write_text(_SETTINGS)
    return folder
