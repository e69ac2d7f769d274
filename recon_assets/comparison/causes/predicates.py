"""Predicates over a side's columns: as SQL to evaluate, and as a reader is shown them.

Belongs here: what a predicate is, how each kind is written, and the roundest bound between two values. Does not
belong here: which predicate describes anything (`rows_search`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import Any

from recon_assets.comparison.canonical import csv_text
from recon_assets.comparison.causes.rows_input import RowColumn
from recon_assets.comparison.duck import identifier, literal
from recon_assets.comparison.types import FLOATS, INSTANTS, NANOSECONDS, family

LONGEST_TEXT = 64
"""Characters of a text that are looked at: two texts that agree in them are taken for equal in the search."""
_SHOWN_TEXT = 60
_DETAIL = 0.03  # what a digit, or its like, adds to a predicate's complexity


@dataclass(frozen=True)
class Predicate:
    """`sql` holds over `UnpairedRows.rows` (NULL is false); `text` is for readers. Of predicates that describe rows
    equally well the one of least `complexity` is preferred. `tries` is the natural logarithm of how many predicates
    of its kind there were to choose from."""

    sql: str
    text: str
    complexity: float
    tries: float

    def __and__(self, other: "Predicate") -> "Predicate":
        return Predicate(
            f"({self.sql}) AND ({other.sql})",
            f"{self.text} AND {other.text}",
            self.complexity + other.complexity + 1,
            self.tries + other.tries,
        )


@dataclass(frozen=True)
class Subject:
    """A column as predicates speak of it. `sql` reads a value that Python has a type for; `kind` tells what can be said
    of it: values that have an order, texts, or (`flag`) no more than whether there is one."""

    name: str
    sql: str
    type: str
    kind: str

    @property
    def sampled(self) -> str:
        """The SQL of what a sample holds of it."""
        if self.kind == "flag":
            return f"CASE WHEN {self.sql} IS NOT NULL THEN true END"
        if self.kind == "text":
            return f"left({self.sql}, {LONGEST_TEXT})"
        if self.type in ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE"):
            return f"CASE WHEN year({self.sql}) BETWEEN 1 AND 9999 THEN {self.sql} END"  # as Python's do
        return self.sql


def subject(column: RowColumn) -> Subject:
    """How a column is spoken of."""
    name = column.name if column.name.isidentifier() else identifier(column.name)
    if column.has_text:
        return Subject(name, csv_text(column.sql), "VARCHAR", "text")
    kind = family(column.type)
    if kind == "text":
        sql = column.sql if column.type == "VARCHAR" else f"{column.sql}::VARCHAR"
        return Subject(name, sql, "VARCHAR", "text")
    if column.type in NANOSECONDS:
        coarser = "TIMESTAMP WITH TIME ZONE" if column.type in INSTANTS else "TIMESTAMP"
        return Subject(name, f"{column.sql}::{coarser}", coarser, "ordered")
    if kind in ("number", "timestamp") or column.type == "TIME":
        return Subject(name, column.sql, column.type, "ordered")
    return Subject(name, column.sql, column.type, "flag")


def is_null(about: Subject, tries: float) -> Predicate:
    return Predicate(f"{about.sql} IS NULL", f"{about.name} IS NULL", 1, tries)


def is_not_null(about: Subject, tries: float) -> Predicate:
    return Predicate(f"{about.sql} IS NOT NULL", f"{about.name} IS NOT NULL", 1.2, tries)


def among(about: Subject, values: Sequence[Any], tries: float) -> Predicate:
    """`= value`, or `IN (…)`."""
    if about.kind == "text" and len(values) == 1 and len(values[0]) >= LONGEST_TEXT:
        return begins_with(about, values[0], tries)
    listed, shown = _both(about, values)
    if len(values) == 1:
        return Predicate(f"{about.sql} = {listed}", f"{about.name} = {shown}", 1.3 + _detail(values), tries)
    return Predicate(
        f"{about.sql} IN ({listed})", f"{about.name} IN ({shown})", 1.5 + len(values) / 2 + _detail(values), tries
    )


def not_among(about: Subject, values: Sequence[Any], nulls: bool, tries: float) -> Predicate:
    """`<> value`, or `NOT IN (…)`; `nulls`: there are some, which are not among the values either."""
    listed, shown = _both(about, values)
    sql = f"coalesce({about.sql} NOT IN ({listed}), true)"
    text = f"{about.name} <> {shown}" if len(values) == 1 else f"{about.name} NOT IN ({shown})"
    if nulls:
        text = f"({text} OR {about.name} IS NULL)"
    return Predicate(sql, text, 1.6 + len(values) / 2 + _detail(values), tries)


def begins_with(about: Subject, prefix: str, tries: float) -> Predicate:
    shown = _shown(prefix)[:-1] + "%'"
    return Predicate(
        f"starts_with({about.sql}, {literal(prefix)})", f"{about.name} LIKE {shown}", 2 + _detail([prefix]), tries
    )


def at_least(about: Subject, bound: Any, tries: float) -> Predicate:
    return _compared(about, [(">=", bound)], 2, tries)


def at_most(about: Subject, bound: Any, tries: float) -> Predicate:
    return _compared(about, [("<=", bound)], 2, tries)


def below(about: Subject, bound: Any, tries: float) -> Predicate:
    return _compared(about, [("<", bound)], 2, tries)


def within(about: Subject, low: Any, high: Any, tries: float) -> Predicate:
    """BETWEEN: both bounds belong to it."""
    found = _compared(about, [(">=", low), ("<=", high)], 3, tries)
    return Predicate(found.sql, f"{about.name} BETWEEN {_shown(low)} AND {_shown(high)}", found.complexity, tries)


def from_to(about: Subject, low: Any, bound: Any, tries: float) -> Predicate:
    """From `low` to below `bound`."""
    return _compared(about, [(">=", low), ("<", bound)], 3.05, tries)


def _compared(about: Subject, bounds: list[tuple[str, Any]], complexity: float, tries: float) -> Predicate:
    sql = " AND ".join(f"{about.sql} {sign} {_literal(about, value)}" for sign, value in bounds)
    if about.type in FLOATS:  # to DuckDB NaN is greater than all numbers
        sql += f" AND NOT isnan({about.sql})"
    text = " AND ".join(f"{about.name} {sign} {_shown(value)}" for sign, value in bounds)
    return Predicate(sql, text, complexity + _detail([v for _, v in bounds]), tries)


def _detail(values: Sequence[Any]) -> float:
    """How much there is to values, of which round ones have little: digits but for zeros at either end, parts of a
    timestamp down to the last that isn't its first, four characters of text."""
    total = 0.0
    for value in values:
        if isinstance(value, str):
            total += len(value) / 4
        elif isinstance(value, date | time):
            total += len({begin for begin in _beginnings(value) if begin != value}) + 1
        else:
            total += len(_shown(value).lstrip("-0.").replace(".", "").rstrip("0"))
    return _DETAIL * total


def _both(about: Subject, values: Sequence[Any]) -> tuple[str, str]:
    return ", ".join(_literal(about, v) for v in values), ", ".join(_shown(v) for v in values)


def _literal(about: Subject, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, Decimal) and about.type not in FLOATS:
        return f"CAST('{value:f}' AS DECIMAL(38,{max(0, -value.as_tuple().exponent)}))"
    if isinstance(value, int) and about.type not in FLOATS:
        return str(value)
    return f"CAST({literal(str(value))} AS {about.type})"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return literal(value if len(value) <= _SHOWN_TEXT else f"{value[: _SHOWN_TEXT - 1]}…")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float):
        return (
            f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else "NaN" if math.isnan(value) else str(value)
        )
    if isinstance(value, datetime):
        text = str(value)
        return text.replace(" 00:00:00", "") if value.tzinfo is None else text.replace("+00:00", "Z")
    return str(value)


def roundest(low: Any, high: Any) -> Any:
    """The roundest value above `low` that is at most `high`: both numbers, dates, timestamps or times."""
    if isinstance(high, date | time):  # a datetime is a date
        return next((begin for begin in _beginnings(high) if begin > low), high)
    return _round_number(low, high)


def _beginnings(value: date | datetime | time) -> list[Any]:
    """The beginnings of the year, month, day, … that a value is in."""
    parts = [("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0), ("microsecond", 0)]
    known = [(name, first) for name, first in parts if hasattr(value, name)]
    return [value.replace(**dict(known[i:])) for i in range(len(known))]


def _round_number(low: Any, high: Any) -> Any:
    if low < 0 <= high:
        return type(high)(0)
    if math.inf in (abs(low), abs(high)):
        return high
    with localcontext() as context:
        context.prec = 400  # as many digits as a double's decimal may have
        above, at_most_ = (Decimal(repr(v) if isinstance(v, float) else v) for v in (low, high))
        for exponent in range(max(at_most_.adjusted(), above.adjusted()) + 1, at_most_.as_tuple().exponent - 1, -1):
            step = Decimal(1).scaleb(exponent)
            rounded = (at_most_ / step).to_integral_value(ROUND_FLOOR) * step
            if rounded > above:
                return type(high)(rounded)
    return high
