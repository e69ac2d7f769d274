"""Which causes of missing or extra rows are claimed, from exact counts over all of a side's rows.

Belongs here: the pass that counts every candidate at once, the choice among candidates, the sentences, and the
samples. Does not belong here: finding candidates (`rows_unpaired`, `rows_repair`, `rows_search`).

A predicate is claimed if, beyond what chance explains,
- at least half of the rows left to explain are in it and nine tenths of its rows are among them, or at least a
  twentieth and nearly all (where many of the side's rows have no partner, more is asked: see `rows_worth.gain`);
- it holds for three of them; and
- its table of hits and misses is less likely than one in a thousand, times as many predicates as there were to choose
  from.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recon_assets.comparison.causes.predicates import Predicate
from recon_assets.comparison.causes.rows_input import UnpairedRows, Workspace
from recon_assets.comparison.causes.rows_repair import Repair
from recon_assets.comparison.causes.rows_search import ROUNDS
from recon_assets.comparison.causes.rows_unpaired import SURPLUS, Surplus
from recon_assets.comparison.causes.rows_worth import Rated, worth
from recon_assets.comparison.plan import shown
from recon_assets.comparison.result import RowCause
from recon_assets.comparison.tally import json_ready

MOST_PREDICATES = 60  # one bit each
_GOOD, _GOOD_SHARE = 0.9, 0.5  # a predicate's least gain, and the least share of the rows left
_PURE, _PURE_SHARE = 0.99, 0.05  # or these
_FEWEST = 3
_DOUBT = math.log(1000)
_DOUBT_OF_NULLS = math.log(20)  # that a join loses NULLs is known beforehand


@dataclass(frozen=True)
class _Cell:
    """Rows of which the same is true. `mask` has a bit for each predicate; `repair` is None for rows not repaired."""

    unpaired: bool
    surplus: bool
    repair: int | None
    mask: int
    rows: int
    sampled: list[int]

    @property
    def partnered(self) -> bool:
        """Whether the other side has these rows, or their keys, if not in the same number or form."""
        return not self.unpaired or self.surplus or self.repair is not None


@dataclass(frozen=True)
class _Claim:
    cause: str
    detail: str
    precision: float
    rows: int
    holds: Callable[[_Cell], bool]


class Claims:
    """Counts all candidates of one side in a single scan, and chooses.

    `nulls` are the predicates that a key column is NULL, by the column's name; `described` those of `rows_search`.
    """

    def __init__(
        self,
        space: Workspace,
        side: UnpairedRows,
        repaired: str,
        nulls: dict[str, Predicate],
        described: Sequence[Predicate],
        samples: int,
    ) -> None:
        self._space, self._side, self._samples = space, side, samples
        self._nulls, self._described = nulls, list(described)[: MOST_PREDICATES - len(nulls)]
        self._word = "missing" if side.role == "source" else "extra"
        bits = " + ".join(
            f"CASE WHEN {p.sql} THEN {1 << i} ELSE 0 END" for i, p in enumerate([*nulls.values(), *self._described])
        )
        self._marked = (
            f"SELECT s.*, unpaired AND {SURPLUS} AS surplus, r.repair, {bits or '0'} AS mask FROM ({side.rows}) AS s"
            f" LEFT JOIN {repaired} AS r ON r.k = CASE WHEN unpaired AND NOT {SURPLUS} THEN s.k END"
        )
        smallest = f"min(k, {samples})" if samples else "NULL"
        self._cells = [
            _Cell(unpaired, *kind, rows if unpaired else round(rows * side.partnered), sampled or [])
            for unpaired, *kind, rows, sampled in space.rows(
                f"SELECT unpaired, surplus, repair, mask, count(*), {smallest} FROM ({self._marked}) GROUP BY ALL"
            )
        ]
        self._claims: list[_Claim] = []

    def causes(self, surplus: Surplus | None, repairs: Sequence[Repair], whole_row: bool) -> list[RowCause]:
        """The causes claimed, those of most rows first, with their samples."""
        if surplus:
            cause = "collapsed" if self._side.role == "source" else "fan_out"
            detail = _surplus_sentence(self._side, surplus, "rows" if whole_row else "keys")
            self._claim(cause, detail, 1.0, lambda cell: cell.surplus)
        for detail in dict.fromkeys(repair.detail for repair in repairs):
            alike = {repair.number for repair in repairs if repair.detail == detail}
            self._claim("key_differs", detail, 1.0, lambda cell, alike=alike: cell.repair in alike)
        left = self._claim_nulls(lambda cell: not cell.partnered)
        left = self._claim_predicates(left)
        self._claim("unexplained", self._unexplained(), 1.0, left)
        self._claims.sort(key=lambda claim: (-claim.rows, claim.cause == "unexplained"))
        samples = self._sampled()
        return [
            RowCause(c.cause, c.detail, c.rows, c.rows / self._side.unpaired_rows, c.precision, samples[i])
            for i, c in enumerate(self._claims)
        ]

    def _count(self, holds: Callable[[_Cell], bool]) -> int:
        return sum(cell.rows for cell in self._cells if holds(cell))

    def _claim(self, cause: str, detail: str, precision: float, holds: Callable[[_Cell], bool]) -> None:
        def of_unpaired(cell: _Cell) -> bool:
            return cell.unpaired and holds(cell)

        rows = self._count(of_unpaired)
        if rows:
            self._claims.append(_Claim(cause, detail, precision, rows, of_unpaired))

    def _claim_nulls(self, left: Callable[[_Cell], bool]) -> Callable[[_Cell], bool]:
        """Columns that are NULL in the same rows are one cause."""
        same: dict[tuple[bool, ...], list[tuple[str, int]]] = {}
        for bit, name in enumerate(self._nulls):
            mask = 1 << bit
            rated = self._rated(mask, left)
            if rated.rows and rated.gain >= _GOOD and rated.evidence > _DOUBT_OF_NULLS + self._nulls[name].tries:
                same.setdefault(tuple(bool(c.mask & mask) for c in self._cells), []).append((name, mask))
        for columns in sorted(same.values(), key=lambda each: -self._rated(each[0][1], left).rows):
            names, mask = [name for name, _ in columns], columns[0][1]
            self._claim("null_key", self._null_sentence(names, mask), self._precision(mask), _both(left, mask))
            left = _without(left, mask)
        return left

    def _claim_predicates(self, left: Callable[[_Cell], bool]) -> Callable[[_Cell], bool]:
        bits = {1 << i: p for i, p in enumerate(self._described, start=len(self._nulls))}
        for _ in range(ROUNDS):
            best, best_worth = None, 0.0
            for mask, predicate in bits.items():
                rated = self._rated(mask, left)
                enough = (rated.gain >= _GOOD and rated.coverage >= _GOOD_SHARE) or (
                    rated.gain >= _PURE and rated.coverage >= _PURE_SHARE
                )
                if enough and rated.rows >= _FEWEST and rated.evidence > _DOUBT + predicate.tries:
                    value = worth(rated.coverage, rated.precision, rated.base, predicate.complexity)
                    if best is None or value > best_worth:
                        best, best_worth = mask, value
            if best is None:
                break
            detail = self._predicate_sentence(bits[best], best)
            self._claim("predicate", detail, self._precision(best), _both(left, best))
            left = _without(left, best)
        return left

    def _rated(self, mask: int, left: Callable[[_Cell], bool]) -> Rated:
        described = [c for c in self._cells if c.unpaired and left(c)]
        paired = [c for c in self._cells if c.partnered]
        return Rated(
            sum(c.rows for c in described if c.mask & mask),
            sum(c.rows for c in described),
            sum(c.rows for c in paired if c.mask & mask),
            sum(c.rows for c in paired),
        )

    def _precision(self, mask: int) -> float:
        holds = self._count(lambda cell: bool(cell.mask & mask))
        return self._count(lambda cell: cell.unpaired and bool(cell.mask & mask)) / holds

    def _null_sentence(self, names: list[str], mask: int) -> str:
        why = {
            "source": "an inner join or a filter drops such rows",
            "target": "an outer join adds such rows",
        }[self._side.role]
        paired = self._count(lambda cell: not cell.unpaired and bool(cell.mask & mask))
        also = f", and in {_rows(paired)} with a partner" if paired else ""
        return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} NULL in all of them{also}: {why}"

    def _predicate_sentence(self, predicate: Predicate, mask: int) -> str:
        paired = self._count(lambda cell: not cell.unpaired and bool(cell.mask & mask))
        repaired = self._count(lambda cell: cell.unpaired and cell.partnered and bool(cell.mask & mask))
        others = [f"{_rows(paired)} with a partner"] * bool(paired) + [f"{_rows(repaired)} of other causes"] * bool(
            repaired
        )
        return f"{predicate.text}, which holds for {' and '.join(others)}, too" if others else predicate.text

    def _unexplained(self) -> str:
        if self._side.unpaired_rows == self._side.total_rows and not self._claims:
            return f"no row of the {self._side.role} has a partner in the {self._side.other}"
        return "no simple predicate tells them from the rows with a partner"

    def _sampled(self) -> list[list[dict[str, Any]]]:
        """Some rows of every claim, in the order of their keys' hashes."""
        samples: list[list[dict[str, Any]]] = [[] for _ in self._claims]
        wanted = [
            set(sorted(k for cell in self._cells if claim.holds(cell) for k in cell.sampled)[: self._samples])
            for claim in self._claims
        ]
        hashes = sorted(set().union(*wanted))
        if not hashes:
            return samples
        columns = [shown(column.column, column.sql) for column in self._side.columns]
        order = ", ".join(str(i + 1) for i in range(4, 5 + len(columns)))
        found = self._space.rows(
            f"SELECT surplus, repair, mask, unpaired, k{''.join(f', {sql}' for sql in columns)} FROM ({self._marked})"
            f" WHERE unpaired AND k IN ({', '.join(map(str, hashes))})"
            f" ORDER BY {order} LIMIT {len(hashes) * (self._samples + 1)}"
        )
        names = [column.name for column in self._side.columns]
        for surplus, repair, mask, unpaired, k, *values in found:
            cell = _Cell(unpaired, surplus, repair, mask, 1, [])
            row = {name: json_ready(value) for name, value in zip(names, values, strict=True)}
            for claim, chosen, kept in zip(self._claims, wanted, samples, strict=True):
                if k in chosen and claim.holds(cell) and len(kept) < self._samples:
                    kept.append(row)
        return samples


def _both(left: Callable[[_Cell], bool], mask: int) -> Callable[[_Cell], bool]:
    return lambda cell: bool(cell.mask & mask) and left(cell)


def _without(left: Callable[[_Cell], bool], mask: int) -> Callable[[_Cell], bool]:
    return lambda cell: not cell.mask & mask and left(cell)


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _surplus_sentence(side: UnpairedRows, surplus: Surplus, what: str) -> str:
    why = {
        "source": "DISTINCT, a GROUP BY or ROW_NUMBER() = 1 leaves rows out",
        "target": "a join multiplies rows, or they were loaded more than once",
    }[side.role]
    what = what if surplus.keys > 1 else what[:-1]
    each = " each" if surplus.keys > 1 else ""
    if surplus.uniform:
        return (
            f"{surplus.keys} {what} that the {side.other} has {_times(surplus.theirs)}{each}"
            f" appear{'' if surplus.keys > 1 else 's'} {_times(surplus.mine)} in the {side.role}: {why}"
        )
    return (
        f"{surplus.keys} {what} appear more often in the {side.role} than in the {side.other}, most of them"
        f" {_times(surplus.mine)} instead of {_times(surplus.theirs)}: {why}"
    )
