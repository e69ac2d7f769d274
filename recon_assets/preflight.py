"""What a run needs of the machine, checked before any work: Java, disk, a writable folder, a free port.

Belongs here: one function per need, each raising Unmet with one sentence and the remedy. Does not belong here: the
Python packages (the installer's), or remote systems.
"""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

LEAST_JAVA = 17


class Unmet(Exception):
    """Something the machine lacks; the message is one sentence and the remedy."""


def java() -> None:
    """Java 17 or newer can be started, by JAVA_HOME or PATH; not needed where Spark runs elsewhere. Raises Unmet."""
    if os.environ.get("RECON_DEPLOYMENT") == "azure" and os.environ.get("RECON_TARGET_REMOTE"):
        return
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home, "bin", "java")) if home else "java"
    where = f"JAVA_HOME is {home}" if home else "it is looked for on the PATH, since JAVA_HOME is not set"
    remedy = f"install Java {LEAST_JAVA} or newer (such as the package openjdk-17-jre-headless), or set JAVA_HOME to it"
    try:
        banner = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        raise Unmet(f"Spark needs Java, which can't be started ({where}): {remedy}") from None
    found = re.search(r'version "(?:1\.)?(\d+)', banner)
    if found is None or int(found[1]) < LEAST_JAVA:
        version = found[1] if found else banner.strip()
        raise Unmet(f"Spark needs Java {LEAST_JAVA} or newer and finds Java {version} ({where}): {remedy}")


def disk(folder: Path, needed_bytes: int) -> None:
    """`folder` can be made and written to, and has so much space free. Raises Unmet."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise Unmet(
            f"{folder} can't be written to ({error.strerror}): free some space or change its permissions, or set"
            " RECON_HOME to another folder"
        ) from None
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise Unmet(
            f"{folder} has {free / 1e9:.1f} GB free and the run may need {needed_bytes / 1e9:.1f} GB: free some space,"
            " or set RECON_HOME to a folder on a larger disk"
        )


def port(number: int) -> None:
    """Nothing listens on the loopback port. Raises Unmet."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            raise Unmet(
                f"port {number} on 127.0.0.1 is taken: stop what listens there, or choose another,"
                f" such as: make ui PORT={number + 1}"
            ) from None
