"""The examples' source tables: made-up data, the same for the same size and seed.

Belongs here: the tables' columns and the SQL that makes their rows, streaming, in any size. Does not belong here: the
procedures that read them (`defs`).

The data holds what migrations trip over: NULL and negative incomes, keys without a dimension row, product codes
with a trailing space, policy codes in mixed case, overridden and missing contacts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.tsql.types import parse_type

DEFAULT_ROWS = 200_000
SEED = 20240731
_MONTHS, _PRODUCTS, _INSTITUTIONS = 24, 12, 50
_BATCH_ROWS = 64 * 1024

# One pseudo-random integer per row and purpose. DuckDB's hash is fixed for a version, and the version is pinned.
_MACROS = f"""
CREATE MACRO pick(i, purpose, n) AS (hash(i, purpose, {SEED}) % n)::BIGINT;
CREATE MACRO amount(i, purpose, most) AS (pick(i, purpose, most * 100) / 100.0)::DECIMAL(18, 2);
CREATE MACRO month_end(m) AS last_day(DATE '2022-08-01' + to_months(m::INTEGER));
CREATE MACRO date_key(d) AS strftime(d, '%Y%m%d')::INTEGER;
"""

_AGES = ("a30_to_59", "a60_to_89", "a90_to_119", "a120")


@dataclass(frozen=True)
class ExampleTable:
    """A table's name, its columns with T-SQL types, its key, and the DuckDB query that makes `rows` rows."""

    name: str
    columns: Sequence[tuple[str, str]]
    query: str
    primary_key: Sequence[str] = ()


def example_tables(rows: int) -> list[ExampleTable]:
    """All tables of the examples; `rows` is about the number of fact rows, and of staging rows."""
    # Staging rows count through months, products, institutions and corporations: no two share all four.
    corporations = -(-rows // (_MONTHS * _PRODUCTS * _INSTITUTIONS))
    accounts = max(rows // 10, 12_000)
    metrics = [
        column
        for age in (*_AGES, "charge_off", "fraud")
        for column in ((f"{age}_amount", "decimal(18,2)"), (f"{age}_count", "int"))
    ]
    metrics += [
        ("income_amount", "decimal(18,2)"),
        ("number_of_accounts", "int"),
        ("purchases_amount", "decimal(18,2)"),
        ("purchases_count", "int"),
    ]
    fact_keys = [
        ("date_key", "int"),
        ("institution_id", "int"),
        ("corporation_id", "int"),
        ("product_id", "varchar(10)"),
    ]
    aged = ",\n".join(
        f"CASE WHEN pick(i, '{age}', 4) = 0 THEN amount(i, '{age} amount', 90000) ELSE 0 END AS {age}_amount,"
        f" CASE WHEN pick(i, '{age}', 4) = 0 THEN pick(i, '{age} count', 300) + 1 ELSE 0 END AS {age}_count"
        for age in (*_AGES, "charge_off", "fraud")
    )
    staging = f"""
        SELECT
            date_key(month_end(i % {_MONTHS})) AS date_value,
            CASE WHEN pick(i, 'no institution', 200) = 0 THEN 900 ELSE 1 + i // {_MONTHS * _PRODUCTS} % {_INSTITUTIONS}
            END AS institution_id,
            CASE WHEN pick(i, 'no corporation', 100) = 0 THEN 900000
            ELSE 1 + i // {_MONTHS * _PRODUCTS * _INSTITUTIONS} END AS corporation_id,
            CASE WHEN pick(i, 'no product', 200) = 0 THEN 'P99'
            ELSE printf('P%02d', 1 + i // {_MONTHS} % {_PRODUCTS}) END
            || CASE WHEN pick(i, 'space', 250) = 0 THEN ' ' ELSE '' END AS product_id,
            {aged},
            CASE pick(i, 'income', 50) WHEN 0 THEN NULL WHEN 1 THEN -amount(i, 'loss', 5000)
            ELSE amount(i, 'gain', 250000) END AS income_amount,
            1 + pick(i, 'accounts', 5000) AS number_of_accounts,
            amount(i, 'purchases', 700000) AS purchases_amount,
            pick(i, 'purchases count', 20000) AS purchases_count
        FROM range({rows}) AS _(i)
    """
    return [
        ExampleTable("dbo.FACT_EXECUTIVE_SUMMARY", [*fact_keys, *metrics], ""),
        ExampleTable(
            "dbo.DIM_DATE",
            [("date_key", "int"), ("calendar_date", "date"), ("month_name", "varchar(9)")],
            # The calendar's first month is missing: holdings of that month find no date.
            f"""SELECT date_key(d) AS date_key, d AS calendar_date, strftime(d, '%B') AS month_name
            FROM (SELECT (DATE '2022-09-01' + i::INTEGER) AS d
                  FROM range(date_diff('day', DATE '2022-09-01', month_end({_MONTHS - 1})) + 1) AS _(i))""",
            ["date_key"],
        ),
        ExampleTable(
            "dbo.DIM_INSTITUTION",
            [("institution_id", "int"), ("institution_name", "nvarchar(60)")],
            f"SELECT i + 1 AS institution_id, printf('Institution %d', i + 1) AS institution_name"
            f" FROM range({_INSTITUTIONS}) AS _(i)",
            ["institution_id"],
        ),
        ExampleTable(
            "dbo.DIM_CORPORATION",
            [("corporation_id", "int"), ("corporation_name", "nvarchar(60)")],
            f"SELECT i + 1 AS corporation_id, printf('Société n° %d', i + 1) AS corporation_name"
            f" FROM range({corporations}) AS _(i)",
            ["corporation_id"],
        ),
        ExampleTable(
            "dbo.DIM_PRODUCT",
            [("product_id", "varchar(10)"), ("product_name", "nvarchar(60)")],
            f"SELECT printf('P%02d', i + 1) AS product_id, printf('Product %d', i + 1) AS product_name"
            f" FROM range({_PRODUCTS}) AS _(i)",
            ["product_id"],
        ),
        ExampleTable(
            "dbo.Account",
            [
                ("AccountID", "int"),
                ("AccountName", "nvarchar(80)"),
                ("StatusCode", "varchar(8)"),
                ("PolicyCode", "varchar(10)"),
                ("Premium", "decimal(12,2)"),
                ("ModifiedDate", "datetime2(3)"),
            ],
            # Half of the accounts changed in the last day; some exactly at the border.
            f"""SELECT
                    i + 1 AS AccountID,
                    CASE WHEN pick(i, 'name', 20) = 0 THEN NULL
                    ELSE printf('Müller & Søn %d', i + 1) END AS AccountName,
                    CASE pick(i, 'status', 3) WHEN 0 THEN 'active' WHEN 1 THEN 'Lapsed' ELSE 'NEW' END AS StatusCode,
                    CASE pick(i, 'policy', 6) WHEN 0 THEN NULL WHEN 1 THEN 'motor' WHEN 2 THEN 'MOTOR '
                    WHEN 3 THEN 'Home' WHEN 4 THEN 'TRAVEL' ELSE 'PET' END AS PolicyCode,
                    amount(i, 'premium', 9000)::DECIMAL(12, 2) AS Premium,
                    TIMESTAMP '2024-07-30 06:00:00' + to_milliseconds(CASE pick(i, 'changed', 40) WHEN 0 THEN 0
                        ELSE pick(i, 'when', 172800000) - 86400000 END) AS ModifiedDate
                FROM range({accounts}) AS _(i)""",
            ["AccountID"],
        ),
        ExampleTable(
            "dbo.AccountID",
            [("AccountID", "int"), ("ContactNumber", "varchar(20)")],
            # One contact each, a second one for every third account, none for every fiftieth.
            f"""SELECT i // 2 + 1 AS AccountID, printf('C%08d', i) AS ContactNumber FROM range(2 * {accounts}) AS _(i)
            WHERE (i % 2 = 0 AND pick(i // 2, 'no contact', 50) > 0) OR (i % 2 = 1 AND pick(i, 'second', 3) = 0)""",
            ["AccountID", "ContactNumber"],
        ),
        ExampleTable(
            "dbo.IdOverride",
            [("AccountID", "int"), ("OldContactNumber", "varchar(20)"), ("ContactNumber", "varchar(20)")],
            f"""SELECT i + 1 AS AccountID, printf('C%08d', 2 * i) AS OldContactNumber,
            printf('X%08d', i) AS ContactNumber FROM range({accounts}) AS _(i) WHERE pick(i, 'override', 10) = 0""",
            ["AccountID", "OldContactNumber"],
        ),
        ExampleTable(
            "dbo.PolicyDescriptors",
            [("PolicyCode", "varchar(10)"), ("Description", "nvarchar(60)"), ("Rate", "decimal(7,4)")],
            """VALUES ('Motor', 'Motor – third party', 1.1250), ('HOME', 'Household contents', 0.9875),
            ('travel ', 'Travel, single trip', 1.0000)""",
            ["PolicyCode"],
        ),
        # Last, so that its row count says that all of them are there.
        ExampleTable("dbo.STG_HOLDING_METRICS", [("date_value", "int"), *fact_keys[1:], *metrics], staging),
    ]


def create_example_data(source: EmbeddedSource, tables: Sequence[ExampleTable]) -> Iterator[ExampleTable]:
    """Create (or replace) the tables in the source, yielding each when it is done; memory doesn't grow with rows."""
    for table in tables:
        with _generate(table) as reader:
            source.create_table(table.name, table.columns, reader, primary_key=table.primary_key)
        yield table


@contextmanager
def _generate(table: ExampleTable) -> Iterator[pa.RecordBatchReader]:
    names = [name for name, _ in table.columns]
    with duckdb.connect() as connection:
        connection.execute(_MACROS)
        query = f"({table.query}) AS made({', '.join(names)})" if table.query else "(SELECT 1 WHERE false)"
        columns = ", ".join(
            f"{name if table.query else 'NULL'}::{parse_type(kind).duckdb} AS {name}" for name, kind in table.columns
        )
        yield connection.sql(f"SELECT {columns} FROM {query}").to_arrow_reader(_BATCH_ROWS)
