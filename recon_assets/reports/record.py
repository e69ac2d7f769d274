"""The full record of one output of one reconciliation in one run, and its JSON file.

Belongs here: what is recorded, and what follows from it (as expected? the top reason and cause). Every other report is
made from this record, so a page or a table can be made again from the stored file alone. Does not belong
here: how a record is shown, or where files go.
"""

import json
from datetime import UTC
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError, computed_field

from recon_assets.comparison.result import Comparison, Verdict
from recon_assets.reports.files import ReportError, write_atomically
from recon_assets.reports.why import joined, reasons, top_cause

UtcDatetime = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class ParameterText(BaseModel):
    """A parameter as both sides got it: its T-SQL type and its value's text (None: NULL)."""

    model_config = ConfigDict(frozen=True)

    type: str
    value: str | None


class InputProof(BaseModel):
    """What shows that both sides read the same rows of one input.

    The source's figures are of the snapshot, the target's of the table its logic read; the latter are None
    where the target was computed elsewhere and read nothing of ours.
    """

    model_config = ConfigDict(frozen=True)

    table: str
    source_rows: int
    source_fingerprint: str
    target_rows: int | None = None
    target_fingerprint: str | None = None

    @property
    def proven(self) -> bool:
        """Both sides have the same rows and fingerprint."""
        return (self.source_rows, self.source_fingerprint) == (self.target_rows, self.target_fingerprint)


class OutputReport(BaseModel):
    """One output's verdict with the facts of the run that gave it."""

    # pydantic would write NaN as null; `write_json` is to refuse it instead.
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")

    reconciliation: str
    procedure: str
    output: str
    run_id: str
    started_at: UtcDatetime
    finished_at: UtcDatetime
    comparison: Comparison
    expected: Verdict = Verdict.MATCH
    parameters: dict[str, ParameterText] = {}
    """By name, without the `@`."""
    source_system: str
    """What ran the procedure, such as `embedded (DuckDB 2.0.0)`."""
    target_system: str
    """What ran the migrated logic, such as `Spark 4.2.0 local[*], ANSI on`."""
    inputs: list[InputProof] = []
    notes: list[str] = []
    """What to know of how the source's rows were read: a deployed procedure of another text, decimals that were cut."""
    code_hashes: dict[str, str] = {}
    """Digest of each text that ran, by file name: `source.sql`, `target.sql`, …"""
    versions: dict[str, str] = {}
    """Version by library or system."""

    @computed_field
    @property
    def as_expected(self) -> bool:
        """The verdict is the one the reconciliation declares."""
        return self.comparison.verdict == self.expected

    @computed_field
    @property
    def top_reason(self) -> str:
        """In a line, what keeps the verdict from MATCH, and its cause; '' for MATCH."""
        return _top_reason(self.comparison)

    @computed_field
    @property
    def top_cause(self) -> str:
        """The identifier of the cause that touches most rows; '' where none was looked for."""
        return top_cause(self.comparison)

    @computed_field
    @property
    def seconds(self) -> float:
        """From start to finish, in seconds."""
        return (self.finished_at - self.started_at).total_seconds()


def write_json(report: OutputReport, path: Path) -> None:
    """Write the record to `path`, atomically. Raises ReportError where the folder can't be written."""
    # NaN and infinity are text in a record (see `Row`); as JSON numbers they would not come back.
    record = json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(path, record + "\n")


def read_json(path: Path) -> OutputReport:
    """Read a record written by `write_json`. Raises ReportError for a file that is missing or damaged."""
    try:
        return OutputReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ReportError(
            f"cannot read the report {path}: {error.strerror or error}. Run the reconciliation again to write it."
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReportError(
            f"the report {path} is damaged or not a report{f', at {place}' if place else ''}: {first['msg']}."
            " Delete it and run the reconciliation again."
        ) from error


def _top_reason(comparison: Comparison) -> str:
    if comparison.verdict is Verdict.MATCH:
        return ""
    return joined(reasons(comparison), most=1) or comparison.reason
