"""Dates and times as counts of 100 ns since the first day of the year 1.

Belongs here: reading Python's moments, and text with seven digits of a second, which Python's can't hold. Does not
belong here: the bytes of any type (`cells`).
"""

import re
from datetime import date, datetime, time

TICKS = 10_000_000
TICKS_PER_DAY = 86_400 * TICKS
DAYS_TO_1900 = 693_595
DAYS_TO_1970 = 719_162
_TEXT = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d))?[ T]?(?:(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,7}))?)?)?(?: ?([+-])(\d\d):(\d\d))?"
)


def date_days(value: date) -> int:
    """Days since 0001-01-01."""
    return value.toordinal() - 1


def ticks_and_offset(value: date | datetime | time | str) -> tuple[int, int]:
    """The moment (in UTC where it has an offset) and its offset in minutes; of a time, the ticks of its day."""
    if isinstance(value, str):
        return _of_text(value)
    ticks = 0
    if isinstance(value, date):
        ticks = date_days(value) * TICKS_PER_DAY
    if isinstance(value, datetime | time):
        seconds = (value.hour * 60 + value.minute) * 60 + value.second
        ticks += seconds * TICKS + value.microsecond * 10
    offset = value.utcoffset() if isinstance(value, datetime) else None
    minutes = int(offset.total_seconds()) // 60 if offset is not None else 0
    return ticks - minutes * 60 * TICKS, minutes


def _of_text(text: str) -> tuple[int, int]:
    found = _TEXT.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no date or time")
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = found.groups()
    days = date_days(date(int(year), int(month), int(day))) if year else 0
    seconds = (int(hour or 0) * 60 + int(minute or 0)) * 60 + int(second or 0)
    ticks = days * TICKS_PER_DAY + seconds * TICKS + int((fraction or "").ljust(7, "0"))
    offset = (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1) if sign else 0
    return ticks - offset * 60 * TICKS, offset
