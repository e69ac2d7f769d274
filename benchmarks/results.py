"""What was measured, and the table that shows it.

Belongs here: an outcome per contestant, scenario and size, and rendering as Markdown that also reads well in a
terminal. Does not belong here: measuring, and what the goals are (`goals`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.lineup import RECON, YARDSTICK
from benchmarks.measure import Usage


@dataclass(frozen=True)
class Outcome:
    """One contestant on one scenario: the least seconds and CPU seconds of its runs, their highest peak in MB, and
    what its answer is worth; of a failed one, what it took until then."""

    wall: float
    cpu: float
    peak: float
    answer: str
    failed: bool

    @staticmethod
    def of(runs: Sequence[Usage], answer: str) -> "Outcome":
        """The outcome of all runs; the last one tells whether it failed, and the answer is then how."""
        return Outcome(
            wall=min(run.wall for run in runs),
            cpu=min(run.cpu for run in runs),
            peak=max(run.peak_mb for run in runs),
            answer=answer,
            failed=runs[-1].failure is not None,
        )


Outcomes = Mapping[str, Mapping[str, Outcome]]
"""Of one size: by scenario and contestant."""


def results_table(outcomes: Outcomes) -> str:
    """A row per scenario and contestant, with the ratios to the yardstick (a) and how many times faster ours is;
    below, how answers are wrong and why there is none."""
    rows, notes = [], []
    for scenario, by_name in outcomes.items():
        yardstick, ours = by_name.get(YARDSTICK), by_name.get(RECON)
        for name, o in by_name.items():
            answer, _, how = o.answer.partition(": ")
            if how:
                notes.append(f"- {scenario}, {name}: {o.answer}")
            rows.append(
                (
                    scenario,
                    name,
                    f"{o.wall:.2f}",
                    f"{o.cpu:.2f}",
                    f"{o.peak:.0f}",
                    _ratio(o, yardstick, "wall"),
                    _ratio(o, yardstick, "cpu"),
                    _ratio(o, ours, "wall"),
                    answer,
                )
            )
    header = ("scenario", "contestant", "wall s", "CPU s", "peak MB", "wall ×(a)", "CPU ×(a)", "wall ×recon", "answer")
    return "\n".join([markdown(header, rows), *([""] if notes else []), *notes])


def _ratio(outcome: Outcome, to: Outcome | None, what: str) -> str:
    if to is None or to.failed or outcome.failed:
        return "–"
    return f"{getattr(outcome, what) / getattr(to, what):.2f}"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned in plain text too."""
    cells = [tuple(cell.replace("|", "\\|") for cell in row) for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
