"""The steps from two sides to what differs between them.

Belongs here: their order, and when one can be left out. Does not belong here: any step's SQL.

1. Sum whole rows by bucket of keys: equal buckets are done with.
2. Copy the rows of the others, where they are few; sum those once more, by finer buckets, where that may spare most
   of them what follows. Where they are many, copy those whose keys repeat or lack a partner,
   take these off the sums, and copy the rows of the buckets that still differ, where that makes few.
3. Divide them: keys that occur once on both sides, keys that repeat, keys that one side lacks.
4. Where rows are many all the same, sum their columns one by one, to read only those that differ.
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
from recon_assets.comparison.keys import NOT_ODD, ODD, odd_keys, repeated_keys
from recon_assets.comparison.pairing import Pairing, describe, pair_rows
from recon_assets.comparison.plan import BUCKETS, ROLES, Plan, Role, Value, in_buckets
from recon_assets.comparison.question import Question
from recon_assets.comparison.result import DuplicateKeys
from recon_assets.comparison.schema import Matching
from recon_assets.comparison.tally import count
from recon_assets.comparison.unpaired import find_unpaired


@dataclass(frozen=True)
class Limits:
    """Up to how many rows something is done: `copied` out of a side's files, to be looked at more than once, all rows
    of the buckets that differ; `narrowed`, likewise, those that need it; either may also be `share` of a side, so that
    cost is linear in rows. `unsifted`: copied and not summed once more. `searched` for causes (about so many differing
    ones).
    """

    copied: int = 2_000_000
    narrowed: int = 2_000_000
    share: float = 0.1
    unsifted: int = 100_000
    searched: int = 100_000

    def allow(self, rows: int, most: int, of: int) -> bool:
        """Whether so many rows of a side, which has `of` of them, are within `most` or the share."""
        return rows <= max(most, self.share * of)


DEFAULT_LIMITS = Limits()

_FINER = 65_536  # about how many finer buckets are looked at: sums of all of them are held in memory


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
            question = self._of_few(found, "") or Question(self._whole, "", self._whole, "", copied=False)
            self.look_closer(found, question, exact=True, same_keys=False)
            return found
        one, other = (row_digests(self._session, self._whole, role) for role in ROLES)
        found, differing = by_digests(one, other)
        if found.paired:
            rest = f"NOT ({in_buckets(differing)})" if differing else ""
            repeated = repeated_keys(self._session, self._whole, "source", found.paired, rest)
            found.duplicates = DuplicateKeys(repeated, repeated)
        if differing:
            where, same_keys = in_buckets(differing if found.paired else None), one.keys == other.keys
            question = self._of_few(found, where)
            if question is None:
                question = self._narrowed(found, where, one, other, same_keys=same_keys)
            elif len(differing) < BUCKETS // 2 and found.source_rows - found.paired > self._limits.unsifted:
                question = self._sifted(found, question, len(differing))
            self.look_closer(found, question, exact=False, same_keys=same_keys)
        return found

    def look_closer(self, found: Findings, question: Question, *, exact: bool, same_keys: bool) -> Differences | None:
        """Pairs the rows in question, counts, explains and samples; adds to what was found."""
        session, plan, samples = self._session, question.plan, self._samples
        rows = found.source_rows - found.paired
        pairing = pair_rows(session, plan, question.where, rows, same_keys=same_keys, odd=question.odd)
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
        found.evidence["pairing"] = describe(plan, pairing.groups is not None, pairing.large_groups)
        found.missing, found.extra = find_unpaired(session, question, self._matching, pairing, found, samples)
        return differences

    def _of_few(self, found: Findings, where: str) -> Question | None:
        """The rows where `where` holds, as copies; None where they are many."""
        of = max(found.rows.values())
        if not self._limits.allow(of - found.paired, self._limits.copied, of):
            return None
        return self.copied("few", self._whole, where, where)

    def _sifted(self, found: Findings, few: Question, buckets: int) -> Question:
        """Of copies in so many buckets, those that are in the finer buckets which differ."""
        of = BUCKETS * 2 ** (_FINER // buckets).bit_length()
        one, other = (row_digests(self._session, few.plan, role, of) for role in ROLES)
        differing = differing_buckets(one, other)
        where = in_buckets(differing, of)
        equal = one.rows - one.rows_in(differing)
        repeated = repeated_keys(self._session, few.plan, "source", equal, f"NOT ({where})")
        found.duplicates = DuplicateKeys(found.duplicates.source + repeated, found.duplicates.target + repeated)
        found.paired += equal
        return self.copied("sifted", few.plan, where, where)

    def _narrowed(
        self, found: Findings, where: str, one: SideDigest, other: SideDigest, *, same_keys: bool
    ) -> Question:
        """Many rows where `where` holds, or copies of those that need a closer look, where they are few."""
        whole, limits, of = self._whole, self._limits, max(found.rows.values())
        if whole.whole_row and whole.values:  # nothing can be told from hashes
            return Question(whole, where, whole, where, copied=False)
        odd = odd_keys(self._session, whole, where, same_keys=same_keys)
        many = Question(whole, where, whole, where, copied=False, odd=odd)
        odd_rows = max(odd.rows.values())
        if not odd_rows or not limits.allow(odd_rows, limits.narrowed, of):
            return many
        copies = self.copied("odd", whole, ODD, ODD)
        one, other = (
            side.without(row_digests(self._session, copies.plan, role))
            for side, role in zip((one, other), ROLES, strict=True)
        )
        differing = differing_buckets(one, other)
        rows = max(side.rows_in(differing) for side in (one, other))
        if not limits.allow(rows, limits.narrowed, of):
            return many
        if differing:
            for role in ROLES:
                rest = whole.rows(role, whole.every_column(role), f"{in_buckets(differing)} AND {NOT_ODD}")
                self._session.add(f"odd_{role}", rest)
        found.paired = found.source_rows - count_rows(self._session, copies.plan, "source")
        return copies

    def copied(self, name: str, plan: Plan, where: str, in_whole: str) -> Question:
        """Copies of the plan's rows where `where` holds, as the tables `<name>_source` and `<name>_target`."""
        for role in ROLES:
            rows = plan.rows(role, plan.every_column(role), where)
            self._session.keep(f"{name}_{role}", rows)
        copies = self._whole.with_views({role: f"{name}_{role}" for role in ROLES})
        return Question(copies, "", self._whole, in_whole, copied=True)

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
