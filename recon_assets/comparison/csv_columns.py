"""CSV files: text until the other side says otherwise.

Belongs here: how a CSV file is read, and what text is a type's faithful writing. Does not belong here: which type a
column is read as (`csv_typing`), or comparing.

Every column is text (DuckDB's type guessing would turn '001' into 1 and call it equal). An empty field without quotes
is NULL, a quoted one is ''. Fields are separated by whichever of , ; | and tab the header has most of.
"""

import csv
import gzip
import re
from pathlib import Path

import pyarrow as pa

from recon_assets.comparison.duck import literal
from recon_assets.comparison.errors import ComparisonError

_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_DELIMITERS = ",;\t|"
_LONGEST_LINE = 64_000_000  # bytes; DuckDB's buffers would else be 16 times as large
UUID_PATTERN = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DATE = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d(:\d\d(\.\d+)?)?"
_PATTERNS = {
    "BOOLEAN": "(?i)true|false|0|1",
    "FLOAT": r"(?i)-?((0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf|infinity)|nan",
    "DATE": _DATE,
    "TIMESTAMP": rf"{_DATE}([ T]{_CLOCK})?",
    "TIMESTAMP WITH TIME ZONE": rf"{_DATE}[ T]{_CLOCK} ?(Z|[+-]\d\d(:?\d\d)?)",
    "TIME": _CLOCK,
}
_PATTERNS |= {"DOUBLE": _PATTERNS["FLOAT"], "TIMESTAMP_NS": _PATTERNS["TIMESTAMP"], "TIME_NS": _CLOCK}


def is_csv(path: Path) -> bool:
    """Whether the name says CSV (`.csv`, `.csv.gz`, `.tsv`, `.tsv.gz`)."""
    return path.name.lower().endswith(_SUFFIXES)


def schema(path: Path) -> pa.Schema:
    """The header's names, all of them text. Raises ComparisonError for a file without a usable header."""
    try:
        with _open(path) as text:
            header = next(csv.reader(text, delimiter=delimiter(path), strict=True), [])
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise ComparisonError(f"{path}: not a readable CSV file in UTF-8 ({error})") from error
    if not header or "" in header:
        raise ComparisonError(f"{path}: line 1 must name every column; it holds {header}")
    return pa.schema([(name, pa.string()) for name in header])


def delimiter(path: Path) -> str:
    """What separates the fields: a tab in a .tsv file, else what the first line has most of outside quotes."""
    if path.name.lower().endswith((".tsv", ".tsv.gz")):
        return "\t"
    with _open(path) as text:
        bare = re.sub(r'"[^"]*"', "", text.readline())
    return max(_DELIMITERS, key=bare.count)


def _open(path: Path):
    open_text = gzip.open if path.name.lower().endswith(".gz") else open
    return open_text(path, "rt", encoding="utf-8-sig", newline="")


def read_csv(files: tuple[str, ...], columns: pa.Schema) -> str:
    """The DuckDB table function that reads the files, which are alike, as text."""
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns.names)
    names = ", ".join(literal(file) for file in files)
    return (
        f"read_csv([{names}], auto_detect = false, header = true, delim = {literal(delimiter(Path(files[0])))},"
        f" quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, columns = {{{types}}},"
        f" max_line_size = {_LONGEST_LINE}, buffer_size = {_LONGEST_LINE})"
    )


def faithful(text: str, duck_type: str) -> str:
    """SQL: whether a text is the type's writing without loss; NULL for NULL.

    Numbers have no leading zeros, plus sign or blanks; dates and timestamps are ISO 8601. A whole number must be
    exactly the float it is read as; other decimals are read as the nearest float.
    """
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", duck_type)
    if decimal:
        whole, scale = int(decimal[1]) - int(decimal[2]), int(decimal[2])
        fraction = rf"\.\d{{1,{scale}}}0*" if scale else r"\.0+"
        start = rf"0|[1-9]\d{{0,{whole - 1}}}" if whole else "0"
        return f"regexp_full_match({text}, '-?(({start})({fraction})?|{fraction})')"
    matches = f"regexp_full_match({text}, '{_PATTERNS[duck_type]}')"
    value = f"TRY_CAST({text} AS {duck_type})"
    if duck_type in ("FLOAT", "DOUBLE"):
        whole = rf"NOT regexp_full_match({text}, '-?\d+') OR TRY_CAST({value} AS HUGEINT) = TRY_CAST({text} AS HUGEINT)"
        finite = f"isfinite({value}) OR NOT regexp_matches({text}, '[0-9]')"  # 1e400 is not infinity
        return f"({matches} AND coalesce(({finite}) AND ({whole}), false))"
    digits = 9 if duck_type.endswith("_NS") else 6
    fits = rf"NOT regexp_matches({text}, '\.\d{{{digits}}}\d*[1-9]')"
    return f"({matches} AND {fits} AND {value} IS NOT NULL)"
