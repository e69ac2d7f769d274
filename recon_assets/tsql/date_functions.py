"""Date and time functions.

Belongs here: functions of dates, the names of their parts, and the clock's functions. Does not belong here:
conversion between date types (`timestamps`) or from text (`date_text`). DATEFIRST is 7, US English's default.
"""

from recon_assets.tsql import duck
from recon_assets.tsql.conversion import convert
from recon_assets.tsql.errors import (
    CANNOT_BUILD_DATE,
    DATE_ADD_OVERFLOW,
    DATE_DIFF_OVERFLOW,
    TSqlError,
    UnsupportedTSql,
    raising,
    refusing,
)
from recon_assets.tsql.timestamps import (
    convert_temporal,
    datetime_ticks,
    from_ticks,
    round_stamp,
)
from recon_assets.tsql.types import BIGINT, DATE, DATETIME, INT, SqlType, datetime2, nvarchar
from recon_assets.tsql.value import Value

_PARTS = {
    "year": ("yy", "yyyy"),
    "quarter": ("qq", "q"),
    "month": ("mm", "m"),
    "dayofyear": ("dy", "y"),
    "day": ("dd", "d"),
    "week": ("wk", "ww"),
    "weekday": ("dw", "w"),
    "hour": ("hh",),
    "minute": ("mi", "n"),
    "second": ("ss", "s"),
    "millisecond": ("ms",),
    "microsecond": ("mcs",),
    "iso_week": ("isowk", "isoww"),
}
_NAMES = {name: part for part, short in _PARTS.items() for name in (part, *short)}
_TIME_PARTS = ("hour", "minute", "second", "millisecond", "microsecond")
_MICROSECONDS = {
    "hour": 3_600_000_000,
    "minute": 60_000_000,
    "second": 1_000_000,
    "millisecond": 1000,
    "microsecond": 1,
}


def part_named(name: str) -> str:
    """The date part a name or abbreviation stands for. Raises UnsupportedTSql for others (nanosecond, tzoffset)."""
    if name.lower() not in _NAMES:
        raise UnsupportedTSql(f"date part {name}")
    return _NAMES[name.lower()]


def _temporal(value: Value, default: SqlType) -> Value:
    """The argument as a date or time; text and NULL are taken as `default`."""
    if value.is_null or value.type.is_text or value.type.is_integer:
        return convert(value, default)
    if not value.type.is_temporal:
        raise TSqlError(8116, f"Argument data type {value.type.name} is invalid for a date function.")
    return value


def _stamp(value: Value) -> str:
    """The value as a TIMESTAMP (a time on an arbitrary day), not rounded."""
    if value.type.name == "time":
        return f"(DATE '1900-01-01' + {value.sql})"
    return duck.cast(value.sql, "TIMESTAMP")


def _check(part: str, type_: SqlType, function: str) -> None:
    if (type_.name == "date" and part in _TIME_PARTS) or (type_.name == "time" and part not in _TIME_PARTS):
        raise TSqlError(
            9810, f"The datepart {part} is not supported by date function {function} for data type {type_.name}."
        )


def dateadd(part: str, number: Value, value: Value) -> Value:
    """DATEADD: the type stays; a day beyond the month's end becomes its last."""
    value = _temporal(value, DATETIME)
    _check(part, value.type, "dateadd")
    n = convert(number, INT).typed()
    kind = value.type
    if part == "iso_week":
        raise UnsupportedTSql(f"DATEADD({part}, …) of {kind}")
    unit = {"dayofyear": "day", "weekday": "day"}.get(part, part)
    if kind.name == "datetime" and unit in ("millisecond", "microsecond"):
        if unit == "microsecond":
            raise TSqlError(
                9810, "The datepart microsecond is not supported by date function dateadd for data type datetime."
            )
        moved = duck.bind(
            lambda d, k: from_ticks(
                f"({datetime_ticks(d)} + CAST(floor((3 * CAST({k} AS BIGINT) + 5) / 10) AS BIGINT))"
            ),
            value.sql,
            n,
        )
    else:
        function, factor = {
            "year": ("to_months", 12),
            "quarter": ("to_months", 3),
            "month": ("to_months", 1),
            "week": ("to_days", 7),
            "day": ("to_days", 1),
        }.get(unit, ("to_microseconds", _MICROSECONDS.get(unit, 1)))
        count = f"CAST({n} AS BIGINT) * {factor}"
        if function != "to_microseconds":
            count = duck.cast(count, "INTEGER")
        moved = f"({_stamp(value)} + {function}({count}))"
    if kind.name == "time":
        day = duck.cast(round_stamp(moved, kind.scale), "TIME")  # the hours go round
        return Value(day, kind, nullable=value.nullable or number.nullable)
    low = {"datetime": "1753-01-01", "smalldatetime": "1900-01-01"}.get(kind.name, "0001-01-01")
    high = "2079-06-06 23:59:59.999999" if kind.name == "smalldatetime" else "9999-12-31 23:59:59.999999"
    overflow = raising(DATE_ADD_OVERFLOW, f"'Adding a value to a ''{kind.name}'' column caused an overflow.'")
    checked = duck.bind(
        lambda d: f"CASE WHEN {d} NOT BETWEEN TIMESTAMP '{low}' AND TIMESTAMP '{high}' THEN {overflow} ELSE {d} END",
        moved,
    )
    if kind.name == "date":
        checked = duck.cast(checked, "DATE")
    elif kind.name == "smalldatetime":
        checked = convert_temporal(checked, datetime2(), kind)
    elif kind.name == "datetime2":
        checked = round_stamp(checked, kind.scale)
    return Value(checked, kind, nullable=value.nullable or number.nullable)


def datediff(part: str, start: Value, end: Value, *, big: bool = False) -> Value:
    """DATEDIFF: how many boundaries of the part lie between; weeks begin on Sunday whatever DATEFIRST is."""
    # string literals are cast to datetime2 ("DATEDIFF"), integers are datetime's days
    start, end = (_temporal(x, datetime2() if x.type.is_text else DATETIME) for x in (start, end))
    part = {"dayofyear": "day", "weekday": "day"}.get(part, part)
    if part == "iso_week":
        raise UnsupportedTSql(f"DATEDIFF({part}, …)")
    a, b = _stamp(start), _stamp(end)
    if part in ("millisecond", "microsecond"):
        a, b = (_whole_hundredths(x, v.type, part) for x, v in ((a, start), (b, end)))
    if part == "week":
        sunday = "DATE '0001-01-01' - 1"
        weeks = [f"((CAST({x} AS DATE) - ({sunday})) // 7)" for x in (a, b)]
        sql = f"({weeks[1]} - {weeks[0]})"
    else:
        sql = f"date_diff('{part}', {a}, {b})"
    kind = BIGINT if big else INT
    overflow = raising(
        DATE_DIFF_OVERFLOW,
        "'The datediff function resulted in an overflow. The number of dateparts separating two date/time instances"
        " is too large. Try to use datediff with a less precise datepart.'",
    )
    if not big and part in _TIME_PARTS:
        sql = duck.bind(lambda n: f"CASE WHEN abs({n}) > 2147483647 THEN {overflow} ELSE {n} END", sql)
    return Value(duck.cast(sql, kind.duckdb), kind, nullable=start.nullable or end.nullable)


def _whole_hundredths(stamp: str, type_: SqlType, part: str) -> str:
    """A datetime's 1/300 seconds as microseconds are exact only at every third."""
    if type_.name != "datetime":
        return stamp
    refusal = refusing(f"'DATEDIFF({part}, …) of a datetime with thirds of a hundredth of a second'")
    return duck.bind(lambda x: f"CASE WHEN epoch_us({x}) % 10000 <> 0 THEN {refusal} ELSE {x} END", stamp)


def datediff_big(part: str, start: Value, end: Value) -> Value:
    """DATEDIFF_BIG."""
    return datediff(part, start, end, big=True)


def datepart(part: str, value: Value) -> Value:
    """DATEPART: an int."""
    value = _temporal(value, DATETIME)
    _check(part, value.type, "datepart")
    x = _stamp(value)
    if part == "week":
        first = f"dayofweek(date_trunc('year', {x}))"
        sql = f"((dayofyear({x}) + {first} - 1) // 7 + 1)"
    elif part == "weekday":
        sql = f"(dayofweek({x}) + 1)"
    elif part == "iso_week":
        sql = f"weekofyear({x})"
    elif part == "millisecond":
        sql = f"(epoch_us({x}) % 1000000 + 1000000) % 1000000 // 1000"
    elif part == "microsecond":
        if value.type.name == "datetime":
            raise UnsupportedTSql("DATEPART(microsecond, …) of datetime")
        sql = f"(epoch_us({x}) % 1000000 + 1000000) % 1000000"
    else:
        sql = f"{part}({x})"
    return value.of(duck.cast(sql, "INTEGER"), INT)


def datename(part: str, value: Value) -> Value:
    """DATENAME: nvarchar(30), in English."""
    if part in ("month", "weekday"):
        value = _temporal(value, DATETIME)
        _check(part, value.type, "datename")
        return value.of(f"strftime({_stamp(value)}, '{'%B' if part == 'month' else '%A'}')", nvarchar(30))
    number = datepart(part, value)
    return number.of(duck.cast(number.sql, "VARCHAR"), nvarchar(30))


def datetrunc(part: str, value: Value) -> Value:
    """DATETRUNC: the type stays (text is datetime2(7))."""
    value = _temporal(value, datetime2())
    _check(part, value.type, "datetrunc")
    if part in ("weekday", "iso_week") or value.type.name == "time":
        raise UnsupportedTSql(f"DATETRUNC({part}, …) of {value.type}")
    x = _stamp(value)
    if part == "week":
        sql = f"(date_trunc('day', {x}) - to_days(CAST(dayofweek({x}) AS INTEGER)))"
    else:
        sql = f"date_trunc('{'day' if part == 'dayofyear' else part}', {x})"
    if part == "millisecond" and value.type.name == "datetime":
        return value
    return value.of(duck.cast(sql, value.type.duckdb))


def _component(name: str):
    return lambda value: datepart(name, value)


def _eomonth(value: Value, months: Value | None = None) -> Value:
    value = _temporal(value, DATE)
    if months is not None:
        value = dateadd("month", months, convert(value, DATE))
    return value.of(f"last_day(CAST({value.sql} AS DATE))", DATE)


def _datefromparts(year: Value, month: Value, day: Value) -> Value:
    parts = [convert(part, INT).typed() for part in (year, month, day)]
    failed = raising(
        CANNOT_BUILD_DATE, "'Cannot construct data type date, some of the arguments have values which are not valid.'"
    )

    def body(y: str, m: str, d: str) -> str:
        made = f"TRY_CAST(format('{{:04d}}-{{:02d}}-{{:02d}}', {y}, {m}, {d}) AS DATE)"
        return (
            f"CASE WHEN {y} IS NULL OR {m} IS NULL OR {d} IS NULL THEN NULL"
            f" WHEN {y} BETWEEN 1 AND 9999 AND {m} BETWEEN 1 AND 12 AND {d} BETWEEN 1 AND 31"
            f" THEN coalesce({made}, {failed}) ELSE {failed} END"
        )

    return Value(duck.bind(body, *parts), DATE)


UNIT_FUNCTIONS = {
    "DATEADD": (2, dateadd),
    "DATEDIFF": (2, datediff),
    "DATEDIFF_BIG": (2, datediff_big),
    "DATEPART": (1, datepart),
    "DATENAME": (1, datename),
    "DATETRUNC": (1, datetrunc),
}
"""Functions whose first argument is a date part: name → how many more arguments, and what translates it."""

FUNCTIONS = {
    "YEAR": (1, 1, _component("year")),
    "MONTH": (1, 1, _component("month")),
    "DAY": (1, 1, _component("day")),
    "EOMONTH": (1, 2, _eomonth),
    "DATEFROMPARTS": (3, 3, _datefromparts),
}
"""Name → fewest and most arguments, and what translates it."""

CLOCKS = {
    "GETDATE": ("clock", DATETIME),
    "CURRENT_TIMESTAMP": ("clock", DATETIME),
    "GETUTCDATE": ("clock_utc", DATETIME),
    "SYSDATETIME": ("clock", datetime2(7)),
    "SYSUTCDATETIME": ("clock_utc", datetime2(7)),
}
"""Functions of the statement's instant: name → system parameter, and the type it is given as."""
