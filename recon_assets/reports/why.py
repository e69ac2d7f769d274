"""Why a verdict is not MATCH: every reason as one line, the one that touches most rows first.

Belongs here: the words and the order in which all reports tell the causes of a comparison. Does not belong here:
finding causes (`comparison.causes`), their labels (`cause_labels`), or how a page or a terminal lays them out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recon_assets.comparison.result import ColumnResult, Comparison, RowCause
from recon_assets.reports.cause_labels import UNEXPLAINED, cause_label
from recon_assets.reports.wording import count, percent, share

Side = Literal["missing", "extra"]

ONLY_IN: dict[Side, str] = {"missing": "source", "extra": "target"}
"""The side that has a missing, or an extra, row or column."""
_OF_ITSELF = {UNEXPLAINED, "fan_out", "collapsed", "key_differs"}
"""Causes of rows that aren't conditions, which other rows could meet too."""
_NOT_IN: dict[Side, str] = {"missing": "target", "extra": "source"}


@dataclass(frozen=True)
class Reason:
    """One thing that keeps the verdict from MATCH."""

    about: Literal["column", "missing", "extra"]
    """Values of a column, or missing or extra rows."""
    subject: str
    """The column's name, `missing rows` or `extra rows`."""
    says: str
    """What is so about it: the cause's sentence, or that no cause is known."""
    extent: str
    """How many rows it is so for, of how many; '' for a column that one side lacks."""
    text: str
    """All of it in one line."""
    rows: int | None
    """None for a column that one side lacks."""
    cause: str | None = None
    """The cause's identifier; None where none was looked for."""

    @property
    def unexplained(self) -> bool:
        """These rows were looked at and no cause holds for them: they need a human."""
        return self.cause == UNEXPLAINED


def reasons(comparison: Comparison) -> list[Reason]:
    """All reasons, none for a MATCH. A column that one side lacks comes first, since it touches every row."""
    found = [reason for column in comparison.differing_columns for reason in _of_column(column)]
    found += _of_rows("missing", comparison.missing_rows, comparison.missing_causes)
    found += _of_rows("extra", comparison.extra_rows, comparison.extra_causes)
    return sorted(found, key=lambda reason: float("inf") if reason.rows is None else reason.rows, reverse=True)


@dataclass(frozen=True)
class Lead:
    """What is missing, extra, or wrong with a column, in its most frequent reason."""

    top: Reason
    more: int
    """How many other reasons there are for the same rows or column."""


def leads(comparison: Comparison) -> list[Lead]:
    """One for missing rows, one for extra ones, then one per differing column, those that differ in most rows first."""
    found: dict[tuple[str, str], list[Reason]] = {("missing", "missing rows"): [], ("extra", "extra rows"): []}
    found |= {("column", column.name): [] for column in differing_by_weight(comparison)}
    for reason in reasons(comparison):
        found[reason.about, reason.subject].append(reason)
    return [Lead(of_one[0], len(of_one) - 1) for of_one in found.values() if of_one]


def top_cause(comparison: Comparison) -> str:
    """The identifier of the cause that touches most rows, `unexplained` included; '' where none was looked for."""
    return next((reason.cause for reason in reasons(comparison) if reason.cause), "")


def precision_said(cause: RowCause, side: Side) -> str:
    """Whether the cause also holds for rows that are not missing (or extra); '' where it is no condition on a row."""
    if cause.cause in _OF_ITSELF:
        return ""
    if cause.precision == 1:
        return f"true of {side} rows only"
    return f"{percent(cause.precision, 1)} of the rows this is true of are {side}"


def differing_by_weight(comparison: Comparison) -> list[ColumnResult]:
    """The differing columns, those that differ in most rows first, those that one side lacks before them."""
    return sorted(comparison.differing_columns, key=lambda c: (c.status == "different", -c.differences))


def joined(reasons: Sequence[Reason], most: int) -> str:
    """The first reasons' texts in one line, and how many more there are."""
    text = "; ".join(reason.text for reason in reasons[:most])
    return f"{text} (+{len(reasons) - most:,} more)" if len(reasons) > most else text


def _of_column(column: ColumnResult) -> list[Reason]:
    if column.status != "different":
        says = f"is not in the {_NOT_IN[column.status]}"
        return [Reason("column", column.name, says, "", f"{column.name} {says}", None)]
    if not column.causes:
        extent = count(column.differences, "row")
        return [
            Reason("column", column.name, "differs", extent, f"{column.name} differs in {extent}", column.differences)
        ]
    found = []
    for cause in column.causes:
        says, extent = _says(cause.cause, cause.detail), share(cause.rows, column.differences, "row")
        text = f"{column.name}: {says} ({extent})"
        found.append(Reason("column", column.name, says, extent, text, cause.rows, cause.cause))
    return found


def _of_rows(side: Side, rows: int, causes: Sequence[RowCause]) -> list[Reason]:
    subject = f"{side} rows"
    if not causes:
        only = f"in the {ONLY_IN[side]} only"
        return [Reason(side, subject, only, count(rows, "row"), count(rows, f"{side} row"), rows)] if rows else []
    found = []
    for cause in causes:
        says, extent = _says(cause.cause, cause.detail), share(cause.rows, rows, "row")
        text = f"{share(cause.rows, rows, f'{side} row')}: {says}"
        found.append(Reason(side, subject, says, extent, text, cause.rows, cause.cause))
    return found


def _says(cause: str, detail: str) -> str:
    return cause_label(cause) if cause == UNEXPLAINED or not detail else detail
