"""A T-SQL file's text, as SQL Server's tools write it.

Does not belong here: what the text means (`recon_assets.tsql`).
"""

from pathlib import Path

from recon_assets.sources.base import SourceError


def read_definition(file: Path) -> str:
    """A T-SQL file's text. Raises SourceError."""
    try:
        return decode(file.read_bytes(), str(file))
    except OSError as error:
        raise SourceError(f"{file} can't be read: {error.strerror}; correct the path") from error


def decode(data: bytes, name: str) -> str:
    """UTF-8, or UTF-16 with its mark, as SQL Server's tools write it. Raises SourceError, naming the file."""
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name} is neither UTF-8 nor UTF-16 ({error}): save it as UTF-8") from error
