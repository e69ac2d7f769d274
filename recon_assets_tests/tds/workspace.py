"""The embedded source's tables opened for one client: to read them as they are, or to change them.

Belongs here: the snapshot a query reads without keeping others out, and the session a procedure runs in until it is
committed. Does not belong here: what is run (`script`, `queries`).
"""

from contextlib import ExitStack, closing
from pathlib import Path

from recon_assets.sources.embedded.catalog import Catalog, StoredTable
from recon_assets.sources.embedded.session import Session
from recon_assets.sources.embedded.storage import Storage

_MEMORY = "1GB"


class _Snapshot(Storage):
    """A folder's tables at one moment, which later commits don't take away."""

    def __init__(self, storage: Storage, folder: Path) -> None:
        super().__init__(storage.root)
        self._folder = folder
        while True:
            self._catalog = storage.catalog()
            try:
                storage.link_files(self._catalog, folder)
                return
            except FileNotFoundError:  # two commits came between
                for file in folder.glob("*.parquet"):
                    file.unlink()

    def catalog(self) -> Catalog:
        return self._catalog

    def path(self, table: StoredTable) -> Path:
        return self._folder / table.file


class Workspace:
    """Tables as one client sees them. Only one that `writes` can be published; it keeps other writers waiting."""

    def __init__(self, root: Path, *, writes: bool) -> None:
        self._cleanup = ExitStack()
        self._locked = ExitStack()
        self.writes = writes
        storage = Storage(root)
        try:
            folder = self._cleanup.enter_context(storage.session_folder())
            if writes:
                self._locked.enter_context(storage.writing(lambda message: None))
            source = storage if writes else _Snapshot(storage, folder)
            self.session = self._cleanup.enter_context(closing(Session(source, folder, _MEMORY)))
        except BaseException:
            self.close()
            raise

    def publish(self) -> None:
        """Commit what was changed, and let other writers in; results can still be read."""
        self.session.publish()
        self._locked.close()

    def close(self) -> None:
        """Forget the rest."""
        self._locked.close()
        self._cleanup.close()
