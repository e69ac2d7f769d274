"""Instants and local times of a zone, in Spark's SQL.

Belongs here: what DuckDB's `timezone` and `epoch_us` give. Does not belong here: what a rule with a zone means
(`canonical`).

The session's zone is UTC, so that a TIMESTAMP_NTZ and the TIMESTAMP it is cast to have the same clock and count.
"""

from recon_assets.comparison.spark.casts import let, only
from recon_assets.comparison.spark.text import quoted


def microseconds(value: str) -> str:
    """Since 1970 in UTC, of a date or timestamp."""
    return f"unix_micros(CAST({value} AS TIMESTAMP))"


def clock(zone: str, instant: str) -> str:
    """What the clock of a zone shows at an instant."""
    return f"from_utc_timestamp(CAST({instant} AS TIMESTAMP), {quoted(zone)})"


def instant(zone: str, clock_: str) -> str:
    """When the clock of a zone shows a date and time.

    Of a repeated hour Spark takes the earlier time, DuckDB and SQL Server take the later one: that is the time which
    the zone's offset of the day after gives, if the clock shows the same then.
    """
    day_after = "(u + INTERVAL '24' HOUR)"
    later = f"(c - ({clock(zone, day_after)} - {day_after}))"
    body = f"CASE WHEN {later} > u AND {clock(zone, later)} = c THEN {later} ELSE u END"
    return let(f"CAST({clock_} AS TIMESTAMP)", "c", let(f"to_utc_timestamp(c, {quoted(zone)})", "u", body))


def either(zone: str, value: str) -> str:
    """The one of a TIMESTAMP, the other of a TIMESTAMP_NTZ."""
    other = only(value, "timestamp_ntz|void", instant(zone, value), "the time of a zone")
    return f"CASE WHEN typeof({value}) = 'timestamp' THEN {clock(zone, value)} ELSE {other} END"
