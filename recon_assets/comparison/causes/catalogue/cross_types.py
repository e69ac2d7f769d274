"""The same value as another kind of type: a number as text, a date as a number, a UUID as bytes, …

Belongs here: columns whose two types have no common family, in which every value but NULL differs. Does not belong
here: two texts (`written_forms`).
"""

from collections.abc import Callable

from recon_assets.comparison.canonical import by_text_rules
from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Operands
from recon_assets.comparison.types import FLOATS, digits, family

_DECIMAL = r"\s*[-+]?\d{1,20}(\.\d{0,17})?\s*"
_DATE_FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%b %d %Y %I:%M%p", "%d %b %Y")


def _guesses(operands: Operands, _: Sampled) -> list[Guess]:
    column = operands.column
    values = {family(column.source_type): (operands.a, column.source_type, "source")}
    values[family(column.target_type)] = (operands.b, column.target_type, "target")
    found: list[Guess] = []
    for (one, other), write in _WAYS.items():
        if set(values) == {one, other}:
            first, first_type, where = values[one]
            if one == "text":
                first = by_text_rules(f"CAST({first} AS VARCHAR)", column.rule)
            second, second_type, _there = values[other]
            found += [
                Guess("type", f"the same {what} in the {where}", holds)
                for what, holds in write(first, first_type, second, second_type)
            ]
    return found


Ways = list[tuple[str, str]]


def _number_as_text(text: str, _: str, number: str, number_type: str) -> Ways:
    if number_type == "BOOLEAN":
        return [("value, as text", f"TRY_CAST({text} AS BOOLEAN) = {number}")]
    if number_type in FLOATS:
        return [("value, as text", f"TRY_CAST({text} AS {number_type}) = {number}")]
    scale = max(17, digits(number_type).scale)
    wide = f"DECIMAL(38,{scale})"
    return [
        (
            "value, as text",
            f"regexp_full_match({text}, '{_DECIMAL}') AND TRY_CAST({text} AS {wide}) = TRY_CAST({number} AS {wide})",
        )
    ]


def _time_as_text(text: str, _: str, time: str, time_type: str) -> Ways:
    formats = ", ".join(f"'{f}'" for f in _DATE_FORMATS)
    return [
        ("value, as text", f"TRY_CAST({text} AS {time_type}) = {time}"),
        ("date, as text in another form", f"TRY_CAST(try_strptime({text}, [{formats}]) AS {time_type}) = {time}"),
    ]


def _time_of_day_as_text(text: str, _: str, time: str, time_type: str) -> Ways:
    return [("value, as text", f"TRY_CAST({text} AS {time_type}) = {time}")]


def _bytes_as_text(text: str, _: str, blob: str, __: str) -> Ways:
    plain = f"upper(CASE WHEN starts_with(lower({text}), '0x') THEN substr({text}, 3) ELSE {text} END)"
    return [
        ("bytes, as hexadecimal text", f"{plain} = hex({blob})"),
        ("bytes, as the UTF-8 of a text", f"encode({text}) = {blob}"),
    ]


def _date_as_number(number: str, number_type: str, time: str, time_type: str) -> Ways:
    if number_type in FLOATS or digits(number_type).scale:
        return []
    whole = f"CAST({number} AS VARCHAR)"
    # which every time can be cast to, in a session whose zone is UTC; nanoseconds with a zone to no other type
    epoch = f"epoch_us(CAST({time} AS TIMESTAMP WITH TIME ZONE))"
    huge = f"CAST(TRY_CAST({number} AS BIGINT) AS HUGEINT)"
    return [
        (
            "date, as the number yyyymmdd",
            f"length({whole}) = 8 AND TRY_CAST(try_strptime({whole}, '%Y%m%d') AS {time_type}) = {time}",
        ),
        ("time, as seconds since 1970", f"{huge} * 1000000 = {epoch}"),
        ("time, as milliseconds since 1970", f"{huge} * 1000 = {epoch}"),
        ("time, as microseconds since 1970", f"{huge} = {epoch}"),
    ]


def _uuid_as_bytes(blob: str, _: str, uuid: str, __: str) -> Ways:
    digits_of = f"upper(replace(CAST({uuid} AS VARCHAR), '-', ''))"
    # SQL Server keeps the first three groups of a uniqueidentifier in reverse
    order = (7, 5, 3, 1, 11, 9, 15, 13, 17, 19, 21, 23, 25, 27, 29, 31)
    swapped = " || ".join(f"substr({digits_of}, {at}, 2)" for at in order)
    return [
        ("UUID, as bytes", f"hex({blob}) = {digits_of}"),
        ("UUID, as the bytes of SQL Server's uniqueidentifier", f"hex({blob}) = {swapped}"),
    ]


def _time_of_day(time: str, time_type: str, stamp: str, _: str) -> Ways:
    return [("time of day, without a date", f"TRY_CAST({stamp} AS {time_type}) = {time}")]


_WAYS: dict[tuple[str, str], Callable[[str, str, str, str], Ways]] = {
    ("text", "number"): _number_as_text,
    ("text", "timestamp"): _time_as_text,
    ("text", "time"): _time_of_day_as_text,
    ("text", "binary"): _bytes_as_text,
    ("number", "timestamp"): _date_as_number,
    ("binary", "uuid"): _uuid_as_bytes,
    ("time", "timestamp"): _time_of_day,
}

FINDERS = [Finder(_guesses)]
