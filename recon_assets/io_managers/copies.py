"""The `_adls` layer: the snapshot's files, byte by byte, in the storage that the target reads.

Belongs here: copying files between storages, or showing that they are there already, and that they arrived whole. Does
not belong here: how a storage is reached (`storage`, `adls`), or looking into the files.
"""

from dataclasses import replace
from pathlib import Path

import dagster as dg

from recon_assets.io_managers.layer import SharedLayer
from recon_assets.io_managers.stored_table import NotIntact, StoredTable


class CopyLayer(SharedLayer):
    """Copies a stored table's files from this machine to `root`."""

    evidence = "in files read back with the same size and MD5"

    def handle_output(self, context: dg.OutputContext, table: StoredTable) -> None:
        """Copy every file into a new folder, unless they are there: in the published table, which then serves, or
        because the source wrote them there itself."""
        if table.source_state is not None:
            self._stage(context, replace(table, run_id=context.run_id), bytes_sent=0)
            return
        there = self._same_files(context.asset_key, table)
        if there is not None:
            same = replace(table, folder=there.folder, files=there.files, run_id=context.run_id)
            self._stage(context, same, bytes_sent=0)
            return
        with self._new_folder(context) as folder:
            files = tuple(folder.take(Path(table.folder.location(file.name)), file) for file in table.files)
            copied = replace(table, folder=folder, files=files, run_id=context.run_id)
            self._stage(context, copied, bytes_sent=copied.size)

    def damage(self, stored: StoredTable) -> str | None:
        """Read the copies back: size and MD5 are those of the snapshot's files."""
        try:
            stored.read_back()
        except NotIntact as error:
            return str(error)
        return None

    def _same_files(self, key: dg.AssetKey, table: StoredTable) -> StoredTable | None:
        try:
            published = self.current(key)
            if published.files != table.files:
                return None
            published.check_intact()
        except NotIntact:  # none yet, or no longer what it was
            return None
        return published
