"""The same through Spark Connect, with a real server."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from recon_assets_tests.comparison.helpers import compared, findings, parquet
from recon_assets_tests.comparison.spark.conftest import without_causes
from recon_assets_tests.connect.server import ConnectServer

HERE = Path(__file__).parent
SOURCE = pa.table({"id": range(100), "v": [i / 4 for i in range(100)], "t": ["ab"] * 100})
TARGET = pa.table({"id": range(5, 105), "v": [i / 4 + (i % 20 == 0) for i in range(5, 105)], "t": ["ab"] * 100})


@pytest.fixture
def server(tmp_path):
    server = ConnectServer(tmp_path / "spark")
    yield server.url
    server.stop()


def test_a_session_of_spark_connect_gives_the_same_record(server, tmp_path):
    files = [parquet(tmp_path, name, rows).files[0] for name, rows in (("one", SOURCE), ("other", TARGET))]
    client = [sys.executable, "-m", "recon_assets_tests.comparison.spark.connect_client", server, *files]
    done = subprocess.run(client, capture_output=True, text=True, cwd=HERE.parents[2], check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    here, there = (json.loads(line) for line in done.stdout.splitlines())
    expected = findings(compared(tmp_path, SOURCE, TARGET, keys=("id",)))
    for record in (here, there):
        assert record.pop("evidence")["engine"] == "spark"
        del record["seconds"]
    assert here == expected
    assert without_causes(there) == without_causes(expected)
