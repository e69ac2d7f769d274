"""Compares two tables of a Spark session: sums first, then only the rows that differ.

Belongs here: the order of the steps, and which rows are brought here. Does not belong here: Spark's jobs (`tables`), or
finding what differs among rows that are here (`comparison.steps`).

1. Sum whole rows by bucket of keys, on the workers: equal sides are done with.
2. Of the other buckets, find the keys whose rows are not the same on both sides.
3. Where these have few rows, bring them here, with some of the others, and look at them as at any other.
4. Else search some of them for causes, here, and count on the workers, each comparing all rows of some keys.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from recon_assets.comparison.dataset import check_names
from recon_assets.comparison.differences import Conditions, columns_of
from recon_assets.comparison.duck import Session, enough_memory, session
from recon_assets.comparison.engine import NOT_COMPARABLE, conclude
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.findings import Findings, evidence
from recon_assets.comparison.plan import ROLES, Plan, Role, in_buckets, make_plan
from recon_assets.comparison.question import Question
from recon_assets.comparison.result import Comparison, DuplicateKeys, RowCause
from recon_assets.comparison.rules import Rules
from recon_assets.comparison.schema import Column, Matching, Side, check_types, match_columns
from recon_assets.comparison.spark.parts import Part
from recon_assets.comparison.spark.tables import SparkTable, SparkTables, has_no_comparison, running
from recon_assets.comparison.steps import Limits, Steps, by_digests
from recon_assets.comparison.types import NOT_COMPARED, is_misread

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ALL_HASHES = 1 << 64


@dataclass(frozen=True)
class SparkLimits:
    """Up to how many rows of a side something is done: `brought` here because they differ (or all of them), `others`
    beside them, to tell what is special to rows without a partner; `searched` for causes where too many differ.
    """

    brought: int = 1_000_000
    others: int = 200_000
    searched: int = 200_000


DEFAULT_LIMITS = SparkLimits()


def compare_on_spark(
    source: SparkTable,
    target: SparkTable,
    rules: Rules,
    *,
    samples: int = 20,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
    limits: SparkLimits = DEFAULT_LIMITS,
) -> Comparison:
    """Compares two tables of one Spark session under the rules, where they are.

    What comes here are sums, samples, and rows up to `limits`, which lie in DuckDB (`memory_limit`, `temp_directory`);
    `evidence.brought` says how many. The workers need this package. `samples` is how many differing values per column,
    and missing and extra rows, are kept. The tables are read several times and must stay the same meanwhile.
    Raises ComparisonError when the rules don't fit the columns, a type has no comparison, or Spark fails.
    """
    started = time.monotonic()
    given: dict[Role, SparkTable] = {"source": source, "target": target}
    memory_limit = memory_limit or enough_memory(None, columns=len(source.frame.columns))
    with (
        session(memory_limit=memory_limit, temp_directory=temp_directory) as duck,
        duck.reading(f"comparing {source.label} with {target.label}"),
    ):
        with running(f"{source.label} and {target.label}"):
            frames = {role: table.readable() for role, table in given.items()}
            left, right = (_side(duck, role, table, frames[role]) for role, table in given.items())
        matching = match_columns(left, right, rules)
        for pair in matching.pairs:
            check_types(pair, left, right)
            if pair.rule.parse_text:
                raise ComparisonError(
                    f"column {pair.name!r}: the Spark engine has no rule parse_text; cast the text on the target, "
                    "or compare with `engine: duckdb`"
                )
        plan = make_plan(left, right, matching)
        tables = SparkTables(given, frames, plan)
        if matching.unpaired_keys or not matching.pairs:
            found = Findings(*(tables.count(role) for role in ROLES))
            found.evidence["path"] = NOT_COMPARABLE
        else:
            search = _Search(duck, tables, plan, matching, samples, limits)
            found = search.find()
            found.evidence["brought"] = search.brought
    record = {
        "engine": "spark",
        "versions": {
            "spark": source.frame.sparkSession.version,
            "duckdb": duckdb.__version__,
            "pyarrow": pa.__version__,
        },
        **evidence(plan, found, {"source": source.location, "target": target.location}),
    }
    return conclude(plan, matching, found, rules, record, started)


class _Search:
    """One comparison."""

    def __init__(
        self, duck: Session, tables: SparkTables, plan: Plan, matching: Matching, samples: int, limits: SparkLimits
    ) -> None:
        self._duck, self._tables, self._plan, self._matching = duck, tables, plan, matching
        self._samples, self._limits = samples, limits
        self.brought: dict[Role, int] = {"source": 0, "target": 0}

    def find(self) -> Findings:
        """What differs."""
        one, other = (self._tables.row_digests(role) for role in ROLES)
        found, differing = by_digests(one, other)
        where = in_buckets(differing if found.paired else None)
        if not differing:
            self._add_repeated(found, "", None)
            return found
        suspects = self._tables.suspects(where, self._limits.brought)
        if suspects is not None and max(_total(suspects, role) for role in ROLES) <= self._limits.brought:
            self._look_here(found, suspects)
        else:
            self._look_there(found, differing, where)
        return found

    def _look_here(self, found: Findings, suspects: pa.Table) -> None:
        """Brings the suspects' rows, and a fair sample of the others."""
        self._duck.keep_arrow("suspects", suspects)
        is_suspect = "k IN (SELECT k FROM suspects)"
        self._add_repeated(found, f"NOT {is_suspect}", suspects)
        rows = max(found.rows.values())
        others = rows if rows <= self._limits.brought else self._limits.others
        share = _share(others, rows)
        for role in ROLES:
            chosen = self._tables.chosen(role, f"{is_suspect} OR {_among(share)}", suspects)
            self._bring(f"whole_{role}", role, chosen, _total(suspects, role) + others)
        whole = self._plan.with_views({role: f"whole_{role}" for role in ROLES})
        steps = self._steps(whole)
        suspected = steps.copied("few", whole, is_suspect, is_suspect)
        found.paired = found.source_rows - _total(suspects, "source")
        partnered = 1.0 if share is None else self._apiece(found, whole, is_suspect)
        question = replace(suspected, others=share is None, partnered=partnered)
        steps.look_closer(found, question, exact=False, same_keys=False)

    def _look_there(self, found: Findings, differing: Sequence[int], where: str) -> None:
        """Searches the rows of some keys for causes, and has all of them counted by the workers."""
        if found.paired:
            self._add_repeated(found, f"NOT ({in_buckets(differing)})", None)
        rows = max(found.rows.values()) - found.paired
        share = _share(self._limits.searched, rows)
        for role in ROLES:
            some = " AND ".join(f"({part})" for part in (where, _among(share)) if part)
            self._bring(f"few_{role}", role, self._tables.chosen(role, some), min(rows, self._limits.searched))
        few = self._plan.with_views({role: f"few_{role}" for role in ROLES})
        sample = Findings(*(self._duck.row(f"SELECT count(*) FROM few_{role}")[0] for role in ROLES))
        question = Question(few, "", few, "", copied=True, others=False)
        differences = self._steps(few).look_closer(sample, question, exact=False, same_keys=False)
        conditions = differences.conditions if differences else Conditions(columns_of(few.values), [], [])
        part = Part(few, self._matching, conditions, self._samples)
        part.found(self._tables.compared(where, part, rows), found)
        found.evidence["path"] = "join in parts"
        for here, of_sample in ((found.missing, sample.missing), (found.extra, sample.extra)):
            here.causes = [_of_sample(cause, share) for cause in of_sample.causes]

    def _add_repeated(self, found: Findings, where: str, suspects: pa.Table | None) -> None:
        repeated = self._tables.repeated_keys("source", where, suspects)
        found.duplicates = DuplicateKeys(repeated, repeated)

    def _apiece(self, found: Findings, whole: Plan, is_suspect: str) -> float:
        """How many rows one of the others that are here stands for."""
        others = whole.rows("source", [], f"NOT {is_suspect}")
        here = self._duck.row(f"SELECT count(*) FROM ({others})")[0]
        return found.paired / here if here else 1.0

    def _steps(self, plan: Plan) -> Steps:
        return Steps(self._duck, plan, self._matching, self._samples, Limits())

    def _bring(self, name: str, role: Role, chosen: "DataFrame", rows: int) -> None:
        brought = 0
        for n, table in enumerate(self._tables.fetched(role, chosen, rows)):
            brought += table.num_rows
            if n:
                self._duck.append(name, table)
            else:
                self._duck.keep_arrow(name, table)
        self.brought[role] = brought


def _side(duck: Session, role: Role, table: SparkTable, frame: "DataFrame") -> Side:
    names, view = table.frame.columns, f"{role}_rows"
    check_names(table.label, names)
    if not names:
        raise ComparisonError(f"{table.label}: a table without columns; there is nothing to compare")
    schema = frame.limit(0).toArrow().schema
    duck.keep_arrow(view, schema.empty_table())
    types = [row[1] for row in duck.rows(f"DESCRIBE {view}")]
    columns = {}
    for i, (field, given) in enumerate(zip(schema, table.frame.schema.fields, strict=True)):
        in_spark = given.dataType.simpleString()
        refused = has_no_comparison(given.dataType) or is_misread(field.type)
        type_ = f"{in_spark}{NOT_COMPARED}" if refused else types[i]
        file_type = in_spark if refused else str(field.type)
        columns[given.name.lower()] = Column(given.name, type_, file_type, f"raw.c{i}")
    return Side(role, table.label, view, columns)


def _total(suspects: pa.Table, role: Role) -> int:
    return suspects[f"{role}_rows"].to_numpy().sum().item() if suspects.num_rows else 0


def _share(wanted: int, rows: int) -> int | None:
    """Up to which hash keys are taken to have about so many of the rows; None for all of them."""
    return None if rows <= wanted else _ALL_HASHES * wanted // rows


def _among(share: int | None) -> str:
    return "true" if share is None else f"k < {share}"


def _of_sample(cause: RowCause, share: int | None) -> RowCause:
    if share is None:
        return cause
    return replace(cause, detail=f"{cause.detail} (counted in 1 of {round(_ALL_HASHES / share)} keys)")
