"""One comparison as text for a terminal or a log: what `recon compare` prints.

Belongs here: the order in which a reader learns what was found — verdict, why, counts, then column by column — and
how it fits 120 columns. Does not belong here: the table of a run's verdicts (`console`), or the sentences (`why`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from recon_assets.comparison.result import Cause, ColumnResult, Comparison, Row, RowCause, Verdict
from recon_assets.reports.cause_labels import UNEXPLAINED, cause_label
from recon_assets.reports.marking import Shown, defang, marked, shown
from recon_assets.reports.why import ONLY_IN, Lead, Side, differing_by_weight, leads, precision_said
from recon_assets.reports.wording import count, percent

STYLE = {Verdict.MATCH: "green", Verdict.PARTIAL_MATCH: "yellow", Verdict.NO_MATCH: "red"}

_UNEXPLAINED_STYLE = "bold yellow"
_MOST_LEADS = 5
_MOST_COLUMNS = 20
"""Differing columns whose causes and samples are printed, those that differ most first. The JSON record has all."""
_ROW_COLUMNS = 8
"""Columns shown of a missing or extra row: more would leave each too little room. The JSON record has all."""


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print the verdict, why it is so, and what it rests on."""
    console.print(
        Text.assemble((comparison.verdict.value, f"bold {STYLE[comparison.verdict]}"), "  ", defang(comparison.reason)),
        soft_wrap=True,
    )
    why = leads(comparison)
    if any(lead.top.cause for lead in why):
        console.print(_leads(why))
    console.print(_counts(comparison), soft_wrap=True)
    columns = differing_by_weight(comparison)
    if columns:
        console.print()
        console.print(_columns(columns))
    detailed = [column for column in columns if column.causes or column.samples]
    for column in detailed[:_MOST_COLUMNS]:
        _heading(console, defang(column.name), f"differs in {count(column.differences, 'row')}")
        if column.causes:
            console.print(_causes(column.causes, column.differences))
        if column.causes and column.samples:
            console.print()
        if column.samples:
            console.print(_values(column))
    if len(detailed) > _MOST_COLUMNS:
        _heading(console, f"and {count(len(detailed) - _MOST_COLUMNS, 'more differing column')}", "--json has all")
    keys = comparison.rules.get("keys", ())
    _rows(console, "missing", comparison.missing_rows, comparison.missing_causes, comparison.missing_samples, keys)
    _rows(console, "extra", comparison.extra_rows, comparison.extra_causes, comparison.extra_samples, keys)


def _leads(why: Sequence[Lead]) -> Table:
    table = _table("subject", "says", "extent", "more", header=False)
    table.columns[0].style = "bold"
    table.columns[2].justify = "right"
    table.columns[3].style = "dim"
    for lead in why[:_MOST_LEADS]:
        style = _UNEXPLAINED_STYLE if lead.top.unexplained else ""
        more = f"+{count(lead.more, 'more cause')}" if lead.more else ""
        table.add_row(_plain(lead.top.subject), _plain(lead.top.says, style), Text(lead.top.extent, style), more)
    if len(why) > _MOST_LEADS:  # missing and extra rows are among the first, so that columns are left
        table.add_row("", Text(f"and {count(len(why) - _MOST_LEADS, 'more differing column')} below", "dim"), "", "")
    return table


def _counts(comparison: Comparison) -> str:
    return (
        f"source rows {comparison.source_rows:,}, target rows {comparison.target_rows:,},"
        f" paired {comparison.paired_rows:,}, missing {comparison.missing_rows:,}, extra {comparison.extra_rows:,},"
        f" duplicate keys {comparison.duplicate_keys.source:,} / {comparison.duplicate_keys.target:,},"
        f" {comparison.seconds:.1f} s"
    )


def _columns(columns: Iterable[ColumnResult]) -> Table:
    table = _table("column", "status", "differences", "source type", "target type", "note")
    table.columns[2].justify = "right"
    for column in columns:
        texts = (column.source_type or "", column.target_type or "", column.note or "")
        table.add_row(_plain(column.name), column.status, f"{column.differences:,}", *(_plain(text) for text in texts))
    return table


def _heading(console: Console, name: str, fact: str) -> None:
    console.print()
    console.print(Text.assemble((name, "bold"), "  ", fact), soft_wrap=True)


def _causes(causes: Sequence[Cause] | Sequence[RowCause], whole: int, side: Side | None = None) -> Table:
    table = _table("rows", "share", "cause", "detail")
    for column in table.columns[:2]:
        column.justify, column.no_wrap = "right", True
    for cause in causes:
        style = _UNEXPLAINED_STYLE if cause.cause == UNEXPLAINED else "bold"
        said = [_plain(cause.detail), _example(cause) if side is None else Text(precision_said(cause, side), "dim")]
        table.add_row(
            f"{cause.rows:,}",
            percent(cause.rows, whole),
            _plain(cause_label(cause.cause), style),
            Text("\n").join(filter(None, said)),
        )
    return table


def _example(cause: Cause) -> Text:
    if not cause.samples:
        return Text()
    sample = cause.samples[0]
    source, target = _pair(sample.source, sample.target)
    return Text.assemble(("such as ", "dim"), _key(sample.key), ": ", source, (" → ", "dim"), target)


def _values(column: ColumnResult) -> Table:
    table = _table("key", "source", "target")
    for sample in column.samples:
        table.add_row(_key(sample.key), *_pair(sample.source, sample.target))
    return table


def _rows(
    console: Console, side: Side, number: int, causes: Sequence[RowCause], rows: Sequence[Row], keys: Iterable[str]
) -> None:
    if not number:
        return
    _heading(console, f"{side} rows", f"{number:,} in the {ONLY_IN[side]} only")
    if causes:
        console.print(_causes(causes, number, side))
    if not rows:
        return
    if causes:
        console.print()
    names = {key.lower() for key in keys}
    columns = sorted(rows[0], key=lambda column: column.lower() not in names)
    table = _table(*(_plain(column) for column in columns[:_ROW_COLUMNS]))
    for row in rows:
        table.add_row(*(_value(shown(row[column]), row[column] == "NULL") for column in columns[:_ROW_COLUMNS]))
    console.print(table)
    if len(columns) > _ROW_COLUMNS:
        console.print(Text(f"  and {count(len(columns) - _ROW_COLUMNS, 'more column')}: --json has all", "dim"))


def _table(*names: str | Text, header: bool = True) -> Table:
    table = Table(box=box.SIMPLE_HEAD if header else None, show_header=header, show_edge=False, pad_edge=True)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _key(key: Mapping[str, Any]) -> Text:
    parts = [Text.assemble(defang(name), "=", _value(shown(value), value == "NULL")) for name, value in key.items()]
    return Text(", ").join(parts)


def _pair(source: Any, target: Any) -> tuple[Text, Text]:
    """Both values; texts in quotes where they would be taken for something else: NULL, or the other side's value."""
    one, other = marked(source, target)
    alike = one.pieces == other.pieces
    return tuple(
        _value(side, isinstance(value, str) and (alike or value == "NULL"))
        for side, value in ((one, source), (other, target))
    )


def _value(value: Shown, quoted: bool) -> Text:
    text = Text()
    for piece in value.pieces:
        text.append(piece.text, " ".join(["bold"] * piece.differs + ["dim"] * piece.symbol))
    if value.length is not None:
        text.append(f" ({count(value.length, 'character')})", "dim")
    return Text.assemble("'", text, "'") if quoted else text


def _plain(text: str, style: str = "") -> Text:
    # Text, not str: names and sentences come from data and must not be read as rich's markup.
    return Text(defang(text), style)
