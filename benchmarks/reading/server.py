"""The server: `python -m benchmarks.reading.server ROWS…`, a process of its own, until its standard input ends.

Belongs here: the tables of those sizes: stored empty, so that the server's catalog has them, and their SELECT answered
with bytes made before the first query comes. Does not belong here: TDS (`recon_assets_tests.tds`), the rows (`rows`).

One line on standard output says it is ready: JSON with its port, and what is to be found in the table of each size.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from benchmarks.reading import odbc, rows, table
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets_tests.tds.outcome import Canned, Result, RowBatch, Rows, arrow_batch, result_columns
from recon_assets_tests.tds.server import serve


class _Encoded:
    """A result set whose batches stay encoded from one query to the next."""

    def __init__(self, batches: Sequence[RowBatch]) -> None:
        self._batches = batches

    def event(self) -> Rows:
        return Rows(_COLUMNS, self._batches)


_STATE = [("rows", "bigint"), ("checksum", "bigint")]
_COLUMNS = result_columns(table.COLUMNS)
_DECLARED = [(name, declared.removesuffix(" not null")) for name, declared in table.COLUMNS]


def main(sizes: Sequence[int]) -> None:
    made = rows.batches()
    encoded: dict[int, RowBatch] = {id(batch): _encoded(batch) for batch in made}
    with (
        tempfile.TemporaryDirectory(prefix="reading-") as folder,
        serve(EmbeddedSource(Path(folder)), user=odbc.USER, password=odbc.PASSWORD) as server,
    ):
        for size in sizes:
            server.source.create_table(table.table_name(size), _DECLARED, rows.SCHEMA.empty_table().to_reader())
            sent = [encoded.get(id(batch)) or _encoded(batch) for batch in rows.repeated(made, size)]
            server.canned[table.query(size)] = Canned([_Encoded(sent)])
            server.canned[table.state_query(size)] = Canned([Result(_STATE, [(size, 0)])])
            for parts in table.PARTS:  # which rows are in which part is not what is measured
                for number, part in enumerate(table.part_queries(size, parts)):
                    server.canned[part] = Canned([_Encoded(sent[number::parts])])
        found = {size: asdict(rows.found(made, size)) for size in sizes}
        print(json.dumps({"port": server.port, "found": found}, default=str), flush=True)
        sys.stdin.read()


def _encoded(batch: pa.RecordBatch) -> RowBatch:
    made = arrow_batch(_COLUMNS, batch.columns, reused=True)
    for _ in made.blocks():
        pass
    return made


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
