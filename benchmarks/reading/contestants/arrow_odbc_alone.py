"""The yardstick: arrow-odbc with its default settings, batch by batch into Parquet; argument TASK.

Ours reads by it too: what is between the two is our settings, casts, catalog queries and imports.
"""

import sys

import pyarrow.parquet as pq
from arrow_odbc import read_arrow_batches_from_odbc

from benchmarks.reading.odbc import Task
from benchmarks.reading.table import query


def main(task: Task) -> None:
    reader = read_arrow_batches_from_odbc(query(task.rows), connection_string=task.connection_string)
    with pq.ParquetWriter(task.file, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)


if __name__ == "__main__":
    main(Task.from_json(sys.argv[1]))
