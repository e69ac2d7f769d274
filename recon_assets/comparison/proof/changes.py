"""The changes that a single value can undergo, by kind, and whether the rules count them as a difference.

Belongs here: what a value becomes. Does not belong here: numbers at a tolerance's border (`steps`), or which rows are
changed (`proposals`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from recon_assets.comparison.duck import identifier
from recon_assets.comparison.proof.fields import Field
from recon_assets.comparison.proof.meaning import is_blank, precision_unit, surely_differ, truncated
from recon_assets.comparison.proof.steps import changed_sign, numbers_apart, numbers_within

_DAY_ZERO, _LAST_DAY, _TURN = -719_161, 2_932_895, 10_957  # 0001-01-02, 9999-12-30, 2000-01-01, since 1970
_SHOWN = 40  # characters of a value


@dataclass(frozen=True)
class Change:
    """What a value becomes: SQL with the values bound to it, and in short for a reader. `counts`: the rules make it a
    difference."""

    sql: str
    bound: tuple[Any, ...]
    shown: str
    counts: bool = True


Changes = Callable[[Field, Any], Iterator[Change]]
"""The changes of one kind that a value of a column can undergo, best first; none where it can't."""


def least(field: Field, value: Any) -> Iterator[Change]:
    """The smallest change that the type can hold and the rules count."""
    match field.kind:
        case "exact" | "float":
            for number in numbers_apart(field, value):
                yield _becomes(field, value, number)
        case "text" if value:
            yield _becomes(field, value, value[:-1] + ("1" if value[-1] == "0" else "0"))
        case "json":
            yield _becomes(field, value, f"[{value}]")
        case "moment":
            step = precision_unit(field)
            for moment in (value - step, value + step) if _late(field, value) else (value + step, value - step):
                if _in_range(field, moment) and surely_differ(field, value, moment):
                    yield _becomes(field, value, moment)
        case "time":
            units = 10**9 if field.type == "TIME_NS" else 10**6
            time = value - 1 if value else value + 1
            yield Change(field.writes, (_clock(time, units),), f"{_clock(value, units)} → {_clock(time, units)}")
        case "binary" if value:
            yield _becomes(field, value, value[:-1] + bytes([value[-1] ^ 1]))
        case "uuid":
            yield _becomes(field, value, value[:-1] + ("1" if value[-1] == "0" else "0"))
        case "list":
            shorter = Change(f"{field.sql}[:-2]", (), "one element less")
            yield shorter if value else Change(f"CAST([NULL] AS {field.type})", (), "one element more")
        case "map" if value:
            yield Change(f"map_from_entries(map_entries({field.sql})[:-2])", (), "one entry less")
        case "struct" if value:
            name, type_ = field.part
            sql = f"struct_update({field.sql}, {identifier(name)} := CAST(NULL AS {type_}))"
            yield Change(sql, (), f"{name} set to NULL")


def nulled(field: Field, value: Any) -> Iterator[Change]:
    """NULL in place of a value."""
    if not (field.kind == "text" and is_blank(field.rule, value)):
        # an ignored column may be of a type that DuckDB has no name for
        null = "NULL" if field.kind == "other" else f"CAST(NULL AS {field.type})"
        yield Change(null, (), f"{_shown(value)} → NULL")


def filled(field: Field) -> Iterator[Change]:
    """The value in place of NULL that a careless migration would put there."""
    text = "x" if field.rule.empty_is_null else ""
    zero = {"text": text, "json": "{}", "time": "00:00", "uuid": str(UUID(int=0)), "binary": b"", "moment": 0}
    zero |= {"exact": "0", "float": "0", "list": "[]", "map": "{}"}
    if field.kind in zero:
        new = zero[field.kind]
        yield Change(field.writes, (new,), f"NULL → {'1970-01-01' if field.kind == 'moment' else _shown(new)}")


def blanked(field: Field) -> Iterator[Change]:
    """'' in place of NULL, which a rule disregards."""
    if field.kind == "text" and field.rule.empty_is_null:
        yield Change(field.writes, ("",), "NULL → ''", counts=False)


def sign(field: Field, value: Any) -> Iterator[Change]:
    """The number with the other sign."""
    number = changed_sign(field, value)
    if number is not None:
        yield _becomes(field, value, number)


def case(field: Field, value: Any) -> Iterator[Change]:
    """One letter in the other case; letters beyond ASCII are left to the rules' own tests."""
    for place, letter in enumerate(value):
        if letter.isascii() and letter.isalpha():
            text = value[:place] + letter.swapcase() + value[place + 1 :]
            yield _becomes(field, value, text, counts=field.rule.case is None)
            return


def trailing_space(field: Field, value: Any) -> Iterator[Change]:
    """A space more at the end."""
    if not is_blank(field.rule, value):
        yield _becomes(field, value, value + " ", counts=field.rule.trim not in ("trailing", "both"))


def leading_space(field: Field, value: Any) -> Iterator[Change]:
    """A space more at the start; in an empty text it would be a trailing one."""
    if value.strip(" "):
        yield _becomes(field, value, " " + value, counts=field.rule.trim not in ("leading", "both"))


def within_tolerance(field: Field, value: Any) -> Iterator[Change]:
    """The greatest change that a tolerance allows."""
    for number in numbers_within(field, value):
        yield _becomes(field, value, number, counts=False)


def below_precision(field: Field, value: Any) -> Iterator[Change]:
    """The smallest change of a moment that stays within one unit of `precision`."""
    kept = truncated(field, value)
    for moment in (value + 1, value - 1):
        if kept is not None and precision_unit(field) > 1 and truncated(field, moment) == kept:
            yield _becomes(field, value, moment, counts=False)


def _becomes(field: Field, old: Any, new: Any, *, counts: bool = True) -> Change:
    if field.kind == "moment":
        unit = {1: "day", 86_400 * 10**6: "microsecond"}.get(field.per_day, "nanosecond")
        by = f"{new - old:+,} {unit}{'' if abs(new - old) == 1 else 's'}"
        return Change(field.writes, (new,), by, counts)
    return Change(field.writes, (new,), f"{_shown(old)} → {_shown(new)}", counts)


def _late(field: Field, moment: int) -> bool:
    return moment > _TURN * field.per_day


def _in_range(field: Field, moment: int) -> bool:
    return _DAY_ZERO * field.per_day <= moment <= _LAST_DAY * field.per_day


def _clock(time: int, units: int) -> str:
    seconds, rest = divmod(time, units)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:0{len(str(units)) - 1}}"


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        value = f"0x{value[:_SHOWN].hex()}"
    text = str(value)
    quoted = repr(text) if not text or text != text.strip() else text
    return quoted if len(quoted) <= _SHOWN else f"…{quoted[-_SHOWN:]}"
