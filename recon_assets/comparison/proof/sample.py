"""A bounded sample of the source's rows, kept in a session, and what can be asked of it.

Belongs here: which rows are taken, the table `base` that holds them, and telling rows apart under the rules. Does not
belong here: which of them are changed, and how (`proposals`).

The sample is spread over the whole table by the rows' hashes, and has, of every column, a row with its least and
greatest value, its longest text and NULL, as far as there are any. Of rows that the rules may take for the same (by
their key, or without one as whole rows) it has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from recon_assets.comparison.duck import Session, identifier, literal
from recon_assets.comparison.proof.changes import Change
from recon_assets.comparison.proof.fields import Field
from recon_assets.comparison.types import INSTANTS

ROWS = 2000
"""About how many rows are taken."""
_BYTES = 64_000_000  # of texts and binaries: where rows are long, fewer are taken
_LEAST_ROWS = 50
_EXTREME, _ANY = 8, 24  # candidates per column: those that are hardest to get right, and others
_ORDERED = ("exact", "float", "text", "json", "moment", "time", "binary", "uuid")
_WORD = 2**64


@dataclass(frozen=True)
class Candidate:
    """A row of the sample and its value in one column, as `Field.reads` gives it."""

    row: int
    value: Any


class Sample:
    """The table `base`: `n` the row's number, `h` a hash that equal rows (by key, or whole) share, `c<i>` column i."""

    def __init__(self, session: Session, fields: Sequence[Field]) -> None:
        self.session, self.fields = session, fields
        self._identity = [field for field in fields if field.identity]

    def take(self, view: str, columns: dict[str, str], rows: int) -> None:
        """Fills `base` from a view of that many rows, whose columns are read by the SQL given by name."""
        wanted = ", ".join(f"{columns[field.name]} AS {field.sql}" for field in self.fields)
        names = ", ".join(field.sql for field in self.fields)
        source = f"SELECT *, hash({names}) AS id FROM (SELECT {wanted} FROM {view})"
        self.session.keep("chosen", f"SELECT DISTINCT unnest({self._chosen(source, rows)}) AS id")
        firsts = ", ".join(f"first({field.sql}) AS {field.sql}" for field in self.fields)
        once = f"SELECT id, {firsts} FROM ({source}) WHERE id IN (SELECT id FROM chosen) GROUP BY id"
        alike = " + ".join(f"CAST({self._hash(field)} AS HUGEINT)" for field in self._identity) or "0::HUGEINT"
        self.session.keep(
            "base",
            f"SELECT CAST(row_number() OVER (ORDER BY id) AS INTEGER) AS n, * EXCLUDE (id) FROM"
            f" (SELECT *, ({alike}) % {_WORD} AS h FROM ({once})"
            " QUALIFY row_number() OVER (PARTITION BY h ORDER BY id) = 1)",
        )

    @cached_property
    def rows(self) -> int:
        """How many rows there are."""
        return self.session.row("SELECT count(*) FROM base")[0]

    @cached_property
    def hashes(self) -> dict[int, int]:
        """By row."""
        return dict(self.session.rows("SELECT n, h FROM base"))

    @cached_property
    def rows_by_hash(self) -> dict[int, int]:
        """The row of each hash."""
        return {h: n for n, h in self.hashes.items()}

    def any_rows(self, number: int) -> list[int]:
        """Some rows, spread over the sample."""
        return [n for (n,) in self.session.rows(f"SELECT n FROM base ORDER BY hash(n, 'any') LIMIT {number}")]

    def nulls(self, field: Field) -> list[int]:
        """Some rows with NULL in a column."""
        query = f"SELECT n FROM base WHERE {field.sql} IS NULL ORDER BY hash(n, {field.number}) LIMIT {_ANY}"
        return [n for (n,) in self.session.rows(query)]

    def both(self, one: Field, other: Field) -> list[tuple[int, Any, Any]]:
        """Some rows with values in both of two columns, and these."""
        return self.session.rows(
            f"SELECT n, {one.reads}, {other.reads} FROM base WHERE {_there(one)} AND {_there(other)}"
            f" AND {one.sql} <> {other.sql} ORDER BY hash(n, {one.number}) LIMIT {_ANY}"
        )

    def candidates(self, field: Field) -> list[Candidate]:
        """Some rows with a value in a column: largest, longest and latest first, then any."""
        there = f"FROM base WHERE {_there(field)}"
        chosen = [
            f"SELECT n FROM (SELECT n {there} ORDER BY {order}, n LIMIT {_EXTREME // 2})" for order in _hard(field)
        ]
        chosen.append(f"SELECT n FROM (SELECT n {there} ORDER BY hash(n, {field.number}) LIMIT {_ANY})")
        places = " UNION ALL ".join(f"SELECT n, {i} AS p FROM ({query})" for i, query in enumerate(chosen))
        first = f"SELECT n, min(p) AS p FROM ({places}) GROUP BY n"
        query = f"SELECT n, {field.reads} FROM base JOIN ({first}) USING (n) ORDER BY p, hash(n)"
        return [Candidate(*row) for row in self.session.rows(query)]

    def hash_of(self, row: int, changes: Sequence[tuple[Field, Change]]) -> int:
        """A row's hash once its identity columns are changed so."""
        found = self.hashes[row]
        for field, change in changes:
            row_ = f"FROM base WHERE n = {row}"
            changed = f"SELECT {self._hash(field)} FROM (SELECT {change.sql} AS {field.sql} {row_})"
            query = f"SELECT (SELECT {self._hash(field)} {row_}), ({changed})"
            ((before, after),) = self.session.connection.execute(query, list(change.bound)).fetchall()
            found = (found - before + after) % _WORD
        return found

    def _chosen(self, source: str, rows: int) -> str:
        """SQL of the list of the chosen rows' ids."""
        wanted = min(rows, ROWS)
        long = [f"coalesce({_length(field)}, 0)" for field in self.fields if field.kind in ("text", "json", "binary")]
        if long:
            (length,) = self.session.row(f"SELECT coalesce(avg({' + '.join(long)}), 0) FROM ({source})")
            wanted = min(wanted, max(_LEAST_ROWS, int(_BYTES / max(length, 1))))
        below = f"id <= {int(wanted / max(rows, 1) * (_WORD - 1))}"
        extremes = []
        for field in self.fields:
            c = field.sql
            extremes.append(f"any_value(id) FILTER ({c} IS NULL)")
            if field.kind in _ORDERED:
                extremes += [f"arg_min(id, {c})", f"arg_max(id, {c})"]
            if field.kind in ("text", "json", "binary"):
                extremes.append(f"arg_max(id, {_length(field)})")
        spread, *found = self.session.row(
            f"SELECT list(DISTINCT id) FILTER ({below}), {', '.join(extremes)} FROM ({source})"
        )
        ids = [*(spread or []), *(each for each in found if each is not None)]
        return f"CAST([{', '.join(map(str, ids))}] AS UBIGINT[])"

    def _hash(self, field: Field) -> str:
        """SQL: equal for values that the rules may take for equal."""
        return f"hash({field.number}, {_alike(field)})"


def _there(field: Field) -> str:
    """SQL: whether a row has a value that can be changed."""
    finite = f" AND isfinite({field.sql})" if field.kind in ("float", "moment") else ""
    return f"{field.sql} IS NOT NULL{finite}"


def _length(field: Field) -> str:
    return f"octet_length({field.sql})" if field.kind == "binary" else f"strlen(CAST({field.sql} AS VARCHAR))"


def _hard(field: Field) -> list[str]:
    """The orders whose first rows are hardest to compare rightly."""
    c = field.sql
    match field.kind:
        case "exact" | "float":
            return [f"abs(CAST({c} AS DOUBLE)) DESC", f"CAST({c} AS DOUBLE)"]
        case "text" | "json":
            return [f"{_length(field)} DESC", f"regexp_matches({c}, '[A-Za-z]') DESC, {_length(field)}"]
        case "binary" | "list":
            return [f"{_length(field) if field.kind == 'binary' else f'len({c})'} DESC"]
        case "moment" | "time":
            return [f"{c} DESC", c]
        case _:
            return []


def _alike(field: Field) -> str:
    """SQL of a value, coarser than the rules: what they may call equal is equal in it."""
    c, rule = field.sql, field.rule
    match field.kind:
        case "exact" | "float" if field.tolerant:
            return "NULL"
        case "float":
            return f"{c} + 0"  # -0.0 is 0.0
        case "text" | "json" if rule.trim or rule.case or rule.empty_is_null:
            return f"coalesce(lower(upper(trim(CAST({c} AS VARCHAR)))), '')"
        case "json":
            return f"CAST({c} AS VARCHAR)"
        case "moment" if rule.precision:
            if field.type in INSTANTS:
                c = f"timezone({literal(rule.timezone or 'UTC')}, CAST({c} AS TIMESTAMP WITH TIME ZONE))"
            return f"date_trunc({literal(rule.precision)}, CAST({c} AS TIMESTAMP))"
        case "map":
            return f"list_sort(map_entries({c}))"
        case _:
            return c


def columns_as_compared(types: dict[str, str], compared: dict[str, str]) -> dict[str, str]:
    """SQL of each column: as it is, or (text that was compared as another type) as that type, NULL where it isn't."""
    # beside a bare TRY_CAST, DuckDB's CSV reader would read the column as that type, and fail on any other text
    return {
        name: name_ if types[name] == type_ else f"CASE WHEN {name_} IS NOT NULL THEN TRY_CAST({name_} AS {type_}) END"
        for name, name_, type_ in ((name, identifier(name), type_) for name, type_ in compared.items())
    }
