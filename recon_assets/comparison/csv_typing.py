"""Giving text columns the types they are compared in: those of CSV files, and those with the rule `parse_text`.

Belongs here: deciding, from all of a column's values, which type it is read as. Does not belong here: what counts as
a type's faithful writing (`csv_columns`).

Where the other side's column has a type, the CSV's is read as the type of that family which fits most of its text;
text that doesn't fit stays what it is, and is equal to nothing on the other side. Between two CSV columns, only a rule
for numbers or timestamps makes them any other than text.
"""

from dataclasses import replace
from itertools import islice

import duckdb

from recon_assets.comparison.canonical import by_text_rules
from recon_assets.comparison.csv_columns import faithful
from recon_assets.comparison.duck import one_row, reading
from recon_assets.comparison.rules import ColumnRule
from recon_assets.comparison.schema import Column, Pair, Side
from recon_assets.comparison.types import FLOATS, INSTANTS, NANOSECONDS, digits, family

_EXACT = "DECIMAL"  # of as many digits as the text has
_NAIVE, _INSTANT = "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"
_NUMBER = r"-?((0|[1-9]\d{0,37})(\.\d{1,38}0*)?|\.\d{1,38}0*)"


def typed_pairs(
    connection: duckdb.DuckDBPyConnection, pairs: list[Pair], source: Side, target: Side, csv: set[str]
) -> list[Pair]:
    """The pairs, with text columns typed: of the sides in `csv` (roles), and where the rule asks for it; such a side is
    read once to look at all its values."""
    typed: dict[str, dict[str, Column]] = {"source": {}, "target": {}}
    for side in (source, target):
        wanted = []
        for pair in pairs:
            mine, other = (pair.source, pair.target) if side.role == "source" else (pair.target, pair.source)
            if side.role in csv or (pair.rule.parse_text and family(mine.type) == "text" != family(other.type)):
                types = _types_by_rule(pair.rule) if len(csv) == 2 else _types_like(other.type)
                if types:
                    wanted.append((mine, pair.rule, types))
        typed[side.role] = _typed_columns(connection, side, wanted)
    return [
        replace(
            pair,
            source=typed["source"].get(pair.source.name, pair.source),
            target=typed["target"].get(pair.target.name, pair.target),
        )
        for pair in pairs
    ]


def _types_like(other: str) -> list[str]:
    """What text may be read as next to a column of a type, best first."""
    if other == "BOOLEAN":
        return ["BOOLEAN", _EXACT]
    if other in FLOATS:
        return [other]
    if digits(other):
        return [_EXACT]
    if other == "DATE":
        return ["DATE", _NAIVE, _INSTANT]
    if family(other) == "timestamp":
        naive = "TIMESTAMP_NS" if other in NANOSECONDS else _NAIVE
        return [_INSTANT, naive] if other in INSTANTS else [naive, _INSTANT]
    return [other] if other in ("TIME", "TIME_NS") else []


def _types_by_rule(rule: ColumnRule) -> list[str]:
    if rule.tolerance is not None or rule.relative_tolerance is not None:
        return [_EXACT, "DOUBLE"]
    return [_NAIVE, _INSTANT] if rule.timezone is not None or rule.precision is not None else []


def _typed_columns(
    connection: duckdb.DuckDBPyConnection, side: Side, wanted: list[tuple[Column, ColumnRule, list[str]]]
) -> dict[str, Column]:
    if not wanted:
        return {}
    asked = [_whole_digits(_prepared(column, rule)) for column, rule, _ in wanted]
    asked += [_decimals(_prepared(column, rule)) for column, rule, _ in wanted]
    for column, rule, types in wanted:
        for type_ in types:
            unfit = f"NOT {_fits(_prepared(column, rule), type_)}"
            asked.append(f"(count(*) FILTER ({unfit}), min({column.sql}) FILTER ({unfit}))")
    with reading(side.label):
        found = iter(one_row(connection, f"SELECT {', '.join(asked)} FROM {side.view} AS raw"))
    whole_digits, decimals = list(islice(found, len(wanted))), list(islice(found, len(wanted)))
    typed = {}
    for (column, rule, types), whole, scale in zip(wanted, whole_digits, decimals, strict=True):
        (unfit, example), type_ = min(zip(islice(found, len(types)), types, strict=True), key=lambda each: each[0][0])
        if type_ == _EXACT:
            whole = min(max(whole or 0, 1), 38)
            unfit += whole + (scale or 0) > 38
            scale = min(scale or 0, 38 - whole)
            type_ = f"DECIMAL({whole + scale},{scale})"
        typed[column.name] = _typed(column, _prepared(column, rule), type_, bool(unfit), example, side.role)
    return typed


def _typed(column: Column, text: str, type_: str, unfit: bool, example: str | None, role: str) -> Column:
    note = f"the {role}'s text is read as {type_}"
    if not unfit:
        return replace(column, type=type_, sql=f"CAST({text} AS {type_})", note=note)
    if example is not None:
        note += f", but some of it can't be without loss, such as {example[:40]!r}"
    sql = f"CASE WHEN {faithful(text, type_)} THEN CAST({text} AS {type_}) END"
    return replace(column, type=type_, sql=sql, note=note, text=text)


def _prepared(column: Column, rule: ColumnRule) -> str:
    """The text with the rules for texts applied; what `precision` disregards may be longer than a type holds."""
    text = by_text_rules(column.sql, rule)
    return rf"regexp_replace({text}, '(\.\d{{6}})\d+', '\1')" if rule.precision else text


def _fits(text: str, type_: str) -> str:
    return f"regexp_full_match({text}, '{_NUMBER}')" if type_ == _EXACT else faithful(text, type_)


def _whole_digits(text: str) -> str:
    return rf"max(length(regexp_extract({text}, '^-?0?(\d{{0,38}})(\.\d+)?$', 1)))"


def _decimals(text: str) -> str:
    return rf"max(length(regexp_extract({text}, '^-?\d*\.(\d{{0,38}}?)0*$', 1)))"
