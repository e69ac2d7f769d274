"""Where a table is told apart: bounds are exact values of the column's own type, each in one part only."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from recon_assets.sources.names import ObjectName
from recon_assets.sources.sqlserver.columns import CatalogColumn
from recon_assets.sources.sqlserver.splitting import clauses

NINES = "9" * 38
EAST = timezone(timedelta(hours=2))

# type, scale | MIN and MAX | parts | the least values of all parts but the first
BOUNDS: list[tuple[str, int, Any, Any, int, list[str]]] = [
    ("int", 0, 1, 10, 4, ["3", "6", "8"]),
    ("bigint", 0, -(2**63), 2**63 - 1, 2, ["0"]),
    ("bigint", 0, 2**53, 2**53 + 1, 2, ["9007199254740993"]),
    ("decimal", 2, Decimal("-0.03"), Decimal("0.04"), 2, ["0.01"]),
    ("decimal", 0, Decimal("-" + NINES), Decimal(NINES), 2, ["0"]),
    ("decimal", 0, Decimal("9" * 37 + "8"), Decimal(NINES), 2, [NINES]),  # Decimal's own arithmetic has 28 digits
    ("decimal", 38, Decimal("0." + "9" * 37 + "8"), Decimal("0." + NINES), 2, ["0." + NINES]),
    ("money", 4, Decimal("0.0000"), Decimal("0.0003"), 2, ["0.0002"]),
    ("float", 0, 0.0, 1.0, 4, ["0.25", "0.5", "0.75"]),
    ("float", 0, -1.7976931348623157e308, 1.7976931348623157e308, 2, ["0.0"]),
    ("float", 0, 1e-300, 3e-300, 2, ["2e-300"]),
    ("date", 0, date(2024, 2, 28), date(2024, 3, 1), 3, ["2024-02-29", "2024-03-01"]),
    ("date", 0, date(1, 1, 1), date(1, 1, 2), 2, ["0001-01-02"]),
    ("time", 3, time(0), time(0, 0, 0, 1000), 2, ["00:00:00.001000"]),
    ("smalldatetime", 0, datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 1), 2, ["2024-01-01T00:01:00"]),
    ("datetime", 3, datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 0, 0, 30_000), 3, ["2024-01-01T00:00:00.010", "2024-01-01T00:00:00.020"]),
    ("datetime", 3, datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 0, 0, 7_000), 2, []),
    ("datetime2", 0, datetime(2024, 1, 1), datetime(2024, 1, 1, 0, 0, 1), 2, ["2024-01-01T00:00:01.000000"]),
    ("datetime2", 7, datetime(1, 1, 1), datetime(1, 1, 1, 0, 0, 0, 1), 2, ["0001-01-01T00:00:00.000001"]),
    ("datetimeoffset", 0, datetime(2024, 1, 1, tzinfo=EAST), datetime(2024, 1, 1, tzinfo=UTC), 2, ["2023-12-31T23:00:00.000000+00:00"]),
    ("int", 0, 7, 7, 4, []),
    ("int", 0, None, None, 4, []),
]  # fmt: skip


class Answering:
    """A connection on which each query has this one row."""

    def __init__(self, *row: Any) -> None:
        self._row = row
        self.queries: list[str] = []

    def execute(self, query: str) -> "Answering":
        self.queries.append(query)
        return self

    def fetchone(self) -> tuple[Any, ...]:
        return self._row


@pytest.mark.parametrize(("type_", "scale", "least", "greatest", "parts", "bounds"), BOUNDS)
def test_bounds_are_exact_and_of_the_column_s_type(type_: str, scale: int, least, greatest, parts: int, bounds: list):
    column = CatalogColumn("c", type_, 8, 38, scale)
    connection = Answering(least, greatest)
    declared = column.declared
    literals = [f"CAST('{bound}' AS {declared})" for bound in bounds]
    expected = [""]
    if literals:
        expected = [
            f" WHERE [c] < {literals[0]} OR [c] IS NULL",
            *(f" WHERE [c] >= {literals[i]} AND [c] < {literals[i + 1]}" for i in range(len(literals) - 1)),
            f" WHERE [c] >= {literals[-1]}",
        ]
    assert clauses(connection, ObjectName("dbo", "my table"), column, parts) == expected
    assert connection.queries == ["SELECT MIN([c]), MAX([c]) FROM [dbo].[my table]"]


def test_other_types_are_split_by_their_checksum():
    connection = Answering()
    assert clauses(connection, ObjectName("dbo", "T"), CatalogColumn("a]b", "char", 4, 0, 0), 2) == [
        " WHERE ABS(CAST(BINARY_CHECKSUM([a]]b]) AS bigint)) % 2 = 0",
        " WHERE ABS(CAST(BINARY_CHECKSUM([a]]b]) AS bigint)) % 2 = 1",
    ]
    assert not connection.queries
