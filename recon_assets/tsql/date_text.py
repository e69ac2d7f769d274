"""Dates and times from text and as text.

Belongs here: the formats, CONVERT's styles, and the errors of text that is no date. Does not belong here: rounding
(`timestamps`). Formats whose reading depends on language settings are refused when a row has them, never guessed.
"""

from recon_assets.tsql import duck
from recon_assets.tsql.errors import (
    DATE_CONVERSION_FAILED,
    DATE_OUT_OF_RANGE,
    UnsupportedTSql,
    raising,
    refusing,
)
from recon_assets.tsql.timestamps import convert_temporal
from recon_assets.tsql.types import SqlType, datetime2

_TIME = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,7})?)?"
_ISO = rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}([ T]+{_TIME})?"
_PLAIN_STYLES = (0, 20, 21, 120, 121, 23, 126, 100, 101, 102, 110, 111, 112)
_DAY_FIRST_STYLES = (103, 104, 105)

_STYLES = {
    1: "%m/%d/%y",
    2: "%y.%m.%d",
    3: "%d/%m/%y",
    4: "%d.%m.%y",
    5: "%d-%m-%y",
    10: "%m-%d-%y",
    11: "%y/%m/%d",
    12: "%y%m%d",
    23: "%Y-%m-%d",
    101: "%m/%d/%Y",
    102: "%Y.%m.%d",
    103: "%d/%m/%Y",
    104: "%d.%m.%Y",
    105: "%d-%m-%Y",
    106: "%d %b %Y",
    107: "%b %d, %Y",
    110: "%m-%d-%Y",
    111: "%Y/%m/%d",
    112: "%Y%m%d",
}
"""Styles that show the date only, alike for every type that has one."""


def render(sql: str, source: SqlType, style: int) -> tuple[str, int]:
    """A date or time as text in CONVERT's style, and its greatest length. 0 is what CAST gives."""
    if style in _STYLES and source.name != "time":
        return f"strftime({sql}, '{_STYLES[style]}')", 12
    if source.name == "date" and style in (0, 20, 21, 25, 120, 121, 126):
        return f"strftime({sql}, '%Y-%m-%d')", 10
    if source.name == "time" and style in (0, 20, 21, 25, 108, 114, 120, 121, 126):
        whole = style in (8, 20, 24, 108, 120)
        return _with_fraction(f"(DATE '1900-01-01' + {sql})", "%H:%M:%S", 0 if whole else source.scale)
    if source.name in ("datetime", "smalldatetime", "datetime2"):
        if style in (8, 24, 108):
            return f"strftime({sql}, '%H:%M:%S')", 8
        if style in (20, 120):
            return f"strftime({sql}, '%Y-%m-%d %H:%M:%S')", 19
        if style in (21, 25, 121) or (style == 0 and source.name == "datetime2"):
            scale = source.scale if source.name == "datetime2" else 3
            return _with_fraction(sql, "%Y-%m-%d %H:%M:%S", scale)
        if style in (0, 100) and source.name != "datetime2":
            return duck.bind(_default, sql), 19
        if style == 126 and source.name != "datetime2":
            return duck.bind(
                lambda x: (
                    f"CASE WHEN epoch_us({x}) % 1000000 = 0 THEN strftime({x}, '%Y-%m-%dT%H:%M:%S')"
                    f" ELSE strftime({x}, '%Y-%m-%dT%H:%M:%S.%g') END"
                ),
                sql,
            ), 23
    raise UnsupportedTSql(f"CONVERT style {style} from {source} to text")


def _with_fraction(sql: str, whole: str, scale: int) -> tuple[str, int]:
    length = len("yyyy-mm-dd hh:mm:ss" if "Y" in whole else "hh:mm:ss")
    if scale == 0:
        return f"strftime({sql}, '{whole}')", length
    if scale == 7:
        return f"strftime({sql}, '{whole}.%f0')", length + 8
    return f"left(strftime({sql}, '{whole}.%f'), {length + 1 + scale})", length + 1 + scale


def _default(x: str) -> str:
    """`Jul  1 2024  9:05AM`."""
    hour = f"lpad(CAST((hour({x}) + 11) % 12 + 1 AS VARCHAR), 2, ' ')"
    day = f"lpad(CAST(day({x}) AS VARCHAR), 2, ' ')"
    return f"strftime({x}, '%b ') || {day} || strftime({x}, ' %Y ') || {hour} || strftime({x}, ':%M%p')"


def parse(sql: str, to: SqlType, style: int, safe: bool) -> str:
    """A date or time from text. `style` tells the order of day and month where the text doesn't."""
    if style not in _PLAIN_STYLES + _DAY_FIRST_STYLES:
        raise UnsupportedTSql(f"CONVERT style {style} from text to {to}")
    order = r"\3-\2-\1" if style in _DAY_FIRST_STYLES else r"\3-\1-\2"

    def body(x: str) -> str:
        clean = f"trim({x})"
        iso = rf"regexp_replace({clean}, '^(\d{{4}})(\d\d)(\d\d)($| )', '\1-\2-\3\4')"
        iso = rf"regexp_replace({iso}, '^(\d{{4}})[./](\d{{1,2}})[./](\d{{1,2}})', '\1-\2-\3')"
        iso = rf"regexp_replace({iso}, '^(\d{{1,2}})[-./](\d{{1,2}})[-./](\d{{4}})', '{order}')"
        iso = rf"regexp_replace({iso}, '^(\d{{1,2}}:)', '1900-01-01 \1')"
        return duck.bind(lambda text: _from_iso(x, text, to, safe), iso)

    return duck.bind(body, sql)


def _from_iso(x: str, iso: str, to: SqlType, safe: bool) -> str:
    failed, outside = "NULL", "NULL"
    if not safe:
        failed = raising(
            DATE_CONVERSION_FAILED,
            "'Conversion failed when converting date and/or time from character string.'",
        )
        outside = failed
        if to.name in ("datetime", "smalldatetime"):
            told = f"The conversion of a varchar data type to a {to} data type resulted in an out-of-range value."
            outside = raising(DATE_OUT_OF_RANGE, duck.text(told))
    unclear = refusing(f"'text to {to} in a format whose reading depends on settings: ' || {x}")
    seventh = refusing(f"'text to {to} with a seventh fractional digit: ' || {x}")
    stamp = f"TRY_CAST(regexp_replace({iso}, '(\\.\\d{{6}})0$', '\\1') AS TIMESTAMP)"
    checks = [
        f"WHEN {x} IS NULL THEN NULL",
        f"WHEN trim({x}) = '' THEN TIMESTAMP '1900-01-01'",
        f"WHEN NOT regexp_full_match({iso}, '{_ISO}')"
        f" THEN CASE WHEN regexp_matches({x}, '\\d') THEN {unclear} ELSE {failed} END",
        f"WHEN regexp_matches({iso}, '\\.\\d{{6}}[1-9]$') THEN {seventh}",
    ]
    if to.name in ("datetime", "smalldatetime"):
        checks.append(f"WHEN regexp_matches({iso}, '\\.\\d{{4}}') THEN {failed}")
        low, high = (
            ("1753-01-01", "9999-12-31 23:59:59.998")
            if to.name == "datetime"
            else ("1900-01-01", "2079-06-06 23:59:30")
        )
        if safe:
            checks.append(f"WHEN {stamp} NOT BETWEEN TIMESTAMP '{low}' AND TIMESTAMP '{high}' THEN NULL")
    checked = f"CASE {' '.join(checks)} ELSE coalesce({stamp}, {outside}) END"
    return convert_temporal(checked, datetime2(7), to)
