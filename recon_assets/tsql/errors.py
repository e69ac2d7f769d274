"""The two ways T-SQL text fails here: it asks for what is not supported, or SQL Server itself would fail it.

Belongs here: both exceptions, and how an error raised inside DuckDB is carried out and told as SQL Server's
own. Does not belong here: deciding that something is unsupported (`syntax`, `expressions`, …), or what an
error does to a batch or transaction (`interpreter`).
"""

import re
from dataclasses import dataclass, field

import duckdb


@dataclass(eq=False)
class UnsupportedTSql(Exception):
    """T-SQL that can't be run with exactly SQL Server's meaning: told by file, line and the construct's text."""

    construct: str
    line: int | None = None
    file: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        told = f"unsupported T-SQL at {place}: {self.construct}" if place else f"unsupported T-SQL: {self.construct}"
        return f"{told} ({self.remedy})" if self.remedy else told


@dataclass(eq=False)
class TSqlError(Exception):
    """An error SQL Server would raise, with SQL Server's number; `severity`, `state`, `line` as in ERROR_…()."""

    number: int
    message: str
    severity: int = 16
    state: int = 1
    line: int | None = None
    procedure: str | None = field(default=None)

    def __str__(self) -> str:
        place = f", procedure {self.procedure}" if self.procedure else ""
        place += f", line {self.line}" if self.line is not None else ""
        return f"Msg {self.number}, level {self.severity}, state {self.state}{place}: {self.message}"


DIVIDE_BY_ZERO = 8134
OVERFLOW = 8115
CONVERSION_TO_INT_FAILED = 245
CONVERSION_OVERFLOWED_INT = 248
CONVERSION_FAILED = 8114
DATE_CONVERSION_FAILED = 241
DATE_OUT_OF_RANGE = 242
UNIQUEIDENTIFIER_CONVERSION_FAILED = 8169
DATE_ADD_OVERFLOW = 517
DATE_DIFF_OVERFLOW = 535
CANNOT_BUILD_DATE = 289
TEXT_TRUNCATED = 2628
NULL_NOT_ALLOWED = 515
DUPLICATE_KEY = 2627
DUPLICATE_MERGE_MATCH = 8672
SUBQUERY_MANY_ROWS = 512
INVALID_OBJECT = 208
INVALID_COLUMN = 207
SYNTAX = 102
UNDECLARED_VARIABLE = 137
INVALID_LENGTH = 537

UNEQUAL_COLUMNS = (
    "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their"
    " target lists."
)
COUNTS_DIFFER = "Column name or number of supplied values does not match table definition."
ONE_COLUMN_ONLY = (
    "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS."
)
SEVERITIES = {SYNTAX: 15, UNDECLARED_VARIABLE: 15, DUPLICATE_KEY: 14}
"""Severities other than 16."""

_CARRIED = re.compile(r"'TSQL:(\d+|UNSUPPORTED):(.*?)' to INT32", re.DOTALL)


def sql_server_error(number: int, message: str, *, line: int | None = None) -> TSqlError:
    """The error of that number, with its documented severity."""
    return TSqlError(number, message, SEVERITIES.get(number, 16), line=line)


def raising(number: int, message_sql: str) -> str:
    """A DuckDB expression that fails with this SQL Server error when evaluated; `message_sql` is SQL text."""
    return _carrying(str(number), message_sql)


def refusing(construct_sql: str) -> str:
    """A DuckDB expression that fails as unsupported when a row makes it evaluated; `construct_sql` is SQL text."""
    return _carrying("UNSUPPORTED", construct_sql)


def _carrying(kind: str, message_sql: str) -> str:
    """A cast that can't succeed, its text in the message. (DuckDB's error() counts as volatile: keys and windows
    may not hold it, and what holds it isn't optimized.) Taken from a list of NULL, it goes with any type; from a slice
    of that list, for an element of the list itself is known to be NULL, and COALESCE and IS NULL skip it."""
    return f"[NULL][1:CAST('TSQL:{kind}:' || {message_sql} AS INTEGER)][1]"


def tsql_error_from(exc: Exception, *, line: int | None = None, file: str | None = None) -> Exception | None:
    """The TSqlError (or UnsupportedTSql, met only in the rows' values) that a DuckDB exception stands for.

    None when it stands for neither: then it is a fault of ours or of the machine, and must not be caught as
    T-SQL's TRY … CATCH would. `line` and `file` are the running statement's.
    """
    if not isinstance(exc, duckdb.Error):
        return None
    text = str(exc)
    if carried := _CARRIED.search(text):
        kind, message = carried.groups()
        if kind == "UNSUPPORTED":
            return UnsupportedTSql(message, line, file)
        return sql_server_error(int(kind), message, line=line)
    if too_big := _FLOAT_TO_INTEGER.search(text):
        told = f"Arithmetic overflow error for type {_INTEGERS[too_big[2]]}, value = {float(too_big[1]):.6f}."
        return sql_server_error(232, told, line=line)
    if small := _SMALL_INTEGER.search(text):
        told = f"Arithmetic overflow error for data type {_INTEGERS[small[2]]}, value = {small[1]}."
        return sql_server_error(220, told, line=line)
    for kind, pattern, number, message in _DUCKDB_ERRORS:
        if isinstance(exc, kind) and re.search(pattern, text, re.IGNORECASE):
            if number == OVERFLOW and (beyond := _BEYOND.search(text)):
                message = f"{message} {_INTEGERS[beyond[1]]}."
            return sql_server_error(number, message.rstrip(".") + ".", line=line)
    return None


_INTEGERS = {"UINT8": "tinyint", "INT16": "smallint", "INT32": "int", "INT64": "bigint"}
_FLOAT_TO_INTEGER = re.compile(r"Type DOUBLE with value (\S+) can't be cast .* destination type (UINT8|INT16|INT32)")
_BEYOND = re.compile(r"(?:Overflow in \w+ of|destination type) (UINT8|INT16|INT32|INT64)")
_SMALL_INTEGER = re.compile(r"Type U?INT\d+ with value (-?\d+) can't be cast .* destination type (UINT8|INT16)")
_DUCKDB_ERRORS = (
    (duckdb.InvalidInputException, "division by zero", DIVIDE_BY_ZERO, "Divide by zero error encountered."),
    (
        duckdb.InvalidInputException,
        "more than one row returned by a subquery",
        SUBQUERY_MANY_ROWS,
        "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >,"
        " >= or when the subquery is used as an expression.",
    ),
    (
        duckdb.OutOfRangeException,
        "",
        OVERFLOW,
        "Arithmetic overflow error converting expression to data type",
    ),
    (
        duckdb.ConversionException,
        "",
        OVERFLOW,
        "Arithmetic overflow error converting expression to data type",
    ),
    (
        duckdb.ConstraintException,
        "duplicate key",
        DUPLICATE_KEY,
        "Violation of PRIMARY KEY or UNIQUE KEY constraint. Cannot insert duplicate key.",
    ),
    (
        duckdb.ConstraintException,
        "NOT NULL constraint",
        NULL_NOT_ALLOWED,
        "Cannot insert the value NULL into a column that does not allow nulls.",
    ),
)
"""DuckDB's own errors that stand for a documented number. The generated SQL checks text conversions itself, so
that what remains of DuckDB's conversion errors are numbers out of their type's range."""
