"""The streaming scans: sums of hashes over one side's rows, by bucket of keys or by column.

Belongs here: what can be known of a side by reading it once, in constant memory. Does not belong here: which keys
repeat or lack a partner (`keys`), or bringing the two sides' rows together (`pairs`, `groups`).

Whole rows come first, by bucket, since that settles equal sides at the least cost: 128 bits per bucket. Only where they
differ are columns summed one by one, 128 bits each, to tell which of them need a closer look.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from recon_assets.comparison.duck import Session
from recon_assets.comparison.hashing import bucket, digests, total
from recon_assets.comparison.plan import BUCKETS, Plan, Role, Value, select_where

WORD = 2**64
"""Sums are modulo this."""


@dataclass(frozen=True)
class SideDigest:
    """One side's sums by bucket: how many rows, two sums over whole rows, two over their keys; equal for equal
    multisets of rows in canonical form."""

    buckets: dict[int, tuple[int, int, int, int, int]]

    @classmethod
    def of(cls, found: Iterable[Sequence[int]]) -> Self:
        """From the rows that `row_sums` gives."""
        return cls({bucket: (rows, *(int(each) % WORD for each in sums)) for bucket, rows, *sums in found})

    @property
    def rows(self) -> int:
        return sum(rows for rows, *_ in self.buckets.values())

    def rows_in(self, buckets: Iterable[int]) -> int:
        """How many rows some buckets have."""
        return sum(self.buckets[b][0] for b in buckets if b in self.buckets)

    @property
    def keys(self) -> dict[int, tuple[int, int, int]]:
        """By bucket, what is known of the keys alone."""
        return {b: (rows, first, second) for b, (rows, _, _, first, second) in self.buckets.items()}

    def without(self, rows: "SideDigest") -> "SideDigest":
        """What is left when some of the side's rows are taken away."""
        left = {}
        for b, (n, *sums) in self.buckets.items():
            m, *taken = rows.buckets.get(b, (0,) * 5)
            if n > m:
                left[b] = (n - m, *((one - other) % WORD for one, other in zip(sums, taken, strict=True)))
        return SideDigest(left)

    def to_json(self) -> dict[str, Any]:
        """Of the whole side, in hex."""
        columns = list(zip(*self.buckets.values(), strict=True)) or [()] * 5
        row_first, row_second, key_first, key_second = (sum(sums) % WORD for sums in columns[1:])
        return {
            "rows": self.rows,
            "row_digest": f"{row_first:016x}{row_second:016x}",
            "key_digest": f"{key_first:016x}{key_second:016x}",
        }


def row_digests(session: Session, plan: Plan, role: Role, buckets: int = BUCKETS) -> SideDigest:
    """Reads one side once, all columns. Raises ComparisonError, naming the side, when it can't be read."""
    with session.reading(plan.sides[role].label):
        return SideDigest.of(session.rows(row_sums(plan, role, buckets)))


def row_sums(plan: Plan, role: Role, buckets: int = BUCKETS) -> str:
    """SELECT of one row per bucket: `bucket`, `rows`, and the sums `s0` to `s3`; fit for adding up over parts of a
    side."""
    hashes = [*digests(plan.typed_row(role, plan.values)), *digests(plan.typed_row(role, []))]
    rows = plan.rows(role, plan.columns(role, plan.values))
    named = ", ".join(f"{each} AS h{i}" for i, each in enumerate(hashes))
    sums = ", ".join(f"{total(f'h{i}')} AS s{i}" for i in range(len(hashes)))
    hashed = f"SELECT {bucket('k', buckets)} AS bucket, {named} FROM ({rows})"
    return f"SELECT bucket, count(*) AS rows, {sums} FROM ({hashed}) GROUP BY bucket"


def differing_buckets(source: SideDigest, target: SideDigest) -> list[int]:
    """The buckets in which the sides' rows are not the same."""
    every = source.buckets.keys() | target.buckets.keys()
    return sorted(b for b in every if source.buckets.get(b) != target.buckets.get(b))


def column_digests(session: Session, plan: Plan, role: Role, values: Sequence[Value], where: str) -> dict[int, str]:
    """By column number, in hex: 128 bits over the rows where `where` holds of (key, value), which tell apart all but
    what is swapped among rows of one key."""
    if not values:
        return {}
    cells = [digests([("k", "UBIGINT"), typed]) for typed in plan.typed(role, values)]
    sums = ", ".join(f"{total(first)}, {total(second)}" for first, second in cells)
    rows = select_where(plan.rows(role, plan.columns(role, values)), where)
    with session.reading(plan.sides[role].label):
        found = [int(each) % WORD for each in session.row(f"SELECT {sums} FROM ({rows})")]
    pairs = zip(found[::2], found[1::2], strict=True)
    return {v.number: f"{one:016x}{two:016x}" for v, (one, two) in zip(values, pairs, strict=True)}
