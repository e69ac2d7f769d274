"""BINARY_CHECKSUM is what clients may rely on: 32 bits, the same for equal values, never NULL, of columns or of all."""

import pyarrow as pa
import pytest

from recon_assets.sources.embedded import EmbeddedSource
from recon_assets_tests.tds.conftest import Client, reader, rows

STATE = "SELECT COUNT_BIG(*), SUM(CAST(BINARY_CHECKSUM(*) AS bigint)) FROM [dbo].[X]"


def fill(source: EmbeddedSource, numbers: list[int], texts: list[str | None]) -> None:
    columns = {"n": pa.array(numbers, pa.int32()), "t": pa.array(texts, pa.string())}
    source.create_table("dbo.X", [("n", "int"), ("t", "nvarchar(9)")], reader(columns))


def test_it_is_an_int_and_never_null(source: EmbeddedSource, client: Client):
    fill(source, [1, 2], ["a", None])
    found = rows(client.connect().execute("SELECT BINARY_CHECKSUM([t]) FROM [dbo].[X]"))
    assert all(isinstance(value, int) and -(2**31) <= value < 2**31 for (value,) in found)


def test_it_is_the_same_for_equal_values_and_another_for_others(source: EmbeddedSource, client: Client):
    fill(source, [1, 2, 3, 4], ["a", "a", None, None])
    found = rows(client.connect().execute("SELECT BINARY_CHECKSUM([t]) FROM [dbo].[X] ORDER BY [n]"))
    assert found[0] == found[1] != found[2] == found[3]


@pytest.mark.parametrize(
    ("numbers", "texts", "same"),
    [
        ([2, 1], [None, "a"], True),  # another order
        ([1, 2], ["a", "b"], False),
        ([1, 3], ["a", None], False),
        ([1, 2, 2], ["a", None, None], False),
    ],
)
def test_the_sum_over_all_columns_tells_rows_apart_and_not_their_order(
    source: EmbeddedSource, client: Client, numbers: list[int], texts: list[str | None], same: bool
):
    fill(source, [1, 2], ["a", None])
    before = rows(client.connect().execute(STATE))
    assert before[0][0] == 2 and isinstance(before[0][1], int)
    fill(source, numbers, texts)
    assert (rows(client.connect().execute(STATE)) == before) is same


def test_the_sum_of_no_rows_is_null(source: EmbeddedSource, client: Client):
    fill(source, [], [])
    assert rows(client.connect().execute(STATE)) == [(0, None)]
