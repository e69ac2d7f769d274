"""The deployment on one machine does without Azure's packages."""

import subprocess
import sys

SCRIPT = """
import sys
from pathlib import Path

for package in ("azure", "dagster_azure", "adlfs"):
    sys.modules[package] = None  # importing it raises ImportError
from recon_assets.deployments import local

local(Path(sys.argv[1]))
"""


def test_the_local_resources_are_made_without_azures_packages(tmp_path):
    subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], check=True, timeout=120)
