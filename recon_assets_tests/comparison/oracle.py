"""What a comparison must say, worked out the slow and obvious way: exact fractions, every pairing tried.

Belongs here: docs/rules.md in plain Python, for tables of a few rows. Does not belong here: anything of the code under
test.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from itertools import permutations, product
from math import isinf, isnan
from typing import Any

import numpy as np
import pyarrow as pa

from recon_assets_tests.comparison.strategies import Row, Shape, as_type

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"day": 86_400_000_000, "hour": 3_600_000_000, "second": 1_000_000, "millisecond": 1000}


@dataclass(frozen=True)
class Expected:
    """The counts; `differences` are all ways to spread the fewest differences over the columns."""

    paired: int
    duplicates: tuple[int, int]
    differences: set[tuple[int, ...]]


def number(value: Any, type_: pa.DataType) -> Any:
    """A number exactly; a float as the shortest decimal that identifies it unless it is whole."""
    if not pa.types.is_floating(type_):
        return Fraction(value)
    value = float(value) if pa.types.is_float64(type_) else float(np.float32(value))
    if isnan(value) or isinf(value):
        return str(value)
    if value.is_integer():
        return Fraction(value)
    return Fraction(Decimal(repr(value) if pa.types.is_float64(type_) else str(np.float32(value))))


def canonical(value: Any, type_: pa.DataType, rule: dict[str, Any]) -> Any:
    """Equal under the rule (but for tolerances) if and only if this is."""
    if value is None:
        return None
    if isinstance(value, bool | int | float | Decimal):
        return number(value, type_)
    if isinstance(value, str):
        stripped = {"trailing": value.rstrip(" "), "leading": value.lstrip(" "), "both": value.strip(" ")}
        text = stripped.get(rule.get("trim"), value)
        text = text.lower() if "case" in rule else text
        return None if "empty_is_null" in rule and not text else text
    if isinstance(value, date):
        at = value if isinstance(value, datetime) else datetime.combine(value, time())
        since = at.replace(tzinfo=UTC) - _EPOCH
        micros = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
        return micros // _UNITS[rule["precision"]] if "precision" in rule else micros
    return repr(value)


def fits(one: Any, other: Any, rule: dict[str, Any]) -> bool:
    """Whether two canonical values are equal, tolerances included."""
    if one == other:
        return True
    if not isinstance(one, Fraction) or not isinstance(other, Fraction):
        return False
    absolute = Fraction(Decimal(str(rule.get("tolerance", 0))))
    relative = Fraction(Decimal(str(rule.get("relative_tolerance", 0)))) * max(abs(one), abs(other))
    return abs(one - other) <= max(absolute, relative)


def judge(shape: Shape, source: list[Row], target: list[Row]) -> Expected:
    """What comparing the rows must give."""
    sides = [_canonical_rows(shape, source, "source"), _canonical_rows(shape, target, "target")]
    keys = len(shape.keys)
    rules = [shape.rules.get(name, {}) for name in shape.kinds]
    if not keys:
        return Expected(_whole_rows(*sides, rules), (0, 0), {(0,) * len(rules)})
    groups = [defaultdict(list), defaultdict(list)]
    for side, found in zip(groups, sides, strict=True):
        for row in found:
            side[row[:keys]].append(row)
    spreads = {(0,) * len(rules)}
    paired = 0
    for key in groups[0].keys() & groups[1].keys():
        ones, others = groups[0][key], groups[1][key]
        paired += min(len(ones), len(others))
        best = _fewest(ones, others, rules)
        spreads = {tuple(map(sum, zip(*pair, strict=True))) for pair in product(spreads, best)}
    repeated = tuple(sum(len(rows) > 1 for rows in side.values()) for side in groups)
    return Expected(paired, repeated, spreads)


def _canonical_rows(shape: Shape, rows: list[Row], side: str) -> list[Row]:
    kinds = [(getattr(kind, side), shape.rules.get(name, {})) for name, kind in shape.kinds.items()]
    return [tuple(canonical(as_type(v, type_), type_, rule) for v, (type_, rule) in zip(row, kinds, strict=True)) for row in rows]  # fmt: skip


def _pairings(ones: list[Row], others: list[Row]):
    if len(ones) <= len(others):
        return (zip(ones, chosen, strict=True) for chosen in permutations(others, len(ones)))
    return (zip(chosen, others, strict=True) for chosen in permutations(ones, len(others)))


def _fewest(ones: list[Row], others: list[Row], rules: list[dict]) -> set[tuple[int, ...]]:
    """Each way to pair the rows so that the fewest values differ, as differences by column."""
    spreads: dict[int, set[tuple[int, ...]]] = defaultdict(set)
    for pairing in _pairings(ones, others):
        differing = [[not fits(*cells) for cells in zip(one, other, rules, strict=True)] for one, other in pairing]
        spread = tuple(map(sum, zip(*differing, strict=True)))
        spreads[sum(spread)].add(spread)
    return spreads[min(spreads)]


def _whole_rows(ones: list[Row], others: list[Row], rules: list[dict]) -> int:
    """The most rows that pair with one that is equal in all values."""
    if not any("tolerance" in rule or "relative_tolerance" in rule for rule in rules):
        return (Counter(ones) & Counter(others)).total()
    if not ones or not others:
        return 0
    return max(
        sum(all(fits(*cells) for cells in zip(one, other, rules, strict=True)) for one, other in pairing)
        for pairing in _pairings(ones, others)
    )
