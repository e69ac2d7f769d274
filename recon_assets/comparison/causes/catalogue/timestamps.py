"""Times of which one side has fewer digits: parts of the second, or the whole time of day.

Belongs here: cutting and rounding of times. Does not belong here: moving them (`time_shifts`).
"""

from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Direction, Operands, Ticks

_EPOCH_SECONDS = 62_135_596_800
"""From 0001-01-01 to 1970: counted from there, no time is negative."""
_DAY = 86_400
_APART = 20
"""Units kept: that two times less apart agree when cut is no surprise, and must be the rule."""


def _precision(operands: Operands, _: Sampled) -> list[Guess]:
    ticks = operands.ticks
    decimals = range(8 if ticks.second > 1_000_000 else 5, -1, -1)
    units = [
        (ticks.second // 10**n, f"{n} decimal{'s' * (n != 1)} of the second" if n else "seconds") for n in decimals
    ]
    units += [(60 * ticks.second, "minutes"), (3600 * ticks.second, "hours")]
    guesses = []
    for d in operands.directions(ticks.x, ticks.y):
        written, rounded = _datetime(ticks, d)
        guesses += [written, *(g for unit, name in units for g in _to_unit(ticks, d, unit, name)), rounded]
    return guesses


def _since(value: str, ticks: Ticks) -> str:
    return f"({value} + {_EPOCH_SECONDS * ticks.second})"


def _to_unit(ticks: Ticks, d: Direction, unit: int, name: str) -> list[Guess]:
    finer = _finer(ticks, unit)

    def holds(y: str, rest: str) -> str:
        return f"{_since(y, ticks)} % {unit} = 0 AND {d.x} <> {y} AND {rest.format(x=d.x, y=y)}"

    cut, near = "{x} - {y} BETWEEN 0 AND " + str(unit - 1), "abs({x} - {y}) * 2 <= " + str(unit)
    wrong = [f"({d.y} {sign} {n * finer})" for sign in "+-" for n in (1, 2, 3)]
    return [
        Guess(
            "timestamp_precision",
            f"the {d.after} is the {d.before} {how} to {name}",
            holds(d.y, rest),
            [holds(y, rest) for y in wrong],
            varies=d.y,
            could=f"abs({d.x} - {d.y}) < {_APART * unit}",
        )
        for how, rest in (("cut", cut), ("rounded", near))
    ]


def _finer(ticks: Ticks, unit: int) -> int:
    """The unit in which times that have nothing to do with rounding would be apart."""
    return unit // 60 if unit > ticks.second else unit // 10


def _datetime(ticks: Ticks, d: Direction) -> tuple[Guess, Guess]:
    """SQL Server's datetime in milliseconds: of a time that is 1/300 seconds already, and of any."""
    micro = ticks.second // 1_000_000
    of_second = f"({_since(d.x, ticks)} % {ticks.second})"
    third = f"(({of_second} * 3 + {5_000 * micro}) // {10_000 * micro})"  # 1/300 s, the nearest
    rounded = f"({d.x} - {of_second} + (({third} * 10 + 1) // 3) * {1_000 * micro})"
    holds = f"{d.y} = {rounded} AND {d.x} <> {d.y}"
    thirds = f"{holds} AND abs({of_second} * 3 - {third} * {10_000 * micro}) <= {3 * micro}"
    written = f"1/300 seconds of SQL Server's datetime: exact in the {d.before}, in milliseconds in the {d.after}"
    detail = f"the {d.after} is the {d.before} rounded to 1/300 second, as SQL Server's datetime is"
    return Guess("timestamp_precision", written, thirds), Guess("timestamp_precision", detail, holds)


def _midnight(operands: Operands, _: Sampled) -> list[Guess]:
    if operands.family != "timestamp":
        return []
    ticks = operands.ticks
    day = _DAY * ticks.second

    def holds(d: Direction, y: str) -> str:
        return f"{_since(y, ticks)} % {day} = 0 AND {d.x} - {y} BETWEEN 1 AND {day - 1}"

    return [
        Guess(
            "midnight",
            f"the {d.after} has the date of the {d.before} without its time of day",
            holds(d, d.y),
            [holds(d, f"({d.y} {sign} {n * day})") for sign in "+-" for n in (1, 2)],
            sure=True,  # where all times are of one day; the wrong days tell
        )
        for d in operands.directions(ticks.x, ticks.y)
    ]


FINDERS = [Finder(_midnight), Finder(_precision)]
