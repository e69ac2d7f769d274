"""Numbers changed by one and the same operation: sign, factor, offset.

Belongs here: what a constant does to all numbers it explains. Does not belong here: lost digits (`rounding`).
"""

from decimal import Decimal

from recon_assets.comparison.causes.catalogue.float_noise import ulp
from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Direction, Exact, Operands

_OFFSET_SCALE = 6  # of floats
_FACTOR_SCALE = 6
_FACTOR_SCALES = (0, 1, 2, 4, _FACTOR_SCALE)
_FACTOR_WHOLE = 7
_PRODUCT_DIGITS = 37  # with room for a difference
_TRIED = 4
_APART = 20
"""Last digits: that a factor explains numbers less apart is no surprise, and must be the rule."""
_NEARLY_ALL = 0.95
"""The share of numbers that a factor must explain if both sides may have been rounded after it."""


def _sign(operands: Operands, _: Sampled) -> list[Guess]:
    if operands.is_float:
        x, y = operands.doubles
    elif operands.exact is not None:
        x, y = operands.exact.x, operands.exact.y
    else:
        return []
    return [Guess("sign", "the target has the opposite sign", f"{x} = -{y} AND {x} <> 0")]


def _ask_offset(operands: Operands, _: Sampled) -> dict[str, str]:
    if operands.is_float:
        x, y = operands.doubles
        apart = f"round({y} - {x}, {_OFFSET_SCALE})"
        number = f"CAST(CAST({apart} AS DECIMAL(28,{_OFFSET_SCALE})) AS VARCHAR)"
        return {"offset": f"CASE WHEN isfinite({x}) AND isfinite({y}) AND abs({apart}) < 1e15 THEN {number} END"}
    exact = operands.exact
    return {} if exact is None else {"offset": f"CAST({exact.y} - {exact.x} AS VARCHAR)"}


def _offset(operands: Operands, sampled: Sampled) -> list[Guess]:
    exact = operands.exact
    if exact is None:
        return []
    guesses = []
    decimals = max(sampled.source_decimals, sampled.target_decimals)
    unit = Decimal(1).scaleb(-min(decimals, _OFFSET_SCALE) if operands.is_float else -decimals)
    for text, _ in sampled.frequent["offset"][:_TRIED]:
        constant = Decimal(text)
        if not constant:
            continue
        # 1, 2, 3 and so on apart is no constant: whatever explains it, its neighbours explain as well
        wrong = [constant + n * step for step in (unit, constant) for n in (-3, -2, -1, 1, 2, 3)]
        others = dict.fromkeys(w for w in wrong if w and w != constant)
        detail = f"the target is the source {'plus' if constant > 0 else 'minus'} {plain(abs(constant))}"
        holds = [_apart(operands, c) for c in (constant, *others)]
        if abs(constant) == unit and decimals > 0:
            places = f"{decimals} decimal{'s' * (decimals != 1)}"
            detail += f", one in the last of {places}, as when something before was rounded differently"
            guesses.append(Guess("rounding", detail, holds[0], holds[1:], least_values=3, weak=True))
        else:
            guesses.append(Guess("offset", detail, holds[0], holds[1:], least_values=3))
    return guesses


def _apart(operands: Operands, constant: Decimal) -> str:
    if operands.is_float:
        x, y = operands.doubles
        noise = f"4 * {ulp(f'greatest(abs({x}), abs({y}))', 'DOUBLE')}"
        changed = f"({x} + CAST('{constant}' AS DOUBLE))"
        return f"isfinite({x}) AND isfinite({y}) AND abs({y} - {changed}) <= {noise}"
    exact = operands.exact
    return f"{exact.y} - {exact.x} = CAST('{constant:f}' AS DECIMAL(38,{exact.scale}))"


def _ask_factor(operands: Operands, sampled: Sampled) -> dict[str, str]:
    """The ratio with the fewest decimals that explains a row, to the last digit of the target, which is the result."""
    if not _has_factors(operands):
        return {}
    asks = {"factor_rounded": _ask_rounded_factor(operands, sampled)}
    last = f"0.50001 * 1e-{sampled.target_decimals}"
    for d in operands.directions(*operands.doubles):
        ratio = f"({d.y} / nullif({d.x}, 0))"
        error = f"({last}{f' * abs({ratio})' if d.after == 'source' else ''} + 1e-12 * abs({d.y}))"
        ways = " ".join(
            f"WHEN abs({d.x} * round({ratio}, {n}) - {d.y}) <= {error} THEN round({ratio}, {n})" for n in _FACTOR_SCALES
        )
        usable = f"isfinite({d.x}) AND isfinite({d.y}) AND {d.y} <> 0 AND abs({ratio}) < 1e{_FACTOR_WHOLE - 1}"
        number = f"CAST(CASE {ways} END AS DECIMAL({_FACTOR_WHOLE + _FACTOR_SCALE},{_FACTOR_SCALE}))"
        asks[f"factor_{d.after}"] = f"CASE WHEN {usable} THEN CAST({number} AS VARCHAR) END"
    return asks


def _has_factors(operands: Operands) -> bool:
    """A product of more decimals has no room in a decimal."""
    return operands.exact is not None and operands.exact.scale < _PRODUCT_DIGITS - _FACTOR_WHOLE - _FACTOR_SCALE


def _factor(operands: Operands, sampled: Sampled) -> list[Guess]:
    if not _has_factors(operands):
        return []
    exact = operands.exact
    guesses = []
    last = sampled.target_decimals
    x, y = operands.doubles if operands.is_float else (exact.x, exact.y)
    for d in operands.directions(x, y):
        for text, _ in sampled.frequent[f"factor_{d.after}"][:_TRIED]:
            factor = Decimal(text)
            if abs(factor) in (0, 1):
                continue
            step = Decimal(1).scaleb(factor.normalize().as_tuple().exponent)
            tried = [factor, *(f for f in (factor + step, factor - step) if abs(f) not in (0, 1))]
            if d.after == "target":
                detail = f"the target is {plain(factor)} times the source"
            else:
                detail = f"the target is the source divided by {plain(factor)}"
            holds = [_times(operands, exact, d, f, last) for f in tried]
            guesses.append(
                Guess(
                    "factor",
                    detail,
                    holds[0],
                    holds[1:],
                    least_values=3,
                    varies=d.y,
                    could=f"CAST(abs({d.x} - {d.y}) AS DOUBLE) < {_APART}e{-max(last, sampled.source_decimals)}",
                    rival=("factor", float(factor if d.after == "target" else 1 / factor)),
                )
            )
    return guesses + _rounded_factor(operands, sampled)


def _ask_rounded_factor(operands: Operands, sampled: Sampled) -> str:
    """The ratio with the fewest decimals that explains a row, to the last digits of both."""
    x, y = operands.doubles
    ratio = f"({y} / nullif({x}, 0))"
    ways = " ".join(
        f"WHEN abs({x} * round({ratio}, {n}) - {y}) <= {_error(operands, sampled, f'abs({ratio})')}"
        f" THEN round({ratio}, {n})"
        for n in _FACTOR_SCALES
    )
    usable = f"isfinite({x}) AND isfinite({y}) AND {y} <> 0 AND abs({ratio}) < 1e{_FACTOR_WHOLE - 1}"
    number = f"CAST(CASE {ways} END AS DECIMAL({_FACTOR_WHOLE + _FACTOR_SCALE},{_FACTOR_SCALE}))"
    return f"CASE WHEN {usable} THEN CAST({number} AS VARCHAR) END"


def _rounded_factor(operands: Operands, sampled: Sampled) -> list[Guess]:
    """One factor between numbers that were both rounded after it, as two results of one amount are."""
    x, y = operands.doubles
    guesses = []
    for text, _ in sampled.frequent["factor_rounded"][:_TRIED]:
        factor = Decimal(text)
        if abs(factor) in (0, 1):
            continue
        error = _error(operands, sampled, f"{abs(factor)}")
        little = f"{_APART}e{-min(sampled.source_decimals, sampled.target_decimals)}"

        def times(f: float, error: str = error) -> str:
            finite = f"isfinite({x}) AND isfinite({y}) AND {x} <> 0 AND {y} <> 0"
            return f"{finite} AND abs({x} * CAST('{f}' AS DOUBLE) - {y}) <= {error}"

        wrong = [1.0, -1.0, *(float(factor) * by for by in (0.98, 0.99, 1.01, 1.02))]
        guesses.append(
            Guess(
                "factor",
                f"the target is {plain(factor)} times the source, but for the rounding of both",
                times(float(factor)),
                [*(times(f) for f in wrong), f"abs({x} - {y}) <= {little}"],
                least_values=3,
                least_share=_NEARLY_ALL,
                varies=y,
                rival=("factor", float(factor)),
            )
        )
    return guesses


def _error(operands: Operands, sampled: Sampled, factor: str) -> str:
    """SQL: how far apart rounding both sides' last digits, and a float's factor to its last, may put the product."""
    x, y = operands.doubles
    error = f"0.50001 * (1e{-sampled.target_decimals} + {factor} * 1e{-sampled.source_decimals}) + 1e-12 * abs({y})"
    return f"({error}{f' + 0.5e-{_FACTOR_SCALE} * abs({x})' if operands.is_float else ''})"


def _times(operands: Operands, exact: Exact, d: Direction, factor: Decimal, last: int) -> str:
    """Whether the factor explains a row; `last` is how many decimals the target's numbers use."""
    if operands.is_float:
        return (
            f"isfinite({d.x}) AND isfinite({d.y}) AND {d.y} <> 0"
            f" AND abs({d.x} * CAST('{factor}' AS DOUBLE) - {d.y}) <= 4 * {ulp(f'abs({d.y})', 'DOUBLE')}"
        )
    factor_digits = _FACTOR_WHOLE + _FACTOR_SCALE
    number = f"TRY_CAST({d.x} AS DECIMAL({_PRODUCT_DIGITS - factor_digits},{exact.scale}))"
    product = f"{number} * CAST('{factor:f}' AS DECIMAL({factor_digits},{_FACTOR_SCALE}))"
    wide = f"DECIMAL({_PRODUCT_DIGITS},{exact.scale + _FACTOR_SCALE})"
    error = Decimal(5).scaleb(-last - 1) * (abs(factor) if d.after == "source" else 1)
    return f"{d.y} <> 0 AND abs({product} - TRY_CAST({d.y} AS {wide})) <= CAST('{error:f}' AS {wide})"


def plain(number: Decimal) -> str:
    """A number without trailing zeros or exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


FINDERS = [Finder(_sign), Finder(_offset, _ask_offset), Finder(_factor, _ask_factor)]
