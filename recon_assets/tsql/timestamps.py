"""Dates and times as numbers: rounding to what each type can hold, and from one type to another.

Belongs here: the arithmetic of microseconds and of datetime's ticks of 1/300 second. Does not belong here: dates
as text (`date_text`), or date functions (`date_functions`).
"""

from recon_assets.tsql import duck
from recon_assets.tsql.errors import DATE_OUT_OF_RANGE, TSqlError, raising, refusing
from recon_assets.tsql.types import SqlType

# microseconds from 0001-01-01 to 1970-01-01: added so that integer division rounds the same way on both sides
_SHIFT = 62135596800000000


def convert_temporal(sql: str, source: SqlType, to: SqlType) -> str:
    """A date or time of one type as another. Raises TSqlError 206 for date ↔ time."""
    if {source.name, to.name} == {"date", "time"}:
        raise TSqlError(206, f"Operand type clash: {source.name} is incompatible with {to.name}")
    if source == to:
        return sql
    if to.name == "date":
        return duck.cast(sql, "DATE")
    if source.name == "time" and to.name != "time":
        sql = f"(DATE '1900-01-01' + {sql})"
    elif source.name == "time":
        on_a_day = f"(DATE '1900-01-01' + {sql})"
        return f"CAST({round_stamp(on_a_day, to.scale)} AS TIME)" if to.scale < source.scale else sql
    elif source.name == "date":
        sql = duck.cast(sql, "TIMESTAMP")
    if to.name == "datetime":
        return duck.bind(to_datetime, sql)
    if to.name == "smalldatetime":
        return duck.bind(to_smalldatetime, sql)
    if source.name == "datetime":
        sql = duck.bind(lambda x: datetime_exactly(x, to.scale), sql)
    elif to.scale < (source.scale or 0):
        sql = round_stamp(sql, to.scale)
    return duck.cast(sql, "TIME") if to.name == "time" else sql


def round_stamp(sql: str, scale: int) -> str:
    """A TIMESTAMP rounded to `scale` fractional digits of a second."""
    if scale >= 6:
        return sql
    unit = 10 ** (6 - scale)
    return f"make_timestamp((epoch_us({sql}) + {_SHIFT + unit // 2}) // {unit} * {unit} - {_SHIFT})"


def to_datetime(x: str) -> str:
    """A TIMESTAMP rounded to datetime's ticks, as the milliseconds .000, .003 and .007 SQL Server shows."""
    ticks = f"(((epoch_us({x}) + {_SHIFT}) * 3 + 5000) // 10000)"
    stamp = f"make_timestamp(({ticks} * 10 + 1) // 3 * 1000 - {_SHIFT})"
    outside = raising(
        DATE_OUT_OF_RANGE,
        "'The conversion of a datetime2 data type to a datetime data type resulted in an out-of-range value.'",
    )
    within = f"{x} >= TIMESTAMP '1753-01-01' AND {x} < TIMESTAMP '9999-12-31 23:59:59.998500'"
    return f"CASE WHEN {x} IS NULL OR {within} THEN {stamp} ELSE {outside} END"


def to_smalldatetime(x: str) -> str:
    """A TIMESTAMP rounded to the minute, within smalldatetime's range."""
    minute = 60_000_000
    # datetime's own last tick below half a minute (29.998 s) rounds down, 29.999 s is its tick 30.000
    stamp = f"make_timestamp((epoch_us({x}) + {_SHIFT + minute // 2}) // {minute} * {minute} - {_SHIFT})"
    outside = raising(
        DATE_OUT_OF_RANGE,
        "'The conversion of a datetime data type to a smalldatetime data type resulted in an out-of-range value.'",
    )
    within = f"{x} >= TIMESTAMP '1900-01-01' AND {x} < TIMESTAMP '2079-06-06 23:59:30'"
    return f"CASE WHEN {x} IS NULL THEN NULL WHEN {within} THEN {stamp} ELSE {outside} END"


def datetime_ticks(x: str) -> str:
    """A datetime's ticks of 1/300 second since 0001-01-01, from the milliseconds it shows."""
    return f"(((epoch_us({x}) + {_SHIFT}) // 1000 * 3 + 5) // 10)"


def from_ticks(ticks: str) -> str:
    """The datetime that many ticks after 0001-01-01."""
    return f"make_timestamp(({ticks} * 10 + 1) // 3 * 1000 - {_SHIFT})"


def datetime_exactly(x: str, scale: int) -> str:
    """A datetime as datetime2 of that scale: .003 stands for 1/300 second (compatibility level 130 and later)."""
    unit = 10 ** (6 - min(scale, 6))
    stamp = f"make_timestamp((2 * {datetime_ticks(x)} * 10000 + {3 * unit}) // {6 * unit} * {unit} - {_SHIFT})"
    if scale < 7:
        return stamp
    refusal = refusing(f"'datetime to datetime2(7) of a value with thirds of a hundredth of a second: ' || {x}")
    return f"CASE WHEN epoch_us({x}) % 10000 = 0 OR {x} IS NULL THEN {x} ELSE {refusal} END"


def hundred_nanoseconds(sql: str, type_: SqlType) -> str:
    """A datetime or datetime2 as 100-nanosecond units since 0001-01-01, a BIGINT: exact, thirds of a hundredth of a
    second rounded to the seventh digit, so that the two types compare though neither holds the other's values."""
    if type_.name != "datetime":
        return duck.bind(lambda x: f"((epoch_us({x}) + {_SHIFT}) * 10)", sql)

    def body(ticks: str) -> str:
        return f"({ticks} // 3 * 100000 + {ticks} % 3 * 33333 + {ticks} % 3 // 2)"

    return duck.bind(body, duck.bind(datetime_ticks, sql))
