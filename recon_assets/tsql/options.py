"""SET of an option: which ones change nothing here, and so may be set.

Belongs here: the allow-list and the statement's form. An option is on it with a value if SQL Server's meaning
under that value is what the rest of `tsql` gives; every other option or value is refused. XACT_ABORT is not
here: it has a meaning.
"""

from recon_assets.tsql.control import Harmless, SetXactAbort, Statement
from recon_assets.tsql.cursor import Cursor

HARMLESS: dict[str, frozenset[str] | None] = {
    # Messages and statistics only.
    "NOCOUNT": frozenset({"ON", "OFF"}),
    "STATISTICS IO": frozenset({"ON", "OFF"}),
    "STATISTICS TIME": frozenset({"ON", "OFF"}),
    # The settings that ODBC and OLE DB connections have, which `tsql` assumes.
    "ANSI_NULLS": frozenset({"ON"}),
    "ANSI_PADDING": frozenset({"ON"}),
    "ANSI_WARNINGS": frozenset({"ON"}),
    "ANSI_NULL_DFLT_ON": frozenset({"ON"}),
    "ARITHABORT": frozenset({"ON"}),
    "CONCAT_NULL_YIELDS_NULL": frozenset({"ON"}),
    "QUOTED_IDENTIFIER": frozenset({"ON"}),
    "NUMERIC_ROUNDABORT": frozenset({"OFF"}),
    "IMPLICIT_TRANSACTIONS": frozenset({"OFF"}),
    "CURSOR_CLOSE_ON_COMMIT": frozenset({"OFF"}),
    "FMTONLY": frozenset({"OFF"}),
    "NOEXEC": frozenset({"OFF"}),
    "PARSEONLY": frozenset({"OFF"}),
    "DATEFIRST": frozenset({"7"}),
    "DATEFORMAT": frozenset({"MDY"}),
    "LANGUAGE": frozenset({"US_ENGLISH", "ENGLISH"}),
    "ROWCOUNT": frozenset({"0"}),
    # One session has its tables to itself: nothing to isolate from, wait for or be chosen against.
    "LOCK_TIMEOUT": None,
    "DEADLOCK_PRIORITY": None,
}
"""Option → the values that may be set; None for any."""
_ISOLATION_LEVELS = (
    ("READ", "UNCOMMITTED"),
    ("READ", "COMMITTED"),
    ("REPEATABLE", "READ"),
    ("SNAPSHOT",),
    ("SERIALIZABLE",),
)


def read(cursor: Cursor, line: int) -> list[Statement]:
    """Read what follows SET: the statement it is. Raises UnsupportedTSql."""
    if cursor.accept("TRANSACTION", "ISOLATION", "LEVEL"):
        if not any(cursor.accept(*level) for level in _ISOLATION_LEVELS):
            raise cursor.syntax_error("An isolation level is expected here.")
        return [Harmless(line)]
    names = [_name(cursor)]
    while cursor.accept(","):
        names.append(_name(cursor))
    value = ("-" if cursor.accept("-") else "") + cursor.take().text.upper()
    return [_set(cursor, line, name, value) for name in names]


def _set(cursor: Cursor, line: int, name: str, value: str) -> Statement:
    if name == "XACT_ABORT" and value in ("ON", "OFF"):
        return SetXactAbort(line, value == "ON")
    allowed = HARMLESS.get(name, frozenset())
    if allowed is not None and value not in allowed:
        raise cursor.unsupported(f"SET {name} {value}", _remedy(allowed))
    return Harmless(line)


def _name(cursor: Cursor) -> str:
    first = cursor.take().text.upper()
    return f"{first} {cursor.take().text.upper()}" if first == "STATISTICS" else first


def _remedy(allowed: frozenset[str]) -> str | None:
    return f"only {' or '.join(sorted(allowed))} is supported" if allowed else None
