"""The commands' set-up tells what is missing before it does anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with the shell's own tools and a Python that is too old."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "env", "dirname", "rm", "cat", "df", "awk"):
        (programs / name).symlink_to(str(shutil.which(name)))
    old = programs / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    return programs


def test_a_python_that_is_too_old_is_told_with_the_remedy(bare_path: Path, tmp_path: Path):
    run = subprocess.run(
        [ROOT / "scripts" / "uv", "--version"],
        env={"PATH": str(bare_path), "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert run.stderr.strip() == (
        "make: Python 3.11 or newer is needed and none is on the PATH: install it, or name it:"
        " make PYTHON=/path/to/python3"
    )
    assert not (tmp_path / "cache").exists()


def test_a_full_disk_is_told_before_anything_is_installed(bare_path: Path, tmp_path: Path):
    (bare_path / "df").unlink()
    full = bare_path / "df"
    full.write_text("#!/bin/sh\necho 'Filesystem 1024-blocks Used Available'\necho 'disk 9 9 1000'\n")
    full.chmod(0o755)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "install", tmp_path / "scripts" / "install")
    run = subprocess.run(
        [tmp_path / "scripts" / "install", "requirements.lock"],
        env=os.environ | {"PATH": str(bare_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert "the packages need 3 GB" in run.stderr and "free some space" in run.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("banner", "said"),
    [('openjdk version "11.0.22" 2024-01-16', "version 11 is found"), ("no java here", "none is found")],
)
def test_a_java_that_is_too_old_is_told_before_anything_is_installed(bare_path: Path, tmp_path: Path, banner, said):
    java = bare_path / "java"
    java.write_text(f"#!/bin/sh\necho '{banner}' >&2\n")
    java.chmod(0o755)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "install", tmp_path / "scripts" / "install")
    environment = {"PATH": str(bare_path), "HOME": str(tmp_path)}
    run = subprocess.run(
        [tmp_path / "scripts" / "install", "requirements.lock"], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 2
    assert "Spark needs Java 17 or newer" in run.stderr and said in run.stderr and "JAVA_HOME" in run.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_locks_pin_every_package_with_a_hash():
    for name in ("requirements.lock", "requirements-dev.lock"):
        entries = [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in " #"]
        assert entries
        assert all("==" in entry and entry.endswith("\\") for entry in entries)
