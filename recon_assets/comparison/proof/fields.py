"""The columns of the copies: type, rule, and how their values go from DuckDB to Python and back.

Belongs here: what a planted change needs to know of a column. Does not belong here: the changes (`changes`), or the
copies (`sample`).
"""

from dataclasses import dataclass
from typing import Literal

from recon_assets.comparison.duck import literal
from recon_assets.comparison.rules import ColumnRule
from recon_assets.comparison.types import FLOATS, digits, family

Kind = Literal["exact", "float", "text", "json", "moment", "time", "binary", "uuid", "list", "struct", "map", "other"]
"""What kinds of values are changed in different ways; `other` values are only set to NULL."""

_RULES_BY_KIND = {
    "exact": ("tolerance", "relative_tolerance"),
    "float": ("tolerance", "relative_tolerance"),
    "text": ("trim", "case", "empty_is_null"),
    "json": ("trim", "case", "empty_is_null"),
    "moment": ("precision", "timezone"),
}
_PER_DAY = {"DATE": 1, "TIMESTAMP": 86_400 * 10**6, "TIMESTAMP WITH TIME ZONE": 86_400 * 10**6}
_PER_DAY |= {"TIMESTAMP_NS": 86_400 * 10**9, "TIMESTAMPTZ_NS": 86_400 * 10**9}


@dataclass(frozen=True)
class Field:
    """One column of the copies, called `c<number>` in the session.

    `name` is the source's, `target_name` what the faulty copy calls it. `part`: a struct's first part, name and
    type. `identity`: rows are paired by it, so that a changed value leaves one row missing and one extra.
    """

    number: int
    name: str
    target_name: str
    type: str
    rule: ColumnRule
    identity: bool = False
    ignored: bool = False
    part: tuple[str, str] = ("", "")

    @property
    def sql(self) -> str:
        """Its name in the session."""
        return f"c{self.number}"

    @property
    def kind(self) -> Kind:
        """How its values are changed."""
        return kind_of(self.type)

    @property
    def tolerant(self) -> bool:
        """Nearly equal numbers are equal."""
        return bool(self.rule.tolerance or self.rule.relative_tolerance)

    @property
    def per_day(self) -> int:
        """Of dates and timestamps: how many of the units that values are counted in make a day."""
        return _PER_DAY[self.type]

    @property
    def reads(self) -> str:
        """SQL that makes of a value, which is not NULL, what Python is to see: an exact text or number."""
        c = self.sql
        match self.kind:
            case "exact":
                return f"CAST(CAST({c} AS TINYINT) AS VARCHAR)" if self.type == "BOOLEAN" else f"CAST({c} AS VARCHAR)"
            case "moment" if self.type == "DATE":
                return f"({c} - DATE '1970-01-01')"
            case "moment" | "time":
                return f"epoch_{'ns' if self.type.endswith('_NS') else 'us'}({c})"
            case "binary":
                return c
            case "list":
                return f"len({c})"
            case "map":
                return f"cardinality({c})"
            case "struct":
                return f"CAST(struct_extract({c}, {literal(self.part[0])}) IS NOT NULL AS INTEGER)"
            case _:
                return f"CAST({c} AS VARCHAR)"

    @property
    def writes(self) -> str:
        """SQL that makes the column's value of the bound one: of what `reads` gives, and for times of their text."""
        match self.type:
            case "DATE":
                return "(DATE '1970-01-01' + CAST(? AS INTEGER))"
            case "TIMESTAMP" | "TIMESTAMP WITH TIME ZONE":
                return f"CAST(make_timestamp(CAST(? AS BIGINT)) AS {self.type})"
            case "TIMESTAMP_NS" | "TIMESTAMPTZ_NS":
                return f"CAST(make_timestamp_ns(CAST(? AS BIGINT)) AS {self.type})"
            case "BOOLEAN":
                return "CAST(CAST(? AS TINYINT) AS BOOLEAN)"
            case _:
                return f"CAST(? AS {self.type})"


def kind_of(duck_type: str) -> Kind:
    """How values of a type are changed."""
    if digits(duck_type):
        return "exact"
    if duck_type in FLOATS:
        return "float"
    if duck_type in _PER_DAY:
        return "moment"
    if duck_type in ("TIME", "TIME_NS"):
        return "time"
    if duck_type == "JSON":
        return "json"
    if duck_type.endswith("[]"):
        return "list"
    for start, kind in (("STRUCT(", "struct"), ("MAP(", "map")):
        if duck_type.startswith(start) and duck_type.endswith(")"):
            return kind
    found = family(duck_type)
    return found if found in ("text", "binary", "uuid") else "other"


def fitting_rule(rule: ColumnRule, duck_type: str) -> tuple[ColumnRule, list[str]]:
    """The part of a rule that concerns values of a type, and the names of the rest."""
    kept = _RULES_BY_KIND.get(kind_of(duck_type), ())
    given = rule.model_dump(exclude_defaults=True)
    return ColumnRule(**{n: v for n, v in given.items() if n in kept}), [n for n in given if n not in kept]
