"""The goals for `recon compare`, and whether a run meets them.

Belongs here: each goal as data, and judging it. Does not belong here: measuring.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.lineup import RECON
from benchmarks.results import Outcomes, markdown


@dataclass(frozen=True)
class Measured:
    """A scenario's value for a goal, by wall and by CPU seconds (the same for memory)."""

    scenario: str
    wall: float
    cpu: float


@dataclass(frozen=True)
class Ratio:
    """Ours against a contestant: at most `limit` times its time, or, where `faster`, at least so many times faster."""

    about: str
    rows: int
    limit: float
    against: str
    scenarios: tuple[str, ...] = ()
    faster: bool = False

    def measure(self, outcomes: Outcomes) -> Iterator[Measured]:
        for scenario, by_name in outcomes.items():
            ours, other = by_name.get(RECON), by_name.get(self.against)
            if ours and other and not ours.failed and not other.failed and scenario in (self.scenarios or outcomes):
                wall, cpu = ours.wall / other.wall, ours.cpu / other.cpu
                yield Measured(scenario, 1 / wall, 1 / cpu) if self.faster else Measured(scenario, wall, cpu)


@dataclass(frozen=True)
class Peak:
    """Ours takes at most `limit` MB of memory, in every scenario."""

    about: str
    rows: int
    limit: float
    faster = False

    def measure(self, outcomes: Outcomes) -> Iterator[Measured]:
        for scenario, by_name in outcomes.items():
            if (ours := by_name.get(RECON)) and not ours.failed:
                yield Measured(scenario, ours.peak, ours.peak)


GOALS = (
    Ratio("equal: at most 1.2 × one scan (a)", 10_000_000, 1.2, "scan", ("equal",)),
    Ratio("sparse: at most 2.2 × one scan (a)", 10_000_000, 2.2, "scan", ("sparse",)),
    Ratio("dense: at most 1.3 × a plain join (b)", 10_000_000, 1.3, "join", ("dense",)),
    Ratio("dense: at most 1.3 × a plain join (b) within 1 GB", 10_000_000, 1.3, "join-1GB", ("dense",)),
    Ratio("at least 50 × faster than datacompy over pandas (c)", 1_000_000, 50, "datacompy-pandas", faster=True),
    Ratio("at least 50 × faster than datacompy over Polars (c)", 1_000_000, 50, "datacompy-polars", faster=True),
    Ratio("at least 25 × faster than the scripts' way (d)", 1_000_000, 25, "sorted-pandas", faster=True),
    Peak("peak memory at most 600 MB", 10_000_000, 600),
    Peak("peak memory at most 1,000 MB", 100_000_000, 1_000),
)

_LINEAR = 1.1
"""How much more a row may take at one size than at a smaller one."""


def goals_table(sizes: Mapping[int, Outcomes]) -> str:
    """A row per goal and measured size; a goal is judged at the size it is stated for only."""
    rows = []
    for goal in GOALS:
        for size, outcomes in sizes.items():
            measured = list(goal.measure(outcomes))
            if measured:
                rows.append(_judged(goal.about, goal.limit, measured, goal.faster, size, goal.rows))
    small, large = min(sizes), max(sizes)
    if small < large:
        about = f"cost linear: a row takes at most {_LINEAR} × as long as at {small:,} rows"
        rows.append(_judged(about, _LINEAR, _growth(sizes[small], sizes[large], large / small), False, large, large))
    return markdown(("goal", "rows", "wall", "CPU", "scenario", "met"), rows)


def _growth(small: Outcomes, large: Outcomes, factor: float) -> list[Measured]:
    return [
        Measured(scenario, b.wall / a.wall / factor, b.cpu / a.cpu / factor)
        for scenario in large
        if (a := small[scenario][RECON]) and (b := large[scenario][RECON]) and not a.failed and not b.failed
    ]


def _judged(about: str, limit: float, measured: list[Measured], at_least: bool, size: int, stated: int) -> tuple:
    """The worst scenario by wall, and the worst value by CPU."""
    worst = min if at_least else max
    by_wall = worst(measured, key=lambda m: m.wall)
    wall, cpu = by_wall.wall, worst(m.cpu for m in measured)
    met = [value >= limit if at_least else value <= limit for value in (wall, cpu)]
    if size != stated:
        said = f"stated for {stated:,} rows"
    elif met[0] == met[1]:
        said = "yes" if met[0] else "no"
    else:
        said = "by wall only" if met[0] else "by CPU only"
    return about, f"{size:,}", f"{wall:,.2f}", f"{cpu:,.2f}", by_wall.scenario, said
