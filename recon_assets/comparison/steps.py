"""The steps from two sides to what differs between them.

Belongs here: their order, and when one can be left out. Does not belong here: any step's SQL.

1. Sum whole rows by bucket of keys: equal buckets are done with.
2. Copy the rows of the others, where they are few.
3. Divide them: keys that occur once on both sides, keys that repeat, keys that one side lacks.
4. Where rows are many, sum their columns one by one, to read only those that differ.
5. Join, count, explain, sample.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from recon_assets.comparison.differences import Differences, PairsRelation, find_differences
from recon_assets.comparison.digests import SideDigest, column_digests, differing_buckets, row_digests
from recon_assets.comparison.duck import Session
from recon_assets.comparison.findings import Findings
from recon_assets.comparison.groups import Groups
from recon_assets.comparison.hashing import BOUND, SCHEME
from recon_assets.comparison.keys import repeated_keys
from recon_assets.comparison.pairing import Pairing, pair_rows
from recon_assets.comparison.plan import BUCKETS, ROLES, Plan, Role, Value, in_buckets
from recon_assets.comparison.question import Question
from recon_assets.comparison.result import DuplicateKeys
from recon_assets.comparison.schema import Matching
from recon_assets.comparison.tally import count
from recon_assets.comparison.unpaired import find_unpaired


@dataclass(frozen=True)
class Limits:
    """Up to how many rows something is done: `copied` out of a side's files, to be looked at more than once;
    `searched` for causes (about so many differing ones).
    """

    copied: int = 2_000_000
    searched: int = 100_000


DEFAULT_LIMITS = Limits()


def count_rows(session: Session, plan: Plan, role: Role) -> int:
    """How many rows a side has."""
    return session.row(f"SELECT count(*) FROM {plan.sides[role].view}")[0]


def by_digests(one: SideDigest, other: SideDigest) -> tuple[Findings, list[int]]:
    """What the sums of the two sides' rows tell, and the buckets in which these differ."""
    found = Findings(one.rows, other.rows)
    found.evidence["fingerprints"] = {
        "scheme": SCHEME,
        "bound": BOUND,
        "source": one.to_json(),
        "target": other.to_json(),
    }
    differing = differing_buckets(one, other)
    found.paired = sum(one.buckets[b][0] for b in one.buckets.keys() - set(differing))
    found.evidence["path"] = "join" if differing else "fingerprint"
    if differing:
        found.evidence["buckets"] = {"all": BUCKETS, "differing": len(differing)}
    return found, differing


class Steps:
    """One comparison of sides that lie in the session; it keeps its tables there."""

    def __init__(self, session: Session, plan: Plan, matching: Matching, samples: int, limits: Limits) -> None:
        self._session, self._whole, self._matching = session, plan, matching
        self._samples, self._limits = samples, limits

    def find(self, *, exact: bool) -> Findings:
        """What differs; `exact` looks at every row, without fingerprints."""
        if exact:
            found = Findings(*(count_rows(self._session, self._whole, role) for role in ROLES))
            found.evidence["path"] = "exact"
            self.look_closer(found, self._question(found, None), exact=True, same_keys=False)
            return found
        one, other = (row_digests(self._session, self._whole, role) for role in ROLES)
        found, differing = by_digests(one, other)
        if found.paired:
            rest = f"NOT ({in_buckets(differing)})" if differing else ""
            repeated = repeated_keys(self._session, self._whole, "source", found.paired, rest)
            found.duplicates = DuplicateKeys(repeated, repeated)
        if differing:
            question = self._question(found, differing if found.paired else None)
            self.look_closer(found, question, exact=False, same_keys=one.keys == other.keys)
        return found

    def look_closer(self, found: Findings, question: Question, *, exact: bool, same_keys: bool) -> Differences | None:
        """Pairs the rows in question, counts, explains and samples; adds to what was found."""
        session, plan, samples = self._session, question.plan, self._samples
        pairing = pair_rows(session, plan, question.where, found.source_rows - found.paired, same_keys=same_keys)
        repeated = zip(astuple(found.duplicates), pairing.repeated, strict=True)
        found.duplicates = DuplicateKeys(*(equal + differing for equal, differing in repeated))
        every_value = exact or question.copied or plan.whole_row
        values = plan.values if every_value else self._suspects(plan, pairing, found)
        differences = None
        if not plan.whole_row and (values or question.copied):
            relation = PairsRelation(plan, values, pairing.once, pairing.groups, pairing.once_rows)
            sides = {role: _side_of(question.whole, role, values) for role in ROLES} if question.others else None
            differences = find_differences(session, relation, sides, samples, self._limits.searched)
            found.differences, found.causes, found.samples = differences.counts, differences.causes, differences.samples
        alone = differences.alone if differences else 0
        found.paired += pairing.pairs - alone
        found.evidence["pairing"] = pairing.description
        found.missing, found.extra = find_unpaired(session, question, self._matching, pairing, found, samples)
        return differences

    def _question(self, found: Findings, buckets: Sequence[int] | None) -> Question:
        """The rows of the given buckets (None: all); where they are few, copies of them."""
        where = in_buckets(buckets)
        if max(found.source_rows, found.target_rows) - found.paired > self._limits.copied:
            return Question(self._whole, where, self._whole, where, copied=False)
        for role in ROLES:
            self._session.keep(f"few_{role}", self._whole.rows(role, self._whole.every_column(role), where))
        few = self._whole.with_views({role: f"few_{role}" for role in ROLES})
        return Question(few, "", self._whole, where, copied=True)

    def _suspects(self, plan: Plan, pairing: Pairing, found: Findings) -> list[Value]:
        """The columns that differ: by their sums over the rows whose keys are unique, or in groups. That none does is
        possible only where rows are missing or extra; otherwise all are looked at.
        """
        one, other = (column_digests(self._session, plan, role, plan.values, pairing.once) for role in ROLES)
        for role, digests in zip(ROLES, (one, other), strict=True):
            found.evidence["fingerprints"][role]["columns"] = {v.pair.name: digests[v.number] for v in plan.values}
        differing = {v.number for v in plan.values if one[v.number] != other[v.number]}
        if pairing.groups is not None:
            differing |= _differing_in_groups(self._session, pairing.groups, plan)
        suspects = [v for v in plan.values if v.number in differing]
        return suspects if suspects or pairing.has_odd else plan.values


def _differing_in_groups(session: Session, groups: Groups, plan: Plan) -> set[int]:
    counts = count(session, groups.pairs(), {v.number: f"d{v.number}" for v in plan.values})
    return {number for number, rows in counts.items() if rows}


def _side_of(plan: Plan, role: Role, values: Sequence[Value]) -> str:
    """SELECT of one whole side as the search for causes knows it: k, the key columns, and c<n> for column n."""
    columns = [f"{plan.name(role, getattr(v.pair, role))} AS c{v.number}" for v in values]
    names = ", ".join(["k", *plan.key_columns, *columns])
    return f"SELECT {names} FROM ({plan.rows(role, plan.columns(role, values))})"
