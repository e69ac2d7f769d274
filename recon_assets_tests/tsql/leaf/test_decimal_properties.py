"""Decimal arithmetic against whole numbers of any size: for random types and values, the result is the exact one,
rounded or cut off at the documented scale, or an overflow where it has more than 38 digits."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets_tests.tsql.leaf.harness import Database

DATABASE = Database()


@st.composite
def decimals(draw):
    """Precision, scale, and a number of that many digits at most, as an integer of its last digits."""
    precision = draw(st.integers(1, 38))
    scale = draw(st.integers(0, precision))
    digits = draw(st.integers(1, precision))
    return precision, scale, draw(st.integers(-(10**digits) + 1, 10**digits - 1))


def literal(precision: int, scale: int, unscaled: int) -> str:
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    number = f"{'-' if unscaled < 0 else ''}{digits[: len(digits) - scale]}.{digits[len(digits) - scale :] or '0'}"
    return f"CAST('{number}' AS decimal({precision},{scale}))"


def expected(operator: str, a: tuple[int, int, int], b: tuple[int, int, int]) -> tuple[int, int, int]:
    """Precision and scale by the Transact-SQL reference ("Precision, scale, and length"), and the unscaled value."""
    (p1, s1, x), (p2, s2, y) = a, b
    if operator in "+-":
        scale = max(s1, s2)
        whole = max(p1 - s1, p2 - s2)
        kept = scale if whole + scale + 1 <= 38 else min(scale, 38 - whole)
        exact = x * 10 ** (scale - s1) + (y if operator == "+" else -y) * 10 ** (scale - s2)
        return min(whole + scale + 1, 38), kept, rounded(exact, scale - kept)
    if operator == "*":
        precision, scale = p1 + p2 + 1, s1 + s2
        kept = reduced(precision, scale)
        return min(precision, 38), kept, rounded(x * y, scale - kept)
    scale = max(6, s1 + p2 + 1)
    precision = p1 - s1 + s2 + scale
    kept = reduced(precision, scale)
    shift = kept - s1 + s2
    magnitude = abs(x) * 10**shift // abs(y)
    return min(precision, 38), kept, magnitude if (x < 0) == (y < 0) else -magnitude


def reduced(precision: int, scale: int) -> int:
    if precision <= 38:
        return scale
    whole = precision - scale
    return min(scale, 38 - whole) if whole < 32 else min(scale, 6)


def rounded(value: int, digits: int) -> int:
    """Half away from zero."""
    magnitude = (abs(value) + 10**digits // 2) // 10**digits if digits else abs(value)
    return magnitude if value >= 0 else -magnitude


@pytest.mark.parametrize("operator", ["+", "-", "*", "/"])
def test_decimal_arithmetic_is_exact(operator):
    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(decimals(), decimals())
    def holds(a, b):
        if operator == "/" and b[2] == 0:
            return
        precision, scale, unscaled = expected(operator, a, b)
        text = f"{literal(*a)} {operator} {literal(*b)}"
        try:
            type_, value = DATABASE.expression(text)
        except UnsupportedTSql:
            assert operator == "/" and len(str(abs(b[2]))) > 19
            return
        except TSqlError as error:
            assert error.number == 8115
            # a sum's operands are first brought to one scale, where 38 digits may not do
            assert len(str(abs(unscaled))) > 38 or (operator in "+-" and scale < max(a[1], b[1]))
            return
        assert type_ == f"decimal({precision},{scale})"
        digits = tuple(int(digit) for digit in str(abs(unscaled)))
        assert Decimal(value) == Decimal((int(unscaled < 0), digits, -scale))

    holds()
