"""How a table leaves the source: as rows that pass by here, or as files that the source writes.

Belongs here: the one place where a reconciliation's `export` is heeded. Does not belong here: storing either
(`io_managers`), or result sets, which are always rows.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from recon_assets.assets.declaration import Declaration
from recon_assets.comparison import FingerprintStream
from recon_assets.io_managers.exports import Exported
from recon_assets.io_managers.parquet import Rows
from recon_assets.io_managers.stored_table import InputRows, NotIntact, StoredTable
from recon_assets.sources.base import Snapshot
from recon_assets.spec import bare_name


@contextmanager
def leaving(
    declaration: Declaration,
    tables: Snapshot,
    table: str,
    made_by: Mapping[str, str],
    inputs: Mapping[str, InputRows] | None = None,
) -> Iterator[Rows | Exported]:
    """A table on its way to the layer that `declaration.parquet_manager` names; `inputs` are what it was made from."""
    name = bare_name(table)
    if declaration.spec.export == "cetas":
        yield Exported(name, partial(tables.export, table), inputs or {}, made_by)
        return
    with tables.read(table, declaration.spec.split_of(table)) as reader:
        yield Rows(name, reader, inputs or {}, made_by)


def check_unchanged(declaration: Declaration, tables: Snapshot, table: str, snapshot: StoredTable) -> None:
    """The procedure is about to read what the snapshot holds. Raises NotIntact where the table was changed since."""
    if snapshot.source_state is not None:
        unchanged = tables.state(table) == snapshot.source_state
    else:
        with tables.read(table, declaration.spec.split_of(table)) as reader:
            now = FingerprintStream(snapshot.schema)
            for batch in reader:
                now.update(batch)
        unchanged = now.result() == snapshot.fingerprint
    if not unchanged:
        raise NotIntact(
            f"{table} was changed after its snapshot of {snapshot.rows:,} rows (fingerprint"
            f" {snapshot.fingerprint.digest}) was taken. Materialize the snapshots of all inputs again, together with"
            " the procedure."
        )
