"""Folders of blobs: sending files, reading them back, listing and removing.

Belongs here: what is done with blobs, and repeating what a storage lost. Does not belong here: connecting
(`resource`), or which folder is which table (`io_managers.layer`).

Only the Blob API is used. Accounts with a hierarchical namespace list their directories among the blobs, marked by
metadata; they are removed once they are empty.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Self, TypeVar

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, BlobProperties, BlobServiceClient, ContentSettings

from recon_assets.io_managers.adls.errors import code, explained, told
from recon_assets.io_managers.adls.filesystem import BlobFileSystem
from recon_assets.io_managers.adls.root import Place
from recon_assets.io_managers.storage import Folder, StoredFile, is_data

Sent = TypeVar("Sent")

SENDINGS = 3  # of one file, at most
BLOCKS_AT_ONCE = 4
_HEALED_BY_SENDING_AGAIN = ("Md5Mismatch", "InvalidBlockList")  # a byte changed on the way; the storage was restarted
_REMOVED_AT_ONCE = 256  # the most that one request can


@dataclass(frozen=True)
class BlobFolder(Folder):
    """The blobs whose names begin with the place's path."""

    client: BlobServiceClient = field(repr=False, compare=False)
    place: Place

    def __str__(self) -> str:
        return str(self.place)

    @property
    def filesystem(self) -> BlobFileSystem:
        return BlobFileSystem(self.client, self.place.host)

    @property
    def name(self) -> str:
        return self.place.path.rpartition("/")[2]

    def __truediv__(self, part: str) -> Self:
        return replace(self, place=self.place / part)

    def at(self, location: str) -> Self:
        return replace(self, place=Place.of(location))

    def location(self, name: str) -> str:
        return str(self.place / name)

    def create(self) -> None:
        """Nothing: a folder of blobs is there when a blob is."""

    def read_text(self, name: str) -> str:
        with explained(self.place / name):
            return self._blob(name).download_blob(encoding="utf-8").readall()

    def replace_text(self, name: str, text: str) -> None:
        with explained(self.place / name):
            blob = self._blob(name)
            _sent(lambda: blob.upload_blob(text.encode(), overwrite=True, validate_content=True))

    def take(self, source: Path, file: StoredFile) -> StoredFile:
        place = self.place / file.name
        with explained(place):
            taken = replace(file, version=_sent(lambda: self._send_file(source, file)))
        if not self.untouched(taken):
            raise told(place, "what arrived hasn't the size and MD5 of what was sent: run again")
        return taken

    def read_back(self, name: str) -> StoredFile:
        digest, size = hashlib.md5(usedforsecurity=False), 0
        with explained(self.place / name):
            content = self._blob(name).download_blob()
            for chunk in content.chunks():
                digest.update(chunk)
                size += len(chunk)
            return StoredFile(name, size, digest.hexdigest(), content.properties.etag)

    def look(self) -> tuple[StoredFile, ...]:
        start = f"{self.place.path}/"
        with explained(self.place):
            found = (blob for blob in self._listed() if not _is_directory(blob))
            files = [StoredFile(blob.name.removeprefix(start), blob.size, None, _quoted(blob.etag)) for blob in found]
        return tuple(file for file in files if is_data(file.name))

    def untouched(self, file: StoredFile) -> bool:
        with explained(self.place / file.name):
            found = self._blob(file.name).get_blob_properties()
        md5 = bytes(found.content_settings.content_md5 or b"").hex()
        same = (found.etag, found.size) == (file.version, file.size)
        return same and file.md5 in (None, md5)

    def folders(self) -> Mapping[str, float]:
        found: dict[str, float] = {}
        with explained(self.place):
            for blob in self._listed():
                name, inside, _ = blob.name.removeprefix(f"{self.place.path}/").partition("/")
                if inside or _is_directory(blob):
                    found[name] = max(found.get(name, 0), blob.last_modified.timestamp())
        return found

    def remove(self) -> None:
        directories = [self.place.path]
        with explained(self.place):
            for batch in _batches(self._listed()):
                directories.extend(blob.name for blob in batch if _is_directory(blob))
                self._remove([blob.name for blob in batch if not _is_directory(blob)])
            for directory in sorted(directories, reverse=True):  # those within before those around them
                self._remove([directory])

    def _blob(self, name: str) -> BlobClient:
        return self.client.get_blob_client(self.place.container, (self.place / name).path)

    def _send_file(self, source: Path, file: StoredFile) -> str:
        """Send a file in blocks, several at once, and publish it by their list; gives the new blob's ETag."""
        with source.open("rb") as stream:
            sent = self._blob(file.name).upload_blob(
                stream,
                length=file.size,
                overwrite=True,  # the folder is this run's own, and a repeated commit finds its first try
                validate_content=True,
                max_concurrency=BLOCKS_AT_ONCE,
                content_settings=ContentSettings(content_md5=bytearray.fromhex(file.md5 or "")),
            )
        return sent["etag"]

    def _listed(self) -> Iterator[BlobProperties]:
        container = self.client.get_container_client(self.place.container)
        return iter(container.list_blobs(name_starts_with=f"{self.place.path}/", include=["metadata"]))

    def _remove(self, names: list[str]) -> None:
        """Remove up to 256 blobs in one request, passing over those that another run has removed already."""
        if not names:
            return
        container = self.client.get_container_client(self.place.container)
        for answer in container.delete_blobs(*names, raise_on_any_failure=False):
            if answer.status_code not in (202, 404):
                error = HttpResponseError(response=None)
                error.status_code, error.error_code = answer.status_code, answer.headers.get("x-ms-error-code")
                raise error


def _sent(send: Callable[[], Sent]) -> Sent:
    """What sending gives; done again where that heals what went wrong."""
    for _ in range(SENDINGS - 1):
        try:
            return send()
        except HttpResponseError as error:
            if code(error) not in _HEALED_BY_SENDING_AGAIN:
                raise
    return send()


def _quoted(etag: str) -> str:
    """An ETag as all other answers have it: a listing's is without its quotes."""
    return '"' + etag.strip('"') + '"'


def _is_directory(blob: BlobProperties) -> bool:
    return (blob.metadata or {}).get("hdi_isfolder") == "true"


def _batches(blobs: Iterator[BlobProperties]) -> Iterator[list[BlobProperties]]:
    while batch := list(islice(blobs, _REMOVED_AT_ONCE)):
        yield batch
