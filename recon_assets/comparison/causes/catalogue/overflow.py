"""Numbers too large for a type: capped at its limit, wrapped around, or lost to NULL.

Belongs here: the limits of number types and what becomes of numbers beyond them. Does not belong here: digits lost
after the point (`rounding`).
"""

from decimal import Decimal

from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Direction, Exact, Operands
from recon_assets.comparison.types import FLOATS, digits

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
_UNSIGNED_BITS = {"UTINYINT": 8, "USMALLINT": 16, "UINTEGER": 32, "UBIGINT": 64}
_INTEGERS = (*_BITS, *_UNSIGNED_BITS)
_BYTE_DIGITS = 3
_NAMES = {
    "UTINYINT": "tinyint (0 to 255)",
    "TINYINT": "TINYINT (-128 to 127)",
    "SMALLINT": "smallint",
    "INTEGER": "int",
    "BIGINT": "bigint",
}
"""SQL Server's names, but for a type that it has not."""
_SQL_SERVER = ("UTINYINT", "SMALLINT", "INTEGER", "BIGINT")


def limits(duck_type: str) -> tuple[Decimal, Decimal] | None:
    """The least and greatest number of an exact type; None for any other."""
    if duck_type in _BITS:
        return Decimal(-(2 ** (_BITS[duck_type] - 1))), Decimal(2 ** (_BITS[duck_type] - 1) - 1)
    if duck_type in _UNSIGNED_BITS:
        return Decimal(0), Decimal(2 ** _UNSIGNED_BITS[duck_type] - 1)
    found = digits(duck_type)
    if found is None or duck_type == "BOOLEAN":
        return None
    greatest = Decimal(int("9" * (found.whole + found.scale))).scaleb(-found.scale)
    return -greatest, greatest


def _asks(operands: Operands, _: Sampled) -> dict[str, str]:
    exact = operands.exact
    if exact is None:
        return {}
    asks = {}
    for d in operands.directions(exact.x, exact.y):
        ends = ", ".join(exact.number(f"{b:f}") for bounds in _ends(exact, d) for b in bounds)
        asks[f"ends_{d.after}"] = f"CASE WHEN {d.y} IN ({ends}) THEN {d.y} END" if ends else "NULL"
        if d.after_type in _INTEGERS and exact.precision - exact.scale >= _BYTE_DIGITS:
            byte = exact.number("256")  # all integer types are whole bytes
            asks[f"wraps_{d.after}"] = f"CASE WHEN {d.x} <> {d.y} AND ({d.x} - {d.y}) % {byte} = 0 THEN 0 END"
    return asks


def _guesses(operands: Operands, sampled: Sampled) -> list[Guess]:
    exact = operands.exact
    if exact is None:
        return []
    guesses = []
    for d in operands.directions(exact.x, exact.y):
        guesses += _lost(operands, exact, d)
        ends = {Decimal(text) for text, _ in sampled.frequent[f"ends_{d.after}"]}
        guesses += [_capped(exact, d, bounds, name) for bounds, name in _ends(exact, d).items() if ends & {*bounds}]
        if sampled.frequent.get(f"wraps_{d.after}"):
            guesses += _wrapped(exact, d)
    return guesses


def _ends(exact: Exact, d: Direction) -> dict[tuple[Decimal, Decimal], str]:
    """The limits of the type itself and of those that the number may have passed through, with the types' names."""
    types = [d.after_type, *_SQL_SERVER]
    found = {limits(t): t for t in reversed(types)}
    return {bounds: name for bounds, name in found.items() if bounds is not None and _fits(exact, bounds)}


def _lost(operands: Operands, exact: Exact, d: Direction) -> list[Guess]:
    bounds = limits(d.after_type)
    if bounds is None:
        return []
    if d.before_type in FLOATS:
        x = operands.doubles[0 if d.before == "source" else 1]
        outside = f"({x} < CAST('{bounds[0]}' AS DOUBLE) OR {x} > CAST('{bounds[1]}' AS DOUBLE))"
    elif _fits(exact, bounds):
        outside = f"({d.x} < {exact.number(f'{bounds[0]:f}')} OR {d.x} > {exact.number(f'{bounds[1]:f}')})"
    else:
        return []
    detail = (
        f"NULL in the {d.after} where the {d.before}'s number doesn't fit its {_NAMES.get(d.after_type, d.after_type)}"
    )
    return [Guess("overflow", detail, f"{d.y} IS NULL AND {outside}", sure=True)]


def _capped(exact: Exact, d: Direction, bounds: tuple[Decimal, Decimal], name: str) -> Guess:
    step = Decimal(1).scaleb(bounds[1].as_tuple().exponent)

    def within(steps: int) -> str:
        low, high = (exact.number(f"{b:f}") for b in (bounds[0] + steps * step, bounds[1] - steps * step))
        return f"({d.y} = {high} AND {d.x} > {high}) OR ({d.y} = {low} AND {d.x} < {low})"

    return Guess(
        "overflow",
        f"the {d.after} is capped at the limit of {_NAMES.get(name, name)}, which the {d.before} is beyond",
        within(0),
        [within(steps) for steps in (1, 2, 3)],  # no more numbers lie there than elsewhere, unless capped
        sure=True,
    )


def _wrapped(exact: Exact, d: Direction) -> list[Guess]:
    guesses = []
    for name in dict.fromkeys((d.after_type, *_SQL_SERVER)):
        bits = {**_BITS, **_UNSIGNED_BITS}.get(name)
        if bits is None:
            continue
        bounds, turn = limits(name), Decimal(2**bits)
        if not _fits(exact, (turn, turn)):
            continue
        low, high = (exact.number(f"{b:f}") for b in bounds)
        guesses.append(
            Guess(
                "overflow",
                f"the {d.after} is the {d.before} wrapped around to the {bits} bits of {_NAMES.get(name, name)}",
                f"NOT ({d.x} BETWEEN {low} AND {high}) AND {d.y} BETWEEN {low} AND {high}"
                f" AND ({d.x} - {d.y}) % {exact.number(str(turn))} = 0",
            )
        )
    return guesses


def _fits(exact: Exact, bounds: tuple[Decimal, Decimal]) -> bool:
    return all(abs(b) < Decimal(10) ** (exact.precision - exact.scale) for b in bounds)


FINDERS = [Finder(_guesses, _asks)]
