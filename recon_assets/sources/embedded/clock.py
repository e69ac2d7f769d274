"""The time that a run is given from outside T-SQL: the server's clock.

Does not belong here: the run itself (`run`).
"""

from collections.abc import Callable
from datetime import UTC, datetime


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
