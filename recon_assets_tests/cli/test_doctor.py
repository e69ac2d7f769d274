"""`recon doctor`: a line for each part, the remedy where it is missing, and an exit code."""

import os
import subprocess
import sys
from pathlib import Path

RECON = Path(sys.executable).with_name("recon")


def doctor(home: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"RECON_HOME": str(home)} | changed
    return subprocess.run([RECON, "doctor"], env=environment, capture_output=True, text=True)


def test_a_machine_that_has_all_is_well(tmp_path: Path):
    subprocess.run([RECON, "example-data", "--rows", "100"], env=os.environ | {"RECON_HOME": str(tmp_path)}, check=True)
    said = doctor(tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    parts = [line.split("ok")[1].split(":")[0].strip() for line in said.stdout.splitlines()]
    assert parts[:5] == ["disk", "Java", "Delta's jars", "Spark", "source"]
    assert parts[-1] == "copies"
    assert "table dbo.FACT_EXECUTIVE_SUMMARY" in parts


def test_what_is_missing_is_told_with_its_remedy(tmp_path: Path):
    said = doctor(tmp_path, JAVA_HOME=str(tmp_path / "none"))
    assert said.returncode == 1
    missing = [line for line in said.stdout.splitlines() if line.startswith("missing")]
    assert any("Java: " in line and "install Java 17 or newer" in line for line in missing)
    assert any("table dbo.DIM_DATE: no embedded source" in line for line in missing)


def test_a_wrong_configuration_is_told_before_anything_is_checked(tmp_path: Path):
    said = doctor(tmp_path, RECON_DEPLOYMENT="azure")
    assert said.returncode == 2
    assert "set RECON_SOURCE_SERVER; set RECON_SOURCE_DATABASE" in said.stderr
    assert said.stdout == ""
