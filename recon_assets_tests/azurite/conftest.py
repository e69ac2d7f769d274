"""Azurite, one server for all tests of the session, and a container of its own for each test."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient
from dagster_azure.blob import AzureBlobStorageKeyCredential

from recon_assets.io_managers.adls import AdlsStorage, resource
from recon_assets.io_managers.copies import CopyLayer
from recon_assets.io_managers.parquet import ParquetLayer, Rows
from recon_assets.io_managers.stored_table import StoredTable
from recon_assets_tests.azurite.proxy import Proxy
from recon_assets_tests.azurite.server import HOST, KEY, Azurite
from recon_assets_tests.io_managers import helpers

COPY_KEY = dg.AssetKey(["r", "T_adls"])


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    server = Azurite(tmp_path_factory.mktemp("azurite"))
    yield server
    server.stop()


@dataclass
class Lake:
    """A container, with layers that store in it by way of a proxy."""

    container: ContainerClient
    proxy: Proxy
    folder: Path

    @property
    def root(self) -> str:
        """What names the container's folder for tables."""
        return f"abfss://{self.container.container_name}@{HOST}/tables"

    @property
    def storage(self) -> AdlsStorage:
        """The account, by its key."""
        return AdlsStorage(account_url=self.proxy.url, credential=AzureBlobStorageKeyCredential(key=KEY))

    def layer(self, keep_runs: int = 2) -> CopyLayer:
        """A copy layer on the container."""
        return CopyLayer(root=self.root, keep_runs=keep_runs, storage=self.storage)

    def table(self, rows: Rows) -> StoredTable:
        """Rows as a snapshot on this machine."""
        snapshots = ParquetLayer(root=str(self.folder), keep_runs=99)
        assert helpers.store(snapshots, rows).success
        return snapshots.current(helpers.KEY)

    def copy(self, table: StoredTable, layer: CopyLayer | None = None) -> dg.ExecuteInProcessResult:
        """Run the asset that copies a snapshot."""
        return helpers.store(layer or self.layer(), table, COPY_KEY)

    def current(self) -> StoredTable:
        """The published copy."""
        return self.layer().current(COPY_KEY)

    def folders(self) -> set[str]:
        """The folders in the table's own."""
        home = "tables/r/T_adls/"
        names = self.container.list_blob_names(name_starts_with=home)
        return {name.removeprefix(home).split("/")[0] for name in names} - {"current.json"}


def new_lake(server: Azurite, name: str, folder: Path, proxy: Proxy) -> Lake:
    container = BlobServiceClient(server.url, credential=KEY).create_container(name)
    return Lake(container, proxy, folder)


@pytest.fixture
def proxy(azurite: Azurite) -> Iterator[Proxy]:
    with Proxy(azurite).serving() as proxy:
        yield proxy


@pytest.fixture
def lake(azurite: Azurite, proxy: Proxy, tmp_path: Path) -> Lake:
    return new_lake(azurite, f"lake-{abs(hash(tmp_path))}", tmp_path / "snapshots", proxy)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeat as often as ever, and at once."""
    at_once = {"initial_backoff": 0, "increment_base": 0, "random_jitter_range": 0}
    monkeypatch.setattr(resource, "WAITS", at_once)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> int:
    """So small that a few hundred kilobytes are many blocks."""
    monkeypatch.setattr(resource, "BLOCK_BYTES", 64 * 1024)
    return 64 * 1024
