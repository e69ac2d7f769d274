"""The types of T-SQL and of Spark as they arrive in Parquet, by the names that people give them.

Belongs here: names of Arrow types. Does not belong here: which of them equal each other (`families`).
"""

import pyarrow as pa


def dec(precision: int, scale: int) -> pa.DataType:
    """decimal, or numeric, of so many digits."""
    return pa.decimal128(precision, scale)


BYTE, TINYINT, SMALLINT, INT, BIGINT = pa.int8(), pa.uint8(), pa.int16(), pa.int32(), pa.int64()
UBIGINT = pa.uint64()
BIT = pa.bool_()
MONEY, SMALLMONEY = dec(19, 4), dec(10, 4)
REAL, FLOAT = pa.float32(), pa.float64()

TEXT, LARGE_TEXT, TEXT_VIEW = pa.string(), pa.large_string(), pa.string_view()
ENUM, JSON = pa.dictionary(pa.int32(), pa.string()), pa.json_()

DATE = pa.date32()
SECONDS, MS, US, NS = pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("ns")
SMALLDATETIME, DATETIME, DATETIME2, DATETIME2_7 = SECONDS, MS, US, NS
UTC_US, UTC_NS = pa.timestamp("us", "UTC"), pa.timestamp("ns", "UTC")  # datetimeoffset, and Spark's TIMESTAMP
BERLIN_US = pa.timestamp("us", "Europe/Berlin")
TIME_MS, TIME_US, TIME_NS = pa.time32("ms"), pa.time64("us"), pa.time64("ns")

BINARY, LARGE_BINARY = pa.binary(), pa.large_binary()
UUID = pa.uuid()
