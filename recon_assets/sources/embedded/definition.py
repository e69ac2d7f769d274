"""What a run is given from outside T-SQL: the definition's text, and the time.

Belongs here: reading a T-SQL file as SQL Server's tools write it, and the server's clock. Does not belong
here: what the text means (`recon_assets.tsql`), or a run itself (`run`).
"""

from collections.abc import Callable
from datetime import UTC, datetime
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


def clock(now: datetime | None) -> Callable[[], datetime]:
    """The server's time, in UTC (as Azure's servers are) and without a zone: pinned, or running.

    A running clock ticks in hundredths of a second: these are whole ticks of datetime, whose other values
    datetime2(7) could not be given exactly.
    """
    if now is None:
        return _now
    pinned = in_utc(now)
    return lambda: pinned


def _now() -> datetime:
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 10_000 * 10_000, tzinfo=None)


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC without a zone; one that has no zone is taken to be in UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
