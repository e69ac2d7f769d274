"""The streaming scans: one side's fingerprint, its duplicate keys, and the key buckets in which sides differ.

Belongs here: what can be known of a side by reading it once, in constant memory. Does not belong here:
bringing the two sides' rows together (`pairing`, `groups`).

A side's fingerprint holds, per column, the sum of a hash of (key, value), and two sums over whole rows: 128
bits that all must agree. Sums of different columns tell which columns need a closer look; those alone are
then read again, and summed per bucket of keys, to find where.
"""

from dataclasses import dataclass
from typing import Any

import duckdb

from recon_assets.comparison.duck import one_row, reading
from recon_assets.comparison.hashing import combine, mixed, mixed_again
from recon_assets.comparison.plan import Plan, Role, Value

BUCKETS = 4096
"""How many key buckets: with few differences, about one row in 4096 per difference is looked at again."""


@dataclass(frozen=True)
class SideFingerprint:
    """One side's sums; equal for equal multisets of rows in canonical form."""

    rows: int
    keys: int
    row_sums: tuple[int, int]
    columns: dict[int, int]

    def to_json(self, values: list[Value]) -> dict[str, Any]:
        """In hex, columns by name."""
        first, second = (f"{s % 2**64:016x}" for s in self.row_sums)
        return {
            "rows": self.rows,
            "keys": f"{self.keys:x}",
            "row_digest": first + second,
            "columns": {v.pair.name: f"{self.columns[v.index]:x}" for v in values},
        }


def fingerprint_side(connection: duckdb.DuckDBPyConnection, plan: Plan, role: Role) -> SideFingerprint:
    """Reads one side once, all columns. Raises ComparisonError, naming the side, when it can't be read."""
    sums = "".join(f", sum({mixed(combine(['k', f'h{v.index}']))})" for v in plan.values)
    query = (
        f"SELECT count(*), sum({mixed('k')}), sum({mixed('r')}), sum({mixed_again('r')}){sums}"
        f" FROM ({plan.hashes(role, plan.values)})"
    )
    with reading(plan.sides[role].label):
        rows, *found = one_row(connection, query)
    keys, first, second, *columns = (s or 0 for s in found)
    return SideFingerprint(rows, keys, (first, second), dict(zip((v.index for v in plan.values), columns, strict=True)))


def count_rows(connection: duckdb.DuckDBPyConnection, view: str) -> int:
    """How many rows a view has."""
    return one_row(connection, f"SELECT count(*) FROM {view}")[0]


def duplicate_keys(connection: duckdb.DuckDBPyConnection, plan: Plan, role: Role, rows: int) -> int:
    """How many distinct keys occur more than once; leaves their hashes in the table `duplicated_<role>`.

    Equal keys have equal hashes, so as many hashes as rows means that there is none; only else are keys
    grouped.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE duplicated_{role} (k UBIGINT)")
    keys = plan.rows(role, [])
    distinct = one_row(connection, f"SELECT count(DISTINCT k) FROM ({keys})")[0]
    if distinct == rows:
        return 0
    connection.execute(f"INSERT INTO duplicated_{role} SELECT k FROM ({keys}) GROUP BY k HAVING count(*) > 1")
    columns = ", ".join(f"k{i}" for i in range(len(plan.keys)))
    return one_row(
        connection,
        f"SELECT count(*) FROM (SELECT {columns} FROM ({keys}) SEMI JOIN duplicated_{role} USING (k)"
        f" GROUP BY {columns} HAVING count(*) > 1)",
    )[0]


def differing_buckets(connection: duckdb.DuckDBPyConnection, plan: Plan, values: list[Value]) -> tuple[int, int]:
    """Finds the buckets whose keys or given values differ; leaves their numbers in the table
    `differing_buckets`.

    Returns how many they are, and how many rows (on either side) lie in the others.
    """
    for role in ("source", "target"):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE buckets_{role} AS SELECT k % {BUCKETS} AS bucket, count(*) AS rows,"
            f" sum({mixed('k')}) AS keys, sum({mixed('r')}) AS first, sum({mixed_again('r')}) AS second"
            f" FROM ({plan.hashes(role, values)}) GROUP BY bucket"
        )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE differing_buckets AS SELECT coalesce(s.bucket, t.bucket) AS bucket"
        " FROM buckets_source s FULL JOIN buckets_target t ON s.bucket = t.bucket WHERE"
        " (s.rows, s.keys, s.first, s.second) IS DISTINCT FROM (t.rows, t.keys, t.first, t.second)"
    )
    differing = one_row(connection, "SELECT count(*) FROM differing_buckets")[0]
    equal = one_row(
        connection,
        "SELECT coalesce(sum(rows), 0) FROM buckets_source ANTI JOIN differing_buckets USING (bucket)",
    )[0]
    return differing, int(equal)


IN_DIFFERING_BUCKETS = f"(k % {BUCKETS}) IN (SELECT bucket FROM differing_buckets)"
