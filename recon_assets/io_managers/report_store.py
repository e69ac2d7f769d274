"""The `_report` layer: each output's record, one page per run, one line per run in the history.

Belongs here: where reports lie and in which order they are written. Does not belong here: what they look like
(`reports`).

    <root>/runs/<run>/<reconciliation>.<output>.json    the full record
    <root>/runs/<run>/report.html                       the page of the whole run
    <root>/latest/<reconciliation>/<output>.json        the newest record of each output
    <root>/history.csv                                  one line per run and output
"""

from pathlib import Path

import dagster as dg

from recon_assets.reports.history import append_history
from recon_assets.reports.html import write_html
from recon_assets.reports.metadata import report_metadata
from recon_assets.reports.record import OutputReport, read_json, write_json


class ReportStore(dg.ConfigurableIOManager):
    """Keeps reports below `root`, a directory."""

    root: str

    def handle_output(self, context: dg.OutputContext, report: OutputReport) -> None:
        """Write record, page and history line. Raises ReportError where the folder can't be written."""
        run = self.run_folder(context.run_id)
        name = context.asset_key.path[-1].removesuffix("_report")
        write_json(report, run / f"{report.reconciliation}.{name}.json")
        page = self.write_page(context.run_id)
        write_json(report, self._latest(context.asset_key))
        append_history(report, Path(self.root) / "history.csv")
        context.add_output_metadata(report_metadata(report, page))

    def load_input(self, context: dg.InputContext) -> OutputReport:
        """The newest record of an output. Raises ReportError where it is missing or damaged."""
        return read_json(self._latest(context.asset_key))

    def run_reports(self, run_id: str) -> list[OutputReport]:
        """All records of one run, by reconciliation and output."""
        return [read_json(path) for path in sorted(self.run_folder(run_id).glob("*.json"))]

    def write_page(self, run_id: str) -> Path:
        """The page over a run's records so far."""
        page = self.run_folder(run_id) / "report.html"
        write_html(self.run_reports(run_id), page)
        return page

    def run_folder(self, run_id: str) -> Path:
        """Where one run's reports lie."""
        return Path(self.root) / "runs" / run_id

    def _latest(self, key: dg.AssetKey) -> Path:
        reconciliation, output = key.path
        return Path(self.root) / "latest" / reconciliation / f"{output.removesuffix('_report')}.json"
