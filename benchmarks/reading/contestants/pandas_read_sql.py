"""The migration scripts' way: the whole table as a frame, then Parquet; argument TASK.

Its decimals arrive as floats, and integers with NULLs too: read_sql's default.
"""

import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyodbc

from benchmarks.reading.odbc import Task
from benchmarks.reading.table import query


def main(task: Task) -> None:
    connection = pyodbc.connect(task.connection_string)
    frame = pd.read_sql(query(task.rows), connection)
    connection.close()
    pq.write_table(pa.Table.from_pandas(frame), task.file, compression="zstd")


if __name__ == "__main__":
    main(Task.from_json(sys.argv[1]))
