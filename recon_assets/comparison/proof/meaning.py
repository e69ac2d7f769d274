"""What docs/rules.md says of two single values, once more and in plain Python.

Belongs here: whether two values are equal under a column's rule, exactly for numbers and moments, and on the safe side
for texts. Does not belong here: anything of the comparison's own SQL, which this is to check.
"""

import unicodedata
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from recon_assets.comparison.proof.fields import Field
from recon_assets.comparison.rules import ColumnRule
from recon_assets.comparison.types import INSTANTS

_PER_DAY = {"day": 1, "hour": 24, "minute": 1440, "second": 86_400, "millisecond": 86_400 * 10**3}
_PER_DAY |= {"microsecond": 86_400 * 10**6}
_ZONE_YEARS = (1971, 2037)
"""In which years clocks are told alike by every time zone library."""


def surely_differ(field: Field, one: Any, other: Any) -> bool:
    """Whether two values, as `Field.reads` gives them, differ under the rule. Texts that a rule may make equal count as
    equal; so do moments of which a time zone library might tell otherwise."""
    match field.kind:
        case "exact" | "float":
            return not within(field.rule, Fraction(one), Fraction(other))
        case "text" | "json":
            return _text(field.rule, one) != _text(field.rule, other)
        case "moment":
            cut = [truncated(field, each) for each in (one, other)]
            return None not in cut and cut[0] != cut[1]
        case _:
            return one != other


def within(rule: ColumnRule, one: Fraction, other: Fraction) -> bool:
    """Whether two numbers are equal or within a tolerance of each other."""
    return abs(one - other) <= allowed(rule, max(abs(one), abs(other)))


def allowed(rule: ColumnRule, size: Fraction) -> Fraction:
    """The greatest difference that is still equal, where the larger magnitude is `size`."""
    return max(Fraction(rule.tolerance or 0), Fraction(rule.relative_tolerance or 0) * size)


def truncated(field: Field, count: int) -> tuple[int, int] | None:
    """A moment as the rule `precision` has it; None where that depends on what a library knows of a time zone."""
    if field.rule.precision is None:
        return count, 0
    unit = max(field.per_day // _PER_DAY[field.rule.precision], 1)
    offset = _offset(field, count)
    if offset is None:
        return None
    units = (count + offset) // unit
    # two hours of one name, on the day of a clock change, are two; a day is the same day all along
    return (units, 0) if field.rule.precision == "day" else (units * unit - offset, 0)


def precision_unit(field: Field) -> int:
    """The least step that `precision` does not disregard, in the units that values are counted in."""
    precision = field.rule.precision
    return max(field.per_day // _PER_DAY[precision], 1) if precision else 1


def _offset(field: Field, count: int) -> int | None:
    """How far the rule's clock is ahead of UTC; only moments with a zone are told by another clock than their own."""
    if field.rule.timezone is None or field.type not in INSTANTS:
        return 0
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=count * 86_400 // field.per_day)
    if not _ZONE_YEARS[0] <= at.year <= _ZONE_YEARS[1]:
        return None
    ahead = at.astimezone(ZoneInfo(field.rule.timezone)).utcoffset()
    return int(ahead.total_seconds()) * field.per_day // 86_400


def _text(rule: ColumnRule, text: str) -> str:
    if not (rule.trim or rule.case or rule.empty_is_null):
        return text
    return unicodedata.normalize("NFKD", text).casefold().strip()


def is_blank(rule: ColumnRule, text: str) -> bool:
    """Whether a text is NULL under the rule."""
    return rule.empty_is_null and not text.strip(" " if rule.trim else "")
