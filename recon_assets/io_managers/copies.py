"""The `_adls` layer: the snapshot's files, byte by byte, in the storage that the target reads.

Belongs here: copying files between storages and showing that they arrived whole. Does not belong here: credentials
(the storage URL's own), or looking into the files.
"""

import shutil
from dataclasses import replace

import dagster as dg

from recon_assets.io_managers.layer import TableLayer
from recon_assets.io_managers.stored_table import NotIntact, StoredTable

_CHUNK_BYTES = 8 * 1024**2


class CopyLayer(TableLayer):
    """Copies a stored table's files; the same for a directory and for ADLS, which differ by `root` only."""

    evidence = "in files read back with the same size and MD5"

    def handle_output(self, context: dg.OutputContext, table: StoredTable) -> None:
        """Copy every file into a new folder."""
        with self._new_folder(context) as folder:
            for file in table.files:
                with (table.folder / file.name).open("rb") as source, (folder / file.name).open("wb") as copy:
                    shutil.copyfileobj(source, copy, _CHUNK_BYTES)
            copied = replace(table, folder=folder, run_id=context.run_id, previous=None)
            self._stage(context, copied)

    def damage(self, stored: StoredTable) -> str | None:
        """Read the copies back: size and MD5 are those of the snapshot's files."""
        try:
            stored.check_intact()
        except NotIntact as error:
            return str(error)
        return None
