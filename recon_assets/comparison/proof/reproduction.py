"""Whether the datasets of a record still compare as the record says.

Belongs here: what of a record must come out the same, and what it means when it doesn't. Does not belong here: planting
faults.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from recon_assets.comparison.dataset import Dataset
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.location import Location
from recon_assets.comparison.result import Comparison
from recon_assets.comparison.rules import Rules

Comparer = Callable[[Dataset, Dataset, Rules], Comparison]
"""What compares: source, target, rules → what it found."""
_SIDES = ("source", "target")


@dataclass(frozen=True)
class Reproduction:
    """A record and the same comparison made again."""

    recorded: Comparison
    found: Comparison

    @cached_property
    def unlike(self) -> dict[str, tuple[Any, Any]]:
        """Verdict, counts and types that are not those of the record: (recorded, found) by what they are."""
        recorded, found = (_facts(each) for each in (self.recorded, self.found))
        names = recorded | found
        return {n: (recorded.get(n), found.get(n)) for n in names if recorded.get(n) != found.get(n)}

    @cached_property
    def fingerprints_compared(self) -> bool:
        """Both comparisons have fingerprints, of one scheme; a record made with `--exact` has none."""
        one, other = (each.evidence.get("fingerprints", {}).get("scheme") for each in (self.recorded, self.found))
        return one is not None and one == other

    @cached_property
    def changed_sides(self) -> list[str]:
        """The sides whose fingerprint is not that of the record: their data, or a type, has changed since."""
        if not self.fingerprints_compared:
            return []
        one, other = (each.evidence["fingerprints"] for each in (self.recorded, self.found))
        return [side for side in _SIDES if _digests(one[side]) != _digests(other[side])]

    @property
    def holds(self) -> bool:
        """Verdict, counts, types and fingerprints are those of the record."""
        return not self.unlike and not self.changed_sides

    @property
    def sentence(self) -> str:
        """What came of it."""
        if self.holds:
            also = " and fingerprints" if self.fingerprints_compared else ""
            missing = "" if self.fingerprints_compared else f"; {self._why_no_fingerprints}"
            return f"Compared again: verdict, counts{also} are those of the record{missing}."
        if self.changed_sides:
            return f"The data of the {' and the '.join(self.changed_sides)} has changed since the record was made."
        if not self.fingerprints_compared:
            return f"Compared again, it comes out differently: the data may have changed; {self._why_no_fingerprints}."
        return "Compared again, it comes out differently, though the data has the fingerprints of the record."

    @property
    def _why_no_fingerprints(self) -> str:
        if "fingerprints" not in self.recorded.evidence:
            return "the record has no fingerprints to compare"
        return "its fingerprints are of another scheme and can't be compared"

    def to_json(self) -> dict[str, Any]:
        """The JSON record."""
        return {
            "reproduced": self.holds,
            "sentence": self.sentence,
            "verdict": self.found.verdict,
            "fingerprints_compared": self.fingerprints_compared,
            "changed_sides": self.changed_sides,
            "unlike": {name: {"recorded": one, "found": other} for name, (one, other) in self.unlike.items()},
        }


def reproduce(record: Comparison, comparer: Comparer) -> Reproduction:
    """Makes a record's comparison again. Raises ComparisonError as `reopened` and the comparison do."""
    return Reproduction(record, comparer(*reopened(record), Rules.model_validate(record.rules)))


def reopened(record: Comparison) -> tuple[Dataset, Dataset]:
    """The datasets of a record. Raises ComparisonError when one is gone, or the record doesn't say where they lie."""
    places = record.evidence.get("datasets")
    if not places:
        raise ComparisonError(
            "the record doesn't say where its data lies; make the comparison again and use its record"
        )
    source, target = (Dataset.reopen(Location.from_json(places[side])) for side in _SIDES)
    return source, target


def _facts(comparison: Comparison) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "verdict": str(comparison.verdict),
        "source rows": comparison.source_rows,
        "target rows": comparison.target_rows,
        "missing rows": comparison.missing_rows,
        "extra rows": comparison.extra_rows,
        "repeated keys in the source": comparison.duplicate_keys.source,
        "repeated keys in the target": comparison.duplicate_keys.target,
    }
    for column in comparison.columns:
        facts[f"differences in {column.name}"] = column.differences
        facts[f"status of {column.name}"] = column.status
        facts[f"types of {column.name}"] = [column.source_type, column.target_type]
    return facts


def _digests(side: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(side.get(name) for name in ("rows", "row_digest", "key_digest"))
