"""A parameter's value reaches both sides as it was written, or is refused."""

from datetime import datetime
from decimal import Decimal

import pytest

from recon_assets.parameters import python_value


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("decimal(38,0)", "9" * 38, Decimal("9" * 38)),
        ("decimal(38,37)", "9." + "9" * 37, Decimal("9." + "9" * 37)),
        ("decimal(10,2)", 1.1, Decimal("1.1")),
        ("decimal(10,2)", "1.100", Decimal("1.100")),
        ("real", 0.5, 0.5),
        ("char(4)", "ab", "ab  "),
        ("varchar(max)", "x" * 9000, "x" * 9000),
        ("datetime", "2024-01-01T00:00:00.997", datetime(2024, 1, 1, 0, 0, 0, 997000)),
        ("int", None, None),
    ],
)
def test_a_value_its_type_can_hold_is_kept(type_, value, expected):
    assert python_value(type_, value) == expected


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("decimal(38,0)", "1" + "0" * 38),
        ("decimal(38,37)", "9." + "9" * 38),
        ("decimal(5,2)", "1000"),
        ("real", 1e39),
        ("real", 0.1),
        ("char(1)", "ab"),
        ("datetime2(3)", "2024-01-01T00:00:00.000001"),
        ("smalldatetime", "2024-01-01T00:00:30"),
        ("bigint", 2**63),
    ],
)
def test_a_value_its_type_would_change_is_refused(type_, value):
    with pytest.raises(ValueError, match="doesn't fit"):
        python_value(type_, value)
