"""Tables as one catalog has them, through links that no later commit removes.

Does not belong here: making the links (`storage`), or reading a file (`rows`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recon_assets.sources.base import SourceError
from recon_assets.sources.embedded import rows as table_rows
from recon_assets.sources.embedded.catalog import Catalog


class EmbeddedSnapshot:
    """See `Snapshot`."""

    def __init__(self, catalog: Catalog, files: Path) -> None:
        """`files` holds its own links to the catalog's files."""
        self._catalog, self._files = catalog, files

    @contextmanager
    def read(self, table: str) -> Iterator[pa.RecordBatchReader]:
        """Stream a table in batches of some 65 000 rows. Raises TableNotFound."""
        stored = self._catalog.table(table)
        try:
            parquet = pq.ParquetFile(self._files / stored.file)
        except FileNotFoundError:
            raise SourceError(f"table {stored.name}: its file {stored.file} is gone; create the table anew") from None
        except (OSError, pa.ArrowInvalid) as error:
            raise SourceError(
                f"table {stored.name}: its file {stored.file} can't be read ({error}); create the table anew"
            ) from error
        with table_rows.stream(parquet, stored.schema) as reader:
            yield reader
