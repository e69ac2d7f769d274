"""The faults in values: every kind, in every column that can have it.

Belongs here: which kinds there are, and on which rows of the sample each can be planted. Does not belong here: what a
value becomes (`changes`), or faults in rows and columns as such (`rows`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, pairwise

from recon_assets.comparison.proof import changes
from recon_assets.comparison.proof.changes import Change, Changes
from recon_assets.comparison.proof.faults import Counts, Edit, Fault, Proposal, set_to
from recon_assets.comparison.proof.fields import Field
from recon_assets.comparison.proof.meaning import surely_differ
from recon_assets.comparison.proof.sample import Candidate, Sample
from recon_assets.comparison.proof.steps import has_sign

_NUMBERS, _TEXTS = ("exact", "float"), ("text", "json")
_PAIRS = 40
"""Of how many pairs of rows one is chosen to be swapped."""
_SWAPPED = ("exact", "float", "text", "json", "moment", "time", "binary", "uuid")


@dataclass(frozen=True)
class _Kind:
    """A kind of changed value: which columns have it, the changes, and why a column has none."""

    name: str
    has: Callable[[Field], bool]
    changes: Changes
    otherwise: Callable[[Field], str]


def _no_least(field: Field) -> str:
    if field.kind in _NUMBERS:
        return "no value's difference can be larger than the tolerance" if field.tolerant else "no value can be changed"
    return {"text": "every text is empty", "binary": "every value is empty"}.get(
        field.kind, "no change is known that is sure to count"
    )


def _no_sign(field: Field) -> str:
    return (
        "every value is 0, or within the tolerance of 0"
        if has_sign(field)
        else "neither bits nor unsigned numbers have a sign"
    )


_KINDS = (
    _Kind("smallest change", lambda f: True, changes.least, _no_least),
    _Kind("value set to NULL", lambda f: True, changes.nulled, lambda f: "every value is NULL"),
    _Kind("sign changed", lambda f: f.kind in _NUMBERS, changes.sign, _no_sign),
    _Kind("case changed", lambda f: f.kind == "text", changes.case, lambda f: "no text has a letter from A to Z"),
    _Kind("trailing space", lambda f: f.kind in _TEXTS, changes.trailing_space, lambda f: "every text is blank"),
    _Kind("leading space", lambda f: f.kind in _TEXTS, changes.leading_space, lambda f: "every text is blank"),
    _Kind(
        "change within the tolerance",
        lambda f: f.kind in _NUMBERS and f.tolerant,
        changes.within_tolerance,
        lambda f: "no other value is within the tolerance",
    ),
    _Kind(
        "change below the precision",
        lambda f: f.kind == "moment" and f.rule.precision is not None,
        changes.below_precision,
        lambda f: f"{f.type} holds nothing below a {f.rule.precision}",
    ),
)


def value_proposals(sample: Sample) -> Iterator[list[Proposal]]:
    """The proposals, those of one kind at a time."""
    compared = [field for field in sample.fields if not field.ignored]
    known = {field.number: sample.candidates(field) for field in sample.fields}
    for kind in _KINDS:
        yield [_changed(kind, field, known[field.number]) for field in compared if kind.has(field)]
    yield from _filled(sample, compared)
    values = [field for field in compared if not field.identity] or compared
    yield [_swapped_rows(field, known[field.number]) for field in values]
    yield _swapped_columns(sample, values)
    yield [_ignored(field, known[field.number]) for field in sample.fields if field.ignored]


def least_changes(sample: Sample, field: Field) -> Iterator[tuple[int, Change]]:
    """Rows, and the smallest change that a column of theirs can undergo."""
    for candidate in sample.candidates(field):
        for change in changes.least(field, candidate.value):
            yield candidate.row, change


def _changed(kind: _Kind, field: Field, candidates: Sequence[Candidate]) -> Proposal:
    options = [
        _fault(kind.name, field, candidate.row, change)
        for candidate in candidates
        for change in kind.changes(field, candidate.value)
    ]
    return Proposal(kind.name, field.name, options, kind.otherwise(field) if candidates else "every value is NULL")


def _filled(sample: Sample, fields: Sequence[Field]) -> Iterator[list[Proposal]]:
    nulls = {field.number: sample.nulls(field) for field in fields}
    for name, kind, has in (
        ("NULL set to a value", changes.filled, lambda f: True),
        ("NULL set to ''", changes.blanked, lambda f: f.kind == "text" and f.rule.empty_is_null),
    ):
        yield [
            Proposal(
                name,
                field.name,
                [_fault(name, field, row, change) for row in nulls[field.number] for change in kind(field)],
                "its type has no value that stands for NULL" if nulls[field.number] else "no value is NULL",
            )
            for field in fields
            if has(field)
        ]


def _ignored(field: Field, candidates: Sequence[Candidate]) -> Proposal:
    name = "change in an ignored column"
    options = [
        _fault(name, field, candidate.row, change, counts=False)
        for candidate in candidates
        for kind in (changes.least, changes.nulled)
        for change in kind(field, candidate.value)
    ]
    return Proposal(name, field.name, options, "every value is NULL")


def _swapped_rows(field: Field, candidates: Sequence[Candidate]) -> Proposal:
    """The values of two rows, exchanged."""
    name = "two rows' values swapped"
    options = []
    if field.kind in _SWAPPED:
        pairs = (pair for pair in combinations(candidates, 2) if surely_differ(field, *(each.value for each in pair)))
        for one, other in islice(pairs, _PAIRS):
            both = [(one.row, _copied(field, other.row)), (other.row, _copied(field, one.row))]
            options.append(_several(name, field.name, "exchanged", [(row, ((field, c),)) for row, c in both]))
    otherwise = (
        "no two values are sure to differ" if field.kind in _SWAPPED else "nested values are changed only, not swapped"
    )
    return Proposal(name, field.name, options, otherwise)


def _swapped_columns(sample: Sample, fields: Sequence[Field]) -> list[Proposal]:
    """The values of two columns of one type, exchanged in one row; every column with the next one of its type."""
    name = "two columns' values swapped"
    proposals = []
    by_type: dict[str, list[Field]] = {}
    for field in fields:
        if field.kind in _SWAPPED:
            by_type.setdefault(field.type, []).append(field)
    for alike in by_type.values():
        if len(alike) == 1:
            proposals.append(Proposal(name, alike[0].name, [], "no other compared column has its type"))
        for one, other in pairwise(alike):
            options = []
            for row, mine, theirs in sample.both(one, other):
                if surely_differ(one, mine, theirs) and surely_differ(other, theirs, mine):
                    exchanged = ((one, Change(other.sql, (), "")), (other, Change(one.sql, (), "")))
                    options.append(_several(name, f"{one.name}, {other.name}", "exchanged", [(row, exchanged)]))
            otherwise = "in no row looked at are both sure to differ"
            proposals.append(Proposal(name, f"{one.name}, {other.name}", options, otherwise))
    return proposals


def _copied(field: Field, row: int) -> Change:
    return Change(f"(SELECT b.{field.sql} FROM base AS b WHERE b.n = {row})", (), "")


def _fault(kind: str, field: Field, row: int, change: Change, *, counts: bool = True) -> Fault:
    cells = frozenset({(row, field.name)})
    edits = (set_to(field, row, change),)
    if not (counts and change.counts):
        return Fault(kind, field.name, change.shown, Counts(), edits, cells=cells)
    return _several(kind, field.name, change.shown, [(row, ((field, change),))])


def _several(kind: str, place: str, shown: str, rows: Sequence[tuple[int, tuple[tuple[Field, Change], ...]]]) -> Fault:
    """A fault in one or more rows, each changed in one or more columns."""
    identity = any(field.identity for _, changed in rows for field, _ in changed)
    differences: dict[str, int] = {}
    edits = []
    for row, changed in rows:
        assignments = ", ".join(f"{field.sql} = {change.sql}" for field, change in changed)
        bound = tuple(value for _, change in changed for value in change.bound)
        edits.append(Edit(f"UPDATE copy SET {assignments} WHERE n = {row}", bound))
        for field, _ in changed:
            differences[field.name] = differences.get(field.name, 0) + 1
    return Fault(
        kind,
        place,
        shown,
        Counts(len(rows), len(rows)) if identity else Counts(differences=differences),
        tuple(edits),
        cells=frozenset((row, field.name) for row, changed in rows for field, _ in changed),
        alone_on_rows=identity,
        new_rows=tuple((row, tuple(changed)) for row, changed in rows) if identity else (),
    )
