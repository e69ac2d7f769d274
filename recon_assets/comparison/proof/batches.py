"""Which faults are planted together, so that a proof takes few comparisons and no fault can hide another.

Belongs here: choosing for every proposal the way, and the batch, in which it is planted. Does not belong here: planting
(`trial`).

In one batch, a column has one fault at most that is to be found (so that the column's count is that fault's), and a row
whose identity changes has no other fault. No changed row becomes one that the sample, or another fault, has too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from recon_assets.comparison.proof.faults import Fault, Proposal
from recon_assets.comparison.proof.sample import Sample

_MOST = 6
"""How many batches of one kind there may be: where rows pair as a whole, a small table has too few to plant all."""


@dataclass(frozen=True)
class Impossible:
    """A fault that can't be planted in a place, and why."""

    kind: str
    place: str
    reason: str


@dataclass
class Batch:
    """Faults that are planted together; a `closed` one takes no more."""

    faults: list[Fault] = field(default_factory=list)
    closed: bool = False
    _cells: set[tuple[int, str]] = field(default_factory=set)
    _rows: set[int] = field(default_factory=set)
    _taken_rows: set[int] = field(default_factory=set)
    _columns: set[str] = field(default_factory=set)
    _hashes: set[int] = field(default_factory=set)

    def has_room(self, fault: Fault) -> bool:
        """Whether nothing planted so far touches what the fault does."""
        return not (
            self.closed
            or fault.cells & self._cells
            or fault.rows & (self._rows if fault.alone_on_rows else self._taken_rows)
            or fault.expected.differences.keys() & self._columns
        )

    def has(self, hashes: set[int]) -> bool:
        """Whether a fault planted so far makes a row of one of the hashes."""
        return bool(hashes & self._hashes)

    def add(self, fault: Fault, hashes: set[int]) -> None:
        """Takes a fault, and the hashes of the rows it makes."""
        self.faults.append(fault)
        self._cells |= fault.cells
        self._rows |= fault.rows
        self._taken_rows |= fault.rows if fault.alone_on_rows else set()
        self._columns |= fault.expected.differences.keys()
        self._hashes |= hashes


class Batches:
    """All batches, and what can't be planted. `keyed`: rows pair by a declared key."""

    def __init__(self, sample: Sample, *, keyed: bool) -> None:
        self._sample, self._keyed = sample, keyed
        self.all: list[Batch] = []
        self.impossible: list[Impossible] = []
        self._disregarded: list[Batch] = []

    def arrange(self, proposals: Iterable[Proposal]) -> None:
        """Finds a place for proposals of one kind."""
        own: list[Batch] = []
        for proposal in proposals:
            if not proposal.options:
                self.impossible.append(Impossible(proposal.kind, proposal.place, proposal.otherwise))
                continue
            open_batches = own if proposal.options[0].counts else self._disregarded
            batch = self._place(proposal.options, open_batches)
            is_new = not any(batch is each for each in open_batches)
            if batch is None:
                reason = f"every changed {'key' if self._keyed else 'row'} that was tried is that of another row"
                self.impossible.append(Impossible(proposal.kind, proposal.place, reason))
            elif is_new and len(open_batches) == _MOST:
                reason = "the source has too few rows to plant it beside the others"
                self.impossible.append(Impossible(proposal.kind, proposal.place, reason))
            elif is_new:
                open_batches.append(batch)
                self.all.append(batch)

    def _place(self, options: Sequence[Fault], open_batches: Sequence[Batch]) -> Batch | None:
        """The batch that took one of the options, possibly a new one; None where none can be planted."""
        new = Batch()
        for batch in [*open_batches, new]:
            for option in options:
                if not batch.has_room(option):
                    continue
                made = self._made(option)
                if made is not None and not batch.has(made):
                    batch.add(option, made)
                    return batch
        # without keys, a row that becomes another one is found all the same, if no other row is changed
        single = [] if self._keyed else [option for option in options if len(option.new_rows) == 1]
        if not single:
            return None
        new.add(single[0], set())
        new.closed = True
        return new

    def _made(self, fault: Fault) -> set[int] | None:
        """The hashes of the rows that a fault makes; None if one of them is, or may be, another row."""
        made: set[int] = set()
        for row, changed in fault.new_rows:
            found = self._sample.hash_of(row, changed)
            if found in made or (found in self._sample.rows_by_hash and self._sample.rows_by_hash[found] != row):
                return None
            made.add(found)
        return made
