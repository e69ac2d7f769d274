"""What the machine lacks is told in one sentence, with the remedy, before any work."""

import socket
from pathlib import Path

import pytest

from recon_assets import preflight


def fake_java(folder: Path, banner: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{banner}' >&2\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    "banner", ['openjdk version "17.0.15" 2025-04-15', 'java version "21" 2023-09-19', 'openjdk version "25-ea"']
)
def test_java_17_or_newer_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, banner: str):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, banner)))
    preflight.java()


@pytest.mark.parametrize(
    ("banner", "found"),
    [('java version "1.8.0_402"', "Java 8"), ('openjdk version "11.0.22"', "Java 11"), ("what?", "Java what")],
)
def test_an_older_java_is_told_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, banner, found):
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, banner)))
    with pytest.raises(preflight.Unmet, match=f"needs Java 17 or newer and finds {found}.*install Java 17"):
        preflight.java()


def test_a_missing_java_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(preflight.Unmet, match=r"can't be started \(it is looked for on the PATH.*install Java 17"):
        preflight.java()


def test_too_little_disk_is_told_with_both_figures(tmp_path: Path):
    preflight.disk(tmp_path / "new", 1)
    with pytest.raises(preflight.Unmet, match=r"GB free and the run may need 1000000000\.0 GB: free some space"):
        preflight.disk(tmp_path, 10**18)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(preflight.Unmet, match=r"can't be written to .*RECON_HOME"):
        preflight.disk(tmp_path / "file" / "home", 1)


def test_a_taken_port_is_told_and_a_free_one_is_not():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(preflight.Unmet, match=f"port {port} on 127.0.0.1 is taken: .*PORT={port + 1}"):
            preflight.port(port)
    preflight.port(port)
