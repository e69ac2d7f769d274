"""Whether two numbers are within a tolerance of each other.

Belongs here: SQL for `tolerance` and `relative_tolerance`, exact at the border. Does not belong here:
equality.

Exact types are subtracted as decimals. Floats are subtracted as floats except near the border, where what
counts is the difference of the shortest decimals that identify them: 1.1 and 1.0 are within 0.1, though their
doubles differ by a little more. That is by decimals of 38 digits, 18 of them after the point; beside a decimal type to
which that is too little, by its number of them too. What doesn't fit is subtracted as floats even near the border.
A REAL beside a DOUBLE counts as the double it is.
"""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal, localcontext

from recon_assets.comparison.canonical import common_decimal
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.schema import Pair
from recon_assets.comparison.types import FLOATS, Digits, digits

_FLOAT_SCALE = 18  # decimals to which floats are looked at near the border
_LARGE = "1e300"  # doubles beyond it are made smaller before they are subtracted, lest the difference be infinite
_LARGEST_LIMIT = Decimal("1e308")  # as good as any greater one: what is compared with it is less
_SMALLER = 16


def within(pair: Pair, a: str, b: str) -> str:
    """SQL: whether two values that aren't equal are within the pair's tolerances; a NULL is within none.

    `a` and `b` are columns that hold the sides' raw values (booleans as TINYINT). Raises ComparisonError
    where the two types leave no room for exact arithmetic.
    """
    # greatest and least leave NULLs out, so that a share of the larger magnitude would be one of the other value
    return f"({a} IS NOT NULL AND {b} IS NOT NULL AND ({_within(pair, a, b)}))"


def _within(pair: Pair, a: str, b: str) -> str:
    types = (pair.source.type, pair.target.type)
    if any(t in FLOATS for t in types):
        return _floats(pair, types, a, b)
    common = common_decimal(*types)
    if common is None:
        return _wide(pair, types, a, b)
    return _either(pair, lambda t: _absolute(a, b, t, digits(common)), lambda r: _relative(a, b, r, digits(common)))


def _either(pair: Pair, absolute, relative) -> str:
    parts = []
    if pair.rule.tolerance is not None:
        parts.append(absolute(pair.rule.tolerance))
    if pair.rule.relative_tolerance is not None:
        parts.append(relative(pair.rule.relative_tolerance))
    return " OR ".join(f"coalesce({p}, false)" for p in parts)


def _absolute(a: str, b: str, tolerance: Decimal, common: Digits) -> str:
    whole = min(38 - common.scale, common.whole + 1)
    wide = f"DECIMAL({whole + common.scale},{common.scale})"
    if tolerance >= 2 * Decimal(10) ** common.whole:
        return _known(a, b)
    # a difference that doesn't fit 38 digits is beyond any tolerance that does
    return f"TRY(abs(CAST({a} AS {wide}) - CAST({b} AS {wide}))) <= {_decimal_literal(tolerance, common.scale)}"


def _relative(a: str, b: str, share: Decimal, common: Digits) -> str:
    """|a-b| ≤ m/10^e · max(|a|,|b|) in whole numbers: the right side floored, in two parts so as not to
    overflow."""
    if share >= 2:
        return _known(a, b)
    wide = f"DECIMAL(38,{common.scale})"
    x, y = (f"CAST(replace(CAST(CAST({v} AS {wide}) AS VARCHAR), '.', '') AS HUGEINT)" for v in (a, b))
    size_x, size_y = (f"CAST(abs({v}) AS UHUGEINT)" for v in (x, y))
    high, low = f"greatest({size_x}, {size_y})", f"least({size_x}, {size_y})"
    apart = f"CASE ({x} < 0) = ({y} < 0) WHEN true THEN {high} - {low} WHEN false THEN {high} + {low} END"
    e = max(0, -share.as_tuple().exponent)
    m, unit = int(share * 10**e), 10**e
    m_, unit_ = f"{m}::UHUGEINT", f"{unit}::UHUGEINT"
    return f"({apart}) <= {m_} * ({high} // {unit_}) + ({m_} * ({high} % {unit_})) // {unit_}"


def _known(a: str, b: str) -> str:
    """True; as any other answer, NULL where one of the values is."""
    return f"({a} = {a} AND {b} = {b})"


def _wide(pair: Pair, types: tuple[str, str], a: str, b: str) -> str:
    """Decimals that have no common type: whole numbers of any length, which DuckDB can only add and
    subtract."""
    if pair.rule.relative_tolerance is not None:
        raise ComparisonError(
            f"column {pair.name!r}: {types[0]} and {types[1]} have no common decimal type, so relative_tolerance "
            "has no exact arithmetic; use tolerance, or narrow one of the types"
        )
    scale = max(digits(t).scale for t in types)
    x, y = (
        f"CAST(replace(CAST({v} AS VARCHAR), '.', '') || '{'0' * (scale - digits(t).scale)}' AS BIGNUM)"
        for v, t in ((a, types[0]), (b, types[1]))
    )
    limit = int(_floored(pair.rule.tolerance, scale).scaleb(scale))
    return f"CASE WHEN {x} < {y} THEN {y} - {x} ELSE {x} - {y} END <= CAST('{limit}' AS BIGNUM)"


def _floats(pair: Pair, types: tuple[str, str], a: str, b: str) -> str:
    x, y = (f"CAST({v} AS DOUBLE)" for v in (a, b))
    if set(types) == set(FLOATS):  # which are equal only as doubles, so that is what is near, too
        a, b = x, y
    # how far a float may be from its shortest decimal, as a share of its size, with room
    noise = "1e-6" if "FLOAT" in types and "DOUBLE" not in types else "1e-15"
    apart, larger = f"abs({x} - {y})", f"greatest(abs({x}), abs({y}))"
    decimals = [d for d in map(digits, types) if d]
    misfits = {d.scale for d in decimals if d.scale > _FLOAT_SCALE or d.whole > 38 - _FLOAT_SCALE}

    def exact(test: Callable[[str, str, Digits], str]) -> str:
        """Answers by decimals, those with most digits after the point first; NULL where a value doesn't fit."""
        ways = []
        for scale in sorted({_FLOAT_SCALE} | misfits, reverse=True):
            p, q = (f"TRY_CAST(CAST({v} AS VARCHAR) AS DECIMAL(38,{scale}))" for v in (a, b))
            ways.append(test(p, q, Digits(38 - scale, scale)))
        return ", ".join(ways)

    def test(limit: str, limit_of_smaller: str, exactly: str) -> str:
        border = f"{noise} * (2 * {larger} + {limit})"
        by_doubles = f"{apart} <= {limit}"
        if decimals:  # a double has lost the digits of a decimal that so small a limit is about
            by_doubles += f" AND {noise} * {larger} <= {limit}"
        return (
            f"CASE WHEN NOT (isfinite({x}) AND isfinite({y})) THEN false"
            f" WHEN {larger} > {_LARGE} THEN abs({smaller(x)} - {smaller(y)}) <= {limit_of_smaller}"
            f" WHEN abs({apart} - {limit}) > {border} THEN {apart} < {limit}"
            f" ELSE coalesce({exactly}, {by_doubles}) END"
        )

    def smaller(value: str) -> str:
        return f"{value} * {_double(Decimal(1) / _SMALLER)}"

    def absolute(tolerance: Decimal) -> str:
        exactly = exact(lambda p, q, d: _absolute(p, q, tolerance, d))
        return test(_double(tolerance), _double(tolerance / _SMALLER), exactly)

    def relative(share: Decimal) -> str:
        exactly = exact(lambda p, q, d: _relative(p, q, share, d))
        share_ = _double(min(share, Decimal(2)))  # twice the larger magnitude is as far as two numbers can be apart
        return test(f"({share_} * {larger})", f"{share_} * greatest(abs({smaller(x)}), abs({smaller(y)}))", exactly)

    return _either(pair, absolute, relative)


def _double(value: Decimal) -> str:
    return f"CAST('{min(value, _LARGEST_LIMIT)}' AS DOUBLE)"


def _decimal_literal(value: Decimal, scale: int) -> str:
    return f"CAST('{_floored(value, scale):f}' AS DECIMAL(38,{scale}))"


def _floored(value: Decimal, scale: int) -> Decimal:
    """What matters of a tolerance where differences are multiples of 10^-scale."""
    with localcontext(prec=200):
        return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_FLOOR)
