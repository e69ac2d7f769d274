"""Dates and times: conversion, CONVERT's styles, date functions, the clock. The expected values are those of the
Transact-SQL reference."""

import pytest

from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets_tests.tsql.leaf.harness import Database

STAMP = "CAST('2024-07-01 09:05:03.123' AS datetime)"
STAMP2 = "CAST('2024-07-01 21:05:03.1234567' AS datetime2)"
FINE = "CAST('2024-07-01 21:05:03.123456' AS datetime2(6))"
DAY = "CAST('2024-07-31' AS date)"

VALUES = [
    ("DATEDIFF(ms, '2024-01-01', '2024-01-01 00:00:01.2345')", "int", "1234"),  # text is datetime2
    ("DATEDIFF(ms, CAST('2024-01-01' AS datetime), CAST('2024-01-01 00:00:01.010' AS datetime))", "int", "1010"),
    ("DATEDIFF(day, '0001-01-01', '0001-01-03')", "int", "2"),
    ("DATEADD(hour, 1, CAST('23:30' AS time(0)))", "time(0)", "00:30:00"),
    ("DATEADD(minute, -31, CAST('00:30' AS time(0)))", "time(0)", "23:59:00"),
    # from text
    (DAY, "date", "2024-07-31"),
    ("CAST('20240731' AS date)", "date", "2024-07-31"),
    ("CAST('2024/7/1' AS date)", "date", "2024-07-01"),
    ("CAST('7/31/2024' AS date)", "date", "2024-07-31"),
    ("CONVERT(date, '31/07/2024', 103)", "date", "2024-07-31"),
    ("CONVERT(date, '31.07.2024', 104)", "date", "2024-07-31"),
    ("CONVERT(date, '07/31/2024', 101)", "date", "2024-07-31"),
    ("CAST('2024-07-31 13:14:15' AS date)", "date", "2024-07-31"),
    ("CAST('' AS date)", "date", "1900-01-01"),
    ("CAST('' AS datetime)", "datetime", "1900-01-01 00:00:00"),
    ("CAST('2024-07-31' AS datetime)", "datetime", "2024-07-31 00:00:00"),
    ("CAST('20240731 13:14' AS datetime)", "datetime", "2024-07-31 13:14:00"),
    ("CAST('2024-07-31T13:14:15' AS datetime)", "datetime", "2024-07-31 13:14:15"),
    ("CAST('13:14:15' AS datetime)", "datetime", "1900-01-01 13:14:15"),
    ("CAST('13:14:15.5' AS time(3))", "time(3)", "13:14:15.500000"),
    ("CAST('2024-07-31 13:14:15.123456' AS datetime2(6))", "datetime2(6)", "2024-07-31 13:14:15.123456"),
    ("CAST('2024-07-31 13:14:15.1234560' AS datetime2)", "datetime2(7)", "2024-07-31 13:14:15.123456"),
    ("TRY_CAST('2024-02-30' AS date)", "date", "NULL"),
    ("TRY_CONVERT(datetime, 'nope')", "datetime", "NULL"),
    ("TRY_CAST('1752-12-31' AS datetime)", "datetime", "NULL"),
    # datetime rounds to .000, .003 and .007; smalldatetime to the minute
    ("CAST('1998-01-01 23:59:59.999' AS datetime)", "datetime", "1998-01-02 00:00:00"),
    ("CAST('1998-01-01 23:59:59.998' AS datetime)", "datetime", "1998-01-01 23:59:59.997000"),
    ("CAST('1998-01-01 23:59:59.995' AS datetime)", "datetime", "1998-01-01 23:59:59.997000"),
    ("CAST('1998-01-01 23:59:59.994' AS datetime)", "datetime", "1998-01-01 23:59:59.993000"),
    ("CAST('1998-01-01 23:59:59.991' AS datetime)", "datetime", "1998-01-01 23:59:59.990000"),
    ("CAST('2007-05-08 12:35:30' AS smalldatetime)", "smalldatetime", "2007-05-08 12:36:00"),
    ("CAST('2007-05-08 12:35:29.998' AS smalldatetime)", "smalldatetime", "2007-05-08 12:35:00"),
    ("CAST('12:59:59.995' AS time(2))", "time(2)", "13:00:00"),
    # between types
    (f"CAST({STAMP} AS date)", "date", "2024-07-01"),
    (f"CAST({DAY} AS datetime)", "datetime", "2024-07-31 00:00:00"),
    (f"CAST({FINE} AS datetime2(3))", "datetime2(3)", "2024-07-01 21:05:03.123000"),
    (f"CAST({FINE} AS datetime)", "datetime", "2024-07-01 21:05:03.123000"),
    ("CAST(CAST('2016-10-23 12:45:37.333' AS datetime) AS datetime2(6))", "datetime2(6)", "2016-10-23 12:45:37.333333"),
    ("CAST(CAST('2016-10-23 12:45:37.337' AS datetime) AS datetime2(4))", "datetime2(4)", "2016-10-23 12:45:37.336700"),
    (f"CAST({FINE} AS time(0))", "time(0)", "21:05:03"),
    ("CAST(0 AS datetime)", "datetime", "1900-01-01 00:00:00"),
    ("CAST(45000 AS datetime)", "datetime", "2023-03-17 00:00:00"),
    # to text: what CAST gives
    (f"CAST({DAY} AS varchar(20))", "varchar(20)", "2024-07-31"),
    (f"CAST({STAMP} AS varchar(30))", "varchar(30)", "Jul  1 2024  9:05AM"),
    (f"CAST({STAMP} AS varchar(11))", "varchar(11)", "Jul  1 2024"),
    (f"CAST({FINE} AS varchar(30))", "varchar(30)", "2024-07-01 21:05:03.123456"),
    ("CAST(CAST('13:14:15.5' AS time(1)) AS varchar(20))", "varchar(20)", "13:14:15.5"),
    # to text: styles
    (f"CONVERT(varchar(30), {STAMP}, 100)", "varchar(30)", "Jul  1 2024  9:05AM"),
    (f"CONVERT(varchar(10), {STAMP}, 1)", "varchar(10)", "07/01/24"),
    (f"CONVERT(varchar(10), {STAMP}, 101)", "varchar(10)", "07/01/2024"),
    (f"CONVERT(varchar(10), {STAMP}, 102)", "varchar(10)", "2024.07.01"),
    (f"CONVERT(varchar(10), {STAMP}, 103)", "varchar(10)", "01/07/2024"),
    (f"CONVERT(varchar(10), {STAMP}, 104)", "varchar(10)", "01.07.2024"),
    (f"CONVERT(varchar(10), {STAMP}, 105)", "varchar(10)", "01-07-2024"),
    (f"CONVERT(varchar(11), {STAMP}, 106)", "varchar(11)", "01 Jul 2024"),
    (f"CONVERT(varchar(12), {STAMP}, 107)", "varchar(12)", "Jul 01, 2024"),
    (f"CONVERT(varchar(8), {STAMP}, 108)", "varchar(8)", "09:05:03"),
    (f"CONVERT(varchar(10), {STAMP}, 110)", "varchar(10)", "07-01-2024"),
    (f"CONVERT(varchar(10), {STAMP}, 111)", "varchar(10)", "2024/07/01"),
    (f"CONVERT(varchar(8), {STAMP}, 112)", "varchar(8)", "20240701"),
    (f"CONVERT(char(6), {STAMP}, 112)", "char(6)", "202407"),
    (f"CONVERT(varchar(19), {STAMP}, 120)", "varchar(19)", "2024-07-01 09:05:03"),
    (f"CONVERT(varchar(23), {STAMP}, 121)", "varchar(23)", "2024-07-01 09:05:03.123"),
    (f"CONVERT(varchar(23), {STAMP}, 126)", "varchar(23)", "2024-07-01T09:05:03.123"),
    ("CONVERT(varchar(23), CAST('2024-07-01' AS datetime), 126)", "varchar(23)", "2024-07-01T00:00:00"),
    (f"CONVERT(varchar(10), {STAMP}, 23)", "varchar(10)", "2024-07-01"),
    (f"CONVERT(varchar(10), {DAY}, 120)", "varchar(10)", "2024-07-31"),
    (f"CONVERT(varchar(27), {FINE}, 121)", "varchar(27)", "2024-07-01 21:05:03.123456"),
    # parts
    (f"YEAR({DAY})", "int", "2024"),
    (f"MONTH({DAY})", "int", "7"),
    (f"DAY({DAY})", "int", "31"),
    ("YEAR('2024-07-31')", "int", "2024"),
    ("YEAR(0)", "int", "1900"),
    (f"DATEPART(quarter, {DAY})", "int", "3"),
    (f"DATEPART(dayofyear, {DAY})", "int", "213"),
    (f"DATEPART(week, {DAY})", "int", "31"),
    ("DATEPART(week, '2023-01-01')", "int", "1"),
    ("DATEPART(week, '2023-01-08')", "int", "2"),
    (f"DATEPART(weekday, {DAY})", "int", "4"),
    ("DATEPART(dw, '2024-07-28')", "int", "1"),
    ("DATEPART(iso_week, '2021-01-01')", "int", "53"),
    (f"DATEPART(hour, {FINE})", "int", "21"),
    (f"DATEPART(mi, {FINE})", "int", "5"),
    (f"DATEPART(ss, {FINE})", "int", "3"),
    (f"DATEPART(ms, {FINE})", "int", "123"),
    (f"DATEPART(mcs, {FINE})", "int", "123456"),
    (f"DATENAME(month, {DAY})", "nvarchar(30)", "July"),
    (f"DATENAME(weekday, {DAY})", "nvarchar(30)", "Wednesday"),
    (f"DATENAME(year, {DAY})", "nvarchar(30)", "2024"),
    # DATEADD keeps the type; a day beyond the month's end becomes its last
    ("DATEADD(month, 1, '2024-08-30')", "datetime", "2024-09-30 00:00:00"),
    ("DATEADD(month, 1, '2024-08-31')", "datetime", "2024-09-30 00:00:00"),
    (f"DATEADD(day, -1, {DAY})", "date", "2024-07-30"),
    (f"DATEADD(DD, 1, {DAY})", "date", "2024-08-01"),
    ("DATEADD(year, 1, CAST('2024-02-29' AS date))", "date", "2025-02-28"),
    (f"DATEADD(quarter, 1, {DAY})", "date", "2024-10-31"),
    (f"DATEADD(week, 1, {DAY})", "date", "2024-08-07"),
    (f"DATEADD(hour, 3, {STAMP})", "datetime", "2024-07-01 12:05:03.123000"),
    (f"DATEADD(minute, -6, {FINE})", "datetime2(6)", "2024-07-01 20:59:03.123456"),
    ("DATEADD(ms, 1, CAST('2024-01-01' AS datetime))", "datetime", "2024-01-01 00:00:00"),
    ("DATEADD(ms, 2, CAST('2024-01-01' AS datetime))", "datetime", "2024-01-01 00:00:00.003000"),
    (f"DATEADD(day, 1.9, {DAY})", "date", "2024-08-01"),
    ("DATEADD(day, NULL, '2024-01-01')", "datetime", "NULL"),
    # DATEDIFF counts boundaries
    ("DATEDIFF(year, '2005-12-31 23:59:59', '2006-01-01 00:00:00')", "int", "1"),
    ("DATEDIFF(quarter, '2005-12-31', '2006-01-01')", "int", "1"),
    ("DATEDIFF(month, '2024-01-31', '2024-02-01')", "int", "1"),
    ("DATEDIFF(day, '2005-12-31 23:59:59', '2006-01-01 00:00:00')", "int", "1"),
    ("DATEDIFF(week, '2024-07-27', '2024-07-28')", "int", "1"),
    ("DATEDIFF(week, '2024-07-28', '2024-08-03')", "int", "0"),
    ("DATEDIFF(hour, '2005-12-31 23:59:59', '2006-01-01 00:00:00')", "int", "1"),
    ("DATEDIFF(minute, '2024-01-01 00:00:59', '2024-01-01 00:01:00')", "int", "1"),
    ("DATEDIFF(second, '2024-01-02', '2024-01-01')", "int", "-86400"),
    ("DATEDIFF(day, '2024-03-01', '2024-02-28')", "int", "-2"),
    ("DATEDIFF_BIG(second, '1900-01-01', '2024-01-01')", "bigint", "3913056000"),
    ("EOMONTH('2024-02-10')", "date", "2024-02-29"),
    ("EOMONTH('2024-01-31', 1)", "date", "2024-02-29"),
    ("EOMONTH('2024-03-31', -1)", "date", "2024-02-29"),
    ("DATEFROMPARTS(2010, 12, 31)", "date", "2010-12-31"),
    ("DATEFROMPARTS(2010, NULL, 31)", "date", "NULL"),
    (f"DATETRUNC(month, {DAY})", "date", "2024-07-01"),
    (f"DATETRUNC(hour, {FINE})", "datetime2(6)", "2024-07-01 21:00:00"),
    (f"DATETRUNC(week, {DAY})", "date", "2024-07-28"),
    # datetime arithmetic in days
    (f"{STAMP} + 1", "datetime", "2024-07-02 09:05:03.123000"),
    (f"{STAMP} - 1", "datetime", "2024-06-30 09:05:03.123000"),
    # the clock, pinned at 2024-07-31 12:34:56.789123
    ("GETDATE()", "datetime", "2024-07-31 12:34:56.790000"),
    ("CURRENT_TIMESTAMP", "datetime", "2024-07-31 12:34:56.790000"),
    ("SYSDATETIME()", "datetime2(7)", "2024-07-31 12:34:56.789123"),
    ("GETUTCDATE()", "datetime", "2024-07-31 12:34:56.790000"),
    ("CAST(GETDATE() AS date)", "date", "2024-07-31"),
    ("DATEADD(DD, -1, GETDATE())", "datetime", "2024-07-30 12:34:56.790000"),
]

TRUE = [
    f"{DAY} = '2024-07-31'",
    f"{DAY} < '2024-08-01'",
    f"{STAMP} > {DAY} OR {STAMP} < {DAY}",
    f"CAST('2024-07-31' AS datetime) = {DAY}",
    f"{DAY} BETWEEN '2024-07-01' AND '2024-07-31'",
    "CAST('2024-07-31 00:00:00.003' AS datetime) <> CAST('2024-07-31 00:00:00.003' AS datetime2(3))",
    "CAST('12:00' AS time(0)) < '12:00:01'",
]

ERRORS = [
    ("CAST('nope' AS date)", 241),
    ("CAST('2024-02-30' AS date)", 241),
    ("CAST('2024-02-30' AS datetime)", 242),
    ("CAST('1752-12-31' AS datetime)", 242),
    ("CAST('2024-01-01 00:00:00.1234' AS datetime)", 241),
    ("CAST(CAST('1752-12-31' AS date) AS datetime)", 242),
    ("CAST('2080-01-01' AS smalldatetime)", 242),
    ("DATEADD(year, 8000, '2024-01-01')", 517),
    ("DATEDIFF(second, '1900-01-01', '2024-01-01')", 535),
    ("DATEFROMPARTS(2023, 2, 29)", 289),
    ("CAST(20240101 AS datetime)", 8115),
    ("CAST(CAST('9999-12-31 23:59:59.999' AS datetime2(3)) AS datetime)", 242),
    ("DATEFROMPARTS(2023, 13, 1)", 289),
    (f"DATEPART(hour, {DAY})", 9810),
    (f"DATEADD(hour, 1, {DAY})", 9810),
    (f"{DAY} + 1", 206),
    ("CAST(CAST('12:00' AS time) AS date)", 206),
]

REFUSED = [
    (f"{STAMP2}", "seventh fractional digit"),
    ("CAST('Jul 1 2024' AS date)", "depends on settings"),
    ("CAST('24-07-01' AS date)", "depends on settings"),
    ("CAST(CAST('2024-01-01 00:00:00.003' AS datetime) AS datetime2)", "datetime2"),
    (f"CONVERT(varchar(30), {STAMP}, 130)", "style 130"),
    (f"DATEPART(nanosecond, {STAMP})", "date part nanosecond"),
    ("DATEDIFF(ms, 0, CAST('2024-01-01 00:00:01.003' AS datetime))", "DATEDIFF"),
    ("CAST(CAST('2024-01-01 12:00' AS datetime) AS int)", "noon"),
    (f"{DAY} - {STAMP}", "date arithmetic"),
]


@pytest.fixture(scope="module")
def database():
    return Database()


@pytest.mark.parametrize(("text", "type_", "value"), VALUES)
def test_a_date_has_the_documented_type_and_value(database, text, type_, value):
    assert database.expression(text) == (type_, value)


@pytest.mark.parametrize("text", TRUE)
def test_a_condition_on_dates_holds(database, text):
    assert database.holds(text) is True


@pytest.mark.parametrize(("text", "number"), ERRORS)
def test_a_date_that_cannot_be_is_sql_servers_error(database, text, number):
    with pytest.raises(TSqlError) as raised:
        database.expression(text)
    assert raised.value.number == number


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_a_date_that_cannot_be_told_exactly_is_refused(database, text, told):
    with pytest.raises(UnsupportedTSql, match=told):
        database.expression(text)
