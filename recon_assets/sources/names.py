"""The names of stored tables: from T-SQL text, to text, and to a file name.

Belongs here: what a stored table's name may be, and the file name it gets on disk. Does not belong here:
splitting T-SQL names (`recon_assets.tsql.names`), or whether such a table exists (`catalog`).
"""

import difflib
import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from recon_assets.sources.base import SourceError
from recon_assets.tsql.names import split_name


class ObjectName(NamedTuple):
    """A table's name in its schema; two names are the same table if their `key`s are equal."""

    schema: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the table: names are case-insensitive."""
        return self.schema.lower(), self.name.lower()

    def __str__(self) -> str:
        return ".".join(
            part if re.fullmatch(r"[^\W\d][\w@$#]*", part) else f"[{part.replace(']', ']]')}]" for part in self
        )


def parse_name(text: str) -> ObjectName:
    """`dbo.X`, `X`, `[my table]`, `dbo.[we]]ird]` → its schema (dbo where none is given) and name.

    Raises SourceError where the text is not a one- or two-part T-SQL name.
    """
    parts = split_name(text)
    if not parts or not parts[-1] or parts[-1].startswith("#"):
        raise SourceError(
            f"{text!r} is not a table's name: write it as schema.name, with any part that holds spaces or other"
            " signs in brackets, such as dbo.[my table]"
        )
    if len(parts) > 2:
        raise SourceError(f"{text!r} has {len(parts)} parts: the embedded source is one database, use schema.name")
    return ObjectName(parts[0] or "dbo", parts[1]) if len(parts) == 2 else ObjectName("dbo", parts[0])


def nearest(wanted: ObjectName, names: Iterable[ObjectName]) -> list[str]:
    """Up to three names that the wanted one may be a slip of, the likeliest first."""
    by_text = {str(name).lower(): str(name) for name in names}
    return [by_text[text] for text in difflib.get_close_matches(str(wanted).lower(), by_text, n=3, cutoff=0.5)]


def file_stem(name: ObjectName) -> str:
    """A file-name stem for the table that is safe on any file system and unique to its name."""
    slug = re.sub(r"[^a-z0-9]+", "_", ".".join(name.key)).strip("_")[:40]
    return f"{slug}-{hashlib.sha256(repr(name.key).encode()).hexdigest()[:8]}"
