"""Results come through arrow-odbc in bulk, block by block."""

from datetime import date, datetime
from decimal import Decimal

import arrow_odbc
import numpy as np
import pyarrow as pa
import pytest

from recon_assets.sources.embedded import EmbeddedSource
from recon_assets_tests.tds.conftest import Client
from recon_assets_tests.tds.outcome import Canned, Result


def _read(client: Client, query: str, **options: str) -> pa.Table:
    batches = arrow_odbc.read_arrow_batches_from_odbc(
        query, connection_string=client.text(**options), batch_size=10_000, max_text_size=4000
    )
    return pa.Table.from_batches(list(batches), batches.schema)


@pytest.mark.parametrize(
    ("declared", "arrow", "values"),
    [
        ("bit", pa.bool_(), [True, None]),
        ("tinyint", pa.uint8(), [255, None]),
        ("smallint", pa.int16(), [-32768, None]),
        ("int", pa.int32(), [-(2**31), None]),
        ("bigint", pa.int64(), [-(2**63), None]),
        ("decimal(38,10)", pa.decimal128(38, 10), [Decimal("-1234567890123456789012345678.0123456789"), None]),
        ("money", pa.decimal128(19, 4), [Decimal("-922337203685477.5808"), None]),
        ("real", pa.float32(), [1.5, None]),
        ("float", pa.float64(), [0.1, None]),
        ("varchar(20)", pa.string(), ["Grüße €", None]),
        ("nvarchar(20)", pa.string(), ["日本😀", None]),
        ("nvarchar(max)", pa.string(), ["日本😀", None]),
        ("varbinary(8)", pa.binary(), [b"\0\xff", None]),
        ("date", pa.date32(), [date(9999, 12, 31), None]),
        ("datetime2(6)", pa.timestamp("us"), [datetime(9999, 12, 31, 23, 59, 59, 999999), None]),
        ("datetime", pa.timestamp("ms"), [datetime(2024, 2, 29, 23, 59, 59, 997000), None]),
    ],
)
def test_a_column_comes_in_its_arrow_type(declared: str, arrow: pa.DataType, values: list, client: Client):
    client.server.canned["SELECT it"] = Canned([Result([("c", declared)], [(v,) for v in values])])
    assert _read(client, "SELECT it").column("c").combine_chunks().equals(pa.array(values, arrow))


@pytest.fixture
def numbers() -> pa.RecordBatch:
    """A hundred thousand rows of numbers, text and NULL."""
    n = np.arange(100_000)
    return pa.record_batch(
        {
            "id": pa.array(n, pa.int64()),
            "amount": pa.array([Decimal(int(i) - 50_000).scaleb(-2) for i in n], pa.decimal128(18, 2)),
            "name": pa.array([None if i % 7 == 0 else f"näme {i}" for i in n]),
            "at": pa.array(n * 1_000_001, pa.timestamp("us")),
        }
    )


TYPES = [("id", "bigint"), ("amount", "decimal(18,2)"), ("name", "nvarchar(20)"), ("at", "datetime2(6)")]


@pytest.mark.parametrize("options", [{}, {"Encrypt": "yes", "TrustServerCertificate": "yes", "PacketSize": "32767"}])
def test_a_stored_table_comes_as_it_is(options: dict, numbers: pa.RecordBatch, source: EmbeddedSource, client: Client):
    source.create_table("dbo.NUMBERS", TYPES, pa.RecordBatchReader.from_batches(numbers.schema, [numbers]))
    read = _read(client, "SELECT * FROM dbo.NUMBERS ORDER BY id", **options)
    assert read.combine_chunks().equals(pa.Table.from_batches([numbers]))


def test_a_served_query_streams_its_batches_each_time_anew(numbers: pa.RecordBatch, client: Client):
    client.server.serve_query("SELECT * FROM stream", TYPES, lambda: (numbers for _ in range(3)))
    for _ in range(2):
        read = _read(client, "SELECT * FROM stream")
        assert read.combine_chunks().equals(pa.Table.from_batches([numbers] * 3).combine_chunks())
