"""The HTML page of a run: one file that needs nothing else, to read, print and send on.

Belongs here: filling the templates and what they need to show numbers and values. Does not belong here: the
page's markup, style and script (`templates/`), or how values are marked (`marking`).

The page shows names and data of other people's databases, so nothing in it is trusted: everything is escaped,
control characters are spelled out, and the page's own policy lets run only the one script it was made with
and load nothing at all.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from recon_assets.comparison.result import Comparison, Row, Verdict
from recon_assets.reports.cause_labels import cause_label
from recon_assets.reports.evidence import read
from recon_assets.reports.files import write_atomically
from recon_assets.reports.marking import defang, marked, shown
from recon_assets.reports.record import OutputReport
from recon_assets.reports.why import ONLY_IN, differing_by_weight, precision_said, reasons
from recon_assets.reports.wording import count, percent

_OPEN_COLUMNS = 3
"""Differing columns whose causes and samples are unfolded; the others' are one click away."""
_LEADING_REASONS = 6
"""Reasons told at the head of an output; its sections tell all."""
_SUMMARY_REASONS = 2
"""Reasons told in an output's row of the summary."""
_LEAST_WIDTH = 0.5
"""Per cent of a bar's length that any number above 0 gets."""


def write_html(reports: Sequence[OutputReport], path: Path, *, title: str = "Reconciliation report") -> None:
    """Write the page of `reports`, in their order, to `path`, atomically.

    Raises ReportError where the folder can't be written.
    """
    write_atomically(path, render_html(reports, title=title))


def render_html(reports: Sequence[OutputReport], *, title: str = "Reconciliation report") -> str:
    """The page as text; the same records give the same text."""
    environment = _environment()
    style, script = (_asset(environment, name) for name in ("page.css", "page.js"))
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    template = environment.get_template("page.html.j2")
    return template.render(reports=reports, title=title, policy=policy, style=style, script=script)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("recon_assets.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_safe,
    )
    environment.globals.update(
        Verdict=Verdict,
        marked=marked,
        shown=shown,
        reasons=reasons,
        differing_by_weight=differing_by_weight,
        precision_said=precision_said,
        only_in=ONLY_IN,
        evidence_of=read,
        columns_of=_columns_of,
        row_bar=_row_bar,
        bar_width=_bar_width,
        open_columns=_OPEN_COLUMNS,
        leading_reasons=_LEADING_REASONS,
        summary_reasons=_SUMMARY_REASONS,
    )
    environment.filters.update(
        number=lambda number: f"{number:,}",
        count=count,
        cause_label=cause_label,
        percent=percent,
        duration=_duration,
        moment=lambda moment: f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        plain=_plain,
        breakable=_breakable,
    )
    return environment


def _safe(value: Any) -> Any:
    return defang(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(environment: Environment, name: str) -> Markup:
    """A file of ours that goes into the page as it is."""
    return Markup(environment.loader.get_source(environment, name)[0])


def _hash(inline: str) -> str:
    """What a content security policy calls an inline style or script by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"


def _columns_of(rows: Iterable[Row]) -> list[str]:
    """The columns of some rows, in order of first appearance."""
    return list(dict.fromkeys(column for row in rows for column in row))


def _row_bar(comparison: Comparison) -> list[tuple[str, float, float]]:
    """The rows as a bar: (missing, paired or extra; left edge; width), edges and widths in per cent.

    A part that is not empty stays wide enough to be seen.
    """
    parts = {
        "missing": comparison.missing_rows,
        "paired": comparison.paired_rows,
        "extra": comparison.extra_rows,
    }
    whole = sum(parts.values())
    widths = {part: max(100 * rows / whole, _LEAST_WIDTH) for part, rows in parts.items() if rows}
    scale = 100 / sum(widths.values(), start=0.0) if widths else 0.0
    bar, left = [], 0.0
    for part, width in widths.items():
        bar.append((part, round(left, 3), round(width * scale, 3)))
        left += width * scale
    return bar


def _bar_width(part: int, whole: int) -> float:
    """A bar's length in per cent, wide enough to be seen."""
    return round(max(100 * part / whole, _LEAST_WIDTH), 3) if whole else 0.0


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest:02} s" if minutes else f"{seconds:.1f} s"


def _breakable(name: str) -> Markup:
    """A name that may be broken over lines after its dots and underscores, and there only."""
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[._])(?=\w)", defang(name)))


def _plain(value: Any) -> str:
    """A setting or an entry of the evidence: text as it is, texts listed, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ", ".join(value) or "–"
    return json.dumps(value, ensure_ascii=False)
