"""Where Maven can't be reached, tables are Parquet registered as Delta; a process of its own, since Spark is one per process."""

import os
import subprocess
import sys
from pathlib import Path

from deltalake import DeltaTable

SCRIPT = """
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recon_assets.targets.base import Logic, ParquetFiles, TableVersion
from recon_assets.targets.local_spark import local_spark

folder = Path(sys.argv[1])
rows = pa.table({"id": [1, 2, 3]})
pq.write_table(rows, folder / "t.parquet")
target = local_spark(folder / "spark")
target.load(ParquetFiles([str(folder / "t.parquet")], rows.schema), str(folder / "t"))
(folder / "target.sql").write_text("CREATE TABLE OUT AS SELECT id * 10 AS id, date_format(:clock, 'HH') AS hour FROM T WHERE id < :Most")
from recon_assets.sources.base import Parameter

parameters = {"Most": Parameter("Most", "int", 3)}
inputs = {"T": TableVersion(str(folder / "t"), 0)}
with target.run(Logic("sql", "target.sql", folder), inputs, ["OUT"], parameters, datetime(2024, 7, 31, 6)) as frames:
    target.save(frames["OUT"], str(folder / "out"))
print(target.engine())
"""


def test_tables_are_loaded_read_and_made_without_deltas_jars(tmp_path: Path):
    # Far from UTC, too: a parameter or clock without a zone must not be moved by the machine's.
    environment = os.environ | {"RECON_CACHE": str(tmp_path / "no-jars"), "TZ": "America/New_York"}
    run = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip().endswith(", Parquet registered as Delta")
    made = DeltaTable(str(tmp_path / "out"))
    assert made.to_pyarrow_table().sort_by("id").to_pylist() == [{"id": 10, "hour": "06"}, {"id": 20, "hour": "06"}]


def test_jars_that_cannot_be_fetched_are_told_in_one_line_and_set_up_goes_on(tmp_path: Path):
    environment = os.environ | {"RECON_CACHE": str(tmp_path), "JAVA_HOME": str(tmp_path), "PATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-m", "recon_assets.targets.delta_jars"], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0
    said = run.stdout.splitlines()
    assert len(said) == 2 and "can't be fetched from Maven" in said[1] and "make setup" in said[1]
