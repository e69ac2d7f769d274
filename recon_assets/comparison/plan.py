"""What is read of each side, in what form: the part of a comparison that is the same for every path.

Belongs here: the keys and values of a comparison in canonical form, and the SELECTs that produce one side's rows. Does
not belong here: what is done with those rows (`digests`, `keys`, `pairs`, `groups`).

Names within these SELECTs: `k` hash of the key, `k0`… key columns in canonical form, `a<n>` column n as the source has
it, `b<n>` as the target has it. Columns of both sides have one number, those of one side alone a number of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from recon_assets.comparison.canonical import Canonical, canonical, csv_text, decimal_text
from recon_assets.comparison.hashing import Typed, bucket, key_hash
from recon_assets.comparison.schema import Column, Matching, Pair, Side
from recon_assets.comparison.tolerance import within
from recon_assets.comparison.types import family

Role = Literal["source", "target"]
ROLES: tuple[Role, Role] = ("source", "target")
LETTER = {"source": "a", "target": "b"}

BUCKETS = 16_384
"""How many buckets keys are divided into: with few differences, about one row in so many per difference is looked at
again. Four times as many take a fifth more time where nothing differs."""


@dataclass(frozen=True)
class Key:
    """A key column, its number, and its canonical form over `a<n>` and `b<n>`."""

    number: int
    pair: Pair
    form: Canonical


@dataclass(frozen=True)
class Value:
    """A compared column that is no key. `differs` is SQL over a pair's `a<n>` and `b<n>`, never NULL."""

    number: int
    pair: Pair
    form: Canonical
    differs: str
    tolerant: bool


@dataclass(frozen=True)
class Plan:
    """Two sides and how they compare. `whole_row`: no key is declared, so rows pair only when they are equal;
    the columns without a tolerance then serve as key."""

    sides: dict[Role, Side]
    keys: list[Key]
    values: list[Value]
    whole_row: bool
    numbers: dict[Role, dict[str, int]]

    def name(self, role: Role, column: Column) -> str:
        """What a column of one side is called in the SELECTs."""
        return f"{LETTER[role]}{self.numbers[role][column.name]}"

    def columns(self, role: Role, values: Iterable[Value]) -> list[Column]:
        """One side's columns of the given values."""
        return [getattr(value.pair, role) for value in values]

    def rows(self, role: Role, columns: Iterable[Column], where: str = "") -> str:
        """SELECT of one side's rows: k, the key columns, and the given columns; `where` may speak of `k`."""
        return select_where(f"SELECT *, {key_hash(self._typed_keys())} AS k FROM ({self._raw(role, columns)})", where)

    def typed(self, role: Role, values: Sequence[Value]) -> list[Typed]:
        """The values' canonical forms, over the names of `rows`."""
        return [(getattr(value.form, role), value.form.type) for value in values]

    def typed_row(self, role: Role, values: Sequence[Value]) -> list[Typed]:
        """The key's and the values' canonical forms, over the names of `rows`."""
        return self._typed_keys() + self.typed(role, values)

    def with_views(self, views: dict[Role, str]) -> "Plan":
        """The same comparison of other relations, which have the sides' columns under their names in the SELECTs."""
        sides = {}
        for role, side in self.sides.items():
            columns = {
                lower: Column(c.name, c.type, c.file_type, f"raw.{self.name(role, c)}", c.note, self._text_of(role, c))
                for lower, c in side.columns.items()
            }
            sides[role] = Side(side.role, side.label, views[role], columns)
        return Plan(sides, self.keys, self.values, self.whole_row, self.numbers)

    def every_column(self, role: Role) -> list[Column]:
        """All of one side's columns."""
        return list(self.sides[role].columns.values())

    def _text_of(self, role: Role, column: Column) -> str | None:
        return f"raw.{csv_text(self.name(role, column))}" if column.text else None

    def _typed_keys(self) -> list[Typed]:
        return [(f"k{i}", key.form.type) for i, key in enumerate(self.keys)]

    def _raw(self, role: Role, columns: Iterable[Column]) -> str:
        side = self.sides[role]
        wanted = {side.columns[c.name.lower()].name: side.columns[c.name.lower()] for c in columns}
        keys = {getattr(key.pair, role).name: side.columns[getattr(key.pair, role).name.lower()] for key in self.keys}
        raw = []
        for column in (keys | wanted).values():
            name = self.name(role, column)
            raw.append(f"{column.sql} AS {name}")
            if column.text:
                raw.append(f"{column.text} AS {csv_text(name)}")
        canonical_keys = "".join(f", {getattr(key.form, role)} AS k{i}" for i, key in enumerate(self.keys))
        return f"SELECT *{canonical_keys} FROM (SELECT {', '.join(raw) or '0 AS nothing'} FROM {side.view} AS raw)"

    @property
    def key_columns(self) -> list[str]:
        """The key's names in the SELECTs."""
        return [f"k{i}" for i in range(len(self.keys))]

    @property
    def same_key(self) -> str:
        """SQL: whether the rows `s` and `t` have the same key."""
        return " AND ".join(f"s.{k} IS NOT DISTINCT FROM t.{k}" for k in self.key_columns) or "true"


def make_plan(source: Side, target: Side, matching: Matching) -> Plan:
    """Puts every pair in its canonical form. Raises ComparisonError where a type has none."""
    whole_row = not matching.keys
    keys: list[Key] = []
    values: list[Value] = []
    numbers: dict[Role, dict[str, int]] = {"source": {}, "target": {}}
    for n, pair in enumerate(matching.pairs):
        numbers["source"][pair.source.name] = numbers["target"][pair.target.name] = n
        form = canonical(pair, f"a{n}", f"b{n}")
        tolerance = _is_number(pair) and (pair.rule.tolerance or pair.rule.relative_tolerance)
        if pair.is_key or (whole_row and not tolerance):
            keys.append(Key(n, pair, form))
        else:
            values.append(Value(n, pair, form, _differs(n, pair, form, bool(tolerance)), bool(tolerance)))
    for role, side in (("source", source), ("target", target)):
        for column in side.columns.values():
            numbers[role].setdefault(column.name, len(matching.pairs) + len(numbers[role]))
    return Plan({"source": source, "target": target}, keys, values, whole_row, numbers)


def select_where(query: str, where: str) -> str:
    """The rows of a query for which a condition over its columns holds; '' is no condition."""
    return f"SELECT * FROM ({query}) WHERE {where}" if where else query


def in_buckets(buckets: Sequence[int] | None, of: int = BUCKETS) -> str:
    """The condition on `k` that a row is in one of the buckets, of so many; '' for None, which is all of them."""
    if buckets is None:
        return ""
    return f"{bucket('k', of)} IN ({', '.join(map(str, buckets))})" if buckets else "false"


def shown(column: Column, name: str) -> str:
    """SQL of what a reader is shown: what JSON can't hold exactly becomes text; a REAL has its own shortest digits."""
    if column.text:
        return csv_text(name)
    if column.type in ("BOOLEAN", "DOUBLE", "VARCHAR") or column.type.endswith("INT") or column.type == "INTEGER":
        return name
    if column.type == "FLOAT":
        return f"CAST(CAST({name} AS VARCHAR) AS DOUBLE)"
    if column.type == "BLOB":
        return f"'0x' || lower(hex({name}))"
    if family(column.type) == "number":
        return decimal_text(name, column.type)
    return f"CAST({name} AS VARCHAR)"


def _is_number(pair: Pair) -> bool:
    return family(pair.source.type) == family(pair.target.type) == "number"


def _differs(n: int, pair: Pair, form: Canonical, tolerance: bool) -> str:
    unequal = f"{form.source} IS DISTINCT FROM {form.target}"
    if not tolerance:
        return f"({unequal})"
    near = within(pair, _number(pair.source, f"a{n}"), _number(pair.target, f"b{n}"))
    # by CASE, so that values which are equal, nearly all of them, aren't measured
    return f"(CASE WHEN {unequal} THEN NOT coalesce({near}, false) ELSE false END)"


def _number(column: Column, name: str) -> str:
    return f"CAST({name} AS TINYINT)" if column.type == "BOOLEAN" else name
