"""Compares two datasets on DuckDB: fingerprints first, then only what differs.

Belongs here: opening the two sides, matching their columns, and making the result. Does not belong here: finding what
differs (`steps`).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from recon_assets.comparison.csv_typing import typed_pairs
from recon_assets.comparison.dataset import Dataset
from recon_assets.comparison.duck import Session, enough_memory, identifier, session
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.findings import Findings, column_results, evidence
from recon_assets.comparison.plan import ROLES, Plan, Role, make_plan
from recon_assets.comparison.result import Comparison
from recon_assets.comparison.rules import Rules
from recon_assets.comparison.schema import Column, Matching, Side, check_types, match_columns
from recon_assets.comparison.steps import DEFAULT_LIMITS, Limits, Steps, count_rows
from recon_assets.comparison.verdict import decide

NOT_COMPARABLE = "none: the sides cannot be compared"


def compare(
    source: Dataset,
    target: Dataset,
    rules: Rules,
    *,
    samples: int = 20,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
    threads: int | None = None,
    exact: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Comparison:
    """Compares two datasets under the rules, out of core.

    `samples` is how many differing values per column, and missing and extra rows, are kept. `memory_limit` is in
    DuckDB's notation (`2GB`; if not given, per thread 100 MB, a row group and 4 MB a column); what doesn't fit is
    spilled below `temp_directory`. `exact` leaves the fingerprints out and joins everything. `limits` change how the
    work is done, not what is found.
    Raises ComparisonError when the rules don't fit the columns, a type has no comparison, or a file can't be read.
    """
    started = time.monotonic()
    if memory_limit is None:
        at_a_time = max(source.largest_row_group(), target.largest_row_group())
        memory_limit = enough_memory(threads, at_a_time, max(len(source.schema), len(target.schema)))
    with (
        _naming_damaged(source, target),
        session(memory_limit=memory_limit, temp_directory=temp_directory, threads=threads) as duck,
        duck.reading(f"comparing {source.label} with {target.label}"),
    ):
        left, right = _side(duck, "source", source), _side(duck, "target", target)
        matching = match_columns(left, right, rules)
        csv = {role for role, side in (("source", source), ("target", target)) if side.format == "csv"}
        matching = replace(matching, pairs=typed_pairs(duck.connection, matching.pairs, left, right, csv))
        for pair in matching.pairs:
            check_types(pair, left, right)
        plan = make_plan(_typed(left, matching), _typed(right, matching), matching)
        if matching.unpaired_keys or not matching.pairs:
            found = Findings(*(count_rows(duck, plan, role) for role in ROLES))
            found.evidence["path"] = NOT_COMPARABLE
        else:
            found = Steps(duck, plan, matching, samples, limits).find(exact=exact)
    engine = {"engine": "duckdb", "versions": {"duckdb": duckdb.__version__, "pyarrow": pa.__version__}}
    locations = {"source": source.location, "target": target.location}
    return conclude(plan, matching, found, rules, engine | evidence(plan, found, locations), started)


def conclude(
    plan: Plan, matching: Matching, found: Findings, rules: Rules, record: dict[str, Any], started: float
) -> Comparison:
    """The result of what was found; `record` is its evidence, `started` when the comparison did (monotonic)."""
    columns = column_results(plan, matching, found)
    verdict, reason = decide(
        source_rows=found.source_rows,
        target_rows=found.target_rows,
        paired=found.paired,
        columns=columns,
        unpaired_keys=matching.unpaired_keys,
        strict_row_count=rules.strict_row_count,
        whole_row=plan.whole_row,
    )
    return Comparison(
        verdict=verdict,
        reason=reason,
        source_rows=found.source_rows,
        target_rows=found.target_rows,
        paired_rows=found.paired,
        missing_rows=found.source_rows - found.paired,
        extra_rows=found.target_rows - found.paired,
        duplicate_keys=found.duplicates,
        columns=columns,
        missing_samples=found.missing.samples,
        extra_samples=found.extra.samples,
        missing_causes=found.missing.causes,
        extra_causes=found.extra.causes,
        rules=rules.model_dump(mode="json"),
        evidence=record,
        seconds=round(time.monotonic() - started, 3),
    )


@contextmanager
def _naming_damaged(*datasets: Dataset) -> Iterator[None]:
    """Where reading failed, which of many files can't be read is worth looking for."""
    try:
        yield
    except ComparisonError as error:
        if not isinstance(error.__cause__, duckdb.Error) or isinstance(error.__cause__, duckdb.OutOfMemoryException):
            raise
        damaged = next((name for each in datasets if len(each.files) > 1 and (name := each.damaged_file())), None)
        if damaged is None:
            raise
        raise ComparisonError(f"{damaged}: can't be read; write it anew ({error})") from error.__cause__


def _side(duck: Session, role: Role, dataset: Dataset) -> Side:
    view = f"{role}_rows"
    types = dataset.create_view(duck.connection, view)
    file_types = {f.name: str(f.type) for f in dataset.schema}
    columns = {
        name.lower(): Column(name, type_, file_types.get(name, type_), f"raw.{identifier(name)}")
        for name, type_ in types.items()
    }
    return Side(role, dataset.label, view, columns)


def _typed(side: Side, matching: Matching) -> Side:
    """The side with its columns as they are compared."""
    typed = {c.name.lower(): c for pair in matching.pairs for c in [getattr(pair, side.role)]}
    return replace(side, columns=side.columns | typed)
