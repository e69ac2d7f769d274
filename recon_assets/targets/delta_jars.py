"""Delta Lake's jars for local Spark: where they are, and fetching them once.

Belongs here: resolving two Maven artifacts into a folder that outlives the checkout. Does not belong here: the
session that uses them (`local_spark`).

`python -m recon_assets.targets.delta_jars` fetches them; without network it says so in one line and succeeds, since
everything but MERGE, UPDATE and DELETE targets works without.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "4.4.0"
_ARTIFACTS = {
    f"io.delta:delta-spark_4.2_2.13:{VERSION}": "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead",
    f"io.delta:delta-storage:{VERSION}": "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
}
"""Maven coordinates and the SHA-256 of each jar."""
_TIMEOUT_SECONDS = 180


def folder() -> Path:
    """Where the jars are kept: `RECON_CACHE`, else the user's cache directory."""
    base = (
        os.environ.get("RECON_CACHE") or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "recon-assets"
    )
    return Path(base) / "jars"


def present() -> list[Path]:
    """The jars, or an empty list where they have not been fetched."""
    jars = [folder() / _file_name(artifact) for artifact in _ARTIFACTS]
    return jars if all(jar.is_file() for jar in jars) else []


def fetch() -> None:
    """Resolve the jars through Spark's own Ivy and check what came.

    Raises OSError or subprocess.SubprocessError where they can't be had, ValueError where one is not what it should be.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder()) as temporary:
        # In a process of its own: it can be timed out, and no JVM is left behind.
        subprocess.run(
            [sys.executable, "-c", _RESOLVE, temporary, *_ARTIFACTS],
            check=True,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
        )
        for artifact, sha256 in _ARTIFACTS.items():
            name = _file_name(artifact)
            found = next(Path(temporary).rglob(f"jars/{name}"))
            if (digest := hashlib.sha256(found.read_bytes()).hexdigest()) != sha256:
                raise ValueError(f"{name} has SHA-256 {digest}, not {sha256}")
            found.replace(folder() / name)


def _file_name(artifact: str) -> str:
    _, name, version = artifact.split(":")
    return f"{name}-{version}.jar"


_RESOLVE = """
import sys
from pyspark.java_gateway import launch_gateway

gateway = launch_gateway()
jvm = gateway.jvm
jvm.System.setProperty("spark.jars.ivy", sys.argv[1])
for artifact in sys.argv[2:]:
    uri = jvm.java.net.URI("ivy://" + artifact + "?transitive=false")
    jvm.org.apache.spark.util.DependencyUtils.resolveMavenDependencies(uri)
gateway.shutdown()
"""


def main() -> None:
    """Fetch the jars unless they are there."""
    if present():
        return
    print("Fetching Delta Lake's jars (once) …", flush=True)
    try:
        fetch()
    except (OSError, subprocess.SubprocessError, StopIteration, ValueError):
        print(
            "Delta Lake's jars can't be fetched from Maven: local tables will be Parquet registered as Delta, and"
            " targets that use MERGE, UPDATE or DELETE will fail. Run `make setup` again with network to get them."
        )


if __name__ == "__main__":
    main()
