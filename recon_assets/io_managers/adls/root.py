"""What a layer's root names: account, container and path.

Belongs here: reading and writing the URL, in the one form that Databricks, Spark and our records know it by. Does not
belong here: reaching the account (`resource`).
"""

import re
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

from recon_assets.io_managers.storage import StorageError

_FORM = "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH"
_LONGEST = 1024  # characters of a blob's name
_ROOM = 200  # of them for what a layer puts below its root


@dataclass(frozen=True)
class Place:
    """A folder or blob: `host` is the account's Data Lake endpoint, `path` has no slash at either end."""

    host: str
    container: str
    path: str

    @classmethod
    def of(cls, url: str) -> Self:
        """What an abfss URL names. Raises StorageError, which doesn't repeat the URL: it may hold a secret."""
        parts = urlsplit(url)
        if parts.scheme != "abfss" or not parts.username or not parts.hostname:
            raise StorageError(f"the root of a storage on Azure is to be of the form {_FORM}: correct it")
        if parts.password or parts.query or parts.fragment or parts.port:
            raise StorageError(f"a root is of the form {_FORM} and no more: give what grants access as a credential")
        place = cls(parts.hostname, parts.username, parts.path.strip("/"))
        place.check()
        return place

    def __str__(self) -> str:
        return f"abfss://{self.container}@{self.host}/{self.path}"

    def __truediv__(self, part: str) -> "Place":
        return replace(self, path=f"{self.path}/{part}".strip("/"))

    @property
    def account(self) -> str:
        """The account's name."""
        return self.host.partition(".")[0]

    @property
    def account_url(self) -> str:
        """Where the account's Blob API is, unless the resource says otherwise."""
        return f"https://{self.host.replace('.dfs.', '.blob.', 1)}"

    def check(self) -> None:
        """Raises StorageError for names that Azure has no storage by."""
        if not re.fullmatch(r"[a-z0-9]{3,24}", self.account):
            raise StorageError(f"{self}: an account's name is 3 to 24 small letters and digits: correct {self.account}")
        if not re.fullmatch(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*", self.container):
            raise StorageError(
                f"{self}: a container's name is 3 to 63 small letters, digits and single hyphens between them: correct"
                f" {self.container}"
            )
        parts = self.path.split("/") if self.path else []
        if len(self.path) > _LONGEST - _ROOM or any(not p or p.endswith(".") or "\\" in p for p in parts):
            raise StorageError(
                f"{self}: the path is to have at most {_LONGEST - _ROOM} characters, no backslash, and no part that is"
                " empty or ends with a dot: correct it"
            )
