"""Memory stays flat: far more rows than fit go through a call, measured in a process of its own."""

import resource
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

ROWS = 2_000_000
COLUMNS = 12
ARROW_BYTES = ROWS * (8 + COLUMNS * 16)


def batches():
    money = [f"m{i}" for i in range(COLUMNS)]
    schema = pa.schema([("k", pa.int64())] + [(name, pa.decimal128(18, 2)) for name in money])
    step = 50_000
    for first in range(0, ROWS, step):
        keys = pa.array(range(first, first + step), pa.int64())
        amounts = keys.cast(pa.decimal128(21, 2)).cast(pa.decimal128(18, 2))
        yield pa.RecordBatch.from_arrays([keys] + [amounts] * COLUMNS, schema=schema)


def load_and_read(root: Path) -> None:
    from recon_assets.sources.base import Procedure
    from recon_assets.sources.embedded import EmbeddedSource

    source = EmbeddedSource(root / "source", memory_limit="200MB")
    columns = [("k", "bigint")] + [(f"m{i}", "decimal(18,2)") for i in range(COLUMNS)]
    given = batches()
    first = next(given)
    for name, rows in (("STAGE", (b for part in ([first], given) for b in part)), ("FACT", iter([]))):
        source.create_table(name, columns, pa.RecordBatchReader.from_batches(first.schema, rows))
    script = root / "load.sql"
    script.write_text("TRUNCATE TABLE FACT INSERT INTO FACT SELECT * FROM STAGE WHERE k >= 0 SELECT k, m1 FROM FACT")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with source.call(Procedure(None, script), {}) as run:
        with run.read("FACT") as stream:
            assert sum(batch.num_rows for batch in stream) == ROWS
        with run.result_set(0) as stream:
            assert sum(batch.num_rows for batch in stream) == ROWS
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(before * 1024, after * 1024)


def test_two_million_rows_go_through_a_call_in_less_memory_than_they_would_fill(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    before, after = map(int, done.stdout.split())
    assert after - before < ARROW_BYTES


if __name__ == "__main__":
    load_and_read(Path(sys.argv[1]))
