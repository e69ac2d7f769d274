"""What is read of each side, in what form: the part of a comparison that is the same for every path.

Belongs here: the keys and values of a comparison in canonical form, and the SELECTs that produce them. Does
not belong here: what is done with those rows (`scan`, `pairing`, `groups`).

Names within these SELECTs: `k` hash of the key, `k0`… key columns, `v0`… values, `n0`… values as plain
numbers (only where there is a tolerance), `a0`… what a reader is shown of the side's columns.
"""

from dataclasses import dataclass
from typing import Literal

from recon_assets.comparison.canonical import Canonical, canonical, decimal_text
from recon_assets.comparison.hashing import combine, hashable
from recon_assets.comparison.schema import Column, Matching, Pair, Side
from recon_assets.comparison.tolerance import within
from recon_assets.comparison.types import family

Role = Literal["source", "target"]


@dataclass(frozen=True)
class Value:
    """A compared column: `tolerant` is the SQL of "near enough" over s.n… and t.n…, where it has such a
    rule."""

    index: int
    pair: Pair
    form: Canonical
    tolerant: str | None

    @property
    def differs(self) -> str:
        """SQL: whether the paired rows `s` and `t` differ in this column."""
        unequal = f"s.v{self.index} IS DISTINCT FROM t.v{self.index}"
        return f"({unequal} AND NOT coalesce({self.tolerant}, false))" if self.tolerant else f"({unequal})"


@dataclass(frozen=True)
class Plan:
    """Two sides and how they compare. `whole_row`: no key is declared, so rows pair only when they are equal;
    the columns without a tolerance then serve as key."""

    sides: dict[Role, Side]
    keys: list[tuple[Pair, Canonical]]
    values: list[Value]
    whole_row: bool

    def rows(
        self,
        role: Role,
        values: list[Value],
        *,
        numbers: bool = False,
        shown: list[Column] = (),
        where: str = "",
    ) -> str:
        """SELECT of one side's rows: k, the key columns, and the given values; `where` may speak of `k`."""
        side = self.sides[role]
        inner = [f"{getattr(form, role)} AS k{i}" for i, (_, form) in enumerate(self.keys)]
        inner += [f"{getattr(value.form, role)} AS v{value.index}" for value in values]
        if numbers:
            inner += [f"{_number(getattr(v.pair, role))} AS n{v.index}" for v in values if v.tolerant]
        inner += [f"{_shown(column)} AS a{i}" for i, column in enumerate(shown)]
        key = combine([hashable(f"k{i}", form.type) for i, (_, form) in enumerate(self.keys)])
        selected = f"SELECT {', '.join(inner) or '0 AS nothing'} FROM {side.view} AS raw"
        rows = f"SELECT *, {key} AS k FROM ({selected})"
        return f"SELECT * FROM ({rows}) WHERE {where}" if where else rows

    def hashes(self, role: Role, values: list[Value], where: str = "") -> str:
        """SELECT of k, a hashable h… of each given value, and r, the hash of k and all of them."""
        each = "".join(f", {hashable(f'v{v.index}', v.form.type)} AS h{v.index}" for v in values)
        rows = f"SELECT k{each} FROM ({self.rows(role, values, where=where)})"
        return f"SELECT *, {combine(['k', *(f'h{v.index}' for v in values)])} AS r FROM ({rows})"

    @property
    def same_key(self) -> str:
        """SQL: whether the rows `s` and `t` have the same key."""
        return " AND ".join(f"s.k{i} IS NOT DISTINCT FROM t.k{i}" for i in range(len(self.keys))) or "true"


def make_plan(source: Side, target: Side, matching: Matching) -> Plan:
    """Puts every pair in its canonical form. Raises ComparisonError where a type has none."""
    whole_row = not matching.keys
    keys: list[tuple[Pair, Canonical]] = []
    values: list[Value] = []
    for pair in matching.pairs:
        form = canonical(pair)
        numbers = family(pair.source.type) == family(pair.target.type) == "number"
        tolerance = numbers and (pair.rule.tolerance or pair.rule.relative_tolerance)
        if pair.is_key or (whole_row and not tolerance):
            keys.append((pair, form))
        else:
            index = len(values)
            near = within(pair, f"s.n{index}", f"t.n{index}") if tolerance else None
            values.append(Value(index, pair, form, near))
    return Plan({"source": source, "target": target}, keys, values, whole_row)


def _number(column: Column) -> str:
    return f"CAST({column.sql} AS TINYINT)" if column.type == "BOOLEAN" else column.sql


def _shown(column: Column) -> str:
    """What JSON can't hold exactly becomes text; a REAL is shown as its own shortest digits."""
    if column.text:
        return column.text
    if column.type in ("BOOLEAN", "DOUBLE", "VARCHAR") or column.type.endswith("INT") or column.type == "INTEGER":
        return column.sql
    if column.type == "FLOAT":
        return f"CAST(CAST({column.sql} AS VARCHAR) AS DOUBLE)"
    if column.type == "BLOB":
        return f"'0x' || lower(hex({column.sql}))"
    if family(column.type) == "number":
        return decimal_text(column.sql, column.type)
    return f"CAST({column.sql} AS VARCHAR)"
