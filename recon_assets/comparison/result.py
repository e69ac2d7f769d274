"""What a comparison found: plain data, and its JSON record.

Belongs here: the result's types and their JSON form, which `recon compare --json`, the reports and the
asset checks all read. The JSON's field names are a public interface and do not change. Does not belong
here: how anything is computed, or how it is shown.
"""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Verdict(StrEnum):
    """The answer for one pair of tables (see docs/rules.md for the exact conditions)."""

    MATCH = "MATCH"
    PARTIAL_MATCH = "PARTIAL MATCH"
    NO_MATCH = "NO MATCH"


Row = dict[str, Any]
"""One row's values by column name, JSON-ready: numbers that JSON can't hold exactly, dates, timestamps
and decimals as text; binary as `0x…`; NULL as None."""


@dataclass(frozen=True)
class ValueSample:
    """One differing value: the row's key and what each side holds."""

    key: Row
    source: Any
    target: Any


@dataclass(frozen=True)
class Cause:
    """What explains some of a column's differences; claimed only for rows it holds for, each of which was looked at.

    `cause` is a stable identifier (docs/causes.md lists them), `detail` a sentence with the facts (which constant, how
    many digits, …), `rows` how many differences it explains, `share` that of all the column's (0 to 1). One difference
    may have several causes, so that shares can add up to more than 1; what has none is the cause `unexplained`.
    """

    cause: str
    detail: str
    rows: int
    share: float
    samples: list[ValueSample] = field(default_factory=list)


@dataclass(frozen=True)
class RowCause:
    """What explains some of the missing, or of the extra, rows.

    `share` is its coverage: `rows` as a share of all missing (or extra) rows, 0 to 1. `precision` is the share, of all
    that side's rows for which it holds, that is missing (or extra).
    """

    cause: str
    detail: str
    rows: int
    share: float
    precision: float
    samples: list[Row] = field(default_factory=list)


ColumnStatus = Literal["equal", "different", "missing", "extra", "ignored"]


@dataclass(frozen=True)
class ColumnResult:
    """One column: `missing` is in the source only, `extra` in the target only."""

    name: str
    status: ColumnStatus
    differences: int = 0
    samples: list[ValueSample] = field(default_factory=list)
    source_type: str | None = None
    target_type: str | None = None
    note: str | None = None  # such as a type difference within one family, or why it can't be compared
    causes: list[Cause] = field(default_factory=list)
    """Those that explain most come first."""


@dataclass(frozen=True)
class DuplicateKeys:
    """How many distinct keys occur more than once, per side."""

    source: int
    target: int


@dataclass(frozen=True)
class Comparison:
    """The verdict on two tables and everything it rests on.

    `missing_rows` are in the source only, `extra_rows` in the target only; `paired_rows` is how many
    rows found a partner. `evidence` names the engine, its version, the fingerprints, the canonical
    form of each column and which path (fingerprint or join) settled it.
    """

    verdict: Verdict
    reason: str
    source_rows: int
    target_rows: int
    paired_rows: int
    missing_rows: int
    extra_rows: int
    duplicate_keys: DuplicateKeys
    columns: list[ColumnResult]
    missing_samples: list[Row]
    extra_samples: list[Row]
    rules: dict[str, Any]
    evidence: dict[str, Any]
    seconds: float
    missing_causes: list[RowCause] = field(default_factory=list)
    extra_causes: list[RowCause] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The stable JSON record."""
        return asdict(self)

    @property
    def differing_columns(self) -> list[ColumnResult]:
        """The columns that keep the verdict from MATCH: different, missing or extra."""
        return [c for c in self.columns if c.status in ("different", "missing", "extra")]
