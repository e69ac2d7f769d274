"""The simplest predicates that tell the rows without a partner from the others, found in a sample.

Belongs here: which predicates are worth counting over all rows. Does not belong here: drawing the sample
(`rows_frame`), or deciding which of them to claim, which takes exact counts (`rows_claims`).

For each column: whether it is NULL, its best value or few values, all but those, the best bound and the best range,
and for texts the best beginning. Then pairs of columns: what describes most by itself is looked into for a second
predicate. Then, without the rows that are described by then, once more.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np
import pyarrow.compute as pc

from recon_assets.comparison.causes import predicates
from recon_assets.comparison.causes.predicates import Predicate, roundest
from recon_assets.comparison.causes.rows_frame import Encoded, Frame, numbers
from recon_assets.comparison.causes.rows_worth import SIMPLER, gain, worth

ROUNDS = 3
"""How many predicates may together describe a side's rows."""
_FROM_EACH = 4  # best predicates of a round that are counted over all rows
_BEAM = 6  # predicates that are looked into for a second one
_MOST_VALUES = 5  # values an IN may list
ROUGHLY = 0.8
"""The gain (see `rows_worth.gain`) that a sample must promise."""
_PURE = 0.999  # the gain that a second predicate can hardly better
_ALL = 0.98  # the share of the rows described by one predicate that a second one can hardly better


@dataclass(frozen=True)
class _Atom:
    """Predicates with the same rows in the sample, as written exactly and as rounded; `hit` says of every code of the
    column, NULL's last, whether they hold."""

    hit: np.ndarray
    forms: tuple[Predicate, ...]


@dataclass(frozen=True)
class _Found:
    """An atom among the rows of another one (or of all), and how well it describes the rows left."""

    atom: _Atom
    codes: np.ndarray
    among: np.ndarray
    forms: tuple[Predicate, ...]
    worth: float
    coverage: float
    gain: float

    @property
    def rows(self) -> np.ndarray:
        """Which rows of the sample it holds for."""
        return self.atom.hit[self.codes] & self.among


def search(frame: Frame) -> list[Predicate]:
    """Candidates, each in one or more forms, none twice."""
    found: dict[str, Predicate] = {}
    left = frame.unpaired.copy()
    everything = np.ones(len(left), dtype=bool)
    for _ in range(ROUNDS):
        looking = _Looking(frame, left)
        single = looking.best(everything)
        good = [f for f in single if f.gain >= ROUGHLY]
        if not good or good[0].coverage < _ALL:
            double = [pair for first in looking.broadest(single) for pair in looking.within(first)]
            good = sorted(good + [f for f in double if f.gain >= ROUGHLY], key=lambda f: -f.worth)
        for one in good[:_FROM_EACH]:
            found |= {form.sql: form for form in one.forms}
        if not good:
            break
        left = left & ~good[0].rows
        if not left.any():
            break
    return list(found.values())


class _Looking:
    """One round: the rows left to describe, and those with a partner."""

    def __init__(self, frame: Frame, left: np.ndarray) -> None:
        self._frame, self._left, self._paired = frame, left, ~frame.unpaired
        self._all = float(left.sum() * frame.unpaired_weight)
        self._base = self._all / (self._all + float(self._paired.sum() * frame.paired_weight))

    def best(self, among: np.ndarray) -> list[_Found]:
        """The atoms of every column within some rows, best first."""
        left, paired = np.flatnonzero(among & self._left), np.flatnonzero(among & self._paired)
        found = []
        for column in self._frame.columns:
            size = len(column.values) + 1
            # NULL's code, -1, is counted last
            p = np.bincount(column.codes[left] % size, minlength=size) * self._frame.unpaired_weight
            n = np.bincount(column.codes[paired] % size, minlength=size) * self._frame.paired_weight
            if p.any():
                found += [self._rated(atom, column, among, p, n) for atom in self._atoms(column, p, n)]
        return sorted(found, key=lambda f: -f.worth)

    def broadest(self, single: list[_Found]) -> list[_Found]:
        """What describes many rows, if too many others as well."""
        return [f for f in single if f.gain < _PURE][:_BEAM]

    def within(self, first: _Found) -> list[_Found]:
        """The best second predicates, over other columns, in the rows of a first one."""
        others = [f for f in self.best(first.rows) if f.codes is not first.codes]
        better = [f for f in others[:_FROM_EACH] if f.gain > first.gain]
        pairs = []
        for second in better:
            forms = tuple(one & other for one in first.forms for other in second.forms)
            value = second.worth - SIMPLER * (forms[0].complexity - second.forms[0].complexity)
            pairs.append(replace(second, forms=forms, worth=value))
        return pairs

    def _rated(self, atom: _Atom, column: Encoded, among: np.ndarray, p: np.ndarray, n: np.ndarray) -> _Found:
        unpaired, paired = float(p[atom.hit].sum()), float(n[atom.hit].sum())
        precision = unpaired / (unpaired + paired) if unpaired else 0.0
        coverage = unpaired / self._all
        value = worth(coverage, precision, self._base, atom.forms[0].complexity)
        return _Found(atom, column.codes, among, atom.forms, value, coverage, gain(precision, self._base))

    def _atoms(self, column: Encoded, p: np.ndarray, n: np.ndarray) -> Iterator[_Atom]:
        columns = math.log(len(self._frame.columns))
        nulls = np.zeros(len(p), dtype=bool)
        nulls[-1] = True
        distinct = np.count_nonzero(p[:-1] + n[:-1])
        if p[-1] + n[-1] and distinct:
            yield _Atom(nulls, (predicates.is_null(column.about, columns + math.log(2)),))
            yield _Atom(~nulls, (predicates.is_not_null(column.about, columns + math.log(2)),))
        if column.about.kind == "flag" or distinct < 2:
            return
        kinds = columns + math.log(distinct)
        yield from self._values(column, p, n, kinds)
        if column.about.kind == "text":
            yield from self._beginnings(column, p, n, kinds)
        elif distinct > 2:
            yield from self._bounds(column, p, n, kinds)

    def _values(self, column: Encoded, p: np.ndarray, n: np.ndarray, tries: float) -> Iterator[_Atom]:
        """`=` and IN of the values that have most rows to describe beyond their share of the others, `<>` and NOT IN of
        those that have most of the others."""
        surplus = self._balance(p, n)[:-1]
        nulls = bool(p[-1] + n[-1])
        for sign in (1, -1):
            order = [c for c in _largest(sign * surplus, _MOST_VALUES) if sign * surplus[c] > 0]
            for count in range(1, len(order) + 1):
                hit = np.zeros(len(p), dtype=bool)
                hit[order[:count]] = True
                values = [column.value(c) for c in sorted(order[:count])]
                if sign > 0 and (count == 1 or not _cut(values)):
                    yield _Atom(hit, (predicates.among(column.about, values, tries * count),))
                elif sign < 0 and not _cut(values):
                    yield _Atom(~hit, (predicates.not_among(column.about, values, nulls, tries * count),))

    def _balance(self, p: np.ndarray, n: np.ndarray, strict: bool = False) -> np.ndarray:
        """Rows to describe less others, weighed so that a value like all others has 0; `strict`: so that one which is
        just good enough has."""
        if not strict:
            return p / max(p.sum(), 1e-9) - n / max(n.sum(), 1e-9)
        allowed = (1 - ROUGHLY) * (1 - self._base)
        return p - n * (1 - allowed) / allowed

    def _bounds(self, column: Encoded, p: np.ndarray, n: np.ndarray, tries: float) -> Iterator[_Atom]:
        last = len(p) - 1 - column.nan  # codes from here on are NaN and NULL
        for strict in (True, False):
            low, high = _heaviest_range(self._balance(p, n, strict)[:last])
            ends = {(low, high), (low, last - 1), (0, high)}
            total = np.cumsum(self._balance(p, n, strict)[:last])
            cut = int(np.argmax(total))
            ends.add((0, cut))
            cut = int(np.argmin(np.concatenate(([0.0], total[:-1]))))
            ends.add((cut, last - 1))
            present = np.flatnonzero((p + n)[:last])
            for first, final in ends:
                atom = self._range(column, first, final, present, tries)
                if atom is not None:
                    yield atom

    def _range(self, column: Encoded, first: int, final: int, present: np.ndarray, tries: float) -> _Atom | None:
        inside = present[(present >= first) & (present <= final)]
        if not len(inside) or len(inside) == len(present):
            return None
        before, after = present[present < inside[0]], present[present > inside[-1]]
        low, high = column.value(inside[0]), column.value(inside[-1])
        about = column.about
        hit = np.zeros(len(column.values) + 1, dtype=bool)
        hit[inside[0] : inside[-1] + 1] = True
        begin = roundest(column.value(before[-1]), low) if len(before) else low
        end = roundest(high, column.value(after[0])) if len(after) else high
        if not len(after):
            forms = (predicates.at_least(about, begin, tries), predicates.at_least(about, low, tries))
        elif not len(before):
            forms = (predicates.below(about, end, tries), predicates.at_most(about, high, tries))
        else:
            forms = (predicates.from_to(about, begin, end, 2 * tries), predicates.within(about, low, high, 2 * tries))
        return _Atom(hit, forms)

    def _beginnings(self, column: Encoded, p: np.ndarray, n: np.ndarray, tries: float) -> Iterator[_Atom]:
        """Texts that begin alike are next to each other."""
        for strict in (True, False):
            low, high = _heaviest_range(self._balance(p, n, strict)[:-1])
            prefix = _common(column.value(low), column.value(high))
            if low < high and prefix:
                hit = np.zeros(len(p), dtype=bool)
                hit[:-1] = numbers(pc.starts_with(column.values, pattern=prefix).cast("int8")).astype(bool)
                yield _Atom(hit, (predicates.begins_with(column.about, prefix, tries),))


def _cut(values: list) -> bool:
    """Whether there are texts among the values of which the sample has the beginning only."""
    return any(isinstance(v, str) and len(v) >= predicates.LONGEST_TEXT for v in values)


def _largest(weights: np.ndarray, count: int) -> np.ndarray:
    """The indices of the largest weights, largest first."""
    some = np.argpartition(-weights, count)[:count] if count < len(weights) else np.arange(len(weights))
    return some[np.argsort(-weights[some], kind="stable")]


def _common(one: str, other: str) -> str:
    """What two texts both begin with."""
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _heaviest_range(weights: np.ndarray) -> tuple[int, int]:
    """First and last index of the range whose sum is largest."""
    total = np.concatenate(([0.0], np.cumsum(weights)))
    lowest = np.minimum.accumulate(total[:-1])
    last = int(np.argmax(total[1:] - lowest))
    return int(np.argmin(total[: last + 1])), last
