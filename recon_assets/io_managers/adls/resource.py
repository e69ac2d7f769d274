"""An account of Azure Data Lake Storage Gen2 and the credential for it, as a Dagster resource.

Belongs here: how the client connects, and how hard it tries. Does not belong here: what is done with blobs (`folder`).
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure.storage.blob import BlobServiceClient, ExponentialRetry
from dagster_azure.blob import (
    AzureBlobStorageAnonymousCredential,
    AzureBlobStorageDefaultCredential,
    AzureBlobStorageKeyCredential,
    AzureBlobStorageResource,
    AzureBlobStorageSASTokenCredential,
)
from pydantic import Field, PrivateAttr

from recon_assets.io_managers.adls.errors import explained, told
from recon_assets.io_managers.adls.folder import BlobFolder
from recon_assets.io_managers.adls.root import Place
from recon_assets.io_managers.storage import StorageError

BLOCK_BYTES = 8 * 1024**2
"""What is sent and fetched at a time; a few of them are in memory."""

# Within some 20 seconds (the client's own repeats take 85): a moment's throttling or a lost connection is bridged, and
# a wrong name told before anyone thinks the run hangs.
REPEATS = 4
WAITS = {"initial_backoff": 1, "increment_base": 2, "random_jitter_range": 1}
_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 60
_SIGNATURE = re.compile(r"sig=[^&\s]+")


class AdlsStorage(AzureBlobStorageResource):
    """An account, reached by `account_url` and `credential`, or by `connection_string` alone.

    `account_url` is taken from the layer's root where it isn't given; it is there for other endpoints (private links,
    emulators). The default credential is azure-identity's: a service principal by the AZURE_* variables, a workload's
    or machine's managed identity, or whoever is logged in. Give secrets as `dg.EnvVar`, so that Dagster shows their
    names and not their values.
    """

    account_url: str | None = Field(default=None, repr=False)
    credential: (
        AzureBlobStorageKeyCredential
        | AzureBlobStorageSASTokenCredential
        | AzureBlobStorageDefaultCredential
        | AzureBlobStorageAnonymousCredential
    ) = Field(default=AzureBlobStorageDefaultCredential(), discriminator="credential_type", repr=False)
    connection_string: str | None = Field(default=None, repr=False)

    _clients: dict[str, BlobServiceClient] = PrivateAttr(default_factory=dict)

    def folder(self, root: str) -> BlobFolder:
        """The folder that an abfss URL names. Raises StorageError for any other text, and for another account's."""
        place = Place.of(root)
        if place.host not in self._clients:
            with explained(place):
                self._clients[place.host] = self._connect(self.account_url or place.account_url)
        client = self._clients[place.host]
        if client.account_name not in (None, place.account):
            raise told(place, f"the credential is for the account {client.account_name}: correct the one or the other")
        return BlobFolder(client, place)

    @contextmanager
    def get_client(self) -> Iterator[BlobServiceClient]:
        """The account's client, for uses of one's own."""
        if self.account_url is None and self.connection_string is None:
            raise StorageError("an account's client is wanted, and no account named: give account_url")
        with self._connect(self.account_url or "") as client:
            yield client

    def _connect(self, account_url: str) -> BlobServiceClient:
        logging.getLogger("urllib3.connectionpool").addFilter(without_signatures)
        options: dict[str, Any] = {
            "max_block_size": BLOCK_BYTES,
            "max_single_put_size": BLOCK_BYTES,
            "max_chunk_get_size": BLOCK_BYTES,
            "max_single_get_size": BLOCK_BYTES,
            "connection_timeout": _CONNECT_SECONDS,
            "read_timeout": _ANSWER_SECONDS,
            "retry_policy": retries(),
        }
        if self.connection_string is not None:
            return BlobServiceClient.from_connection_string(self.connection_string, **options)
        if "?" in account_url:
            raise StorageError("account_url has a query: give what grants access (a SAS) as the credential instead")
        return BlobServiceClient(account_url, credential=self._raw_credential(), **options)


def retries() -> ExponentialRetry:
    """How often a request is repeated, whatever it fails by, and after how long."""
    kinds = ("retry_total", "retry_connect", "retry_read", "retry_status")
    return ExponentialRetry(**WAITS, **dict.fromkeys(kinds, REPEATS))


def without_signatures(record: logging.LogRecord) -> bool:
    """A log filter: urllib3 tells every address at level DEBUG, a SAS's signature included."""
    if isinstance(record.args, tuple):
        record.args = tuple(_SIGNATURE.sub("sig=…", a) if isinstance(a, str) else a for a in record.args)
    return True
