"""The tables: what was measured, and whether the goals are met.

Belongs here: goals as data, and rendering. Does not belong here: measuring.
"""

from collections.abc import Mapping

from benchmarks.reading.lineup import FINGERPRINTED, PANDAS, PYODBC, RECON
from benchmarks.results import Outcome, markdown

Outcomes = Mapping[int, Mapping[str, Outcome]]
"""By rows and contestant."""

_FASTER = {PANDAS: 3, PYODBC: 3}
"""How many times the rows per second of others ours must read."""
_PEAK_MB, _PEAK_ROWS = 400, 5_000_000


def results_table(measured: Outcomes) -> str:
    """A row per size and contestant; below, how answers are wrong and why there is none."""
    rows, notes = [], []
    for size, by_name in measured.items():
        for name, o in by_name.items():
            answer, _, how = o.answer.partition(": ")
            if how:
                notes.append(f"- {size:,} rows, {name}: {o.answer}")
            speed = "–" if o.failed else f"{size / o.wall:,.0f}"
            times = _times_ours(by_name.get(RECON), o)
            ratios = [f"{value:.2f}" for value in times] if times else ["–", "–"]
            rows.append((f"{size:,}", name, speed, f"{o.wall:.1f}", f"{o.cpu:.1f}", f"{o.peak:.0f}", *ratios, answer))
    header = ("rows", "contestant", "rows/s", "wall s", "CPU s", "peak MB", "wall ×recon", "CPU ×recon", "answer")
    return "\n".join([markdown(header, rows), *([""] if notes else []), *notes])


def goals_table(measured: Outcomes) -> str:
    """A row per goal and size it was measured at."""
    rows = []
    for size, by_name in measured.items():
        for name, limit in _FASTER.items():
            if times := _times_ours(by_name.get(RECON), by_name.get(name)):
                met = _MET[tuple(value >= limit for value in times)]
                rows.append((f"at least {limit} × as fast as {name}", f"{size:,}", *(f"{v:.2f}" for v in times), met))
        for name in (RECON, FINGERPRINTED):
            if (ours := by_name.get(name)) and not ours.failed:
                met = "yes" if ours.peak <= _PEAK_MB else "no"
                said = met if size >= _PEAK_ROWS else f"stated for {_PEAK_ROWS:,} rows"
                peak = f"{ours.peak:.0f}"
                rows.append((f"{name}: peak memory at most {_PEAK_MB} MB", f"{size:,}", peak, peak, said))
    return markdown(("goal", "rows", "wall", "CPU", "met"), rows)


_MET = {(True, True): "yes", (False, False): "no", (True, False): "by wall only", (False, True): "by CPU only"}


def _times_ours(ours: Outcome | None, other: Outcome | None) -> tuple[float, float] | None:
    """How many times ours' wall and CPU seconds the other takes."""
    if ours is None or other is None or ours.failed or other.failed:
        return None
    return other.wall / ours.wall, other.cpu / ours.cpu
