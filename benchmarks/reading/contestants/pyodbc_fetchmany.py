"""pyodbc, ten thousand rows at a time, each column made an Arrow array of its type; argument TASK."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pyodbc

from benchmarks.reading.odbc import Task
from benchmarks.reading.rows import SCHEMA
from benchmarks.reading.table import query

_ROWS = 10_000


def main(task: Task) -> None:
    connection = pyodbc.connect(task.connection_string)
    cursor = connection.execute(query(task.rows))
    with pq.ParquetWriter(task.file, SCHEMA, compression="zstd") as writer:
        while rows := cursor.fetchmany(_ROWS):
            columns = zip(zip(*rows, strict=True), SCHEMA.types, strict=True)
            arrays = [pa.array(values, type_) for values, type_ in columns]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))
    connection.close()


if __name__ == "__main__":
    main(Task.from_json(sys.argv[1]))
