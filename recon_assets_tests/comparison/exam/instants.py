"""One date, timestamp or time against another: {why: [(source type, value, target type, value[, rule])]}. Add a line
to add a case; every case is also tried with its sides swapped. A whole number is the count of the type's unit since
1970, for what Python's datetime can't hold.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone

from recon_assets_tests.comparison.exam.types import (
    BERLIN_US,
    DATE,
    DATETIME,
    DATETIME2,
    DATETIME2_7,
    MS,
    NS,
    SMALLDATETIME,
    TIME_MS,
    TIME_NS,
    TIME_US,
    US,
    UTC_NS,
    UTC_US,
)

BERLIN, NEW_YORK = {"timezone": "Europe/Berlin"}, {"timezone": "America/New_York"}
DAY, HOUR, MINUTE, SECOND, MILLI, MICRO = (
    {"precision": unit} for unit in ("day", "hour", "minute", "second", "millisecond", "microsecond")
)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999999)  # datetime2(7)'s …9999999 as Spark keeps it
NEW_YEAR_NS = 1_704_067_200_000_000_000  # 2024-01-01

EQUAL = {
    "a date is its midnight": [
        (DATE, date(2024, 2, 29), US, datetime(2024, 2, 29)),
        (DATE, date(1, 1, 1), US, datetime(1, 1, 1)),
        (DATE, date(9999, 12, 31), UTC_US, datetime(9999, 12, 31, tzinfo=UTC)),
        (DATE, date(2024, 2, 29), NS, datetime(2024, 2, 29)),
        (DATE, date(1969, 12, 31), MS, datetime(1969, 12, 31)),
        (DATE, date(1582, 10, 10), US, datetime(1582, 10, 10)),  # a day that the old calendar skips
    ],
    "the unit is not the value": [
        (SMALLDATETIME, datetime(2079, 6, 6, 23, 59), DATETIME2, datetime(2079, 6, 6, 23, 59)),
        (DATETIME, datetime(1753, 1, 1), DATETIME2, datetime(1753, 1, 1)),
        (DATETIME, datetime(2024, 1, 1, 23, 59, 59, 997000), DATETIME2, datetime(2024, 1, 1, 23, 59, 59, 997000)),
        (MS, datetime(1582, 10, 15, 1, 2, 3, 4000), US, datetime(1582, 10, 15, 1, 2, 3, 4000)),
        (US, datetime(2024, 1, 1, 0, 0, 0, 123456), NS, datetime(2024, 1, 1, 0, 0, 0, 123456)),
        (DATETIME2_7, NEW_YEAR_NS + 100, DATETIME2_7, NEW_YEAR_NS + 100),
        (US, LAST, US, LAST),
        (US, datetime(1, 1, 1), MS, datetime(1, 1, 1)),
        (NS, 2**63 - 1, NS, 2**63 - 1),  # 2262-04-11 23:47:16.854775807, the last
    ],
    "an instant is one, whatever the zone that shows it": [
        (UTC_US, datetime(2024, 1, 1, 12, tzinfo=UTC), BERLIN_US, datetime(2024, 1, 1, 13, tzinfo=timezone(timedelta(hours=1)))),
        (UTC_US, datetime(2024, 1, 1, 12, tzinfo=UTC), UTC_NS, NEW_YEAR_NS + 12 * 3_600_000_000_000),
        (UTC_US, LAST.replace(tzinfo=UTC), UTC_US, LAST.replace(tzinfo=UTC)),
    ],
    "without a zone is UTC, beside instants": [
        (US, datetime(2024, 7, 1, 12), UTC_US, datetime(2024, 7, 1, 12, tzinfo=UTC)),
        (DATE, date(2024, 7, 1), UTC_US, datetime(2024, 7, 1, tzinfo=UTC)),
        (MS, datetime(2024, 7, 1, 12), UTC_NS, datetime(2024, 7, 1, 12, tzinfo=UTC)),
    ],
    "the rule names the zone of the side without one": [
        (US, datetime(2024, 7, 1, 12), UTC_US, datetime(2024, 7, 1, 10, tzinfo=UTC), BERLIN),
        (US, datetime(2024, 1, 1, 12), UTC_US, datetime(2024, 1, 1, 11, tzinfo=UTC), BERLIN),
        (NS, datetime(2024, 1, 1, 12), UTC_US, datetime(2024, 1, 1, 11, tzinfo=UTC), BERLIN),
        (MS, datetime(2024, 1, 1, 12), UTC_US, datetime(2024, 1, 1, 11, tzinfo=UTC), BERLIN),
        (DATE, date(2024, 7, 1), UTC_US, datetime(2024, 6, 30, 22, tzinfo=UTC), BERLIN),
        (US, datetime(2024, 1, 1, 5, 45), UTC_US, datetime(2024, 1, 1, tzinfo=UTC), {"timezone": "Asia/Kathmandu"}),
        (US, datetime(1970, 7, 1, 12), UTC_US, datetime(1970, 7, 1, 11, tzinfo=UTC), BERLIN),  # no summer time then
        (US, datetime(2024, 7, 1, 12), US, datetime(2024, 7, 1, 12), BERLIN),  # neither side has instants
    ],
    "a repeated hour is the later one, a skipped one is moved on, as AT TIME ZONE does": [
        (US, datetime(2024, 11, 3, 1, 30), UTC_US, datetime(2024, 11, 3, 6, 30, tzinfo=UTC), NEW_YORK),
        (US, datetime(2024, 3, 10, 2, 30), UTC_US, datetime(2024, 3, 10, 7, 30, tzinfo=UTC), NEW_YORK),
        (US, datetime(2024, 10, 27, 2, 30), UTC_US, datetime(2024, 10, 27, 1, 30, tzinfo=UTC), BERLIN),
        (US, datetime(2024, 3, 31, 2, 30), UTC_US, datetime(2024, 3, 31, 1, 30, tzinfo=UTC), BERLIN),
    ],
    "times of any unit": [
        (TIME_US, time(1, 2, 3, 4), TIME_NS, time(1, 2, 3, 4)),
        (TIME_MS, time(1, 2, 3, 4000), TIME_US, time(1, 2, 3, 4000)),
        (TIME_US, time(23, 59, 59, 999999), TIME_NS, 86_399_999_999_000),
        (TIME_NS, 100, TIME_NS, 100),
    ],
    "precision cuts": [
        (US, datetime(2024, 1, 1, 10, 0, 0, 999999), US, datetime(2024, 1, 1, 10), SECOND),
        (US, datetime(1969, 12, 31, 23, 59, 59, 900000), US, datetime(1969, 12, 31, 23, 59, 59, 100000), SECOND),
        (US, datetime(2024, 1, 1, 10, 59), DATE, date(2024, 1, 1), DAY),
        (US, datetime(1, 1, 1, 23, 59), US, datetime(1, 1, 1), DAY),
        (US, datetime(2024, 1, 1, 10, 59, 59), SMALLDATETIME, datetime(2024, 1, 1, 10, 59), MINUTE),
        (US, datetime(2024, 1, 1, 0, 0, 0, 123456), US, datetime(2024, 1, 1, 0, 0, 0, 123999), MILLI),
        (DATETIME2_7, NEW_YEAR_NS + 3_333_333, DATETIME, datetime(2024, 1, 1, 0, 0, 0, 3000), MILLI),
        (DATETIME2_7, NEW_YEAR_NS + 123_456_700, DATETIME2, datetime(2024, 1, 1, 0, 0, 0, 123456), MICRO),
        (DATETIME2_7, -100, NS, -1000, MICRO),  # both in the microsecond before 1970
        (NS, 2**63 - 1, NS, 2**63 - 1, SECOND),
        (NS, 2**63 - 1, NS, 2**63 - 807, MICRO),
        (US, LAST, US, datetime(9999, 12, 31, 23), HOUR),
        (US, None, US, None, DAY),
    ],
    "precision counts on the zone's clock": [
        (UTC_US, datetime(2024, 6, 30, 22, 30, tzinfo=UTC), DATE, date(2024, 7, 1), {**DAY, **BERLIN}),
        (UTC_US, datetime(2024, 6, 30, 18, 15, tzinfo=UTC), US, datetime(2024, 7, 1, 0, 59), {**HOUR, "timezone": "Asia/Kathmandu"}),
        (UTC_NS, datetime(2024, 1, 1, 0, 40, tzinfo=UTC), UTC_US, datetime(2024, 1, 1, 1, 20, tzinfo=UTC), {**HOUR, "timezone": "Asia/Kolkata"}),
        (US, LAST, UTC_US, datetime(9999, 12, 31, 22, 59, 59, tzinfo=UTC), {**SECOND, **BERLIN}),
        (UTC_US, datetime(2024, 7, 1, 0, 30, tzinfo=UTC), UTC_US, datetime(2024, 7, 1, 21, tzinfo=UTC), {**DAY, **BERLIN}),
    ],
}  # fmt: skip

DIFFERENT = {
    "fractions of a second count": [
        (US, datetime(2024, 1, 1, 0, 0, 0, 100000), US, datetime(2024, 1, 1, 0, 0, 0, 900000)),
        (DATE, date(2024, 1, 1), US, datetime(2024, 1, 1, 0, 0, 0, 1)),
        (US, LAST, US, LAST.replace(microsecond=999998)),
        (MS, datetime(2024, 1, 1), US, datetime(2024, 1, 1, 0, 0, 0, 1)),
        (DATETIME2_7, NEW_YEAR_NS + 100, DATETIME2, datetime(2024, 1, 1)),
        (DATETIME, datetime(2024, 1, 1, 0, 0, 0, 3000), DATETIME2, datetime(2024, 1, 1, 0, 0, 0, 3333)),
        (SMALLDATETIME, datetime(2024, 1, 1, 12, 1), DATETIME, datetime(2024, 1, 1, 12, 0, 59)),
        (NS, 2**63 - 1, NS, 2**63 - 2),
    ],
    "old dates shifted by another calendar": [
        (DATE, date(1582, 10, 4), DATE, date(1582, 10, 14)),
        (DATE, date(1, 1, 1), DATE, date(1, 1, 3)),
        (US, datetime(1500, 1, 1), US, datetime(1500, 1, 10)),
    ],
    "beyond what ns can hold nothing wraps": [
        (US, LAST, NS, 2**63 - 1),
        (DATE, date(9999, 12, 31), NS, 0),
        (US, datetime(1, 1, 1), NS, datetime(1970, 1, 1)),
        (US, datetime(2554, 7, 21, 23, 34, 33, 709551), NS, -1000),  # 2^64 ns after 1970, less 1 µs
    ],
    "a zone shifts the instant": [
        (US, datetime(2024, 7, 1, 12), UTC_US, datetime(2024, 7, 1, 12, tzinfo=UTC), BERLIN),
        (US, datetime(2024, 1, 1, 12), UTC_US, datetime(2024, 1, 1, 10, tzinfo=UTC), BERLIN),
        (US, datetime(2024, 7, 1, 12), UTC_US, datetime(2024, 7, 1, 10, tzinfo=UTC)),
        (US, datetime(2024, 11, 3, 1, 30), UTC_US, datetime(2024, 11, 3, 5, 30, tzinfo=UTC), NEW_YORK),
        (UTC_US, datetime(2024, 1, 1, 12, tzinfo=UTC), BERLIN_US, datetime(2024, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))),
    ],
    "precision cuts and does not round": [
        (US, datetime(1969, 12, 31, 23, 59, 59, 999999), US, datetime(1970, 1, 1), SECOND),
        (US, datetime(2024, 1, 1, 10), US, datetime(2024, 1, 1, 11), HOUR),
        (US, datetime(2024, 1, 1, 23, 59, 59), DATE, date(2024, 1, 2), DAY),
        (US, datetime(2024, 1, 1, 0, 0, 0, 123999), US, datetime(2024, 1, 1, 0, 0, 0, 124000), MILLI),
        (DATETIME2_7, NEW_YEAR_NS + 123_456_900, DATETIME2, datetime(2024, 1, 1, 0, 0, 0, 123457), MICRO),
        (DATETIME2_7, -100, NS, 0, MICRO),
        (SMALLDATETIME, datetime(2024, 1, 1, 12, 1), DATETIME, datetime(2024, 1, 1, 12, 0, 30), MINUTE),
    ],
    "precision counts on the zone's clock": [
        (UTC_US, datetime(2024, 11, 3, 5, 30, tzinfo=UTC), UTC_US, datetime(2024, 11, 3, 6, 30, tzinfo=UTC), {**HOUR, **NEW_YORK}),
        (UTC_US, datetime(2024, 1, 1, 0, 10, tzinfo=UTC), UTC_US, datetime(2024, 1, 1, 0, 40, tzinfo=UTC), {**HOUR, "timezone": "Asia/Kolkata"}),
        (UTC_US, datetime(2024, 7, 1, 21, 30, tzinfo=UTC), UTC_US, datetime(2024, 7, 1, 22, 30, tzinfo=UTC), {**DAY, **BERLIN}),
    ],
    "times": [
        (TIME_US, time(1), TIME_US, time(1, 0, 0, 1)),
        (TIME_NS, 100, TIME_US, time(0)),
        (TIME_US, time(23, 59, 59, 999999), TIME_US, time(0)),
    ],
    "NULL is no date": [
        (DATE, None, DATE, date(1900, 1, 1)),
        (US, None, US, datetime(1970, 1, 1)),
        (US, None, US, datetime(1, 1, 1), DAY),
        (NS, None, NS, 2**63 - 1, SECOND),
        (UTC_NS, None, UTC_NS, -(2**63) + 1, {**SECOND, **BERLIN}),
    ],
}  # fmt: skip
