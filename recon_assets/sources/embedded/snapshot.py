"""Tables as one catalog has them, through links that no later commit removes.

Does not belong here: making the links (`storage`), or reading a file (`rows`).
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from recon_assets.sources.base import Export, SourceError, Split, TableState
from recon_assets.sources.embedded import rows as table_rows
from recon_assets.sources.embedded.catalog import Catalog, StoredTable


class EmbeddedSnapshot:
    """See `Snapshot`."""

    def __init__(self, catalog: Catalog, files: Path) -> None:
        """`files` holds its own links to the catalog's files."""
        self._catalog, self._files = catalog, files

    @contextmanager
    def read(self, table: str, split: Split | None = None) -> Iterator[pa.RecordBatchReader]:
        """Stream a table in batches of some 65 000 rows. Raises TableNotFound.

        `split` changes nothing: a Parquet file's columns are read in parallel anyway.
        """
        stored = self._catalog.table(table)
        with _telling(stored):
            parquet = pq.ParquetFile(self._files / stored.file)
        with table_rows.stream(parquet, stored.schema) as reader:
            yield reader

    def export(self, table: str, folder: str) -> Export:
        """Copy a table's file into a folder of this machine. Raises TableNotFound; see `Snapshot.export`."""
        stored = self._catalog.table(table)
        if "://" in folder:
            raise SourceError(f"the embedded source can't write to {folder}: have the copies lie on this machine")
        with _telling(stored):
            shutil.copyfile(self._files / stored.file, Path(folder) / "part-00000.parquet")
        return Export(stored.schema, self.state(table))

    def state(self, table: str) -> TableState:
        """How many rows a table has, and the sum of DuckDB's hashes of them. Raises TableNotFound."""
        stored = self._catalog.table(table)
        query = f"SELECT count(*), CAST(sum(hash(t)) % {2**63} AS BIGINT) FROM read_parquet(?) AS t"
        with _telling(stored), duckdb.connect() as connection:
            return TableState(*connection.execute(query, [str(self._files / stored.file)]).fetchone() or (0, None))


@contextmanager
def _telling(table: StoredTable) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise SourceError(f"table {table.name}: its file {table.file} is gone; create the table anew") from None
    except (OSError, pa.ArrowInvalid, duckdb.Error) as error:
        raise SourceError(
            f"table {table.name}: its file {table.file} can't be read ({error}); create the table anew"
        ) from error
