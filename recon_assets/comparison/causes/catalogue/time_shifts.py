"""Times moved: by a constant, or by a zone's clock and its summer time.

Belongs here: which shifts and which zones explain the differences. Does not belong here: lost precision (`timestamps`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from recon_assets.comparison.causes.guess import Finder, Guess, Sampled
from recon_assets.comparison.causes.operands import Operands, Ticks
from recon_assets.comparison.duck import literal

_ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Athens",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Halifax",
    "America/Anchorage",
    "America/St_Johns",
    "America/Santiago",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Pacific/Auckland",
    "Asia/Jerusalem",
)
"""Clocks with a summer time, the most used of each kind first. Those without are a constant shift."""
_YEAR = 2024
_TRIED = 4
_UNITS = ((86_400, "day"), (3600, "hour"), (1800, "half hour"), (60, "minute"), (1, "second"))


def _asks(operands: Operands, _: Sampled) -> dict[str, str]:
    ticks = operands.ticks
    return {"shift": f"nullif({ticks.y} - {ticks.x}, 0)"}


def _constant(operands: Operands, sampled: Sampled) -> list[Guess]:
    ticks = operands.ticks
    apart = f"{ticks.y} - {ticks.x}"
    # less than a second is no clock, but lost precision
    shifts = [s for s in (int(text) for text, _ in sampled.frequent["shift"]) if abs(s) >= ticks.second]
    guesses = []
    for shift in shifts[:_TRIED]:
        grid = next((n * ticks.second for n, _ in _UNITS if shift % (n * ticks.second) == 0), 1)
        wrong = [shift + sign * n * grid for n in (1, 2, 3) for sign in (1, -1)]
        # the two most frequent may be a zone's two
        wrong = [w for w in wrong if w and w not in shifts[:2]]
        detail = f"the target is {_spoken(abs(shift), ticks)} {'later' if shift > 0 else 'earlier'} than the source"
        holds = f"{apart} = {shift}"
        guesses.append(Guess("time_shift", detail, holds, [f"{apart} = {w}" for w in wrong], least_values=3))
    return guesses


def _spoken(shift: int, ticks: Ticks) -> str:
    """A duration in the largest unit that counts it in whole numbers."""
    for seconds, name in _UNITS:
        count, rest = divmod(shift, seconds * ticks.second)
        if count and not rest:
            return f"{count} {name}{'s' * (count != 1)}" if name != "half hour" else f"{count / 2} hours"
    return f"{shift / ticks.second:.9g} seconds"


def _zones(operands: Operands, sampled: Sampled) -> list[Guess]:
    if operands.family != "timestamp":
        return []
    ticks = operands.ticks
    shifts = {int(text) for text, _ in sampled.frequent["shift"][: 2 * _TRIED]}
    guesses = []
    for d in operands.directions(ticks.x, ticks.y):
        sign = 1 if d.after == "target" else -1
        for zone, offsets in _offsets():
            if {sign * o * ticks.second for o in offsets} <= shifts:
                local = _local(d.x, zone, ticks)
                wrong = [f"{d.y} + {hours * 3600 * ticks.second} = {local}" for hours in (-2, -1, 1, 2)]
                detail = f"UTC in the {d.before}, the clock of {zone} with its summer time in the {d.after}"
                guesses.append(Guess("time_shift", detail, f"{d.y} = {local}", wrong, least_values=3))
    return guesses


def _offsets() -> Iterator[tuple[str, set[int]]]:
    """Each zone's two distances from UTC, in seconds."""
    for zone in _ZONES:
        days = (datetime(_YEAR, month, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)) for month in (1, 7))
        yield zone, {int(day.utcoffset().total_seconds()) for day in days}


def _local(utc: str, zone: str, ticks: Ticks) -> str:
    """SQL: what a zone's clock shows at a time of UTC, both in ticks."""
    finer = ticks.second // 1_000_000
    micro = utc if finer == 1 else f"CAST({utc} // {finer} AS BIGINT)"
    local = f"epoch_us(timezone({literal(zone)}, timezone('UTC', make_timestamp({micro}))))"
    return local if finer == 1 else f"(CAST({local} AS HUGEINT) * {finer} + {utc} % {finer})"


FINDERS = [Finder(_constant, _asks), Finder(_zones)]
