"""The verdict table that `recon run` prints.

Belongs here: one row per output, within 120 columns. Does not belong here: progress, errors and exit codes
(`cli`), or more detail than a row holds (`html`, and `terminal` for one comparison).
"""

from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from recon_assets.comparison.result import Verdict
from recon_assets.reports.record import OutputReport
from recon_assets.reports.terminal import STYLE


def summary_table(reports: Iterable[OutputReport]) -> Table:
    """One row per report; a verdict other than the declared one says so and is in reverse video."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    # Figures are never cut: where it gets narrow, the texts fold.
    table.add_column("reconciliation", overflow="fold", min_width=14)
    table.add_column("output", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("source\nrows", justify="right", no_wrap=True)
    table.add_column("target\nrows", justify="right", no_wrap=True)
    table.add_column("differing\ncolumns", justify="right", no_wrap=True)
    table.add_column("top reason", overflow="fold", min_width=16)
    table.add_column("seconds", justify="right", no_wrap=True)
    for report in reports:
        comparison = report.comparison
        # Text, not str: names and reasons come from data and must not be read as rich's markup.
        table.add_row(
            Text(report.reconciliation),
            Text(report.output),
            _verdict(report),
            f"{comparison.source_rows:,}",
            f"{comparison.target_rows:,}",
            str(len(comparison.differing_columns)),
            Text(report.top_reason),
            f"{report.seconds:.1f}",
        )
    return table


def _verdict(report: OutputReport) -> Text:
    style = STYLE[report.comparison.verdict]
    text = Text(report.comparison.verdict.value, style=f"bold {style}")
    if not report.as_expected:
        text.append(f"\nexpected:\n{report.expected.value}", style=f"reverse {style}")
    elif report.expected is not Verdict.MATCH:
        text.append("\nas expected", style="dim")
    return text
