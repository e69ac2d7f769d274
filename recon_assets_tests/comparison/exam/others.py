"""Binary, uniqueidentifier, nested values, NULL, and one family against another: {why: [(source type, value, target
type, value[, rule])]}. Add a line to add a case; every case is also tried with its sides swapped.
"""

from datetime import date, datetime, time
from decimal import Decimal as D

import pyarrow as pa

from recon_assets_tests.comparison.exam.types import (
    BIGINT,
    BINARY,
    BIT,
    DATE,
    FLOAT,
    INT,
    LARGE_BINARY,
    NS,
    TEXT,
    TIME_US,
    US,
    UUID,
    dec,
)

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
ID_BYTES = bytes.fromhex(ID.replace("-", ""))
ID_AS_STORED = bytes.fromhex("5bad8f0fcbd99f46a16570867728950e")  # SQL Server's cast to binary(16)
NAN = float("nan")

INTS, TEXTS, FLOATS = pa.list_(INT), pa.list_(TEXT), pa.list_(FLOAT)
PAIR, MAP = pa.struct({"a": INT, "b": TEXT}), pa.map_(TEXT, INT)
ORDER = pa.list_(pa.struct({"at": US, "price": dec(38, 10), "tags": TEXTS}))

EQUAL = {
    "binary of fixed and of any length": [
        (BINARY, b"\x00\x01", pa.binary(2), b"\x00\x01"),
        (BINARY, b"", LARGE_BINARY, b""),
        (BINARY, bytes(range(256)), pa.binary_view(), bytes(range(256))),
        (BINARY, b"\xff\xfe'\\x00", BINARY, b"\xff\xfe'\\x00"),
    ],
    "a uniqueidentifier is its 128 bits, in any case of letters": [
        (UUID, ID_BYTES, UUID, ID_BYTES),
        (UUID, ID_BYTES, TEXT, ID),
        (UUID, ID_BYTES, TEXT, ID.upper()),
        (UUID, ID_BYTES, TEXT, ID + "  ", {"trim": "trailing"}),
        (UUID, b"\xff" * 16, TEXT, "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"),
        (UUID, bytes(16), TEXT, "00000000-0000-0000-0000-000000000000"),
        (TEXT, ID, TEXT, ID.upper(), {"case": "ignore"}),
    ],
    "nested values are their parts": [
        (INTS, [1, None], INTS, [1, None]),
        (INTS, [], INTS, []),
        (INTS, [1, 2], pa.large_list(INT), [1, 2]),
        (PAIR, {"a": 1, "b": None}, PAIR, {"a": 1, "b": None}),
        (MAP, [("a", 1), ("b", 2)], MAP, [("b", 2), ("a", 1)]),
        (MAP, [], MAP, []),
        (pa.list_(INTS), [[1], [], None], pa.list_(INTS), [[1], [], None]),
        (ORDER, [{"at": datetime(2024, 1, 1), "price": D("1.10"), "tags": ["x", None]}, None], ORDER, [{"at": datetime(2024, 1, 1), "price": D("1.1"), "tags": ["x", None]}, None]),
    ],
    "NaN and -0.0 within nested values, too": [
        (FLOATS, [NAN, -0.0], FLOATS, [NAN, 0.0]),
        (pa.struct({"f": FLOAT}), {"f": -0.0}, pa.struct({"f": FLOAT}), {"f": 0.0}),
    ],
    "NULL is NULL in every family, and across them": [
        (INT, None, INT, None),
        (INT, None, TEXT, None),
        (BINARY, None, DATE, None),
        (UUID, None, TIME_US, None),
        (FLOAT, None, dec(18, 2), None),
        (INTS, None, INTS, None),
        (pa.null(), None, FLOAT, None),
        (pa.null(), None, INTS, None),
        (pa.null(), None, pa.null(), None),
    ],
}  # fmt: skip

DIFFERENT = {
    "every byte counts": [
        (BINARY, b"\x01", BINARY, b"\x01\x00"),  # padded, as binary(2) is
        (BINARY, b"\x00", BINARY, b""),
        (BINARY, b"\x01\x02", BINARY, b"\x02\x01"),
        (BINARY, b"a", BINARY, b"A"),
        (BINARY, b"\x00" * 100, BINARY, b"\x00" * 99 + b"\x01"),
    ],
    "a uniqueidentifier in another form": [
        (pa.binary(16), ID_BYTES, UUID, ID_BYTES),
        (UUID, ID_BYTES, UUID, ID_AS_STORED),
        (UUID, ID_BYTES, TEXT, "{" + ID + "}"),
        (UUID, ID_BYTES, TEXT, ID.replace("-", "")),
        (UUID, ID_BYTES, TEXT, ID + " "),
        (UUID, ID_BYTES, TEXT, "not one"),
        (UUID, ID_BYTES, TEXT, ""),
        (TEXT, ID, TEXT, ID.upper()),
    ],
    "nested values differ in a part, their length or their order": [
        (INTS, [1, None], INTS, [1]),
        (INTS, [], INTS, [None]),
        (INTS, [1, 2], INTS, [2, 1]),
        (PAIR, {"a": 1, "b": None}, PAIR, {"a": 1, "b": ""}),
        (PAIR, {"a": None, "b": None}, PAIR, None),
        (MAP, [("a", 1)], MAP, [("a", 2)]),
        (MAP, [("a", 1)], MAP, [("b", 1)]),
        (MAP, [("a", None)], MAP, []),
        (FLOATS, [NAN], FLOATS, [None]),
        (pa.list_(INTS), [[1], [2]], pa.list_(INTS), [[1, 2]]),
    ],
    "text within nested values is not taken for their punctuation": [
        (TEXTS, ["a, b"], TEXTS, ["a", "b"]),
        (TEXTS, ["a', 'b"], TEXTS, ["a", "b"]),
        (TEXTS, ["NULL"], TEXTS, [None]),
        (TEXTS, [""], TEXTS, []),
        (PAIR, {"a": 1, "b": "x"}, PAIR, {"a": 1, "b": "'x'"}),
    ],
    "NULL is nothing else": [
        (INT, None, INT, 0),
        (INT, None, INT, -1),
        (BIGINT, None, BIGINT, -(2**63)),
        (FLOAT, None, FLOAT, NAN),
        (BIT, None, BIT, False),
        (BINARY, None, BINARY, b""),
        (UUID, None, UUID, bytes(16)),
        (INTS, None, INTS, []),
        (MAP, None, MAP, []),
        (NS, None, NS, 0),
        (TIME_US, None, TIME_US, time(0)),
        (pa.null(), None, INT, 0),
        (pa.null(), None, TEXT, ""),
        (pa.null(), None, INTS, []),
    ],
    "across families nothing is equal": [
        (TEXT, "1", INT, 1),
        (TEXT, "1.50", dec(18, 2), D("1.50")),
        (TEXT, "2024-01-01", DATE, date(2024, 1, 1)),
        (TEXT, "true", BIT, True),
        (BINARY, b"a", TEXT, "a"),
        (BINARY, b"1", INT, 1),
        (TIME_US, time(0), US, datetime(1970, 1, 1)),
        (INT, 0, DATE, date(1970, 1, 1)),
        (BIGINT, 20240101, DATE, date(2024, 1, 1)),
        (BIGINT, 0, US, datetime(1970, 1, 1)),
        (dec(2, 1), D("1.5"), pa.list_(dec(2, 1)), [D("1.5")]),
        (TEXT, "[1]", INTS, [1]),
        (TEXT, '{"a": 1}', pa.struct({"a": INT}), {"a": 1}),
    ],
}  # fmt: skip
