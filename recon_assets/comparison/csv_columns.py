"""CSV files: text until the other side says otherwise.

Belongs here: how a CSV file is read, and when its text may stand for typed values. Does not belong here:
comparing.

Every column is text (DuckDB's type guessing would turn '001' into 1 and call it equal). An empty field
without quotes is NULL, a quoted one is ''. Where the other side's column has a type, a CSV column is read as
that type if *every* value in it is that type's writing without loss: numbers without leading zeros, plus sign
or blanks; ISO dates and timestamps; otherwise it stays text, and the result's note gives an example.
"""

import csv
import gzip
import re
from pathlib import Path

import pyarrow as pa

from recon_assets.comparison.duck import literal
from recon_assets.comparison.errors import ComparisonError

_SUFFIXES = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
UUID_PATTERN = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DATE = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d(:\d\d(\.\d+)?)?"


def is_csv(path: Path) -> bool:
    """Whether the name says CSV (`.csv`, `.csv.gz`, `.tsv`, `.tsv.gz`)."""
    return _delimiter(path) is not None


def schema(path: Path) -> pa.Schema:
    """The header's names, all of them text. Raises ComparisonError for a file without a usable header."""
    try:
        open_text = gzip.open if path.name.lower().endswith(".gz") else open
        with open_text(path, "rt", encoding="utf-8-sig", newline="") as text:
            header = next(csv.reader(text, delimiter=_delimiter(path), strict=True), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ComparisonError(f"{path}: not a readable CSV file in UTF-8 ({error})") from error
    if not header or "" in header:
        raise ComparisonError(f"{path}: line 1 must name every column; it holds {header}")
    return pa.schema([(name, pa.string()) for name in header])


def read_csv(file: str, columns: pa.Schema) -> str:
    """The DuckDB table function that reads the file as text."""
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns.names)
    return (
        f"read_csv({literal(file)}, auto_detect = false, header = true, delim = {literal(_delimiter(Path(file)))},"
        f" quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, columns = {{{types}}},"
        " max_line_size = 64000000)"
    )


def faithful(text: str, duck_type: str) -> str | None:
    """SQL: whether a text is the type's writing without loss; None for types that CSV text can't stand
    for."""
    if duck_type == "BOOLEAN":
        return f"regexp_full_match({text}, '(?i)true|false|0|1')"
    if re.fullmatch(r"U?(TINY|SMALL|BIG)INT|U?INTEGER", duck_type):
        return f"coalesce(CAST(TRY_CAST({text} AS {duck_type}) AS VARCHAR) = {text}, false)"
    if duck_type.startswith("DECIMAL"):
        number = f"coalesce(CAST(TRY_CAST({text} AS {duck_type}) AS VARCHAR), '')"
        return (
            rf"(regexp_full_match({text}, '-?(0|[1-9]\d*)?(\.\d+)?') AND "
            f"{_plain(number)} = {_plain(text)})"
        )
    if duck_type in ("FLOAT", "DOUBLE"):
        return (
            rf"(regexp_full_match({text}, '(?i)-?((0|[1-9]\d*)?(\.\d+)?(e[+-]?\d+)?|inf|infinity)|nan')"
            f" AND TRY_CAST({text} AS {duck_type}) IS NOT NULL)"
        )
    pattern = {
        "DATE": _DATE,
        "TIMESTAMP": rf"{_DATE}([ T]{_CLOCK})?",
        "TIMESTAMP_NS": rf"{_DATE}([ T]{_CLOCK})?",
        "TIMESTAMP WITH TIME ZONE": rf"{_DATE}[ T]{_CLOCK} ?(Z|[+-]\d\d(:?\d\d)?)",
        "TIME": _CLOCK,
        "UUID": UUID_PATTERN,
    }.get(duck_type)
    if pattern is None:
        return None
    digits = 9 if duck_type == "TIMESTAMP_NS" else 6
    fits = rf"NOT regexp_matches({text}, '\.\d{{{digits}}}\d*[1-9]')"
    return f"(regexp_full_match({text}, '{pattern}') AND {fits} AND TRY_CAST({text} AS {duck_type}) IS NOT NULL)"


def _plain(number: str) -> str:
    """SQL: a decimal's text without what does not change its value: trailing zeros, '0' before the point,
    -0."""
    trimmed = f"CASE WHEN contains({number}, '.') THEN rtrim(rtrim({number}, '0'), '.') ELSE {number} END"
    return rf"regexp_replace(regexp_replace({trimmed}, '^(-?)0*(.*)$', '\1\2'), '^-$', '')"


def _delimiter(path: Path) -> str | None:
    name = path.name.lower()
    return next((d for suffix, d in _SUFFIXES.items() if name.endswith(suffix)), None)
