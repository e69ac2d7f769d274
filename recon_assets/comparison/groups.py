"""Pairing the rows of keys that occur more than once, as multisets.

Belongs here: equal copies pair off, the rest pair so that the fewest values differ, what is left has no pair.
Does not belong here: unique keys (`pairs`), counting (`tally`).

The least number of differing values is found exactly in groups of up to EXACT_PAIRS possible pairs; larger
groups' leftovers are sorted by their values on both sides and paired in that order, which may differ in more
values than need be (the evidence says so). Among equally good pairings the one with fewer differences in the
earlier columns is taken, so that swapped sides give the mirror image.
"""

from itertools import groupby

import pyarrow as pa

from recon_assets.comparison.assignment import cheapest_pairs
from recon_assets.comparison.duck import Session
from recon_assets.comparison.pairs import named, with_differences
from recon_assets.comparison.plan import ROLES, Plan, Role

EXACT_PAIRS = 4096
_BATCH = 10_000  # pairs found by assignment are handed back to the session in batches of this size


class Groups:
    """The rows `where` holds for, paired within their keys; keeps tables in the session.

    `paired` is how many pairs there are, `large_groups` how many groups were too large for exact pairing.
    """

    def __init__(self, session: Session, plan: Plan, where: str) -> None:
        self._session, self._plan = session, plan
        self._values = [f"v{v.number}" for v in plan.values]
        self._tolerant = any(v.tolerant for v in plan.values)
        for role in ROLES:
            session.keep(f"grouped_{role}", self._rows(role, where))
        equal_pairs = self._pair_off_equals()
        self._number_leftovers()
        self.large_groups = self._pair_in_order()
        self._pair_cheapest()
        if plan.whole_row and plan.values:
            self._part_differing()
        self.paired = equal_pairs + session.row("SELECT count(*) FROM pairs")[0]

    def pairs(self) -> str:
        """The relation of pairs among the rows that were not paired off as equal; every column of both sides."""
        plan = self._plan
        names = [f"coalesce(s.{k}, t.{k}) AS {k}" for k in ["k", *plan.key_columns]]
        for role, letter in (("source", "s"), ("target", "t")):
            names += [f"{letter}.{name}" for name in named(plan, role, plan.every_column(role))]
        relation = (
            f"SELECT {', '.join(names)}, true AS in_source, true AS in_target FROM left_source AS s"
            " JOIN pairs AS p ON p.g = s.g AND p.s = s.id JOIN left_target AS t ON t.g = p.g AND t.id = p.t"
        )
        return with_differences(relation, plan.values)

    def unpaired(self, role: Role) -> str:
        """One side's rows that are left without a partner: k, the key columns, and every column of that side."""
        id_ = role[0]
        return (
            f"SELECT s.* FROM left_{role} AS s LEFT JOIN pairs AS p ON p.g = s.g AND p.{id_} = s.id WHERE p.g IS NULL"
        )

    def every_row(self, role: Role) -> str:
        """One side's rows, paired or not: k, the key columns, every column of that side, and `unpaired`."""
        names = ", ".join(["k", *self._plan.key_columns, *named(self._plan, role, self._plan.every_column(role))])
        other, id_ = ROLES[role == "source"], role[0]
        equal = f"SELECT {names}, false AS unpaired FROM numbered_{role} AS s SEMI JOIN numbered_{other} AS t"
        rest = f"SELECT s.*, p.g IS NULL AS unpaired FROM left_{role} AS s LEFT JOIN pairs AS p"
        return (
            f"{equal} ON s.copy = t.copy AND {self._alike()}"
            f" UNION ALL SELECT {names}, unpaired FROM ({rest} ON p.g = s.g AND p.{id_} = s.id)"
        )

    def _alike(self) -> str:
        columns = [*self._plan.key_columns, *self._values]
        return " AND ".join(f"s.{c} IS NOT DISTINCT FROM t.{c}" for c in columns) or "true"

    def _rows(self, role: Role, where: str) -> str:
        values = "".join(f", {getattr(v.form, role)} AS v{v.number}" for v in self._plan.values)
        return f"SELECT *{values} FROM ({self._plan.rows(role, self._plan.every_column(role), where)})"

    def _pair_off_equals(self) -> int:
        """Where values have tolerances, equal is no equivalence: only groups too large for exact pairing
        do it."""
        same = ", ".join([*self._plan.key_columns, *self._values]) or "1"
        if self._tolerant:
            self._session.keep("large", f"{self._group_sizes('grouped')} HAVING {_sizes()} > {EXACT_PAIRS}")
        for role in ROLES:
            candidates = f"SELECT * FROM grouped_{role}"
            if self._tolerant:
                candidates = f"SELECT s.* FROM grouped_{role} AS s SEMI JOIN large AS t ON {self._plan.same_key}"
            self._session.keep(
                f"numbered_{role}",
                f"SELECT *, row_number() OVER (PARTITION BY {same} ORDER BY 1) AS copy FROM ({candidates})",
            )
        for role, other in (ROLES, ROLES[::-1]):
            left = (
                f"SELECT s.* EXCLUDE (copy) FROM numbered_{role} AS s ANTI JOIN numbered_{other} AS t"
                f" ON s.copy = t.copy AND {self._alike()}"
            )
            if self._tolerant:
                small = f"SELECT s.* FROM grouped_{role} AS s ANTI JOIN large AS t ON {self._plan.same_key}"
                left = f"{left} UNION ALL {small}"
            self._session.keep(f"unequal_{role}", left)
        grouped, unequal = (
            self._session.row(f"SELECT count(*) FROM {table}")[0] for table in ("grouped_source", "unequal_source")
        )
        return grouped - unequal

    def _group_sizes(self, tables: str) -> str:
        keys = ", ".join(self._plan.key_columns) or "0 AS all_rows"
        source, target = (
            f"SELECT {keys}, {mine} AS mine, {theirs} AS theirs FROM {tables}_{role}"
            for role, mine, theirs in (("source", 1, "NULL"), ("target", "NULL", 1))
        )
        by = ", ".join(self._plan.key_columns) or "all_rows"
        return (
            f"SELECT {by}, count(mine) AS source_rows, count(theirs) AS target_rows"
            f" FROM ({source} UNION ALL {target}) GROUP BY {by}"
        )

    def _number_leftovers(self) -> None:
        self._session.keep(
            "groups",
            "SELECT *, row_number() OVER (ORDER BY 1) AS g"
            f" FROM ({self._group_sizes('unequal')} HAVING {_sizes()} > 0)",
        )
        order = ", ".join(self._values) or "1"
        for role in ROLES:
            self._session.keep(
                f"left_{role}",
                f"SELECT s.*, t.g, row_number() OVER (PARTITION BY t.g ORDER BY {order}) AS id"
                f" FROM unequal_{role} AS s LEFT JOIN groups AS t ON {self._plan.same_key}",
            )

    def _pair_in_order(self) -> int:
        """Single pairs, and groups too large for more; returns how many of the latter there are."""
        product = "source_rows * target_rows"
        self._session.keep(
            "pairs",
            "SELECT g, s.id AS s, t.id AS t FROM left_source AS s JOIN left_target AS t USING (g, id)"
            f" JOIN groups USING (g) WHERE {product} = 1 OR {product} > {EXACT_PAIRS}",
        )
        return self._session.row(f"SELECT count(*) FROM groups WHERE {product} > {EXACT_PAIRS}")[0]

    def _pair_cheapest(self) -> None:
        if not self._plan.values:
            return
        flags = ", ".join(v.differs for v in self._plan.values)
        candidates = self._session.stream(
            f"SELECT g, s.id, t.id, {flags} FROM groups JOIN left_source AS s USING (g)"
            f" JOIN left_target AS t USING (g) WHERE source_rows * target_rows BETWEEN 2 AND {EXACT_PAIRS}"
            " ORDER BY g, s.id, t.id",
            _BATCH,
        )
        found: list[tuple[int, int, int]] = []
        for g, rows in groupby(candidates, key=lambda row: row[0]):
            by_source = [list(each) for _, each in groupby(rows, key=lambda row: row[1])]
            costs = [[self._cost(row[3:]) for row in each] for each in by_source]
            found += [(g, i + 1, j + 1) for i, j in cheapest_pairs(costs)]  # ids count from 1
            if len(found) >= _BATCH:
                self._add_pairs(found)
                found = []
        self._add_pairs(found)

    def _cost(self, flags: tuple[bool, ...]) -> int:
        """Number of differing values first, then (as digits of a number) which columns they are in."""
        if self._plan.whole_row:
            return int(any(flags))
        cost = sum(flags)
        for flag in flags:
            cost = cost * (EXACT_PAIRS + 1) + flag
        return cost

    def _add_pairs(self, found: list[tuple[int, int, int]]) -> None:
        if found:
            g, s, t = (pa.array(column, pa.int64()) for column in zip(*found, strict=True))
            self._session.append("pairs", pa.table({"g": g, "s": s, "t": t}))

    def _part_differing(self) -> None:
        """Without a key, rows that are not equal are no pair."""
        differ = " OR ".join(v.differs for v in self._plan.values)
        self._session.keep(
            "equal_pairs",
            "SELECT p.g, p.s, p.t FROM pairs AS p JOIN left_source AS s ON s.g = p.g AND s.id = p.s"
            f" JOIN left_target AS t ON t.g = p.g AND t.id = p.t WHERE NOT ({differ})",
        )
        self._session.keep("pairs", "SELECT * FROM equal_pairs")


def _sizes() -> str:
    return "count(mine) * count(theirs)"
