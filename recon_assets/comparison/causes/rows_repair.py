"""Rows without a partner that have one when a key column is looked at otherwise.

Belongs here: pairing the missing with the extra rows in another way, and which of the pairs to believe. Does not
belong here: the ways (`rows_ways`), or what a key's difference is called (`values`).

Rows pair where each side has one key for what is looked at. Whether to believe a way is a question of chance: where
rows were lost at random, about as many missing rows agree with each other in what is looked at as agree with an extra
one. So pairs must be ten times as many as that. Ways in which unrelated values may agree must, in addition, agree in
a value column that doesn't agree by itself; where there is none, they must pair a good part of the rows that one side
has left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recon_assets.comparison.causes.candidate import Candidate, DifferingColumn
from recon_assets.comparison.causes.rows_input import KeyColumn, Workspace
from recon_assets.comparison.causes.rows_unpaired import MOST_KEYS, Unpaired, all_but
from recon_assets.comparison.causes.rows_ways import KeyToRepair, Way, by_values, folded, left_out, moved
from recon_assets.comparison.causes.values import discover
from recon_assets.comparison.plan import ROLES, Role

_SEARCHED = 100_000  # rows of a side, about, with which a way is tried before it is used on all
_OVER_CHANCE = 10  # pairs must be this many times those expected by chance
_CHANCE = 0.3  # pairs expected by chance where no rows of one side agree: three pairs are the fewest believed
_SAME_VALUE = 0.5  # a value column in which random rows agree more often than this tells nothing
_AGREE = 0.9  # the share of pairs that must agree in a value column that does
_UNTOLD = 0.5  # the share of a side's rows that must pair where no value column can tell anything
_NO_VALUES = 0.05  # the same where there are no value columns, so that rows differ in nothing but the key
_FEWEST = 0.01  # the share of a way's pairs below which a cause has no line of its own


@dataclass(frozen=True)
class Repair:
    """Why rows of both sides did not pair; `number` is that of their rows in the tables of `Repairs`."""

    number: int
    detail: str


class Repairs:
    """Finds repairs and takes their rows out of the kept tables.

    `tables` are, per side, the repaired rows as (k, repair's number, whose `found` they are).
    """

    def __init__(self, space: Workspace, sides: dict[Role, Unpaired], keys: Sequence[KeyColumn]) -> None:
        self._space, self._sides, self._keys = space, sides, keys
        self.found: list[Repair] = []
        self._believable: list[tuple[KeyToRepair, Way]] = []
        self.tables = {
            role: space.keep(f"repaired_{role}", "SELECT 0::UBIGINT AS k, 0 AS repair LIMIT 0") for role in ROLES
        }

    def search(self) -> None:
        """Tries every way on every key column, as long as both sides have rows left."""
        if len(self._sides) < len(ROLES) or len(self._keys) > MOST_KEYS:
            return
        source, target = (self._sides[role].side for role in ROLES)
        columns = [
            KeyToRepair(j, source.column(key.source), target.column(key.target)) for j, key in enumerate(self._keys)
        ]
        ways = (folded, left_out, by_values, moved) if len(columns) > 1 else (folded, by_values, moved)
        for find in ways:
            for column in columns:
                if all(side.rest for side in self._sides.values()):
                    for way in find(self._space, self._sides, column):
                        self._try(column, way)
        for column, way in self._believable:
            self._take_undecided(column, way)

    def _try(self, column: KeyToRepair, way: Way) -> None:
        share = max(1, max(side.rest for side in self._sides.values()) // _SEARCHED)
        groups = self._space.keep("groups", self._groups(column, way, share))
        one_each = "SELECT * FROM {} WHERE in_source = in_target AND first_s = last_s AND first_t = last_t"
        tried = self._space.keep("pairs", one_each.format(groups))
        agreeing = self._believed(groups, tried, way)
        if agreeing is None:
            return
        if share > 1:
            self._space.keep("pairs", one_each.format(f"({self._groups(column, way, 1)})"))
        self._claim(column, way, tried, agreeing)
        self._believable.append((column, way))

    def _groups(self, column: KeyToRepair, way: Way, share: int) -> str:
        """What rows of both sides agree in the rest of the key and in the way's terms."""
        r, j = column.sql, column.j
        values = range(self._sides["source"].values)
        of_source = "".join(f", x{m} AS s{m}, NULL::UBIGINT AS t{m}" for m in values)
        of_target = "".join(f", NULL::UBIGINT, x{m}" for m in values)
        i = column.source.index
        both = (
            f"SELECT k AS ks, NULL::UBIGINT AS kt, {r} AS a{i}, NULL::{column.target.type} AS b{i},"
            f" {all_but(j)} AS others, {way.source} AS seen{of_source} FROM {self._sides['source'].table}"
            f" UNION ALL SELECT NULL, k, NULL, {r}, {all_but(j)}, {way.target}{of_target}"
            f" FROM {self._sides['target'].table}"
        )
        picked = "".join(f", any_value(s{m}) AS s{m}, any_value(t{m}) AS t{m}" for m in values)
        where = f" WHERE hash(others, seen) % {share} = 0" if share > 1 else ""
        return (
            "SELECT count(ks) AS in_source, count(kt) AS in_target, min(ks) AS first_s, max(ks) AS last_s,"
            f" min(kt) AS first_t, max(kt) AS last_t, any_value(a{i}) AS a{i}, any_value(b{i}) AS b{i}, true AS d{i},"
            f" min(ks) AS k{picked} FROM ({both}){where} GROUP BY others, seen"
        )

    def _believed(self, groups: str, pairs: str, way: Way) -> list[int] | None:
        """None if not; otherwise the value columns of which a pair must agree in one."""
        found, source, target, same_source, same_target = self._space.row(
            "SELECT sum(least(in_source, in_target)) FILTER (in_source = in_target AND first_s = last_s"
            " AND first_t = last_t), sum(in_source), sum(in_target), sum(in_source * (in_source - 1) / 2),"
            f" sum(in_target * (in_target - 1) / 2) FROM {groups}"
        )
        if not found:
            return None
        # among n of N rows there are about n² / 2N agreeing pairs, between m and n of N rows m · n / N
        expected = (same_source + same_target + _CHANCE) * 2 * source * target / (source**2 + target**2)
        if found < _OVER_CHANCE * expected:
            return None
        if not way.guarded:
            return []
        telling = self._telling(range(self._sides["source"].values))
        agreeing = self._agreeing(pairs, telling)
        if telling:
            return agreeing or None
        share = _UNTOLD if self._sides["source"].values else _NO_VALUES
        return [] if found >= share * min(source, target) else None

    def _telling(self, values: Iterable[int]) -> list[int]:
        """The value columns that two rows seldom agree in by chance."""
        table = self._sides["source"].table
        same = {
            m: self._space.row(
                f"SELECT sum(n * n) / sum(n) ** 2 FROM (SELECT count(*) AS n FROM {table} GROUP BY x{m})"
            )
            for m in values
        }
        return [m for m, (share,) in same.items() if share <= _SAME_VALUE]

    def _agreeing(self, pairs: str, values: list[int]) -> list[int]:
        if not values:
            return []
        shares = self._space.row(f"SELECT {', '.join(f'avg((s{m} = t{m})::INT)' for m in values)} FROM {pairs}")
        return [m for m, share in zip(values, shares, strict=True) if share >= _AGREE]

    def _claim(self, column: KeyToRepair, way: Way, pairs: str, agreeing: list[int]) -> None:
        """Gives each pair the cause that explains most of them among those that hold for it."""
        key = self._keys[column.j]
        i = column.source.index
        if agreeing:
            differ = " AND ".join(f"s{m} IS DISTINCT FROM t{m}" for m in agreeing)
            self._space.rows(f"DELETE FROM {pairs} WHERE {differ}")
        differing = DifferingColumn(i, key.name, column.source.type, column.target.type, key.rule)
        counted = self._worth_naming(pairs, discover(self._space.connection, pairs, [differing]))
        causes = [(c.holds, f"{key.name} differs: {c.detail}") for c in counted]
        causes.append(("true", f"{key.name} differs {way.detail}"))
        first = len(self.found)
        cases = " ".join(f"WHEN {holds} THEN {first + n}" for n, (holds, _) in enumerate(causes))
        named = self._space.keep("named", f"SELECT *, CASE {cases} END AS repair FROM {pairs}")
        self.found += [Repair(first + n, detail) for n, (_, detail) in enumerate(causes)]
        for role, k in (("source", "first_s"), ("target", "first_t")):
            side = self._sides[role]
            self._space.rows(f"INSERT INTO {self.tables[role]} SELECT {k}, min(repair) FROM {named} GROUP BY {k}")
            self._space.rows(f"DELETE FROM {side.table} WHERE k IN (SELECT {k} FROM {named})")
            side.repaired += self._recounted(side)

    def _take_undecided(self, column: KeyToRepair, way: Way) -> None:
        """Rows that a believed way pairs with several, or less surely: whether they have a partner stays open, so that
        nothing else should be read into their having none."""
        seen = {"source": way.source, "target": way.target}
        source, target = (
            f"SELECT {all_but(column.j)} AS others, {seen[role]} AS seen FROM {self._sides[role].table}"
            for role in ROLES
        )
        both = self._space.keep("both", f"{source} INTERSECT {target}")
        for role, side in self._sides.items():
            self._space.rows(
                f"DELETE FROM {side.table} WHERE EXISTS (SELECT 1 FROM {both} WHERE others = {all_but(column.j)}"
                f" AND seen = {seen[role]})"
            )
            self._recounted(side)

    def _recounted(self, side: Unpaired) -> int:
        """Counts what is left in a kept table; returns how many rows were taken."""
        before = side.rest
        (side.rest,) = self._space.row(f"SELECT count(*) FROM {side.table}")
        return before - side.rest

    def _worth_naming(self, pairs: str, candidates: list[Candidate]) -> list[Candidate]:
        """The candidates worth a line of their own, those that hold for most rows first."""
        if not candidates:
            return []
        wanted = ", ".join(f"coalesce(sum(in_source) FILTER ({c.holds}), 0)" for c in candidates)
        rows, *counts = self._space.row(f"SELECT sum(in_source), {wanted} FROM {pairs}")
        ranked = sorted(range(len(candidates)), key=lambda n: -counts[n])
        return [candidates[n] for n in ranked if counts[n] >= _FEWEST * rows]
