"""Three differently shaped data sets, and the faults that lose, add or re-key some of their rows.

Run as a script it prints what is found of each fault, and how precisely.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from recon_assets_tests.comparison.causes.rows_data import ROW_ID, Explained, explained

ROWS = 30_000
SIZES = (0.0001, 0.02, 0.5)
"""The shares of the rows that a fault is planted in."""


def _random(salt: str) -> str:
    return f"(md5_number_lower(i || '{salt}') % 1000000 / 1000000.0)"


def _chosen(multiplier: int, size: float) -> str:
    """True for exactly this share of the rows, spread over the table; multipliers must have no divisor in common with
    ROWS."""
    return f"(i * {multiplier} % {ROWS} < {size * ROWS:.0f})"


def _fact(size: float) -> str:
    """A wide financial fact table."""
    amounts = ", ".join(
        f"CAST({_random(f'm{n}')} * 100000 AS DECIMAL(18,2)) AS a{n}_amount, CAST({_random(f'c{n}')} * 50 AS INTEGER) AS a{n}_count"
        for n in range(4)
    )
    return (
        f"SELECT i AS {ROW_ID},"
        f" CASE WHEN {_chosen(7919, size)} THEN DATE '2024-07-01' + CAST(floor({_random('d2')} * 90) AS INTEGER)"
        f"   ELSE DATE '2023-01-01' + CAST(floor({_random('d2')} * 547) AS INTEGER) END AS date_key,"
        f" CAST(floor({_random('i')} * 40) AS INTEGER) AS institution_id,"
        f" CASE WHEN NOT {_chosen(10007, size)} THEN CAST(floor({_random('k2')} * 3000) AS INTEGER) END AS corporation_id,"
        f" 'P' || lpad(CAST(CASE WHEN {_chosen(12347, size)} THEN 7 ELSE 10 + floor({_random('p2')} * 30) END AS INTEGER)::VARCHAR, 3, '0') AS product_id,"
        f" i * 13 AS account_id,"
        f" CASE WHEN NOT {_chosen(15013, size)} THEN CAST({_random('n2')} * 1000 AS DECIMAL(18,2)) END AS charge_off_amount,"
        f" CASE WHEN {_chosen(17389, size)} THEN CAST({_random('f2')} * 10 AS DECIMAL(9,4)) END AS fee,"
        f" CAST(CASE WHEN {_chosen(19997, size)} THEN -0.01 - {_random('a2')} * 500 ELSE {_random('a2')} * 9000 END AS DECIMAL(18,2)) AS amount,"
        f" {amounts} FROM range({ROWS}) AS t(i)"
    )


def _customers(size: float) -> str:
    """A customer table with much text."""
    return (
        f"SELECT i AS {ROW_ID}, 'CUST-' || chr(CAST(65 + i % 26 AS INTEGER)) || lpad(i::VARCHAR, 7, '0') AS customer_no,"
        f" ['Müller', 'Smith', '李', 'Ångström', 'de la Cruz'][1 + CAST(floor({_random('s')} * 5) AS INTEGER)] || ' ' || i AS name,"
        f" CASE WHEN {_chosen(7919, size)} THEN 'test.' ELSE substr('abcdefghijklmnopqrs', 1 + CAST(floor({_random('e2')} * 19) AS INTEGER), 1) END || md5(i::VARCHAR) || '@example.org' AS email,"
        f" CASE WHEN {_chosen(10007, size)} THEN 'XK' ELSE ['DE', 'FR', 'US', 'BR', 'JP'][1 + CAST(floor({_random('c2')} * 5) AS INTEGER)] END AS country,"
        f" CASE WHEN {_chosen(12347, size)} THEN ['closed', 'merged'][1 + i % 2] ELSE ['active', 'new', 'dormant', 'on hold'][1 + CAST(floor({_random('t2')} * 4) AS INTEGER)] END AS status,"
        f" CASE WHEN NOT {_chosen(15013, size)} THEN 'remark ' || md5(i || 'remark') END AS remark,"
        f" {_random('b')} < 0.5 AS newsletter,"
        f" DATE '1940-01-01' + CAST(floor({_random('y')} * 25000) AS INTEGER) AS born FROM range({ROWS}) AS t(i)"
    )


def _events(size: float) -> str:
    """An event log with timestamps, floats and identifiers."""
    return (
        f"SELECT i AS {ROW_ID}, 'dev-' || CAST(floor({_random('v')} * 200) AS INTEGER) AS device,"
        f" TIMESTAMP '2024-01-01' + to_microseconds(CAST(i * 977123 * 37 + floor({_random('u')} * 900000) AS BIGINT)) AS occurred,"
        f" CASE WHEN {_chosen(7919, size)} THEN 'TRACE' ELSE ['INFO', 'WARN', 'ERROR'][1 + CAST(floor({_random('l2')} * 3) AS INTEGER)] END AS level,"
        f" CASE WHEN {_chosen(10007, size)} THEN 1e6 * (1 + {_random('x2')}) WHEN {_random('z')} < 0.01 THEN 'NaN'::DOUBLE ELSE {_random('x2')} * 1e5 END AS reading,"
        f" CASE WHEN {_chosen(12347, size)} THEN TIMESTAMP '2024-03-31 01:00:00' + to_seconds(floor({_random('o2')} * 3600)::BIGINT)"
        f"   ELSE TIMESTAMP '2024-04-02' + to_seconds(floor({_random('o2')} * 9000000)::BIGINT) END AS received,"
        f" uuid() AS trace_id, md5_number_lower(i || 'seq') % 1000000 AS sequence FROM range({ROWS}) AS t(i)"
    )


@dataclass(frozen=True)
class Fault:
    """What makes target rows of the source's: the rows `where` holds for are lost (`drop`), or, the other way round, are
    extra; or they are doubled; or their key changes to `change`. `says` is in the sentence of the cause that is right."""

    data: str
    where: str
    cause: str
    says: str
    change: str = ""
    least: float = 0.0  # the smallest size from which the fault can be told from chance

    def __str__(self) -> str:
        return f"{self.data}: {self.cause} {self.says}"


DATA = {"fact": _fact, "customers": _customers, "events": _events}
KEYS = {
    "fact": ("date_key", "institution_id", "corporation_id", "product_id", "account_id"),
    "customers": ("customer_no",),
    "events": ("device", "occurred"),
}
_ANY = f"row_id * 26681 % {ROWS} < {{size}} * {ROWS}"
FAULTS = [
    Fault("fact", "product_id = 'P007'", "predicate", "product_id = 'P007'"),
    Fault("fact", "charge_off_amount IS NULL", "predicate", "charge_off_amount IS NULL"),
    Fault("fact", "fee IS NOT NULL", "predicate", "fee IS NOT NULL"),
    Fault("fact", "date_key >= DATE '2024-07-01'", "predicate", "date_key >= 2024-0"),
    Fault("fact", "amount < 0", "predicate", "amount <"),
    Fault("fact", "charge_off_amount IS NULL AND a1_count < 25", "predicate", "charge_off_amount IS NULL", least=0.001),
    Fault("fact", "corporation_id IS NULL", "null_key", "corporation_id is NULL in all of them"),
    Fault("fact", _ANY, "surplus", "3 times"),
    Fault("fact", _ANY, "key_differs", "product_id differs", "product_id || ' ' AS product_id"),
    Fault("fact", "corporation_id IS NULL", "key_differs", "corporation_id differs", "-1 AS corporation_id"),
    Fault("customers", "country = 'XK'", "predicate", "country = 'XK'"),
    Fault("customers", "status IN ('closed', 'merged')", "predicate", "status", least=0.001),
    Fault("customers", "remark IS NULL", "predicate", "remark IS NULL"),
    Fault("customers", "email LIKE 'test.%'", "predicate", "email LIKE 'test.", least=0.001),
    Fault("customers", "country = 'XK' AND newsletter", "predicate", "newsletter = true", least=0.001),
    Fault("customers", _ANY, "surplus", "3 times"),
    Fault("customers", _ANY, "key_differs", "customer_no differs", "lower(customer_no) AS customer_no"),
    Fault("customers", _ANY, "key_differs", "customer_no differs", "customer_no[:12] AS customer_no"),
    Fault("events", "level = 'TRACE'", "predicate", "level = 'TRACE'"),
    Fault("events", "reading >= 1e6 AND NOT isnan(reading)", "predicate", "reading >="),
    Fault("events", "received < TIMESTAMP '2024-04-01'", "predicate", "received <"),
    Fault("events", _ANY, "surplus", "3 times"),
    Fault("events", _ANY, "key_differs", "occurred differs", "occurred + INTERVAL 2 HOUR AS occurred"),
    Fault("events", _ANY, "key_differs", "device differs", "upper(device) AS device"),
]  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """How well a fault was found, on one side: of the rows claimed for its cause the share that was planted, and the
    other way round."""

    planted: int
    precision: float
    recall: float
    details: list[str]


def base(connection: duckdb.DuckDBPyConnection, data: str, size: float) -> str:
    """The table of a data set without a fault, made once per connection."""
    name = f"{data}_{str(size).replace('.', '_')}"
    connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS {DATA[data](size)}")
    return name


def plant(connection: duckdb.DuckDBPyConnection, fault: Fault, size: float, lost: str = "target") -> None:
    """Makes the tables `source` and `target`; the rows are lost in `lost`."""
    kept = "source" if lost == "target" else "target"
    where = fault.where.format(size=size)
    connection.execute(f"CREATE OR REPLACE TABLE {kept} AS FROM {base(connection, fault.data, size)}")
    if fault.change:
        changed = f"SELECT * REPLACE ({fault.change}) FROM {kept} WHERE {where}"
        query = f"SELECT * FROM {kept} WHERE NOT ({where}) UNION ALL {changed}"
    else:
        query = f"SELECT * FROM {kept} WHERE {'true' if fault.cause == 'surplus' else f'({where}) IS NOT TRUE'}"
    connection.execute(f"CREATE OR REPLACE TABLE {lost} AS {query}")
    if fault.cause == "surplus":
        connection.execute(f"CREATE OR REPLACE TABLE once AS FROM {kept} WHERE {where}")
        connection.execute(f"INSERT INTO {kept} FROM once")
        connection.execute(f"INSERT INTO {kept} FROM once")


def measure(connection: duckdb.DuckDBPyConnection, fault: Fault, size: float, lost: str = "target") -> list[Measure]:
    """Plants the fault, explains, and counts which rows are claimed for the right cause."""
    plant(connection, fault, size, lost)
    found = explained(connection, KEYS[fault.data], samples=3 * ROWS)
    where = fault.where.format(size=size)
    kept = "source" if lost == "target" else "target"
    planted = [r for (r,) in connection.execute(f"SELECT DISTINCT row_id FROM {kept} WHERE {where}").fetchall()]
    return [_measured(fault, set(planted), side) for side in _sides(fault, lost, found)]


def _sides(fault: Fault, lost: str, found: Explained) -> Iterator[list]:
    if lost == "target" or fault.change:
        yield found.missing
    if lost == "source" or fault.change:
        yield found.extra


def _measured(fault: Fault, planted: set[int], causes: list) -> Measure:
    wanted = {"collapsed", "fan_out"} if fault.cause == "surplus" else {fault.cause}
    right = [c for c in causes if c.cause in wanted and fault.says in c.detail]
    claimed = {int(row[ROW_ID]) for c in right for row in c.samples}
    hits = len(claimed & planted)
    return Measure(
        len(planted),
        hits / len(claimed) if claimed else 1.0,
        hits / len(planted) if planted else 1.0,
        [f"{c.cause}: {c.detail} ({c.rows})" for c in causes],
    )


def main() -> None:
    with duckdb.connect() as connection:
        for fault in FAULTS:
            for size in SIZES:
                if size >= fault.least:
                    for found in measure(connection, fault, size):
                        line = f"{size:<7} {found.planted:6} {found.precision:7.4f} {found.recall:7.4f}"
                        print(f"{line}  {fault}  ->  {'; '.join(found.details)}", flush=True)


if __name__ == "__main__":
    main()
