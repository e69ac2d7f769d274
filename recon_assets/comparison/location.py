"""Where a dataset lies, in a form that a record can hold and a later run can go back to.

Belongs here: the record, and what keeps secrets out of it. Does not belong here: reading anything (`dataset`).
"""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit, urlunsplit

import pyarrow as pa

from recon_assets.comparison.errors import ComparisonError

Format = Literal["parquet", "delta", "csv"]
_CONTAINER_BEFORE_HOST = ("abfs", "abfss", "wasb", "wasbs")


@dataclass(frozen=True)
class Location:
    """A file, a folder, a Delta table's folder at one version, or a list of files.

    `paths` are absolute, or URLs without user and query. `schema` is known only where there is no file to take it from.
    """

    format: Format
    paths: tuple[str, ...]
    version: int | None = None
    schema: pa.Schema | None = None

    @classmethod
    def of(cls, format_: Format, *paths: str | Path, version: int | None = None) -> Self:
        """The location of what the paths, which may be relative, name now."""
        return cls(format_, tuple(_lasting(str(path)) for path in paths), version)

    def to_json(self) -> dict[str, Any]:
        """The record that `from_json` reads."""
        record: dict[str, Any] = {"format": self.format, "paths": list(self.paths)}
        if self.version is not None:
            record["version"] = self.version
        if self.schema is not None:
            record["schema"] = base64.b64encode(self.schema.serialize().to_pybytes()).decode()
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """What `to_json` wrote. Raises ComparisonError for any other record."""
        try:
            schema = record.get("schema")
            return cls(
                record["format"],
                tuple(record["paths"]),
                record.get("version"),
                pa.ipc.read_schema(pa.py_buffer(base64.b64decode(schema))) if schema else None,
            )
        except (AttributeError, KeyError, TypeError, ValueError, OSError) as error:
            raise ComparisonError(f"not a dataset's location: {record!r}; make the comparison again") from error


def is_url(path: str) -> bool:
    """Whether a path names a storage rather than a place in this machine's file system."""
    return "://" in path


def _lasting(path: str) -> str:
    if not is_url(path):
        return str(Path(path).absolute())
    url = urlsplit(path)
    host = url.netloc if url.scheme in _CONTAINER_BEFORE_HOST else url.netloc.rpartition("@")[2]
    return urlunsplit((url.scheme, host, url.path, "", ""))
