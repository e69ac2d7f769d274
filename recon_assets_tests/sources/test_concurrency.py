"""Readers in other processes while one writes, writers one after another, and writers that die."""

import multiprocessing
import os
import resource
import signal
from multiprocessing.synchronize import Event as EventType
from pathlib import Path

import pyarrow as pa

from recon_assets.sources.base import SourceError
from recon_assets.sources.embedded import EmbeddedSource

ROWS = 20_000
spawn = multiprocessing.get_context("spawn")


def put(source: EmbeddedSource, value: int, rows: int = ROWS) -> None:
    table = pa.table({"a": pa.array([value] * rows, pa.int32())})
    source.create_table("T", [("a", "int")], pa.RecordBatchReader.from_batches(table.schema, table.to_batches()))


def value_of(source: EmbeddedSource) -> set[tuple[int, int]]:
    """(value, number of rows) of the table: one pair where it is whole."""
    with source.read("T") as stream:
        counts = stream.read_all().column("a").value_counts().to_pylist()
    return {(item["values"], item["counts"]) for item in counts}


def read_until_told(root: Path, ready: EventType, stop: EventType, seen: "multiprocessing.Queue") -> None:
    source = EmbeddedSource(root)
    found = [value_of(source)]
    ready.set()
    while not stop.is_set():
        found.append(value_of(source))
    seen.put(found)


def test_a_reader_in_another_process_always_sees_one_commit_whole(tmp_path):
    source = EmbeddedSource(tmp_path)
    put(source, 0)
    ready, stop, seen = spawn.Event(), spawn.Event(), spawn.Queue()
    reader = spawn.Process(target=read_until_told, args=(tmp_path, ready, stop, seen))
    reader.start()
    assert ready.wait(30)
    for value in range(1, 40):
        put(source, value)
    stop.set()
    found = seen.get(timeout=30)
    reader.join()
    assert all(len(pairs) == 1 and next(iter(pairs))[1] == ROWS for pairs in found)
    values = [next(iter(pairs))[0] for pairs in found]
    assert values == sorted(values)
    assert len(set(values)) > 1


def hold_lock(root: Path, holding: EventType, release: EventType) -> None:
    with EmbeddedSource(root).session():
        holding.set()
        release.wait(30)


def test_a_second_writer_says_that_it_waits_and_then_goes_on(tmp_path):
    source = EmbeddedSource(tmp_path)
    put(source, 0)
    holding, release = spawn.Event(), spawn.Event()
    holder = spawn.Process(target=hold_lock, args=(tmp_path, holding, release))
    holder.start()
    assert holding.wait(30)
    said: list[str] = []

    def log(message: str) -> None:
        said.append(message)
        release.set()

    with source.session(log):
        pass
    holder.join()
    assert said == [f"waiting for another writer of the embedded source at {tmp_path}"]


def die_in_a_session(root: Path) -> None:
    with EmbeddedSource(root).session() as session:
        session.connection.execute("CREATE TABLE half AS SELECT * FROM range(100000)")
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_writer_frees_the_lock_and_leaves_the_tables_as_they_were(tmp_path):
    source = EmbeddedSource(tmp_path)
    put(source, 7)
    writer = spawn.Process(target=die_in_a_session, args=(tmp_path,))
    writer.start()
    writer.join()
    assert writer.exitcode == -signal.SIGKILL
    assert value_of(source) == {(7, ROWS)}
    assert len(list((tmp_path / "sessions").iterdir())) == 1
    put(source, 8)
    assert value_of(source) == {(8, ROWS)}
    assert list((tmp_path / "sessions").iterdir()) == []


def fill_the_disk(root: Path, told: "multiprocessing.Queue") -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384))  # no file may grow beyond: as a full disk
    source = EmbeddedSource(root)
    rows = pa.table({"a": pa.array(os.urandom(400_000), pa.uint8()).cast(pa.int32())})
    stream = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())
    try:
        source.create_table("T", [("a", "int")], stream)
    except SourceError as error:
        told.put(str(error))


def test_a_full_disk_is_told_and_leaves_the_tables_as_they_were(tmp_path):
    source = EmbeddedSource(tmp_path)
    put(source, 7)
    told = spawn.Queue()
    writer = spawn.Process(target=fill_the_disk, args=(tmp_path, told))
    writer.start()
    assert "can't be written" in told.get(timeout=30)
    writer.join()
    assert value_of(source) == {(7, ROWS)}
