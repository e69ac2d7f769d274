"""The tables that are compared: a row for every number, in an order of each file's own, with known faults planted.

Belongs here: the SQL of every file and the truth about every scenario, both from the row count alone. Does not belong
here: running the SQL (`generate`).

Rows come from a universe of row numbers, 1 % larger than the tables. A number's *lot* is its place in a fixed
permutation of the universe: faults are planted by ranges of lots, so that they lie scattered over keys and files and
yet their number is exact. Each file's order is a permutation computed from the position alone: there is nothing to
sort, so that writing 100 million rows needs the disk for the files and no more.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from benchmarks.answer import Answer

KEYS = ("date_key", "corporation_id", "product_id", "account_id")
MIN_ROWS = 1_000
_LOT = 7_368_787  # a prime: coprime to any universe that isn't a multiple of it

# Of row number i; an account has one row for each of 28 days.
_KEY_COLUMNS = {
    "date_key": "CAST(20240101 + i % 28 AS INTEGER)",
    "corporation_id": "CAST(hash(i // 28, 1) % 1000 AS INTEGER)",
    "product_id": "'P' || lpad(CAST(hash(i // 28, 2) % 50 AS VARCHAR), 3, '0')",
    "account_id": "40000000000 + i // 28",
}


def _hash(n: int) -> str:
    return f"hash(i, {n})"


def _nullable(n: int, one_in: int, value: str) -> str:
    return f"CASE WHEN {_hash(n)} % {one_in} <> 0 THEN {value} END"


def _amount(n: int) -> str:
    return _nullable(n, 20, f"CAST(CAST({_hash(n + 100)} % 100000000 AS BIGINT) * 0.01 AS DECIMAL(18,2))")


def _count(n: int, below: int) -> str:
    return _nullable(n, 10, f"CAST({_hash(n + 100)} % {below} AS INTEGER)")


_VALUE_COLUMNS = (
    {f"amount_{n}": _amount(n) for n in range(6)}
    | {f"count_{n}": _count(10 + n, 10 ** (n + 1)) for n in range(5)}
    | {
        "reference_id": f"CAST({_hash(20)} % 1000000000000 AS BIGINT)",
        "rate": _nullable(21, 50, f"CAST(CAST({_hash(121)} % 10000000 AS BIGINT) * 0.001 AS DECIMAL(28,6))"),
        "status": f"CASE {_hash(22)} % 4 WHEN 0 THEN 'OPEN' WHEN 1 THEN 'CLOSED' WHEN 2 THEN 'PENDING' END",
        "customer_name": f"'customer ' || lpad(CAST({_hash(23)} % 100000 AS VARCHAR), 6, '0')",
        "remark": _nullable(24, 5, f"'note on transaction ' || CAST({_hash(124)} % 1000000 AS VARCHAR)"),
        "updated_at": _nullable(
            25, 100, f"TIMESTAMP '2024-01-01' + to_seconds(CAST({_hash(125)} % 31536000 AS BIGINT))"
        ),
    }
)

_OTHER_VALUE = {  # by the first word of the column's name
    "amount": "CAST(coalesce({0}, 0) + 0.01 AS DECIMAL(18,2))",
    "count": "coalesce({0}, 0) + 1",
    "customer": "{0} || ' jr'",
}

VALUES = tuple(_VALUE_COLUMNS)
NUMBERS = tuple(name for name in VALUES if name.startswith(("amount_", "count_")) or name in ("reference_id", "rate"))


@dataclass(frozen=True)
class Table:
    """One file: its name and the query that makes its rows."""

    name: str
    query: str

    @property
    def file(self) -> str:
        """The file's name, another for every query: what an older generator left is never taken for this one's."""
        return f"{self.name}-{hashlib.sha256(self.query.encode()).hexdigest()[:8]}.parquet"


@dataclass(frozen=True)
class Scenario:
    """Two tables and the truth about them."""

    name: str
    about: str
    source: Table
    target: Table
    truth: Answer

    @property
    def database(self) -> str:
        """The name of the DuckDB file that holds the two as `source` and `target`."""
        return f"{Path(self.source.file).stem}-{Path(self.target.file).stem}.duckdb"


def scenarios(rows: int) -> dict[str, Scenario]:
    """All scenarios of tables of `rows` rows (duplicates come on top), by name. Raises ValueError below 1 000 rows."""
    if rows < MIN_ROWS:
        raise ValueError(f"{rows} rows: 1 % of them must be enough to plant every fault in; take {MIN_ROWS} or more")
    percent = rows // 100
    sparse = max(1, rows // 100_000)
    universe = rows + percent
    copied = rows // 80
    classes = [len(range(c, copied, 5)) for c in range(5)]  # of copies, see below

    def table(name: str, seed: int, where: str = f"lot >= {percent}", copies: int = 1, **changes: str) -> Table:
        return Table(name, _query(universe, seed, where, copies, changes))

    def truth(**planted) -> Answer:
        return Answer(
            **({"source_rows": rows, "target_rows": rows, "missing": 0, "extra": 0, "differences": {}} | planted)
        )

    # Copies by class. 0: equal rows on both sides; 1: the copy differs from the first row, the same way on both sides;
    # 2: as 1, and the target's copy differs from the source's; 3: in the source only; 4: in the target only.
    copy_class = f"copy = 1 AND (lot - {percent}) % 5"

    def duplicates(name: str, seed: int, lacks: int, **changes: str) -> Table:
        where = f"lot >= {percent} AND (copy = 0 OR lot < {percent + copied} AND (lot - {percent}) % 5 <> {lacks})"
        return table(name, seed, where, copies=2, amount_0=f"{copy_class} IN (1, 2)", **changes)

    source = table("source", seed=1)
    return {
        s.name: s
        for s in (
            Scenario("equal", "nothing differs", source, table("equal", seed=2), truth()),
            Scenario(
                "sparse",
                "one column differs in 1 of 100,000 rows",
                source,
                table("sparse", seed=3, amount_0=f"lot < {percent + sparse}"),
                truth(differences={"amount_0": sparse}),
            ),
            Scenario(
                "dense",
                "three columns differ in every row",
                source,
                table("dense", seed=4, amount_1="true", count_2="true", customer_name="true"),
                truth(differences={"amount_1": rows, "count_2": rows, "customer_name": rows}),
            ),
            Scenario(
                "rows",
                "1 % of the rows missing and 1 % extra",
                source,
                table("rows", seed=5, where=f"(lot < {percent} OR lot >= {2 * percent})"),
                truth(missing=percent, extra=percent),
            ),
            Scenario(
                "duplicates",
                "1 % of each side's keys twice, some with differing rows",
                duplicates("duplicates-source", seed=6, lacks=4),
                duplicates("duplicates-target", seed=7, lacks=3, count_1=f"{copy_class} = 2"),
                truth(
                    source_rows=rows + copied - classes[4],
                    target_rows=rows + copied - classes[3],
                    missing=classes[3],
                    extra=classes[4],
                    differences={"count_1": classes[2]},
                ),
            ),
        )
    }


def _query(universe: int, seed: int, where: str, copies: int, changes: dict[str, str]) -> str:
    """Every row (and copy) of the universe that `where` lets through, in an order that `seed` picks.

    Position to row number goes through steps that can each be undone on numbers of `bits` bits (odd factor, sum, xor
    with the number's upper half), which makes a permutation; numbers beyond the universe are dropped.
    """
    bits = (universe * copies - 1).bit_length()
    mask, half = (1 << bits) - 1, bits // 2
    columns = ", ".join(
        f"{_changed(name, changes[name]) if name in changes else value} AS {name}"
        for name, value in (_KEY_COLUMNS | _VALUE_COLUMNS).items()
    )
    return (
        f"WITH a AS (SELECT (p * 2654435761 + {seed * 40_503}) & {mask} AS x FROM range({1 << bits}) AS r(p)), "
        f"b AS (SELECT (xor(x, x >> {half}) * 2246822507) & {mask} AS x FROM a), "
        f"c AS (SELECT xor(x, x >> {half}) AS x FROM b), "
        f"d AS (SELECT x % {universe} AS i, x // {universe} AS copy FROM c WHERE x < {universe * copies}), "
        f"e AS (SELECT i, copy, i * {_LOT} % {universe} AS lot FROM d) "
        f"SELECT {columns} FROM e WHERE {where}"
    )


def _changed(name: str, where: str) -> str:
    """The column's value, certainly another one where the condition holds (a NULL becomes a value)."""
    value = _VALUE_COLUMNS[name]
    other = _OTHER_VALUE[name.split("_")[0]].format(value)
    return f"CASE WHEN {where} THEN {other} ELSE {value} END"
