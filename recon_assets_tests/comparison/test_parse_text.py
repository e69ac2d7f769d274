"""The rule `parse_text`: text beside another type is read as that type."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from recon_assets.comparison import ComparisonError
from recon_assets_tests.comparison.helpers import compared, differences

TIME = pa.time64("us")
CASES = [
    ("a time and its text", TIME, dt.time(8, 5, 30), "08:05:30", 0),
    ("a time and another one's text", TIME, dt.time(8, 5, 30), "08:05:31", 1),
    ("a time and its text with more zeros", TIME, dt.time(8, 5, 30), "08:05:30.0000000", 0),
    ("a whole number and its text", pa.int32(), 12, "12", 0),
    ("a whole number and text with leading zeros, which would be lost", pa.int32(), 12, "012", 1),
    ("a decimal and text of another scale", pa.decimal128(9, 2), Decimal("1.50"), "1.5", 0),
    ("a date and its text", pa.date32(), dt.date(2024, 2, 29), "2024-02-29", 0),
    ("a date and no date", pa.date32(), dt.date(2024, 2, 29), "29.2.2024", 1),
    ("NULL and NULL", TIME, None, None, 0),
    ("NULL and an empty text", TIME, None, "", 1),
]


@pytest.mark.parametrize("text_side", ["source", "target"])
@pytest.mark.parametrize(("type_", "value", "text", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_text_is_read_as_the_other_sides_type(tmp_path: Path, text_side, type_, value, text, expected):
    # another row keeps a column from holding NULLs only
    typed = pa.table({"id": [1], "v": pa.array([value], type_)})
    texts = pa.table({"id": [1], "v": pa.array([text], pa.string())})
    source, target = (texts, typed) if text_side == "source" else (typed, texts)
    result = compared(tmp_path, source, target, keys=("id",), columns={"v": {"parse_text": True}})
    assert differences(result) == ({"v": expected} if expected else {})


def test_without_the_rule_text_is_never_a_time(tmp_path: Path):
    source = pa.table({"id": [1], "v": pa.array([dt.time(8)], TIME)})
    target = pa.table({"id": [1], "v": ["08:00:00"]})
    assert differences(compared(tmp_path, source, target, keys=("id",))) == {"v": 1}


@pytest.mark.parametrize(("values", "says"), [(["a"], "both sides hold text"), ([1], "parse_text is for texts")])
def test_the_rule_is_refused_where_there_is_no_text_to_read(tmp_path: Path, values, says):
    table = pa.table({"id": [1], "v": values})
    with pytest.raises(ComparisonError, match=says):
        compared(tmp_path, table, table, keys=("id",), columns={"v": {"parse_text": True}})
