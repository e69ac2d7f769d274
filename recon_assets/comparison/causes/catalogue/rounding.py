"""Numbers that one side has with fewer digits: rounded, cut, or divided as whole numbers.

Belongs here: every way to lose digits of a number, by exact decimal arithmetic. Does not belong here: digits that a
type has no room for (`overflow`), the noise of binary fractions (`float_noise`).
"""

from decimal import Decimal

from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Direction, Exact, Operands, decimals_used

_APART = 20
"""Units of the last digit kept: that two numbers less apart agree when rounded is no surprise, and must be the rule."""
_SCALES = 3
"""How many numbers of digits are tried: rounding to 2 also leaves numbers that happen to have 1 or 0."""
_MODES = {
    "rounded half away from zero": "abs({y}) > abs({x})",
    "rounded half to even": "{y} % {two_units} = 0",
    "rounded half up": "{y} > {x}",
}
"""What tells them apart: to which side numbers go that lie in the middle."""
_TOWARDS = {"rounded down": "{y} < {x}", "rounded up": "{y} > {x}"}


def _asks(operands: Operands, _: Sampled) -> dict[str, str]:
    exact = operands.exact
    if exact is None:
        return {}
    asks = {}
    for d in operands.directions(exact.x, exact.y):
        decimals = decimals_used(d.y)
        apart, unit = f"CAST(abs({d.x} - {d.y}) AS DOUBLE)", f"pow(10, -{decimals})"
        asks[f"rounded_{d.after}"] = f"CASE WHEN {apart} BETWEEN 1e-37 AND {unit} THEN {decimals} END"
        asks[f"middle_{d.after}"] = f"CASE WHEN abs({apart} * 2 / {unit} - 1) < 1e-9 THEN {decimals} END"
    return asks


def _guesses(operands: Operands, sampled: Sampled) -> list[Guess]:
    exact = operands.exact
    if exact is None:
        return []
    guesses = []
    used = max(sampled.source_decimals, sampled.target_decimals)
    for d in operands.directions(exact.x, exact.y):
        wanted = [int(n) for n, _ in sampled.frequent[f"rounded_{d.after}"][:_SCALES]]
        in_the_middle = {int(n) for n, _ in sampled.frequent[f"middle_{d.after}"]}
        for n in sorted(wanted, reverse=True):
            if n < used and -n < exact.precision - exact.scale:
                guesses += _to_digits(exact, d, n, used, n in in_the_middle)
    return guesses


def _to_digits(exact: Exact, d: Direction, n: int, used: int, shows_mode: bool) -> list[Guess]:
    digits = f"to {n} decimal{'s' * (n != 1)}" if n > 0 else "to whole numbers" if n == 0 else f"to {10**-n}s"
    unit, half = (exact.number(f"{Decimal(m).scaleb(-n - 1):f}") for m in (10, 5))
    two_units = exact.number(f"{Decimal(2).scaleb(-n):f}")
    step = exact.number(f"{Decimal(1).scaleb(-used):f}")

    def fewer(y: str, rest: str) -> str:
        return f"{y} % {unit} = 0 AND {d.x} <> {y} AND ({rest})"

    def guess(cause: str, what: str, rest: str) -> Guess:
        near = [f"({d.y} {sign} {i} * {step})" for sign in "+-" for i in (1, 2, 3)]
        holds = fewer(d.y, rest.format(x=d.x, y=d.y, two_units=two_units))
        return Guess(
            cause,
            f"the {d.after} is the {d.before} {what}",
            holds,
            [fewer(y, rest.format(x=d.x, y=y, two_units=two_units)) for y in near],
            varies=d.y,
            could=f"CAST(abs({d.x} - {d.y}) AS DOUBLE) < {_APART}e{-n}",
        )

    apart = f"abs({d.x} - {{y}})"
    modes = [(how, f"{apart} < {half} OR ({apart} = {half} AND {tie})") for how, tie in _MODES.items()]
    ways = [*(modes if shows_mode else []), ("rounded", f"{apart} <= {half}")]
    found = [guess("rounding", f"{how} {digits}", rest) for how, rest in ways]
    cut = f"abs({d.x} - {{y}}) < {unit}"
    toward_zero = cut + " AND abs({y}) < abs({x}) AND ({y} = 0 OR ({x} < 0) = ({y} < 0))"
    if n == 0:
        found.append(guess("integer_division", "cut to whole numbers, as a division of integers does", toward_zero))
    elif n > 0:
        found.append(guess("truncation", f"cut {digits}", toward_zero))
    if n == 0:
        found += [guess("rounding", f"{how} {digits}", f"{cut} AND {tie}") for how, tie in _TOWARDS.items()]
    return found


def _last_digit(operands: Operands, sampled: Sampled) -> list[Guess]:
    """Both sides rounded what neither shows any more: they are one unit of the last digit apart."""
    exact = operands.exact
    used = max(sampled.source_decimals, sampled.target_decimals) if exact is not None else 0
    if used < 1:
        return []
    unit, two_units = (exact.number(f"{Decimal(m).scaleb(-used):f}") for m in (1, 2))
    apart = f"abs({exact.x} - {exact.y})"
    near = [f"{apart} = {exact.number(f'{Decimal(m).scaleb(-used):f}')}" for m in (2, 3)]
    guesses = [
        Guess(
            "rounding",
            f"rounded to {used} decimals, half away from zero in the {d.after}, half to even in the {d.before}",
            f"{apart} = {unit} AND {d.x} % {two_units} = 0 AND abs({d.y}) > abs({d.x})",
            [
                *near,
                f"{apart} = {unit} AND {d.x} % {two_units} = 0 AND abs({d.y}) < abs({d.x})",
                f"{apart} = {unit} AND {d.x} % {two_units} <> 0",
            ],
            least_values=8,
            weak=True,
        )
        for d in operands.directions(exact.x, exact.y)
    ]
    return [
        *guesses,
        Guess(
            "rounding",
            f"one apart in the last of {used} decimals, as when something before was rounded differently",
            f"{apart} = {unit}",
            [*near, *(f"{d.y} - {d.x} = {unit}" for d in operands.directions(exact.x, exact.y))],
            least_values=8,
            weak=True,
        ),
    ]


FINDERS = [Finder(_guesses, _asks), Finder(_last_digit)]
