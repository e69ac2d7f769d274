"""Parquet is written while the next rows are read, one row group ahead at most; errors of either side pass through."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_assets.io_managers import parquet as parquet_layer
from recon_assets.io_managers.parquet import ParquetLayer, Rows
from recon_assets_tests.io_managers.helpers import SCHEMA, rows, store

GROUPS = 6


@pytest.fixture(autouse=True)
def _a_batch_is_a_row_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_layer, "ROW_GROUP_ROWS", 1)


def threads_writing() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("writing Parquet")]


def test_the_next_row_group_is_read_while_one_is_written_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    taken: list[int] = []
    second_taken = threading.Event()
    ahead: list[int] = []
    write = pq.ParquetWriter.write_table

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(GROUPS):
            taken.append(number)
            if number == 1:
                second_taken.set()
            yield rows(number).reader.read_next_batch()

    def noted(self: pq.ParquetWriter, *arguments, **settings) -> None:
        assert second_taken.wait(60), "reading waited for writing"
        write(self, *arguments, **settings)
        ahead.append(len(taken) - len(ahead) - 1)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", noted)
    result = store(ParquetLayer(root=str(tmp_path)), Rows("T", pa.RecordBatchReader.from_batches(SCHEMA, batches())))
    assert result.success
    assert len(ahead) == GROUPS and max(ahead) == 1
    assert not threads_writing()


@pytest.mark.parametrize("failing", range(GROUPS))
def test_an_error_of_writing_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int):
    write, written = pq.ParquetWriter.write_table, []

    def full(self: pq.ParquetWriter, *arguments, **settings) -> None:
        if len(written) == failing:
            raise OSError(28, "No space left on device")
        write(self, *arguments, **settings)
        written.append(1)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    result = store(ParquetLayer(root=str(tmp_path)), rows(1, batches=GROUPS))
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "No space left on device" in str(failure.step_failure_data.error)
    assert len(written) == failing
    assert not threads_writing()
    assert not list(tmp_path.rglob("*.parquet"))
