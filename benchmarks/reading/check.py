"""What is in the Parquet files of a folder: `python -m benchmarks.reading.check FOLDER` prints a `Found` as JSON.

Belongs here: counting and adding up. Does not belong here: judging (`table`). It is a process of its own for the same
reason as `benchmarks.generate`.
"""

import json
import sys

import duckdb

from benchmarks.reading.table import SUMMED


def main(folder: str) -> None:
    counted = f"SELECT count(*), CAST(sum({SUMMED}) AS DECIMAL(38,2)) FROM read_parquet($files)"
    rows, total = duckdb.execute(counted, {"files": f"{folder}/*.parquet"}).fetchone()
    print(json.dumps({"rows": rows, "total": str(total)}))


if __name__ == "__main__":
    main(sys.argv[1])
