"""Ways to look at a key column in which rows without a partner may have one.

Belongs here: which ways there are for a key column, safest first, each as SQL over both sides' kept tables. Does not
belong here: trying them (`rows_repair`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from recon_assets.comparison.causes.rows_input import RowColumn, Workspace
from recon_assets.comparison.causes.rows_unpaired import Unpaired, all_but
from recon_assets.comparison.plan import Role
from recon_assets.comparison.types import digits, family

_VOTERS = 2_000  # rows that vote for the constant by which values are moved
_MOST_MOVES = 3  # constants tried, those with most votes
_HALF_HOUR = 1_800_000_000  # microseconds
_FACTORS = (10, 100, 1000, 10_000)


@dataclass(frozen=True)
class Way:
    """What must agree besides the other key columns, and the sentence for rows that nothing more precise describes.

    `guarded`: values may agree in it that have nothing to do with each other, so other columns have to agree too.
    """

    source: str
    target: str
    detail: str
    guarded: bool = False


@dataclass(frozen=True)
class KeyToRepair:
    """Key column j of both sides' kept tables."""

    j: int
    source: RowColumn
    target: RowColumn

    @property
    def sql(self) -> str:
        """The column in the kept tables."""
        return f"r{self.j}"

    @property
    def families(self) -> set[str | None]:
        """The families of both sides' types."""
        return {family(self.source.type), family(self.target.type)}


def folded(space: Workspace, sides: dict[Role, Unpaired], key: KeyToRepair) -> Iterator[Way]:
    """With what is easily lost on the way taken away from both sides' values."""
    value = f"{key.sql}::VARCHAR"
    if "text" in key.families and not key.families & {"binary", "nested", None}:
        loose = f"ltrim(regexp_replace(lower(strip_accents({value})), '\\s|\u00a0', '', 'g'), '0')"
        yield Way(loose, loose, "in case, spaces, accents or leading zeros")
        ascii_only = f"regexp_replace(lower({value}), '[^!->@-~]', '', 'g')"
        yield Way(ascii_only, ascii_only, "in characters beyond ASCII")
    if key.families == {"text"}:
        yield from _cut(space, sides, key)
    if key.families == {"timestamp"} and (key.source.type, key.target.type) != ("DATE", "DATE"):
        for unit in ("second", "day"):
            sql = f"TRY(date_trunc('{unit}', {_instant(key)}))"
            yield Way(sql, sql, f"in what is smaller than a {unit}")


def left_out(space: Workspace, sides: dict[Role, Unpaired], key: KeyToRepair) -> Iterator[Way]:
    """Not at all."""
    yield Way("0", "0", "in its value; the rest of the key agrees", guarded=True)


def by_values(space: Workspace, sides: dict[Role, Unpaired], key: KeyToRepair) -> Iterator[Way]:
    """Not at all, but with all value columns agreeing."""
    values = sides["source"].values
    if values:
        sql = f"hash({', '.join(f'x{m}' for m in range(values))})"
        yield Way(sql, sql, "in its value; the rest of the row agrees")


def moved(space: Workspace, sides: dict[Role, Unpaired], key: KeyToRepair) -> Iterator[Way]:
    """With the source's timestamps or whole numbers moved by a constant: the constants that most rows vote for."""
    if key.families == {"timestamp"}:
        source = target = f"TRY(epoch_us({_instant(key)}))"  # infinity has none
        moves = {f"{source} + {n * _HALF_HOUR}": f"by {_hours(n)}" for n in _half_hours()}
    elif _is_whole(key.source.type) and _is_whole(key.target.type):
        source = target = f"{key.sql}::HUGEINT"
        moves = _number_moves(space, sides, source)
    else:
        return
    for move in _voted(space, sides, key, list(moves), target):
        yield Way(move, target, moves[move], guarded=True)


def _instant(key: KeyToRepair) -> str:
    """The type that every time can be cast to, in a session whose zone is UTC."""
    return f"{key.sql}::TIMESTAMP WITH TIME ZONE"


def _cut(space: Workspace, sides: dict[Role, Unpaired], key: KeyToRepair) -> Iterator[Way]:
    longest = {
        role: space.row(f"SELECT coalesce(max(length({key.sql}::VARCHAR)), 0) FROM {side.table}")[0]
        for role, side in sides.items()
    }
    shorter = min(longest, key=longest.get)
    if longest["source"] != longest["target"] and longest[shorter]:
        sql = f"left({key.sql}::VARCHAR, {longest[shorter]})"
        yield Way(sql, sql, f"by being cut to {longest[shorter]} characters in the {shorter}")


def _half_hours() -> list[int]:
    """Whole hours first, as far as zones are apart; then half ones; then days, for dates."""
    whole = [n for h in range(1, 15) for n in (2 * h, -2 * h)]
    half = [n for h in range(1, 28, 2) for n in (h, -h)]
    return whole + half + [48, -48, 96, -96]


def _hours(half_hours: int) -> str:
    days, rest = divmod(abs(half_hours), 48)
    sign = "+" if half_hours > 0 else "-"
    return f"{sign}{days} day{'s' if days > 1 else ''}" if not rest else f"{sign}{abs(half_hours) / 2:g} hours"


def _is_whole(type_: str) -> bool:
    known = digits(type_)
    return known is not None and known.scale == 0 and known.whole <= 20 and type_ != "BOOLEAN"


def _number_moves(space: Workspace, sides: dict[Role, Unpaired], number: str) -> dict[str, str]:
    (low, high), (other_low, other_high) = (
        space.row(f"SELECT min({number}), max({number}) FROM {sides[role].table}") for role in ("source", "target")
    )
    moves = {}
    if low is not None and other_low is not None:
        for offset in sorted({other_low - low, other_high - high} - {0}):
            moves[f"{number} + ({offset})"] = f"by the constant {offset:+d}"
    moves[f"-{number}"] = "in sign"
    for factor in _FACTORS:
        moves[f"{number} * {factor}"] = f"by the factor {factor}"
        moves[f"CASE WHEN {number} % {factor} = 0 THEN {number} // {factor} END"] = f"by the factor 1/{factor}"
    return moves


def _voted(space: Workspace, sides: dict[Role, Unpaired], key: KeyToRepair, moves: list[str], target: str) -> list[str]:
    """The moves by which most of some source rows come to lie on a target row that agrees in the rest of the key."""
    others = all_but(key.j)
    voters = f"SELECT * FROM {sides['source'].table} ORDER BY k LIMIT {_VOTERS}"
    votes = " UNION ALL ".join(f"SELECT {i} AS move, o, {move} AS n FROM voters" for i, move in enumerate(moves))
    counted = space.rows(
        f"WITH voters AS MATERIALIZED (SELECT *, {others} AS o FROM ({voters})), votes AS ({votes})"
        f" SELECT move, count(*) FROM votes JOIN"
        f" (SELECT DISTINCT {others} AS o, {target} AS n FROM {sides['target'].table}) USING (o, n)"
        f" GROUP BY move ORDER BY count(*) DESC, move LIMIT {_MOST_MOVES}"
    )
    return [moves[move] for move, _ in counted]
