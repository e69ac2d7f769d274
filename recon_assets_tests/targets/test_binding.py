"""Parameters' values as literals in the text, on a real local Spark."""

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from recon_assets.targets import binding
from recon_assets.targets.base import TargetError
from recon_assets.targets.local_spark import LocalSpark
from recon_assets.targets.tokens import tokenize

VALUES = [
    None,
    *(True, False),
    *(0, 1, -1, 2**31 - 1, -(2**31), 2**31, -(2**31) - 1, 2**63 - 1, -(2**63)),
    *(Decimal(text) for text in ("0", "1.50", "-1.50", "0.00", "-0.00", "100", "1E+5", "1E-10", "1E-38", "9" * 38)),
    *(Decimal("-" + "9" * 38), Decimal("12345678901234567890.123456789012345678"), Decimal("0.1")),
    *(0.0, -0.0, 1.5, -1.5, 0.1, 1e22, 1e-300, -1e-300, 5e-324, 1.7976931348623157e308, 123456789.123456789),
    *(float("nan"), float("inf"), float("-inf")),
    *(
        "",
        "x",
        "it's",
        'say "hi"',
        "back\\slash",
        "\\",
        "\\'",
        "ends in \\",
        "\\n",
        "line\nbreak\r\n\ttab",
        "\0",
        "`tick`",
    ),
    *(
        "-- no comment",
        "/* none */",
        "; :Other",
        "%_ \\%",
        "ß漢字😀\u2028",
        "  blanks  ",
        "$",
        "$$",
        "{{x}}",
        "''",
        "'" * 5,
    ),
    *(b"", b"\x00\xff", b"'\\"),
    *(date(2024, 2, 29), date(1583, 1, 1), date(9999, 12, 31)),
    *(
        datetime(2024, 7, 31, 6),
        datetime(2024, 7, 31, 6, 0, 0, 123456),
        datetime(1900, 1, 1),
        datetime(1969, 12, 31, 23, 59, 59, 1),
    ),
    datetime(9999, 12, 31, 23, 59, 59, 999999),
    datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
    *(time(0), time(6, 5, 4), time(23, 59, 59, 999999)),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_literal_has_the_value_and_type_of_a_pyspark_argument(target: LocalSpark, value):
    session = target.process_session
    text = "SELECT typeof(:v), CAST(:v AS STRING), hex(CAST(:v AS STRING)), :v IS NULL"
    assert session.sql(_bound(text, v=value)).collect() == session.sql(text, args={"v": value}).collect()


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [  # what PySpark's arguments lose
        (date(1, 1, 1), "date", "0001-01-01"),
        (date(1582, 10, 10), "date", "1582-10-10"),
        (datetime(1, 1, 1), "timestamp", "0001-01-01 00:00:00"),
        (datetime(1500, 3, 1, 1, 2, 3), "timestamp", "1500-03-01 01:02:03"),
        (2**63, "decimal(19,0)", "9223372036854775808"),
        ("${spark.app.name} ${env:HOME}", "string", "${spark.app.name} ${env:HOME}"),
    ],
    ids=repr,
)
def test_a_literal_is_the_very_value(target: LocalSpark, value, type_: str, text: str):
    (row,) = target.process_session.sql(_bound("SELECT typeof(:v), CAST(:v AS STRING)", v=value)).collect()
    assert tuple(row) == (type_, text)


@pytest.mark.parametrize(
    ("zone", "instant"),
    [("UTC", "2024-07-31 06:00:00"), ("Europe/Berlin", "2024-07-31 04:00:00"), ("+02:00", "2024-07-31 04:00:00")],
)
def test_a_datetime_without_a_zone_is_the_sessions_time(target: LocalSpark, zone: str, instant: str):
    bound = _bound("SELECT CAST(:v AS STRING)", zone, v=datetime(2024, 7, 31, 6))
    assert target.process_session.sql(bound).collect() == [(instant,)]


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("SELECT :a", "SELECT  7"),
        ("SELECT :A, :`a`", "SELECT  7,  7"),
        ("SELECT x-:n", "SELECT x- (-7)"),
        ("SELECT 1 LIMIT:a", "SELECT 1 LIMIT 7"),
        ("SELECT (:a)::int, :a::int", "SELECT ( 7)::int,  7::int"),
        ("WHERE x = :a AND y IN (:a, :a) OR NOT :a", "WHERE x =  7 AND y IN ( 7,  7) OR NOT  7"),
        ("x BETWEEN :a AND :a", "x BETWEEN  7 AND  7"),
        ("CASE :a WHEN :a THEN :a ELSE :a END", "CASE  7 WHEN  7 THEN  7 ELSE  7 END"),
        ("x LIKE :a ESCAPE :a", "x LIKE  7 ESCAPE  7"),
        ("x VERSION AS OF :a", "x VERSION AS OF  7"),
        ("DECLARE x INT DEFAULT :a", "DECLARE x INT DEFAULT  7"),
        ("f(x => :a)", "f(x =>  7)"),
        # paths into JSON
        ("SELECT x:a, t.x:a.b, `x`:a, f(x):a, x['y']:a", None),
        ("SELECT t.select:a, date:a, value:a", None),
        # text, comments, casts, labels
        ("SELECT ':a', \":a\", r':a', `:a` -- :a\n/* :a */", None),
        ("SELECT x::a", None),
        ("BEGIN a: LOOP LEAVE a; END LOOP a; lbl:\nWHILE true DO SET x = 1; END WHILE; END", None),
        ("EXECUTE IMMEDIATE 'SELECT :a' USING 1 AS a", None),
    ],
)
def test_markers_are_told_from_all_other_colons(text: str, bound: str | None):
    assert _bound(text, a=7, n=-7) == (text if bound is None else bound)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, r"target\.sql:3: :Nope is no parameter; the YAML declares none: add it to `parameters:`"),
        ({"One": 1, "clock": datetime(2024, 1, 1)}, r"declares :One, :clock"),
    ],
)
def test_a_marker_without_a_value_is_told_with_line_and_remedy(values, message):
    with pytest.raises(TargetError, match=message):
        _bound("SELECT ':Nope',\n-- :Nope\n:Nope", **values)


def test_lines_stay_where_they_are():
    assert _bound("SELECT :a,\n:a", a="one\ntwo\r\nthree").count("\n") == 1


def _bound(text: str, zone: str = "UTC", **values) -> str:
    return binding.bind(Path("target.sql"), text, tokenize(text), values, zone)
