"""Every type with two of its values, by family: what of one family compares by value, what of two never.

`1` and `2` mean the same in all types of a family. Add a line to try a type against all others, and as a key.
"""

from datetime import UTC, date, datetime, time
from decimal import Decimal as D

import pyarrow as pa

from recon_assets_tests.comparison.exam import types as t

_ONE, _TWO = date(2024, 1, 1), date(2024, 1, 2)
_ONE_AT, _TWO_AT = datetime(2024, 1, 1), datetime(2024, 1, 2)
_ONE_UTC, _TWO_UTC = _ONE_AT.replace(tzinfo=UTC), _TWO_AT.replace(tzinfo=UTC)
_ONE_ID, _TWO_ID = bytes(range(16)), bytes(range(16, 32))

FAMILIES: dict[str, list[tuple[pa.DataType, object, object]]] = {
    "number": [
        (t.BIT, True, False),
        *((type_, 1, 0) for type_ in (t.BYTE, t.TINYINT, t.SMALLINT, pa.uint16(), t.INT, pa.uint32(), t.BIGINT, t.UBIGINT)),
        *((t.dec(p, s), D(1), D(0)) for p, s in ((1, 0), (5, 2), (18, 2), (18, 17), (38, 0), (38, 10), (38, 37))),
        (pa.decimal32(9, 2), D(1), D(0)),
        (pa.decimal64(18, 6), D(1), D(0)),
        (pa.decimal256(38, 18), D(1), D(0)),
        (t.MONEY, D(1), D(0)),
        (t.SMALLMONEY, D(1), D(0)),
        (pa.float16(), 1.0, 0.0),
        (t.REAL, 1.0, -0.0),
        (t.FLOAT, 1.0, -0.0),
    ],
    "text": [(type_, "1", "2") for type_ in (t.TEXT, t.LARGE_TEXT, t.TEXT_VIEW, t.ENUM, t.JSON)],
    "timestamp": [
        (t.DATE, _ONE, _TWO),
        (pa.date64(), _ONE, _TWO),
        *((type_, _ONE_AT, _TWO_AT) for type_ in (t.SECONDS, t.MS, t.US, t.NS)),
        *((type_, _ONE_UTC, _TWO_UTC) for type_ in (pa.timestamp("ms", "UTC"), t.UTC_US, t.UTC_NS, t.BERLIN_US)),
    ],
    "time": [(type_, time(1), time(2)) for type_ in (pa.time32("s"), t.TIME_MS, t.TIME_US, t.TIME_NS)],
    "binary": [(type_, _ONE_ID, _TWO_ID) for type_ in (t.BINARY, t.LARGE_BINARY, pa.binary(16), pa.binary_view())],
    "uniqueidentifier": [(t.UUID, _ONE_ID, _TWO_ID)],
    "list": [(pa.list_(t.INT), [1], [2])],
    "struct": [(pa.struct({"a": t.INT}), {"a": 1}, {"a": 2})],
    "map": [(pa.map_(t.TEXT, t.INT), [("1", 1)], [("1", 2)])],
}  # fmt: skip
