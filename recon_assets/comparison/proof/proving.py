"""The whole proof of one record: compare again, plant known faults in its data's own rows, and judge.

Belongs here: the order of it, and the proof's JSON. Does not belong here: any of the steps.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recon_assets.comparison.dataset import Dataset
from recon_assets.comparison.duck import Session, identifier, session
from recon_assets.comparison.engine import compare
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.proof.batches import Batches, Impossible
from recon_assets.comparison.proof.fields import Field, fitting_rule, kind_of
from recon_assets.comparison.proof.reproduction import Comparer, Reproduction, reopened, reproduce
from recon_assets.comparison.proof.rows import row_proposals
from recon_assets.comparison.proof.sample import Sample, columns_as_compared
from recon_assets.comparison.proof.trial import Outcome, Trial
from recon_assets.comparison.proof.values import value_proposals
from recon_assets.comparison.result import Comparison
from recon_assets.comparison.rules import ColumnRule, Rules
from recon_assets.comparison.steps import Limits

_UNEXPLAINED = Limits(searched=1)
"""Causes are not on trial here, and looking for them would take most of the time."""


@dataclass(frozen=True)
class Proof:
    """What `prove` found. `sampled` rows of the source were the ground for the faults."""

    reproduction: Reproduction
    sampled: int
    outcomes: Sequence[Outcome]
    impossible: Sequence[Impossible]
    seconds: float

    @property
    def holds(self) -> bool:
        """The record was reproduced, and every fault was found or rightly disregarded."""
        return self.reproduction.holds and all(each.ok for each in self.outcomes)

    @property
    def sentence(self) -> str:
        """How many faults were found."""
        to_find = [each for each in self.outcomes if each.fault.counts]
        rest = [each for each in self.outcomes if not each.fault.counts]
        said = f"{sum(each.ok for each in to_find)} of {len(to_find)} planted faults were found"
        if rest:
            said += f"; {sum(each.ok for each in rest)} of {len(rest)} changes were rightly disregarded"
        return f"{said}."

    def to_json(self) -> dict[str, Any]:
        """The JSON record."""
        return {
            "holds": self.holds,
            "sentence": self.sentence,
            "reproduction": self.reproduction.to_json(),
            "sampled_rows": self.sampled,
            "faults": [
                {
                    "kind": each.fault.kind,
                    "place": each.fault.place,
                    "change": each.fault.shown,
                    "expected": each.fault.expected.facts() or "nothing: the rules disregard it",
                    "ok": each.ok,
                    "wrong": list(each.wrong),
                }
                for each in self.outcomes
            ],
            "not_possible": [vars(each) for each in self.impossible],
            "seconds": self.seconds,
        }


def prove(
    record: Comparison,
    *,
    memory_limit: str | None = None,
    temp_directory: Path | None = None,
    comparer: Comparer | None = None,
) -> Proof:
    """Compares a record's datasets again, and puts the comparison on trial with faults planted in copies of its rows.

    `memory_limit` and `temp_directory` are those of `compare`; `comparer` is what is put on trial in its place. Raises
    ComparisonError when a dataset is gone, can't be read or compared, or has no rows to plant faults in.
    """
    started = time.monotonic()
    rules = Rules.model_validate(record.rules)
    exact = record.evidence.get("path") == "exact"
    settings = {"memory_limit": memory_limit, "temp_directory": temp_directory}
    again = partial(compare, samples=0, exact=exact, limits=_UNEXPLAINED, **settings)
    reproduction = reproduce(record, again)
    source, found = reopened(record)[0], reproduction.found
    if found.evidence["path"].startswith("none"):
        raise ComparisonError(f"{reproduction.sentence} {found.reason} There is no comparison to put on trial.")
    if not found.source_rows:
        raise ComparisonError(f"{reproduction.sentence} The source has no rows, so there is none to plant faults in.")
    with session(**settings) as duck, TemporaryDirectory(prefix="recon-proof-", dir=temp_directory) as folder:
        with duck.reading(source.label):
            sample, left_out = _sampled(duck, source, found, rules)
        batches = Batches(sample, keyed=bool(rules.keys))
        batches.impossible += left_out
        for proposals in value_proposals(sample):
            batches.arrange(proposals)
        for proposals in row_proposals(sample, keyed=bool(rules.keys)):
            batches.arrange(proposals)
        trial = Trial(sample, Path(folder), _rules(sample, rules), comparer or again)
        outcomes = [outcome for batch in batches.all for outcome in trial.outcomes(batch.faults)]
        return Proof(reproduction, sample.rows, outcomes, batches.impossible, round(time.monotonic() - started, 3))


def _sampled(duck: Session, source: Dataset, found: Comparison, rules: Rules) -> tuple[Sample, list[Impossible]]:
    """The sample of the columns that are compared, or ignored, and the rules that can't be tried on it."""
    types = source.create_view(duck.connection, "source_rows")
    renamed = {old.lower(): new for old, new in rules.rename.items()}
    by_target = {new.lower(): old for old, new in renamed.items()}
    names = {name.lower() for name in types}

    def known_as(name: str) -> str:
        """A column in the rules, which may go by the target's new name."""
        return name.lower() if name.lower() in names else by_target.get(name.lower(), name.lower())

    keys = {known_as(key) for key in rules.keys}
    ruled = {known_as(name): rule for name, rule in rules.columns.items()}
    fields, left_out = [], []
    for column in found.columns:
        if column.name not in types or column.status not in ("equal", "different", "ignored"):
            continue
        ignored = column.status == "ignored"
        type_ = column.source_type or types[column.name]
        rule, unfit = fitting_rule(ruled.get(column.name.lower(), ColumnRule()), type_)
        left_out += [Impossible(f"rule {n}", column.name, f"the copies hold its values as {type_}") for n in unfit]
        fields.append(
            Field(
                len(fields),
                column.name,
                column.name if ignored else renamed.get(column.name.lower(), column.name),
                type_,
                rule,
                identity=not ignored and (column.name.lower() in keys or not keys),
                ignored=ignored,
                part=_first_part(duck, column.name) if kind_of(type_) == "struct" else ("", ""),
            )
        )
    sample = Sample(duck, fields)
    sample.take("source_rows", columns_as_compared(types, {f.name: f.type for f in fields}), found.source_rows)
    return sample, left_out


def _first_part(duck: Session, column: str) -> tuple[str, str]:
    """Name and type of a struct's first part."""
    name, type_, *_ = duck.rows(f"DESCRIBE SELECT unnest({identifier(column)}) FROM source_rows")[0]
    return name, type_


def _rules(sample: Sample, rules: Rules) -> Rules:
    """The record's rules, as far as they concern the columns of the copies."""
    fields = sample.fields
    return Rules(
        keys=tuple(field.name for field in fields if field.identity) if rules.keys else (),
        ignore=tuple(field.name for field in fields if field.ignored),
        rename={f.name: f.target_name for f in fields if f.name.lower() != f.target_name.lower()},
        strict_row_count=rules.strict_row_count,
        columns={field.name: field.rule for field in fields if not field.ignored and field.rule != ColumnRule()},
    )
