"""The table that is read: its name, its columns, and what whoever read all of it must have found.

Belongs here: facts in plain Python, which the measuring process may import. Does not belong here: the rows (`rows`).
"""

from dataclasses import dataclass
from decimal import Decimal

SUMMED = "amount_0"
SPLIT_BY, PARTS = "product_id", (2, 4)

COLUMNS = (
    ("date_key", "int not null"),
    ("corporation_id", "int not null"),
    ("product_id", "nvarchar(20) not null"),
    ("account_id", "bigint not null"),
    *((f"amount_{n}", "decimal(18,2)") for n in range(5)),
    ("rate", "decimal(28,6)"),
    *((f"count_{n}", "int") for n in range(3)),
    ("reference_id", "bigint"),
    ("ratio", "float"),
    ("status", "nvarchar(20)"),
    ("customer_name", "nvarchar(30)"),
    ("remark", "nvarchar(50)"),
    ("opened_on", "date"),
    ("updated_at", "datetime2(6)"),
)
"""Name and declared type; not null are the keys only."""


def table_name(rows: int) -> str:
    """The server has a table per size."""
    return f"dbo.ROWS_{rows}"


def query(rows: int) -> str:
    """Every contestant's SELECT."""
    return f"SELECT {', '.join(f'[{name}]' for name, _ in COLUMNS)} FROM [dbo].[ROWS_{rows}]"


def part_queries(rows: int, parts: int) -> list[str]:
    """The SELECTs of ours where the table is split by SPLIT_BY."""
    part = f"ABS(CAST(BINARY_CHECKSUM([{SPLIT_BY}]) AS bigint)) % {parts}"
    return [f"{query(rows)} WHERE {part} = {number}" for number in range(parts)]


def state_query(rows: int) -> str:
    """What ours asks before and after it reads parts."""
    return f"SELECT COUNT_BIG(*), SUM(CAST(BINARY_CHECKSUM(*) AS bigint)) FROM [dbo].[ROWS_{rows}]"


@dataclass(frozen=True)
class Found:
    """Rows, and the sum of SUMMED."""

    rows: int
    total: Decimal

    def judge(self, sent: "Found") -> str:
        """`right`, or `wrong: …` with what was read and what was sent."""
        wrong = []
        if self.rows != sent.rows:
            wrong.append(f"rows {self.rows:,} (sent {sent.rows:,})")
        if self.total != sent.total:
            wrong.append(f"sum of {SUMMED} {self.total:,} (sent {sent.total:,})")
        return "wrong: " + "; ".join(wrong) if wrong else "right"
