"""Pairing the rows of keys that occur more than once, as multisets.

Belongs here: equal copies pair off, the rest pair so that the fewest values differ, what is left has no pair.
Does not belong here: unique keys (`pairing`), counting (`tally`).

The least number of differing values is found exactly in groups of up to EXACT_PAIRS possible pairs; larger
groups' leftovers are sorted by their values on both sides and paired in that order, which may differ in more
values than need be (the evidence says so). Among equally good pairings the one with fewer differences in the
earlier columns is taken, so that swapped sides give the mirror image.
"""

from collections.abc import Iterator
from itertools import groupby

import duckdb
import pyarrow as pa

from recon_assets.comparison.assignment import cheapest_pairs
from recon_assets.comparison.duck import one_row
from recon_assets.comparison.pairing import shown_columns
from recon_assets.comparison.plan import Plan, Role
from recon_assets.comparison.scan import count_rows
from recon_assets.comparison.schema import Column
from recon_assets.comparison.tally import pair_columns

EXACT_PAIRS = 4096
_BATCH = 10_000  # pairs found by assignment are handed back to DuckDB in batches of this size


class Groups:
    """The rows `where` holds for, paired within their keys; makes temporary tables in the session."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        plan: Plan,
        where: str,
        shown: dict[Role, list[Column]],
    ) -> None:
        self._connection, self._plan, self._shown = connection, plan, shown
        self._keys = [f"k{i}" for i in range(len(plan.keys))]
        self._values = [f"v{v.index}" for v in plan.values]
        self._tolerant = any(v.tolerant for v in plan.values)
        for role in ("source", "target"):
            rows = plan.rows(role, plan.values, numbers=True, shown=shown[role], where=where)
            connection.execute(f"CREATE OR REPLACE TEMP TABLE grouped_{role} AS {rows}")
        self.equal_pairs = self._pair_off_equals()
        self._number_leftovers()
        self.large_groups = self._pair_in_order()
        self._pair_cheapest()
        if plan.whole_row and plan.values:
            self._part_differing()

    def pairs(self, *, shown: bool, where: str = "true") -> str:
        """The relation of pairs among the rows that were not paired off as equal."""
        more = shown_columns(self._plan, self._shown) if shown else ""
        return (
            f"SELECT {pair_columns(self._plan.values)}{more} FROM (FROM left_source WHERE {where}) AS s"
            " FULL JOIN pairs AS p ON p.g = s.g AND p.s = s.id"
            f" FULL JOIN (FROM left_target WHERE {where}) AS t ON t.g = p.g AND t.id = p.t"
            " WHERE s.k IS NOT NULL OR t.k IS NOT NULL"
        )

    def _pair_off_equals(self) -> int:
        """Where values have tolerances, equal is no equivalence: only groups too large for exact pairing
        do it."""
        same = ", ".join([*self._keys, *self._values]) or "1"
        alike = " AND ".join(f"s.{c} IS NOT DISTINCT FROM t.{c}" for c in [*self._keys, *self._values])
        if self._tolerant:
            sizes = f"{self._group_sizes('grouped')} HAVING {_product()} > {EXACT_PAIRS}"
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE large AS {sizes}")
        for role in ("source", "target"):
            candidates = f"grouped_{role}"
            if self._tolerant:
                candidates = f"(FROM grouped_{role} AS s SEMI JOIN large AS t ON {self._plan.same_key})"
            self._connection.execute(
                f"CREATE OR REPLACE TEMP VIEW numbered_{role} AS"
                f" SELECT *, row_number() OVER (PARTITION BY {same}) AS copy FROM {candidates}"
            )
        for role, other in (("source", "target"), ("target", "source")):
            left = f"SELECT s.* EXCLUDE (copy) FROM numbered_{role} AS s ANTI JOIN numbered_{other} AS t"
            left += f" ON s.copy = t.copy AND {alike or 'true'}"
            if self._tolerant:
                small = f"FROM grouped_{role} AS s ANTI JOIN large AS t ON {self._plan.same_key}"
                left = f"{left} UNION ALL BY NAME ({small})"
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE unequal_{role} AS {left}")
        return count_rows(self._connection, "grouped_source") - count_rows(self._connection, "unequal_source")

    def _group_sizes(self, tables: str) -> str:
        keys = ", ".join(self._keys)
        both = " UNION ALL ".join(
            f"SELECT {keys + ', ' if keys else ''}{int(role == 'source')} AS mine FROM {tables}_{role}"
            for role in ("source", "target")
        )
        by = f"GROUP BY {keys}" if keys else "GROUP BY ()"
        return (
            f"SELECT {keys + ', ' if keys else ''}count(*) FILTER (mine = 1) AS source_rows,"
            f" count(*) FILTER (mine = 0) AS target_rows FROM ({both}) {by}"
        )

    def _number_leftovers(self) -> None:
        self._connection.execute(
            "CREATE OR REPLACE TABLE groups AS SELECT *, row_number() OVER () AS g"
            f" FROM ({self._group_sizes('unequal')} HAVING {_product()} > 0)"
        )
        order = ", ".join(self._values) or "1"
        for role in ("source", "target"):
            self._connection.execute(
                f"CREATE OR REPLACE TABLE left_{role} AS SELECT s.*, t.g,"
                f" row_number() OVER (PARTITION BY t.g ORDER BY {order}) AS id"
                f" FROM unequal_{role} AS s LEFT JOIN groups AS t ON {self._plan.same_key}"
            )

    def _pair_in_order(self) -> int:
        """Single pairs, and groups too large for more; returns how many of the latter there are."""
        self._connection.execute(
            "CREATE OR REPLACE TABLE pairs AS SELECT g, s.id AS s, t.id AS t FROM left_source AS s"
            " JOIN left_target AS t USING (g, id) JOIN groups USING (g)"
            f" WHERE {_product()} = 1 OR {_product()} > {EXACT_PAIRS}"
        )
        query = f"SELECT count(*) FROM groups WHERE {_product()} > {EXACT_PAIRS}"
        return one_row(self._connection, query)[0]

    def _pair_cheapest(self) -> None:
        if not self._plan.values:
            return
        flags = ", ".join(v.differs for v in self._plan.values)
        cursor = self._connection.cursor()  # another connection: it sees no temporary tables
        cursor.execute(
            f"SELECT g, s.id, t.id, {flags} FROM groups JOIN left_source AS s USING (g)"
            f" JOIN left_target AS t USING (g) WHERE {_product()} BETWEEN 2 AND {EXACT_PAIRS}"
            " ORDER BY g, s.id, t.id"
        )
        found: list[tuple[int, int, int]] = []
        for g, rows in groupby(_stream(cursor), key=lambda row: row[0]):
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
            batch = pa.table({"g": g, "s": s, "t": t})
            self._connection.register("found_pairs", batch)
            self._connection.execute("INSERT INTO pairs SELECT * FROM found_pairs")
            self._connection.unregister("found_pairs")

    def _part_differing(self) -> None:
        """Without a key, rows that are not equal are no pair."""
        differ = " OR ".join(v.differs for v in self._plan.values)
        self._connection.execute(
            "DELETE FROM pairs WHERE (g, s) IN (SELECT (p.g, p.s) FROM pairs AS p"
            " JOIN left_source AS s ON s.g = p.g AND s.id = p.s"
            f" JOIN left_target AS t ON t.g = p.g AND t.id = p.t WHERE {differ})"
        )


def _product() -> str:
    return "source_rows * target_rows"


def _stream(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple]:
    while batch := cursor.fetchmany(_BATCH):
        yield from batch
