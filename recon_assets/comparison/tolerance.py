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

from recon_assets.comparison.canonical import common_decimal, float_text
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.schema import Pair
from recon_assets.comparison.types import FLOATS, digits

_FLOAT_SCALE = 18  # decimals to which floats are looked at near the border


def within(pair: Pair, a: str, b: str) -> str:
    """SQL: whether two values that aren't equal are within the pair's tolerances; for a NULL never true.

    `a` and `b` are columns that hold the sides' raw values (booleans as TINYINT). Raises ComparisonError
    where the two types leave no room for exact arithmetic.
    """
    types = (pair.source.type, pair.target.type)
    way = _floats if any(t in FLOATS for t in types) else _exact_types
    absolute, relative = way(pair, types, a, b)
    rule = pair.rule
    tests = [test(limit) for test, limit in ((absolute, rule.tolerance), (relative, rule.relative_tolerance)) if limit]
    return f"({' OR '.join(tests)})"


_Test = Callable[[Decimal], str]


def _exact_types(pair: Pair, types: tuple[str, str], a: str, b: str) -> tuple[_Test, _Test]:
    common = common_decimal(*types)
    room = digits(common) if common else None

    def absolute(tolerance: Decimal) -> str:
        if room is None or room.whole + room.scale == 38:  # the difference may need a digit more
            return _apart_as_bignum(types, a, b, tolerance)
        wide = f"DECIMAL({room.whole + 1 + room.scale},{room.scale})"
        limit = min(tolerance, Decimal(2) * 10**room.whole)
        return f"abs(CAST({a} AS {wide}) - CAST({b} AS {wide})) <= {_literal(limit, room.scale)}"

    def relative(share: Decimal) -> str:
        if room is None:
            raise ComparisonError(
                f"column {pair.name!r}: {types[0]} and {types[1]} have no common decimal type, so relative_tolerance "
                "has no exact arithmetic; use tolerance, or narrow one of the types"
            )
        wide = f"DECIMAL(38,{room.scale})"
        return _relative(f"CAST({a} AS {wide})", f"CAST({b} AS {wide})", room.scale, share)

    return absolute, relative


def _relative(p: str, q: str, scale: int, share: Decimal) -> str:
    """max - min ≤ m/u · max for the magnitudes of two decimals of one sign, as whole numbers; u ≤ 10^18.

    The right side is floored, in two parts so as not to overflow.
    """
    x, y = (f"abs({v})" for v in (p, q))
    if scale:
        x, y = (f"replace(CAST({v} AS VARCHAR), '.', '')" for v in (x, y))
    x, y = (f"CAST({v} AS UHUGEINT)" for v in (x, y))
    unit = 10 ** max(0, -share.as_tuple().exponent)
    m, u = f"{int(share * unit)}::UHUGEINT", f"{unit}::UHUGEINT"
    high = f"greatest({x}, {y})"
    allowed = f"{m} * ({high} // {u}) + ({m} * ({high} % {u})) // {u}"
    return f"(({p} < 0) = ({q} < 0) AND {high} - least({x}, {y}) <= {allowed})"


def _apart_as_bignum(types: tuple[str, str], a: str, b: str, tolerance: Decimal) -> str:
    """Whole numbers of any length, which DuckDB can only add and subtract."""
    scale = max(digits(t).scale for t in types)
    x, y = (
        f"CAST(replace(CAST({v} AS VARCHAR), '.', '') || '{'0' * (scale - digits(t).scale)}' AS BIGNUM)"
        for v, t in ((a, types[0]), (b, types[1]))
    )
    limit = int(f"{_floored(tolerance, scale):f}".replace(".", ""))
    return f"CASE WHEN {x} < {y} THEN {y} - {x} ELSE {x} - {y} END <= CAST('{limit}' AS BIGNUM)"


def _floats(pair: Pair, types: tuple[str, str], a: str, b: str) -> tuple[_Test, _Test]:
    x, y = (v if t == "DOUBLE" else f"CAST({v} AS DOUBLE)" for v, t in zip((a, b), types, strict=True))
    if set(types) == set(FLOATS):  # which are equal only as doubles, so that is what is near, too
        a, b, types = x, y, ("DOUBLE", "DOUBLE")
    # how far a float may be from its shortest decimal, as a share of its size, with room
    noise = "1e-6" if "FLOAT" in types and "DOUBLE" not in types else "1e-15"
    apart, larger = f"abs({x} - {y})", f"greatest(abs({x}), abs({y}))"
    decimals = [d for d in map(digits, types) if d]
    misfits = {d.scale for d in decimals if d.scale > _FLOAT_SCALE or d.whole > 38 - _FLOAT_SCALE}
    texts = [
        # the numbers that need care are too large for the usual scale
        float_text(v, t) if misfits and t in FLOATS else f"CAST({v} AS VARCHAR)"
        for v, t in zip((a, b), types, strict=True)
    ]
    scales = sorted({_FLOAT_SCALE} | misfits, reverse=True)  # those with most digits after the point first

    def test(limit: str, exactly: Callable[[str, str, int], str]) -> str:
        by_decimals = (
            # NULL where a value doesn't fit
            exactly(*(f"TRY_CAST({text} AS DECIMAL(38,{scale}))" for text in texts), scale)
            for scale in scales
        )
        by_doubles = f"{apart} <= {limit}"
        if decimals:  # a double has lost the digits of a decimal that so small a limit is about
            by_doubles += f" AND {noise} * {larger} <= {limit}"
        return (
            f"CASE WHEN NOT isfinite({apart}) THEN false"  # where a double can't hold it, it is beyond any tolerance
            f" WHEN abs({apart} - {limit}) > {noise} * (2 * {larger} + {limit}) THEN {apart} < {limit}"
            f" ELSE coalesce({', '.join(by_decimals)}, {by_doubles}) END"
        )

    def absolute(tolerance: Decimal) -> str:
        def exactly(p: str, q: str, scale: int) -> str:
            largest = Decimal((0, (9,) * 38, -scale))
            return f"TRY(abs({p} - {q})) <= {_literal(min(tolerance, largest), scale)}"

        return test(f"CAST('{tolerance}' AS DOUBLE)", exactly)

    def relative(share: Decimal) -> str:
        limit = f"(CAST('{share}' AS DOUBLE) * {larger})"
        return test(limit, lambda p, q, scale: _relative(p, q, scale, share))

    return absolute, relative


def _literal(value: Decimal, scale: int) -> str:
    return f"CAST('{_floored(value, scale):f}' AS DECIMAL(38,{scale}))"


def _floored(value: Decimal, scale: int) -> Decimal:
    """What matters of a tolerance where differences are multiples of 10^-scale."""
    with localcontext(prec=400):  # a tolerance of up to 10^300, and 38 digits more
        return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_FLOOR)
