"""The `_parquet` layer: rows from the source as a local Parquet snapshot.

Belongs here: streaming a RecordBatchReader into Parquet files and showing that they hold what passed by. Does not
belong here: where the rows come from (`sources`), or copying the files on (`copies`).
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from recon_assets.comparison import ComparisonError, Dataset, FingerprintStream, fingerprint
from recon_assets.io_managers.layer import TableLayer
from recon_assets.io_managers.stored_table import InputRows, StoredTable

# A row group is what readers take at once: large enough to compress and to be skipped by its statistics,
# small enough that a few of them in memory don't matter.
ROW_GROUP_ROWS = 128 * 1024
ROW_GROUP_BYTES = 16 * 1024**2
FILE_BYTES = 512 * 1024**2


@dataclass(frozen=True)
class Rows:
    """A table on its way: its name, its rows, and the inputs it was made from."""

    table: str
    reader: pa.RecordBatchReader
    inputs: Mapping[str, InputRows] = field(default_factory=dict)
    made_by: Mapping[str, str] = field(default_factory=dict)


class ParquetLayer(TableLayer):
    """Writes Arrow batches as they come; memory is two row groups: one is written while the next is gathered."""

    def handle_output(self, context: dg.OutputContext, rows: Rows) -> None:
        """Stream the rows into new Parquet files. An error of the source while reading passes through."""
        with self._new_folder(context) as folder:
            passed_by = FingerprintStream(rows.reader.schema)
            names = _write(Path(folder.location("")), rows.reader, passed_by)
            self._stage(
                context,
                StoredTable(
                    table=rows.table,
                    folder=folder,
                    files=tuple(folder.read_back(name) for name in names),
                    schema=rows.reader.schema,
                    fingerprint=passed_by.result(),
                    run_id=context.run_id,
                    inputs=rows.inputs,
                    made_by=rows.made_by,
                ),
            )

    def damage(self, stored: StoredTable) -> str | None:
        """Read the files back: rows and fingerprint are those that passed by."""
        try:
            found = fingerprint(Dataset.parquet(stored.paths, stored.schema), stored.schema)
        except ComparisonError as error:
            return str(error)
        if found == stored.fingerprint:
            return None
        return (
            f"{stored.folder} holds {found.rows:,} rows with fingerprint {found.digest}, but {stored.rows:,} rows with"
            f" fingerprint {stored.fingerprint.digest} were read from {stored.table}"
        )


def _write(folder: Path, reader: pa.RecordBatchReader, passed_by: FingerprintStream) -> list[str]:
    """Each row group is encoded and compressed on a thread of its own, while the next one is read and gathered."""
    with closing(_Files(folder, reader.schema)) as files, ThreadPoolExecutor(1, "writing Parquet") as thread:
        writing: Future[None] | None = None
        for group in _row_groups(reader, passed_by):
            if writing is not None:
                writing.result()
            writing = thread.submit(files.write, group)
            del group  # before the next one is gathered
        if writing is not None:
            writing.result()
    return files.names


class _Files:
    """The Parquet files of a table, one after the other; a new one begins once the last is large enough."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.names: list[str] = []
        self._folder, self._schema = folder, schema
        self._open = ExitStack()
        self._writer: pq.ParquetWriter | None = None
        self._sink: Any = None

    def write(self, group: pa.Table) -> None:
        if self._writer is None or self._sink.tell() >= FILE_BYTES:
            self.close()
            self.names.append(f"part-{len(self.names):05}.parquet")
            self._sink = self._open.enter_context((self._folder / self.names[-1]).open("wb"))
            self._writer = self._open.enter_context(
                pq.ParquetWriter(self._sink, self._schema, compression="zstd", store_schema=True)
            )
        self._writer.write_table(group, row_group_size=len(group) or None)

    def close(self) -> None:
        self._open.close()


def _row_groups(reader: pa.RecordBatchReader, passed_by: FingerprintStream) -> Iterator[pa.Table]:
    """The batches gathered to row groups; at least one, so that an empty table is a file with its schema."""
    batches: list[pa.RecordBatch] = []
    rows = size = groups = 0
    for batch in reader:
        passed_by.update(batch)
        batches.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        if rows >= ROW_GROUP_ROWS or size >= ROW_GROUP_BYTES:
            yield pa.Table.from_batches(batches, reader.schema)
            batches, rows, size, groups = [], 0, 0, groups + 1
    if batches or not groups:
        yield pa.Table.from_batches(batches, reader.schema)
