"""Blobs for whatever reads through fsspec (DuckDB, PyArrow): by the same client, so with its credential and errors.

Belongs here: reading. Does not belong here: writing, and listing (`folder`).
"""

from typing import Any

from azure.storage.blob import BlobServiceClient
from fsspec import AbstractFileSystem
from fsspec.spec import AbstractBufferedFile

from recon_assets.io_managers.adls.errors import explained, told
from recon_assets.io_managers.adls.root import Place


class BlobFileSystem(AbstractFileSystem):
    """Opens one account's blobs by their abfss URLs, for reading."""

    protocol = "abfss"
    cachable = False

    def __init__(self, client: BlobServiceClient, host: str) -> None:
        super().__init__()
        self.client = client
        self.host = host

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Size and time of a blob. Raises FileNotFoundError, or StorageError."""
        place = self.place(path)
        with explained(place):
            found = self.client.get_blob_client(place.container, place.path).get_blob_properties()
        return {"name": path, "size": found.size, "type": "file", "modified": found.last_modified, "etag": found.etag}

    def modified(self, path: str) -> Any:
        """When a blob was written."""
        return self.info(path)["modified"]

    def place(self, path: str) -> Place:
        """What a URL names, which fsspec may have cut its scheme off. Raises StorageError for another account's."""
        place = Place.of(f"{self.protocol}://{self._strip_protocol(path)}")
        if place.host != self.host:
            raise told(place, f"files of {self.host} are read here: keep tables that are compared in one account")
        return place

    def _open(self, path: str, mode: str = "rb", **_: Any) -> "_Blob":
        # Parquet's readers fetch ahead what they want: a cache would fetch half as much again, and be slower.
        return _Blob(self, path, mode, cache_type="none")


class _Blob(AbstractBufferedFile):
    fs: BlobFileSystem

    def _fetch_range(self, start: int, end: int) -> bytes:
        place = self.fs.place(self.path)
        with explained(place):
            blob = self.fs.client.get_blob_client(place.container, place.path)
            return blob.download_blob(start, end - start).readall()
