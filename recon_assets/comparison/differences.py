"""The values that differ between paired rows: how many, why, and a few to show.

Belongs here: the relation of all pairs that may differ, and the passes over it. Does not belong here: how rows are
paired (`pairs`, `groups`), or what a cause is (`causes`).

Causes are searched for among some of the differing rows, and counted among all: twice at most, so that what the first
search left unexplained is looked at by itself. Where very many columns differ, those that differ most are searched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from recon_assets.comparison.causes.candidate import Candidate, DifferingColumn
from recon_assets.comparison.causes.sample import SAMPLED_ROWS
from recon_assets.comparison.causes.values import discover, rank
from recon_assets.comparison.duck import Session
from recon_assets.comparison.groups import Groups
from recon_assets.comparison.pairs import joined, named, pair_columns
from recon_assets.comparison.plan import ROLES, Plan, Value, select_where, shown
from recon_assets.comparison.result import Cause, ValueSample
from recon_assets.comparison.tally import CAUSE_SAMPLES, count, sample

SEARCHED_COLUMNS = 50
"""How many columns, at most, are searched for causes: each takes about a tenth of a second, and nobody reads more."""

_NOT_SEARCHED = f"not looked into: causes are searched for in the {SEARCHED_COLUMNS} columns that differ most"


@dataclass
class Differences:
    """What was found, by column number. `alone`: how many rows of either side found no partner in the join, which is so
    only where two keys have one hash. `conditions`: what was counted."""

    alone: int
    conditions: "Conditions"
    counts: dict[int, int] = field(default_factory=dict)
    causes: dict[int, list[Cause]] = field(default_factory=dict)
    samples: dict[int, list[ValueSample]] = field(default_factory=dict)


@dataclass(frozen=True)
class PairsRelation:
    """The pairs that may differ: those of unique keys, which are joined when read, and those of `groups`, if any.

    `rows` is how many there are, at most.
    """

    plan: Plan
    values: Sequence[Value]
    where: str
    groups: Groups | None
    rows: int

    def sql(self, more: str = "") -> str:
        """The relation, with the key columns' own values; `more` is a further condition on `k`."""
        plan = self.plan
        names = ["k", *plan.key_columns, "in_source", "in_target"]
        for role in ROLES:
            names += named(plan, role, pair_columns(plan, role, self.values, keys_too=True))
        chosen = ", ".join([*names, *(f"d{v.number}" for v in self.values)])
        where = " AND ".join(f"({part})" for part in (self.where, more) if part)
        relation = f"SELECT {chosen} FROM ({joined(plan, self.values, where, keys_too=True)})"
        if self.groups is not None:
            relation += f" UNION ALL SELECT {chosen} FROM ({select_where(self.groups.pairs(), more)})"
        return relation


@dataclass(frozen=True)
class Conditions:
    """What is counted among pairs: in which columns they differ, and which candidates hold. `searched` are the numbers
    of the columns that were searched for candidates."""

    columns: Mapping[int, DifferingColumn]
    candidates: Sequence[Candidate]
    searched: Sequence[int]

    def kinds(self) -> dict[Any, str]:
        """Conditions by (column, 'differs'), (column, candidate's place) and (column, 'unexplained'), and 'alone'."""
        kinds: dict[Any, str] = {"alone": "NOT in_target"}
        for n, column in self.columns.items():
            kinds[n, "differs"] = column.differs
            holds = {i: f"coalesce({c.holds}, false)" for i, c in enumerate(self.candidates) if c.column == n}
            kinds |= {(n, i): f"{column.differs} AND {condition}" for i, condition in holds.items()}
            explained = " OR ".join(holds.values())
            kinds[n, "unexplained"] = f"{column.differs} AND NOT ({explained})" if explained else column.differs
        return kinds

    def looked_up(self, relation: str) -> str:
        """A relation of pairs with what the candidates need beside it."""
        tables = dict.fromkeys(c.lookup for c in self.candidates if c.lookup)
        joins = "".join(f" LEFT JOIN {table} USING (k)" for table in tables)
        return f"SELECT * FROM ({relation}){joins}" if joins else relation

    def found(self, counts: Mapping[Any, int], taken: Mapping[Any, list[dict[Any, Any]]], samples: int) -> Differences:
        """What counts by kind, and the rows sampled of each kind, come to."""
        found = Differences(counts["alone"], self)
        found.counts = {n: counts[n, "differs"] for n in self.columns if counts[n, "differs"]}

        def value_samples(kind: tuple[int, Any], limit: int) -> list[ValueSample]:
            return [
                ValueSample(
                    {name: value for (what, name), value in row.items() if what == "key"},
                    row[kind[0], "source"],
                    row[kind[0], "target"],
                )
                for row in taken.get(kind, [])[:limit]
            ]

        for n in found.counts:
            found.samples[n] = value_samples((n, "differs"), samples)
            explained = [
                (candidate, counts[n, i], value_samples((n, i), CAUSE_SAMPLES))
                for i, candidate in enumerate(self.candidates)
                if candidate.column == n
            ]
            rest = (counts[n, "unexplained"], value_samples((n, "unexplained"), CAUSE_SAMPLES))
            found.causes[n] = rank(found.counts[n], explained, rest)
            if n not in self.searched:
                found.causes[n] = [replace(cause, detail=_NOT_SEARCHED) for cause in found.causes[n]]
        return found


@dataclass(frozen=True)
class Looks:
    """What is shown of a pair: SQL by ("key", name) and by (column number, role), and by what to order the pairs of one
    key."""

    shown: dict[Any, str]
    within_key: list[str]

    @classmethod
    def of(cls, pairs: PairsRelation) -> Self:
        plan = pairs.plan
        keys = {
            ("key", key.pair.name): shown(key.pair.source, plan.name("source", key.pair.source)) for key in plan.keys
        }
        values = {}
        for value in pairs.values:
            for role in ROLES:
                column = getattr(value.pair, role)
                values[value.number, role] = shown(column, plan.name(role, column))
        within_key = []
        if pairs.groups is not None:
            for value in pairs.values:  # in an order that is the same for swapped sides
                both = ", ".join(f"CAST({values[value.number, role]} AS VARCHAR)" for role in ROLES)
                within_key += [f"least({both})", f"greatest({both})"]
        return cls(keys | values, within_key)


def columns_of(values: Sequence[Value]) -> dict[int, DifferingColumn]:
    """The values by number, as the search for causes knows them."""
    return {
        v.number: DifferingColumn(v.number, v.pair.name, v.pair.source.type, v.pair.target.type, v.pair.rule)
        for v in values
    }


def find_differences(
    session: Session, pairs: PairsRelation, sides: Mapping[str, str] | None, samples: int, searched_rows: int
) -> Differences:
    """Counts the differing values of every column, explains them, and samples them.

    `sides`: SELECTs of each whole side, for causes that need a row's neighbours (see `causes.values.discover`); None
    where these are out of reach. `searched_rows`: among how many differing rows, about, causes are searched for.
    """
    search = _Search(session, pairs, sides, searched_rows)
    counts = search.first_counts()
    left = [n for n in search.searched if counts[n, "unexplained"] and not search.has_seen_all(counts[n, "differs"])]
    if left and search.look_again(left):
        counts = search.count(search.relation)
    return search.conditions.found(counts, _samples(session, search, counts, samples), samples)


class _Search:
    """The candidates found so far, and the conditions to count."""

    def __init__(self, session: Session, pairs: PairsRelation, sides: Mapping[str, str] | None, rows: int) -> None:
        self._session, self.pairs, self._sides, self._rows = session, pairs, sides, rows
        self.columns = columns_of(pairs.values)
        self.searched: list[int] = []
        self.candidates: list[Candidate] = []
        self.relation = pairs.sql()
        self._share = max(1, pairs.rows // rows)

    @property
    def conditions(self) -> Conditions:
        """What there is to count by now."""
        return Conditions(self.columns, self.candidates, self.searched)

    def first_counts(self) -> dict:
        """Searches some of the rows, and counts all."""
        relation = self.pairs.sql(f"k % {self._share} = 0") if self._share > 1 else self.relation
        differing = " OR ".join([*(c.differs for c in self.columns.values()), "NOT in_target"])
        self._session.keep("searched", f"SELECT * FROM ({relation}) WHERE {differing}")
        if self._share == 1:  # then this is all there is to see
            self.relation = "SELECT * FROM searched"
        differences = count(self._session, "SELECT * FROM searched", {n: c.differs for n, c in self.columns.items()})
        most = sorted((n for n in differences if differences[n]), key=lambda n: -differences[n])
        self.searched = sorted(most[:SEARCHED_COLUMNS])
        self.candidates = self._discover("searched", self.searched)
        return self.count(self.relation)

    def has_seen_all(self, differences: int) -> bool:
        """Whether the first search looked at every one of a column's differences."""
        return self._share == 1 and differences <= SAMPLED_ROWS

    def count(self, relation: str) -> dict[Any, int]:
        """In how many rows of a relation of pairs each condition holds."""
        return count(self._session, self.conditions.looked_up(relation), self.conditions.kinds())

    def look_again(self, numbers: Sequence[int]) -> bool:
        """Searches what is unexplained in some columns; whether that found anything."""
        kinds = self.conditions.kinds()
        unexplained = {n: kinds[n, "unexplained"] for n in numbers}
        flags = ", ".join(f"({condition}) AS d{n}" for n, condition in unexplained.items())
        self._session.keep(
            "searched_again",
            f"SELECT * REPLACE ({flags}) FROM ({self.conditions.looked_up(self.relation)})"
            f" WHERE {' OR '.join(unexplained.values())} LIMIT {self._rows}",
        )
        more = self._discover("searched_again", numbers)
        self.candidates += more
        return bool(more)

    def _discover(self, table: str, numbers: Sequence[int]) -> list[Candidate]:
        columns = [self.columns[n] for n in numbers]
        return discover(self._session.connection, table, columns, self._sides)


def _samples(
    session: Session, search: _Search, counts: Mapping[Any, int], samples: int
) -> dict[Any, list[dict[Any, Any]]]:
    conditions, looks = search.conditions, Looks.of(search.pairs)
    kinds = {kind: condition for kind, condition in conditions.kinds().items() if isinstance(kind, tuple)}
    # of many differing rows, those that were searched are enough to take samples from
    in_searched = search.count("SELECT * FROM searched")
    enough = {kind for kind in kinds if in_searched[kind] >= min(samples, counts[kind])}
    taken = {}
    for relation, wanted, known in (
        ("SELECT * FROM searched", enough, in_searched),
        (search.relation, kinds.keys() - enough, counts),
    ):
        chosen = {kind: (condition, known[kind]) for kind, condition in kinds.items() if kind in wanted}
        relation = conditions.looked_up(relation)
        taken |= sample(
            session, relation, search.pairs.plan.key_columns, looks.shown, chosen, samples, looks.within_key
        )
    return taken
