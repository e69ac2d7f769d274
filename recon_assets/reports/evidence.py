"""What a verdict rests on, made readable: how it was settled, and a table of forms and fingerprints.

Belongs here: reading the evidence of a comparison. It grows with the engines, so an entry that this module doesn't
know is handed on as it is, never dropped. Does not belong here: gathering evidence (`comparison`), or markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recon_assets.reports.wording import share

_SETTLED = {
    "fingerprint": "All fingerprints are equal on both sides, which leaves no row to join.",
    "join": "Fingerprints differ: rows were joined and compared value by value.",
    "join in parts": "Fingerprints differ: rows were joined and compared value by value, by Spark's workers.",
    "exact": "Every row was joined and compared value by value; no fingerprint was relied on.",
}


@dataclass(frozen=True)
class Line:
    """What is known of one column, or of the rows as a whole: the form it was compared in, and its fingerprints."""

    name: str
    form: str | None
    source: str | int | None = None
    target: str | int | None = None

    @property
    def equal(self) -> bool | None:
        """The fingerprints agree; None where there are not two."""
        return None if self.source is None or self.target is None else self.source == self.target


@dataclass(frozen=True)
class Evidence:
    """`settled` is a sentence, `whole` the lines about rows, `columns` those about columns, `rest` all else."""

    settled: str
    whole: list[Line]
    columns: list[Line]
    rest: dict[str, Any]


def read(evidence: Mapping[str, Any]) -> Evidence:
    """The readable form of `Comparison.evidence`."""
    rest = dict(evidence)
    settled = _settled(rest)
    forms = rest.pop("canonical", {})
    source, target = _fingerprints(rest)
    source_columns, target_columns = (side.pop("columns", {}) for side in (source, target))
    return Evidence(
        settled,
        [Line(name, None, source.get(name), target.get(name)) for name in source | target],
        [
            Line(name, forms.get(name), source_columns.get(name), target_columns.get(name))
            for name in forms | source_columns | target_columns
        ],
        rest,
    )


def _settled(rest: dict[str, Any]) -> str:
    path = rest.pop("path", "")
    sentence = _SETTLED.get(path, path)
    match rest.get("buckets"):
        case {"differing": differing, "all": everything}:
            del rest["buckets"]
            sentence += f" Differences were sought in {share(differing, everything, 'key bucket')}."
    return sentence


def _fingerprints(rest: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Each side's; what else is said of them, such as their scheme, stays in the rest."""
    match rest.get("fingerprints"):
        case {"source": dict(source), "target": dict(target), **others}:
            del rest["fingerprints"]
            rest |= {f"fingerprint {name}": other for name, other in others.items()}
            return dict(source), dict(target)
    return {}, {}
