"""Whether two numbers are within a tolerance of each other.

Belongs here: SQL for `tolerance` and `relative_tolerance`, exact at the border. Does not belong here:
equality.

Exact types are subtracted as decimals. Floats are subtracted as floats except near the border, where what
counts is the difference of the shortest decimals that identify them: 1.1 and 1.0 are within 0.1, though their
doubles differ by a little more. A REAL beside a DOUBLE counts as the double it is.
"""

from decimal import ROUND_FLOOR, Decimal, localcontext

from recon_assets.comparison.canonical import common_decimal
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.schema import Pair
from recon_assets.comparison.types import FLOATS, Digits, digits

_FLOAT_SCALE = 18  # decimals to which floats are looked at near the border


def within(pair: Pair, a: str, b: str) -> str:
    """SQL: whether two non-NULL values that aren't equal are within the pair's tolerances; NULL counts as no.

    `a` and `b` are columns that hold the sides' raw values (booleans as TINYINT). Raises ComparisonError
    where the two types leave no room for exact arithmetic.
    """
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
        return "true"
    # a difference that doesn't fit 38 digits is beyond any tolerance that does
    return f"TRY(abs(CAST({a} AS {wide}) - CAST({b} AS {wide}))) <= {_decimal_literal(tolerance, common.scale)}"


def _relative(a: str, b: str, share: Decimal, common: Digits) -> str:
    """|a-b| ≤ m/10^e · max(|a|,|b|) in whole numbers: the right side floored, in two parts so as not to
    overflow."""
    if share >= 2:
        return "true"
    wide = f"DECIMAL(38,{common.scale})"
    x, y = (f"CAST(replace(CAST(CAST({v} AS {wide}) AS VARCHAR), '.', '') AS HUGEINT)" for v in (a, b))
    size_x, size_y = (f"CAST(abs({v}) AS UHUGEINT)" for v in (x, y))
    high, low = f"greatest({size_x}, {size_y})", f"least({size_x}, {size_y})"
    apart = f"CASE WHEN ({x} < 0) = ({y} < 0) THEN {high} - {low} ELSE {high} + {low} END"
    e = max(0, -share.as_tuple().exponent)
    m, unit = int(share * 10**e), 10**e
    m_, unit_ = f"{m}::UHUGEINT", f"{unit}::UHUGEINT"
    return f"({apart}) <= {m_} * ({high} // {unit_}) + ({m_} * ({high} % {unit_})) // {unit_}"


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
    apart, size = f"abs({x} - {y})", f"(abs({x}) + abs({y}))"
    decimal = f"DECIMAL(38,{_FLOAT_SCALE})"
    p, q = (f"TRY_CAST(CAST({v} AS VARCHAR) AS {decimal})" for v in (a, b))
    common = Digits(38 - _FLOAT_SCALE, _FLOAT_SCALE)

    def test(limit: str, exact: str) -> str:
        return (
            f"CASE WHEN NOT (isfinite({x}) AND isfinite({y})) THEN false"
            f" WHEN abs({apart} - {limit}) > {noise} * ({size} + {limit}) THEN {apart} < {limit}"
            f" ELSE coalesce({exact}, {apart} <= {limit}) END"
        )

    return _either(
        pair,
        lambda t: test(f"CAST('{t}' AS DOUBLE)", _absolute(p, q, t, common)),
        lambda r: test(f"(CAST('{r}' AS DOUBLE) * greatest(abs({x}), abs({y})))", _relative(p, q, r, common)),
    )


def _decimal_literal(value: Decimal, scale: int) -> str:
    return f"CAST('{_floored(value, scale):f}' AS DECIMAL(38,{scale}))"


def _floored(value: Decimal, scale: int) -> Decimal:
    """What matters of a tolerance where differences are multiples of 10^-scale."""
    with localcontext(prec=200):
        return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_FLOOR)
