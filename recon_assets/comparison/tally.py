"""Counting kinds of rows in a relation, and choosing a few of each to show.

Belongs here: one pass that counts any number of conditions, and one that samples them. Does not belong here: which
conditions (`differences`), or how rows are paired (`pairs`, `groups`).

Samples are the rows whose keys have the smallest MD5: the same ones on every run, on every engine, and for swapped
sides, and spread over the whole table. Which of one key's rows, is for the caller to say.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

from recon_assets.comparison.duck import Session

Kind = TypeVar("Kind", bound=Hashable)

CAUSE_SAMPLES = 2
"""How many rows are shown of each cause."""
_ALL = "g"  # greater than any hexadecimal digit
_SPARE = 40  # beyond four times the wanted samples: to find too few is as good as impossible, but for repeated keys


def count(session: Session, relation: str, kinds: Mapping[Kind, str]) -> dict[Kind, int]:
    """In how many rows of a relation each condition holds, in one pass."""
    if not kinds:
        return {}
    wanted = ", ".join(f"count(CASE WHEN {condition} THEN 1 END)" for condition in kinds.values())
    return dict(zip(kinds, session.row(f"SELECT {wanted} FROM ({relation})"), strict=True))


def sample(
    session: Session,
    relation: str,
    keys: Sequence[str],
    shown: Mapping[str, str],
    kinds: Mapping[Kind, tuple[str, int]],
    limit: int,
    within_key: Sequence[str] = (),
) -> dict[Kind, list[dict[str, Any]]]:
    """At most `limit` rows of each kind, as what is shown of them: a mapping of names to SQL over the relation.

    A kind is a condition and in how many rows it holds; `keys` are the relation's key columns, `within_key` is what to
    order the rows of one key by, before what is shown. Two passes at most, and one more for each kind of which few keys
    are repeated often.
    """
    kinds = {kind: each for kind, each in kinds.items() if each[1] and limit}
    if not kinds:
        return {}
    flags = {kind: f"w{i}" for i, kind in enumerate(kinds)}
    texts = ", ".join(f"coalesce(CAST({key} AS VARCHAR), 'NULL')" for key in keys)
    chosen = ", ".join(f"({condition}) AS {flags[kind]}" for kind, (condition, _) in kinds.items())
    flagged = f"SELECT * FROM (SELECT *, {chosen} FROM ({relation})) WHERE {' OR '.join(flags.values())}"
    ordered = f"SELECT *, {f'md5(concat_ws(chr(31), {texts}))' if keys else repr('0')} AS o FROM ({flagged})"
    near = " OR ".join(f"({flags[kind]} AND o < '{_threshold(limit, rows)}')" for kind, (_, rows) in kinds.items())
    columns = ", ".join([*flags.values(), *(f"{sql} AS x{i}" for i, sql in enumerate(shown.values()))])
    order = ", ".join(["o", *keys, *within_key, *(f"x{i}" for i in range(len(shown)))])
    found: dict[Kind, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for row in session.rows(f"SELECT {columns} FROM ({ordered}) WHERE {near} ORDER BY {order}"):
        values = _row(shown, row[len(flags) :])
        for kind, flag in zip(kinds, row, strict=False):
            if flag and len(found[kind]) < limit:
                found[kind].append(values)
    for kind, (_, rows) in kinds.items():
        if len(found[kind]) < min(limit, rows):
            few = f"SELECT {columns} FROM ({ordered}) WHERE {flags[kind]} ORDER BY {order} LIMIT {limit}"
            found[kind] = [_row(shown, row[len(flags) :]) for row in session.rows(few)]
    return found


def _threshold(limit: int, rows: int) -> str:
    """Below which digest to look, so that more than enough rows are found."""
    wanted = 4 * limit + _SPARE
    return _ALL if wanted >= rows else f"{int(wanted / rows * 16**8):08x}"


def _row(shown: Mapping[str, str], values: Sequence[Any]) -> dict[str, Any]:
    return {name: json_ready(value) for name, value in zip(shown, values, strict=True)}


def json_ready(value: Any) -> Any:
    """A value as JSON can hold it exactly."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
