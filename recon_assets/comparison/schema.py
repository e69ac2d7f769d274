"""Which column is compared with which, and whether the rules fit the columns.

Belongs here: matching both sides' columns by name and the errors a user's rules can have against them. Does
not belong here: types and values (`canonical`).
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recon_assets.comparison.errors import ComparisonError, close_names
from recon_assets.comparison.rules import ColumnRule, Rules
from recon_assets.comparison.types import OUT_OF_RANGE, family

_NUMBER_RULES = ("tolerance", "relative_tolerance")
_TEXT_RULES = ("trim", "case", "empty_is_null", "parse_text")
_TIMESTAMP_RULES = ("precision", "timezone")


@dataclass(frozen=True)
class Column:
    """One side's column: its name, DuckDB's type for it, its type in the file, and the SQL that reads it.

    `type` and `sql` are those of the values compared, which for CSV text may be another type than the file's; `text`
    is that text's SQL where some of it can't be read as the type, and `sql` is then NULL.
    """

    name: str
    type: str
    file_type: str
    sql: str
    note: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Side:
    """One side as it lies in the session: a view's name and the columns by lower-case name."""

    role: str  # source or target
    label: str
    view: str
    columns: dict[str, Column]

    def find(self, name: str) -> Column | None:
        return self.columns.get(name.lower())


@dataclass(frozen=True)
class Pair:
    """A column both sides have, by the source's name."""

    name: str
    source: Column
    target: Column
    rule: ColumnRule
    is_key: bool


@dataclass(frozen=True)
class Matching:
    """What became of every column; `unpaired_keys` are keys that one side alone has."""

    pairs: list[Pair]
    missing: list[Column]
    extra: list[Column]
    ignored: list[tuple[Column | None, Column | None]]
    unpaired_keys: list[str]

    @property
    def keys(self) -> list[Pair]:
        return [p for p in self.pairs if p.is_key]

    @property
    def values(self) -> list[Pair]:
        return [p for p in self.pairs if not p.is_key]


def match_columns(source: Side, target: Side, rules: Rules) -> Matching:
    """Pairs the columns by name. Raises ComparisonError where the rules name what isn't there, or
    contradict."""
    renamed = _renames(source, target, rules)
    ignored = _ignored(source, target, rules)
    by_column = _column_rules(source, target, rules, renamed, ignored)
    keys = _keys(source, target, rules, renamed, ignored, by_column)
    taken = set(renamed.values())
    pairs, missing, left_out, unpaired_keys = [], [], [], []
    found: set[str] = set()
    for lower, column in source.columns.items():
        partner = renamed.get(lower) or (lower if lower in target.columns and lower not in taken else None)
        if lower in ignored or partner in ignored:
            left_out.append((column, target.columns.get(partner or "")))
        elif partner is None:
            missing.append(column)
        else:
            rule = by_column.get(lower, ColumnRule())
            pairs.append(Pair(column.name, column, target.columns[partner], rule, lower in keys))
        found.add(partner or "")
    rest = [(lower, c) for lower, c in target.columns.items() if lower not in found]
    left_out += [(None, c) for lower, c in rest if lower in ignored]
    extra = [c for lower, c in rest if lower not in ignored]
    paired = {p.name.lower() for p in pairs}
    unpaired_keys = [name for name in rules.keys if _source_name(source, name, renamed) not in paired]
    pairs.sort(key=lambda p: list(keys).index(p.name.lower()) if p.is_key else len(keys))
    return Matching(pairs, missing, extra, left_out, unpaired_keys)


def _renames(source: Side, target: Side, rules: Rules) -> dict[str, str]:
    renamed: dict[str, str] = {}
    for old, new in rules.rename.items():
        _require(source, old, "rename")
        _require(target, new, f"rename of {old!r}")
        if old.lower() in renamed:
            raise ComparisonError(f"rename: {old!r} is renamed twice; keep one")
        if new.lower() in renamed.values():
            raise ComparisonError(f"rename: two columns are renamed onto {new!r} of {target.label}; keep one")
        renamed[old.lower()] = new.lower()
    return renamed


def _ignored(source: Side, target: Side, rules: Rules) -> set[str]:
    for name in rules.ignore:
        _require_either(source, target, name, "ignore")
    return {name.lower() for name in rules.ignore}


def _source_name(source: Side, name: str, renamed: dict[str, str]) -> str:
    """The lower-case name by which a column is known: the source's, also where the target's new name is given."""
    if source.find(name):
        return name.lower()
    return next((old for old, new in renamed.items() if new == name.lower()), name.lower())


def _column_rules(
    source: Side, target: Side, rules: Rules, renamed: dict[str, str], ignored: set[str]
) -> dict[str, ColumnRule]:
    by_column: dict[str, ColumnRule] = {}
    for name, rule in rules.columns.items():
        _require_either(source, target, name, "columns")
        column = _source_name(source, name, renamed)
        if column in by_column:
            raise ComparisonError(f"columns: {name!r} is the second rule for this column; keep one")
        if {name.lower(), column} & ignored:
            raise ComparisonError(f"column {name!r} has a rule and is ignored; take one of the two away")
        if rule.timezone is not None:
            try:
                ZoneInfo(rule.timezone)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ComparisonError(
                    f"column {name!r}: no time zone {rule.timezone!r}; use an IANA name such as Europe/Berlin"
                ) from error
        if rule.relative_tolerance is not None and -rule.relative_tolerance.as_tuple().exponent > 18:
            raise ComparisonError(f"column {name!r}: relative_tolerance has more than 18 decimals; round it")
        by_column[column] = rule
    return by_column


def _keys(
    source: Side,
    target: Side,
    rules: Rules,
    renamed: dict[str, str],
    ignored: set[str],
    by_column: dict[str, ColumnRule],
) -> list[str]:
    keys: list[str] = []
    for name in rules.keys:
        _require_either(source, target, name, "keys")
        key = _source_name(source, name, renamed)
        if key in keys:
            raise ComparisonError(f"keys: {name!r} is named twice; keep one")
        if {name.lower(), key} & ignored:
            raise ComparisonError(f"column {name!r} is a key and is ignored; take one of the two away")
        near = _given(by_column.get(key, ColumnRule()), _NUMBER_RULES)
        if near:
            raise ComparisonError(
                f"key column {name!r} has a {near}: rows pair by equal keys, so a key can't be nearly equal; take the "
                "rule away, or the column out of the keys"
            )
        keys.append(key)
    return keys


def _require(side: Side, name: str, what: str) -> None:
    if not side.find(name):
        known = [c.name for c in side.columns.values()]
        raise ComparisonError(f"{what}: {side.label} has no column {name!r}; {close_names(name, known)}")


def _require_either(source: Side, target: Side, name: str, what: str) -> None:
    if not source.find(name) and not target.find(name):
        known = dict.fromkeys(c.name for side in (source, target) for c in side.columns.values())
        raise ComparisonError(
            f"{what}: neither {source.label} nor {target.label} has a column {name!r}; {close_names(name, known)}"
        )


def _given(rule: ColumnRule, names: tuple[str, ...]) -> str | None:
    return next((n for n in names if getattr(rule, n) not in (None, False)), None)


def check_types(pair: Pair, source: Side, target: Side) -> None:
    """Raises ComparisonError for a type that has no comparison, or a rule made for another family of
    types."""
    families = []
    for side, column in ((source, pair.source), (target, pair.target)):
        if column.type.endswith(OUT_OF_RANGE):
            raise ComparisonError(
                f"{side.label}: column {column.name!r} ({column.file_type}) has values out of range, more "
                "than 291,500 years before or after 1970; correct them, or add it to `ignore`"
            )
        found = family(column.type)
        if found is None:
            raise ComparisonError(
                f"{side.label}: column {column.name!r} is {column.file_type}, a type that has no comparison; "
                "convert it, or add it to `ignore`"
            )
        families.append(found)
    in_files = [c.file_type in ("string", "large_string", "string_view") for c in (pair.source, pair.target)]
    if any(in_files):
        families.append("text")  # also text that is read as another type
    if pair.rule.parse_text and all(in_files):
        raise ComparisonError(
            f"column {pair.name!r}: the rule parse_text is for text beside another type, but both sides hold text; "
            "take it away"
        )
    for names, wanted in (
        (_NUMBER_RULES, "number"),
        (_TEXT_RULES, "text"),
        (_TIMESTAMP_RULES, "timestamp"),
    ):
        rule = _given(pair.rule, names)
        if rule and wanted not in families and families != ["null", "null"]:
            raise ComparisonError(
                f"column {pair.name!r}: the rule {rule} is for {wanted}s, but the column is "
                f"{pair.source.type} in {source.label} and {pair.target.type} in {target.label}; take it away"
            )
