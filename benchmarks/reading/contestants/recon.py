"""Ours: what a snapshot asset does, without Dagster's run around it; arguments TASK [fingerprint] [parts=N].

Reading and writing are the package's own. Without `fingerprint` nothing is summed up as it passes by, as none of the
others does.
"""

import sys
from pathlib import Path

import pyarrow as pa

from benchmarks.reading.odbc import DATABASE, HOST, PASSWORD, USER, Task
from benchmarks.reading.table import SPLIT_BY, table_name
from recon_assets.comparison import FingerprintStream
from recon_assets.io_managers.parquet import _write
from recon_assets.sources.base import Split
from recon_assets.sources.sqlserver.source import SynapseResource


class _Nothing(FingerprintStream):
    """In the place of a fingerprint."""

    def __init__(self) -> None:
        pass

    def update(self, batch: pa.RecordBatch) -> None:
        pass


def main(task: Task, *, fingerprinted: bool, parts: int) -> None:
    source = SynapseResource(
        server=HOST,
        port=task.port,
        database=DATABASE,
        authentication="sql",
        user=USER,
        password=PASSWORD,
        encrypt=task.encrypt,
        trust_certificate=True,
    )
    split = Split(SPLIT_BY, parts) if parts > 1 else None
    with source.snapshot() as tables, tables.read(table_name(task.rows), split) as reader:
        passed_by = FingerprintStream(reader.schema) if fingerprinted else _Nothing()
        _write(Path(task.folder), reader, passed_by)
    if fingerprinted:
        passed_by.result()


if __name__ == "__main__":
    options = dict(option.partition("=")[::2] for option in sys.argv[2:])
    main(Task.from_json(sys.argv[1]), fingerprinted="fingerprint" in options, parts=int(options.get("parts", 1)))
