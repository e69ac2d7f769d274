"""Numbers beside a number: the nearest ones that a rule counts as different, and the farthest that it doesn't.

Belongs here: exact arithmetic at a tolerance's border. Does not belong here: values of other types (`changes`).
"""

import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import numpy as np

from recon_assets.comparison.proof.fields import Field
from recon_assets.comparison.proof.meaning import allowed, within
from recon_assets.comparison.types import digits

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
_EXACT_FLOATS = (Fraction(1, 100), Fraction(10**12))
"""The sizes of floats whose shortest decimals differ in their first 18 digits after the point, which is how far the
border of a tolerance is exact (docs/rules.md)."""
_NEAR = 8  # floats to either side of a border that are tried


def numbers_apart(field: Field, value: str) -> Iterator[str]:
    """The numbers nearest to a value which the rule counts as different: towards 0, then away from it."""
    old = Fraction(value)
    for step in (-1, 1) if old > 0 else (1, -1):
        # a relative tolerance goes by the larger number: away from 0, its border would move on
        if step * old > 0 and field.rule.relative_tolerance:
            continue
        found = _float_apart(field, value, step) if field.kind == "float" else _exact_apart(field, old, step)
        if found is not None and not within(field.rule, old, Fraction(found)):
            yield found


def numbers_within(field: Field, value: str) -> Iterator[str]:
    """The number farthest from a value which a tolerance still allows, towards 0; none if that is the value itself."""
    old = Fraction(value)
    step = -1 if old > 0 else 1
    if field.kind == "float":
        near = [f for f in _floats_at_border(field, value, step) if within(field.rule, old, Fraction(f))]
        found = near[-1] if near else None
    else:
        found = _exact(field, _units(field, old) + step * _units_allowed(field, old))
    if found is not None and Fraction(found) != old and within(field.rule, old, Fraction(found)):
        yield found


def changed_sign(field: Field, value: str) -> str | None:
    """The number with the other sign, where the type has it and the rule counts it as different."""
    old = Fraction(value)
    if field.kind == "exact":
        found = _exact(field, -_units(field, old))
    else:
        found = value[1:] if value.startswith("-") else f"-{value}"
    return None if found is None or within(field.rule, old, Fraction(found)) else found


def has_sign(field: Field) -> bool:
    """Whether the type has negative numbers."""
    return field.type != "BOOLEAN" and not field.type.startswith("U")


def _exact_apart(field: Field, old: Fraction, step: int) -> str | None:
    return _exact(field, _units(field, old) + step * (_units_allowed(field, old) + 1))


def _units(field: Field, number: Fraction) -> int:
    """An exact number, counted in its type's last digit."""
    return int(number * 10 ** digits(field.type).scale)


def _units_allowed(field: Field, old: Fraction) -> int:
    """How many of the type's last digits a number may differ, towards 0."""
    return math.floor(allowed(field.rule, abs(old)) * 10 ** digits(field.type).scale)


def _exact(field: Field, units: int) -> str | None:
    """The text of a number so many of its type's last digits large, where the type can hold it."""
    scale = 0
    if field.type == "BOOLEAN":
        low, high = 0, 1
    elif field.type.startswith("DECIMAL"):
        size = digits(field.type)
        scale, high = size.scale, 10 ** (size.whole + size.scale) - 1
        low = -high
    else:
        bits = _BITS[field.type.removeprefix("U")]
        low, high = (0, 2**bits - 1) if field.type.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if not low <= units <= high:
        return None
    return f"{Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -scale)):f}"


def _float_apart(field: Field, value: str, step: int) -> str | None:
    if not field.tolerant:
        float_type = _float_type(field)
        new = np.nextafter(float_type(value), float_type(step * math.inf))
        return _text(new) if np.isfinite(new) else None
    old = Fraction(value)
    return next((f for f in _floats_at_border(field, value, step) if not within(field.rule, old, Fraction(f))), None)


def _floats_at_border(field: Field, value: str, step: int) -> Iterator[str]:
    """The floats about as far from a value as the tolerance allows, nearest first; none where decimals are too long for
    the border to be exact."""
    low, high = _EXACT_FLOATS
    old = Fraction(value)
    border = old + step * allowed(field.rule, abs(old))
    if not (low <= abs(old) <= high and low <= abs(border) <= high):
        return
    float_type = _float_type(field)
    new, back, on = float_type(float(border)), float_type(-step * math.inf), float_type(step * math.inf)
    for _ in range(_NEAR):
        new = np.nextafter(new, back)
    for _ in range(2 * _NEAR):
        yield _text(new)
        new = np.nextafter(new, on)


def _float_type(field: Field) -> type[np.float32] | type[np.float64]:
    return np.float32 if field.type == "FLOAT" else np.float64


def _text(number: np.floating) -> str:
    return np.format_float_scientific(number, unique=True, trim="0")
