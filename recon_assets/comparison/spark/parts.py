"""A part of the keys, compared by itself, and what the parts come to together.

Belongs here: what is found of one part, in a form that can be added up. Does not belong here: where parts are compared
(`worker`), or how rows come to be in one (`tables`).

Rows pair by key, so that keys can be divided: counts of the parts add up to those of the whole. Causes are the same in
all parts; they were searched for beforehand.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from recon_assets.comparison.differences import Conditions, Looks, PairsRelation
from recon_assets.comparison.duck import Session
from recon_assets.comparison.findings import Findings, Unpaired
from recon_assets.comparison.pairing import Pairing, describe, pair_rows
from recon_assets.comparison.plan import ROLES, Plan, Role
from recon_assets.comparison.result import DuplicateKeys
from recon_assets.comparison.schema import Matching
from recon_assets.comparison.tally import count, sample
from recon_assets.comparison.unpaired import looks_of, unpaired_rows

_PLACE = ("place",)  # a row's place among the samples of all parts, beside what is shown of it; no column's name


@dataclass(frozen=True)
class Part:
    """How parts are compared: the plan over the tables `few_source` and `few_target`, and what is counted and shown."""

    plan: Plan
    matching: Matching
    conditions: Conditions
    samples: int

    def compare(self, session: Session, tables: Mapping[Role, pa.Table]) -> dict[str, Any]:
        """What is found among the rows of one part, as JSON takes it."""
        for role, table in tables.items():
            session.keep_arrow(f"few_{role}", table)
        rows = [table.num_rows for table in tables.values()]
        pairing = pair_rows(session, self.plan, "", rows[0], same_keys=False)
        counts, samples = self._differences(session, pairing) if not self.plan.whole_row else ({}, {})
        pairs = pairing.pairs - counts.get("alone", 0)
        return {
            "pairs": pairs,
            "repeated": list(pairing.repeated),
            "grouped": pairing.groups is not None,
            "large_groups": pairing.large_groups,
            "counts": list(counts.values()),
            "samples": list(samples.values()),
            "unpaired": [
                self._unpaired(session, role, pairing, total - pairs) for role, total in zip(ROLES, rows, strict=True)
            ],
        }

    def found(self, parts: Sequence[Mapping[str, Any]], found: Findings) -> None:
        """Adds what the parts come to, but for the causes of unpaired rows."""
        kinds = self.conditions.kinds()
        totals = [sum(counts) for counts in zip(*(part["counts"] for part in parts), strict=True)]
        taken = self._together([part["samples"] for part in parts], [kind for kind in kinds if kind != "alone"])
        if totals:
            differences = self.conditions.found(dict(zip(kinds, totals, strict=True)), taken, self.samples)
            found.differences, found.causes, found.samples = differences.counts, differences.causes, differences.samples
        found.paired += sum(part["pairs"] for part in parts)
        repeated = [sum(part["repeated"][i] for part in parts) for i in (0, 1)]
        found.duplicates = DuplicateKeys(found.duplicates.source + repeated[0], found.duplicates.target + repeated[1])
        grouped, large = any(part["grouped"] for part in parts), sum(part["large_groups"] for part in parts)
        found.evidence["pairing"] = describe(self.plan, grouped, large)
        sides = self._together([part["unpaired"] for part in parts], ROLES)
        found.missing, found.extra = Unpaired(sides["source"]), Unpaired(sides["target"])

    def _differences(self, session: Session, pairing: Pairing) -> tuple[dict, dict]:
        pairs = PairsRelation(self.plan, self.plan.values, pairing.once, pairing.groups, pairing.once_rows)
        relation, kinds, looks = pairs.sql(), self.conditions.kinds(), Looks.of(pairs)
        counts = count(session, relation, kinds)
        wanted = {kind: (condition, counts[kind]) for kind, condition in kinds.items() if kind != "alone"}
        keys = self.plan.key_columns
        taken = sample(session, relation, keys, _with_place(looks.shown), wanted, self.samples, looks.within_key)
        return counts, {kind: _listed(taken.get(kind, [])) for kind in wanted}

    def _unpaired(self, session: Session, role: Role, pairing: Pairing, rows: int) -> list:
        relation = unpaired_rows(self.plan, role, self.matching, pairing)
        if not relation:
            return []
        looks, kinds = _with_place(looks_of(self.plan, role, self.matching)), {"unpaired": ("true", rows)}
        return _listed(sample(session, relation, self.plan.key_columns, looks, kinds, self.samples).get("unpaired", []))

    def _together(self, parts: Sequence[Sequence[list]], kinds: Sequence[Hashable]) -> dict[Any, list[dict]]:
        """Of each kind, the samples of all parts that come first."""
        together: dict[Any, list[dict]] = {}
        for i, kind in enumerate(kinds):
            rows = sorted((row for part in parts if part for row in part[i]), key=lambda row: row[0])
            together[kind] = [{_name(name): value for name, value in row[1]} for row in rows[: self.samples]]
        return together


def _with_place(shown: Mapping[Any, str]) -> dict[Any, str]:
    return {_PLACE: "o", **shown}


def _listed(rows: Sequence[Mapping[Any, Any]]) -> list:
    return [[row[_PLACE], [[name, value] for name, value in row.items() if name != _PLACE]] for row in rows]


def _name(name: str | list) -> Hashable:
    return tuple(name) if isinstance(name, list) else name
