"""How a table is told apart into parts that are read at the same time: what each part's WHERE is.

Belongs here: which columns can split a table, and clauses of which every row meets exactly one. Does not belong here:
reading the parts (`reading`).

Numbers, dates and times are split by ranges of equal width. The first and the last range are open, and each one ends
where the next begins, so that every value is in exactly one of them, whatever the bounds are. Other types are split by
the server's checksum of the value.
"""

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from recon_assets.sources.base import SourceError
from recon_assets.sources.names import ObjectName
from recon_assets.sources.sqlserver.catalog import full_name
from recon_assets.sources.sqlserver.columns import CatalogColumn, quoted

if TYPE_CHECKING:
    import pyodbc

_INTEGERS = ("tinyint", "smallint", "int", "bigint")
_DECIMALS = ("decimal", "numeric", "money", "smallmoney")
_FLOATS = ("real", "float")
_TEMPORAL = ("date", "time", "smalldatetime", "datetime", "datetime2", "datetimeoffset")
_RANGED = (*_INTEGERS, *_DECIMALS, *_FLOATS, *_TEMPORAL)
_NOT_COMPARED = ("xml", "text", "ntext", "image", "json", "sql_variant")
_UNITS = {"smalldatetime": timedelta(minutes=1), "datetime": timedelta(milliseconds=10)}
"""What bounds are whole multiples of, so that the type holds them: of a datetime's values, 300 in a second, every third
is."""


def splitting_column(table: ObjectName, columns: Sequence[CatalogColumn], by: str) -> CatalogColumn:
    """The column of that name, in any case. Raises SourceError where there is none, or it can't split a table."""
    found = next((column for column in columns if column.name.lower() == by.lower()), None)
    if found is None:
        names = ", ".join(column.name for column in columns)
        raise SourceError(f"{table} has no column {by} to split it by: its columns are {names}")
    if found.type in _NOT_COMPARED or found.max_length == -1:
        raise SourceError(
            f"{table}, column {found.name}: values of {found.declared} can't be compared, so they can't split a table:"
            " name a number, a date, or another short column in `split`"
        )
    return found


def clauses(connection: "pyodbc.Connection", table: ObjectName, column: CatalogColumn, parts: int) -> list[str]:
    """What follows the table's name in the query of each part; fewer parts where there aren't so many values."""
    if column.type not in _RANGED:
        number = f"ABS(CAST(BINARY_CHECKSUM({quoted(column.name)}) AS bigint)) % {parts}"
        return [f" WHERE {number} = {part}" for part in range(parts)]
    name = quoted(column.name)
    least, greatest = connection.execute(f"SELECT MIN({name}), MAX({name}) FROM {full_name(table)}").fetchone()
    bounds = [] if least is None else _bounds(column, least, greatest, parts)
    if not bounds:
        return [""]
    literals = [f"CAST('{bound}' AS {column.declared})" for bound in bounds]
    return [
        f" WHERE {name} < {literals[0]} OR {name} IS NULL",
        *(f" WHERE {name} >= {low} AND {name} < {high}" for low, high in itertools.pairwise(literals)),
        f" WHERE {name} >= {literals[-1]}",
    ]


def _bounds(column: CatalogColumn, least: Any, greatest: Any, parts: int) -> list[str]:
    """The least values of all parts but the first, as the text that T-SQL casts to the column's type."""
    if column.type in _FLOATS:
        low, width = Fraction(least), Fraction(greatest) - Fraction(least)
        places = {float(low + width * part / parts) for part in range(1, parts)}
        return [repr(place) for place in sorted(places) if place > least]
    number, text = _forms(column)
    first, values = number(least), number(greatest) - number(least) + 1
    places = {first + values * part // parts for part in range(1, parts)}
    return [text(place) for place in sorted(places) if place > first]


def _forms(column: CatalogColumn) -> tuple[Callable[[Any], int], Callable[[int], str]]:
    """A value as an integer, the next value as the next integer; and an integer as the text of a value."""
    if column.type in _INTEGERS:
        return int, str
    if column.type in _DECIMALS:  # by Fraction and text: Decimal's arithmetic would round to 28 digits
        return (
            lambda value: int(Fraction(value) * 10**column.scale),
            lambda place: format(Decimal(f"{place}e-{column.scale}"), "f"),
        )
    if column.type == "date":
        return date.toordinal, lambda place: date.fromordinal(place).isoformat()
    unit = _UNITS.get(column.type) or timedelta(microseconds=10 ** (6 - min(column.scale, 6)))
    return lambda value: _since_year_1(value) // unit, lambda place: _moment_text(column, datetime.min + place * unit)


def _since_year_1(value: time | datetime) -> timedelta:
    if isinstance(value, time):
        value = datetime.combine(date.min, value)
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value - datetime.min


def _moment_text(column: CatalogColumn, moment: datetime) -> str:
    match column.type:
        case "time":
            return moment.time().isoformat("microseconds")
        case "smalldatetime":
            return moment.isoformat(timespec="seconds")
        case "datetime":
            return moment.isoformat(timespec="milliseconds")
        case "datetimeoffset":
            return moment.isoformat(timespec="microseconds") + "+00:00"
    return moment.isoformat(timespec="microseconds")
