"""Planted faults: three tables of different shape, each column with known causes in known rows, and what is found.

Belongs here: the tables, the faults, and the measure: a cause's precision (of the rows it is claimed for, those whose
values are what that fault makes of them) and its recall (of the rows it was planted in, those it is claimed for). Does
not belong here: assertions (`test_planted`).

Run as a module (`python -m recon_assets_tests.comparison.causes.planted`) it prints the measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from recon_assets.comparison.causes.candidate import DifferingColumn
from recon_assets.comparison.causes.values import discover
from recon_assets_tests.comparison.causes.finding import column, connect, differs, holding, make_pairs


@dataclass(frozen=True)
class Fault:
    """A cause planted in a share of the rows: `target` is SQL of what it makes of the column's value {v}; `source`, where
    given, of what the source's value is then."""

    cause: str
    share: float
    target: str
    source: str = "{v}"


@dataclass(frozen=True)
class Planted:
    """A column: SQL of its values over a row number `i` and a random number `r` of 0 to 1, and its faults."""

    name: str
    type: str
    value: str
    faults: Sequence[Fault]
    target_type: str | None = None


@dataclass
class Measure:
    """Rows by cause: planted, claimed, and claimed where planted (recall) or where the values are so (precision)."""

    planted: int = 0
    recalled: int = 0
    claimed: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.claimed if self.claimed else 1.0

    @property
    def recall(self) -> float:
        return self.recalled / self.planted if self.planted else 1.0


@dataclass(frozen=True)
class Table:
    """A table of `rows` rows; `keys` is SQL over `i`."""

    name: str
    rows: int
    keys: Sequence[str]
    columns: Sequence[Planted]


def _decimal(digits: int, scale: int, least: int = 0) -> str:
    """Random decimals, exactly: a whole number of the last digit's units, shifted by its text."""
    whole = f"printf('%0{scale + 1}d', {least} + CAST(floor(r * 1e{digits}) AS BIGINT))"
    return f"(left({whole}, length({whole}) - {scale}) || '.' || right({whole}, {scale}))"


_NAMES = "['Müller', 'Zoë Brontë', 'Søren Ångström', 'José Peña', 'François Lefèvre', 'Łukasz Żak', 'Ελένη', 'Иван', '山田 太郎']"
_NAME = f"{_NAMES}[1 + i % 9] || ' ' || CAST(floor(r * 1e6) AS BIGINT)"
_WORDS = "'word ' || CAST(floor(r * 1e6) AS BIGINT) || ' of a sentence ' || CAST(i AS VARCHAR)"
_TIME = "TIMESTAMP '2023-01-01 00:00:00' + to_microseconds(CAST(floor(r * 63072000000000) AS BIGINT))"

FINANCE = Table(
    "facts",
    10_000,
    ["i // 20", "i % 20"],
    [
        Planted("amount", "DECIMAL(18,4)", _decimal(10, 4), [Fault("rounding", 0.3, "round({v}, 2)")]),
        Planted("amount_rare", "DECIMAL(18,4)", _decimal(10, 4), [Fault("rounding", 0.001, "round({v}, 1)")]),
        Planted("amount_all", "DECIMAL(18,4)", _decimal(10, 4), [Fault("rounding", 1, "round({v}, 0)")]),
        Planted(
            "fee",
            "DECIMAL(19,6)",
            _decimal(12, 6),
            [Fault("truncation", 0.2, "trunc({v} * 100) / 100"), Fault("null_constant", 0.1, "0", "NULL")],
        ),
        Planted("quotient", "DECIMAL(12,3)", _decimal(9, 3), [Fault("integer_division", 0.4, "trunc({v})")]),
        Planted(
            "even",
            "DECIMAL(12,3)",
            f"({_decimal(7, 2)} || '5')",
            [Fault("rounding", 0.5, "CASE WHEN CAST(substr(CAST({v} AS VARCHAR), -2, 1) AS INTEGER) % 2 = 0"
                                    " THEN {v} - 0.005 ELSE {v} + 0.005 END")],
        ),
        Planted("balance", "DECIMAL(38,10)", _decimal(15, 10), [Fault("sign", 0.05, "-{v}")]),
        Planted("gross", "DECIMAL(18,2)", _decimal(9, 2, 10), [Fault("factor", 0.3, "round({v} * 1.19, 2)")]),
        Planted("cents", "BIGINT", "CAST(floor(r * 1e7) AS BIGINT) + 1", [Fault("factor", 0.01, "{v} * 100")]),
        Planted("share", "DECIMAL(18,6)", _decimal(10, 6, 1), [Fault("factor", 0.6, "{v} * 100"), Fault("sign", 0.1, "-{v}")]),
        Planted("total", "DECIMAL(18,2)", _decimal(9, 2), [Fault("offset", 0.1, "{v} + 12.50")]),
        Planted("count", "INTEGER", "CAST(floor(r * 100) AS INTEGER)", [Fault("offset", 0.3, "{v} + 1")]),
        Planted(
            "small",
            "INTEGER",
            "CAST(floor(r * 200000) AS INTEGER)",
            [Fault("overflow", 1, "CASE WHEN {v} > 32767 THEN CAST(({v} + 32768) % 65536 - 32768 AS INTEGER) ELSE {v} END")],
            "SMALLINT",
        ),
        Planted("capped", "BIGINT", "CAST(floor(r * 4e9) AS BIGINT)",
                [Fault("overflow", 1, "least({v}, 2147483647)")], "INTEGER"),
        Planted("lost", "DECIMAL(12,2)", _decimal(10, 2),
                [Fault("overflow", 1, "CASE WHEN {v} < 1000000 THEN {v} END")], "DECIMAL(8,2)"),
        Planted("missing", "DECIMAL(18,2)", _decimal(9, 2), [Fault("null_constant", 0.02, "NULL", "0")]),
        Planted("unknown", "INTEGER", "CAST(floor(r * 9e5) AS INTEGER) + 5", [Fault("null_constant", 0.02, "-1", "NULL")]),
        Planted("left_side", "DECIMAL(18,2)", _decimal(9, 2), [Fault("swapped_columns", 0.04, "other")]),
        Planted("right_side", "DECIMAL(18,2)", _decimal(9, 2), [Fault("swapped_columns", 0.04, "other")]),
        Planted("previous", "DECIMAL(18,2)", _decimal(9, 2), [Fault("other_row", 0.03, "before")]),
    ],
)  # fmt: skip

CONTACTS = Table(
    "contacts",
    10_000,
    ["i"],
    [
        Planted("name", "VARCHAR", _NAME, [Fault("space", 0.3, "{v} || '   '")]),
        Planted("name_rare", "VARCHAR", _NAME, [Fault("space", 0.001, "'  ' || {v}")]),
        Planted("nbsp", "VARCHAR", _NAME, [Fault("space", 0.2, "replace({v}, ' ', chr(160))")]),
        Planted("upper", "VARCHAR", _NAME, [Fault("case", 0.2, "upper({v})"), Fault("space", 0.2, "{v} || ' '")]),
        Planted("e_mail", "VARCHAR", "'Anna.' || i || '@Example.org'", [Fault("case", 0.7, "lower({v})")]),
        Planted("composed", "VARCHAR", _NAME, [Fault("normalization", 0.5, "decomposed({v})")]),
        Planted("plain", "VARCHAR", _NAME, [Fault("normalization", 0.5, "strip_accents({v})")]),
        Planted("mojibake", "VARCHAR", _NAME, [Fault("encoding", 0.5, "mojibake({v})")]),
        Planted("question", "VARCHAR", _NAME, [Fault("encoding", 0.1, "question({v})"), Fault("null_constant", 0.1, "NULL", "''")]),
        Planted("note", "VARCHAR", _WORDS, [Fault("cut_text", 0.5, "left({v}, 20)")]),
        Planted("note_2", "VARCHAR", _WORDS, [Fault("cut_text", 0.05, "left({v}, 10)"), Fault("case", 0.05, "upper({v})")]),
        Planted("phone", "VARCHAR", "'0' || CAST(floor(r * 1e9) AS BIGINT)", [Fault("written_form", 0.3, "ltrim({v}, '0')")]),
        Planted("country", "VARCHAR", "['DE', 'FR', 'IT', 'ES'][1 + i % 4]", [Fault("null_constant", 0.2, "'N/A'", "NULL")]),
        Planted("number", "VARCHAR", "CAST(CAST(floor(r * 1e9) AS BIGINT) AS VARCHAR)", [Fault("type", 1, "{v}")], "BIGINT"),
        Planted("birthday", "VARCHAR", "strftime(DATE '1950-01-01' + CAST(floor(r * 20000) AS INTEGER), '%Y-%m-%d')",
                [Fault("type", 1, "{v}")], "DATE"),
        Planted("first_name", "VARCHAR", _NAME, [Fault("swapped_columns", 0.1, "other")]),
        Planted("last_name", "VARCHAR", "'family ' || CAST(floor(r * 1e6) AS BIGINT)", [Fault("swapped_columns", 0.1, "other")]),
        Planted("manager", "VARCHAR", _NAME, [Fault("other_row", 0.05, "before")]),
    ],
)  # fmt: skip

EVENTS = Table(
    "events",
    10_000,
    ["i // 10", "i % 10"],
    [
        Planted("at", "TIMESTAMP", _TIME, [Fault("time_shift", 0.3, "{v} + INTERVAL 2 HOUR")]),
        Planted("at_rare", "TIMESTAMP", _TIME, [Fault("time_shift", 0.001, "{v} - INTERVAL 30 MINUTE")]),
        Planted("local", "TIMESTAMP", _TIME, [Fault("time_shift", 1, "timezone('Europe/Berlin', timezone('UTC', {v}))")]),
        Planted("new_york", "TIMESTAMP", _TIME, [Fault("time_shift", 0.5, "timezone('America/New_York', timezone('UTC', {v}))"),
                                                 Fault("timestamp_precision", 0.2, "date_trunc('second', {v})")]),
        Planted("millis", "TIMESTAMP", _TIME, [Fault("timestamp_precision", 0.5, "date_trunc('millisecond', {v})")]),
        Planted("datetime", "TIMESTAMP", _TIME, [Fault("timestamp_precision", 0.9, "datetime({v})")]),
        Planted("minute", "TIMESTAMP", _TIME, [Fault("timestamp_precision", 0.1, "date_trunc('minute', {v} + INTERVAL 30 SECOND)")]),
        Planted("day", "TIMESTAMP", _TIME, [Fault("midnight", 0.5, "date_trunc('day', {v})"),
                                            Fault("null_constant", 0.1, "TIMESTAMP '1900-01-01'", "NULL")]),
        Planted("as_date", "TIMESTAMP", _TIME, [Fault("midnight", 1, "{v}")], "DATE"),
        Planted("day_later", "DATE", "DATE '2020-01-01' + CAST(floor(r * 1500) AS INTEGER)", [Fault("time_shift", 0.2, "{v} + 1")]),
        Planted("loaded_at", "TIMESTAMP", "TIMESTAMP '2025-03-01 10:00:00' + to_milliseconds(CAST(floor(r * 300000) AS BIGINT))",
                [Fault("volatile", 1, "TIMESTAMP '2025-03-01 12:30:00' + to_milliseconds(CAST(floor(r2 * 200000) AS BIGINT))")]),
        Planted("event_id", "UUID", "CAST(md5('a' || i) AS UUID)", [Fault("volatile", 1, "CAST(md5('b' || i) AS UUID)")]),
        Planted("measured", "DOUBLE", "r * 1000 + 0.1", [Fault("float_noise", 0.5, "nextafter({v}, CAST('inf' AS DOUBLE))")]),
        Planted("real", "DOUBLE", "r * 1000 + 0.1", [Fault("float_noise", 0.3, "CAST({v} AS FLOAT)"), Fault("sign", 0.1, "-{v}")]),
        Planted("kelvin", "DOUBLE", "r * 50", [Fault("offset", 0.3, "{v} + 273.15")]),
        Planted("percent", "DOUBLE", "r * 50 + 1", [Fault("factor", 0.3, "{v} * 100"), Fault("rounding", 0.3, "round({v}, 3)")]),
        Planted("rank", "INTEGER", "i % 10", [Fault("other_row", 1, "9 - {v}")]),
    ],
)  # fmt: skip

_MACROS = (
    "CREATE MACRO decomposed(v) AS replace(replace(replace(replace(replace(replace(v, 'ü', 'u' || chr(776)), 'ë', 'e' || chr(776)),"
    " 'é', 'e' || chr(769)), 'ñ', 'n' || chr(771)), 'ç', 'c' || chr(807)), 'Å', 'A' || chr(778))",
    "CREATE MACRO question(v) AS array_to_string(list_transform(string_split(v, ''),"
    " lambda c: CASE WHEN unicode(c) > 127 THEN '?' ELSE c END), '')",
    "CREATE MACRO datetime(v) AS date_trunc('second', v) + to_milliseconds(CAST(round(round((epoch_us(v) % 1000000) * 3 / 10000.0)"
    " * 10 / 3) AS BIGINT))",
)


def _mojibake(text: str | None) -> str | None:
    """UTF-8 read as Windows-1252, with the five bytes it lacks as Latin-1 has them, as most software does."""
    if text is None:
        return None
    return "".join(
        chr(b) if b in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([b]).decode("cp1252") for b in text.encode()
    )


def prepare(connection: duckdb.DuckDBPyConnection, table: Table) -> list[DifferingColumn]:
    """Makes the tables `everything` (all pairs, with `p<n>_<m>`: fault m of column n was planted, and `t<n>_<m>`: the
    values are what it makes of them) and `pairs` (those that differ)."""
    columns = [column(n, p.name, p.type, p.target_type) for n, p in enumerate(table.columns)]
    keys = [f"CAST({sql} AS INTEGER) AS k{n}" for n, sql in enumerate(table.keys)]
    values, chosen = [], []
    for n, planted in enumerate(table.columns):
        random = f"(hash(i, {n}) % 1000003 / 1000003)"
        second = f"(hash(i, {n}, 'again') % 1000003 / 1000003)"
        sql = planted.value.replace("r2", second)
        sql = f"(SELECT {sql} FROM (SELECT {random} AS r))" if "r" in planted.value else sql
        values.append(f"CAST({sql} AS {planted.type}) AS v{n}")
        values.append(f"{second} AS s{n}")
        chosen.append(
            f"hash(i, '{'pair' if planted.faults[0].target == 'other' else n}', 'chosen') % 1000003 / 1000003 AS u{n}"
        )
    connection.execute(
        f"CREATE OR REPLACE TABLE base AS SELECT i, {', '.join([*keys, *values, *chosen])}"
        f" FROM (SELECT CAST(range AS INTEGER) AS i FROM range({table.rows}))"
    )
    shown = []
    for n, planted in enumerate(table.columns):
        low, sources, targets, more = 0.0, "", "", []
        for m, fault in enumerate(planted.faults):
            here = f"u{n} >= {low} AND u{n} < {low + fault.share}"
            other = next((o for o, p in enumerate(table.columns) if o != n and p.faults[0].target == "other"), n)
            before = f"lag(v{n}) OVER (ORDER BY i)"
            target = fault.target.replace("{v}", f"v{n}").replace("r2", f"s{n}")
            target = {"other": f"v{other}", "before": before}.get(target, target)
            source = fault.source.replace("{v}", f"v{n}")
            a_type, b_type = planted.type, planted.target_type or planted.type
            sources += f" WHEN {here} THEN CAST({source} AS {a_type})"
            targets += f" WHEN {here} THEN CAST({target} AS {b_type})"
            made = f"CAST({target} AS {b_type}) AS made{n}_{m}, CAST({source} AS {a_type}) AS was{n}_{m}"
            more.append(f"{here} AS p{n}_{m}, {made}")
            low += fault.share
        rest = f"CAST(v{n} AS {planted.target_type or planted.type})" if low < 1 else "NULL"
        shown.append(f"CASE{sources} ELSE v{n} END AS a{n}, CASE{targets} ELSE {rest} END AS b{n}, {', '.join(more)}")
    connection.execute(
        f"CREATE OR REPLACE TABLE everything AS SELECT i, {', '.join(f'k{n}' for n in range(len(keys)))},"
        f" {', '.join(shown)} FROM base"
    )
    make_pairs(connection, columns, "SELECT * FROM everything", key="hash(i)")
    return columns


def measure(table: Table) -> dict[str, Measure]:
    """Plants a table's faults, searches, and counts by cause."""
    connection = connect()
    for macro in _MACROS:
        connection.execute(macro)
    connection.create_function("mojibake", _mojibake, ["VARCHAR"], "VARCHAR", null_handling="special")
    columns = prepare(connection, table)
    keys = ", ".join(f"k{n}" for n in range(len(table.keys)))
    sides = {
        role: f"SELECT hash(i) AS k, {keys}, {', '.join(f'{letter}{c.index} AS c{c.index}' for c in columns)} FROM everything"
        for role, letter in (("source", "a"), ("target", "b"))
    }
    candidates = discover(connection, "pairs", columns, sides)
    found: dict[str, Measure] = {}
    for differing, planted in zip(columns, table.columns, strict=True):
        n = differing.index
        for cause in {f.cause for f in planted.faults} | {c.cause for c in candidates if c.column == n}:
            total = found.setdefault(cause, Measure())
            connection.execute("CREATE OR REPLACE TEMP TABLE claimed (i INTEGER)")
            for candidate in candidates:
                if candidate.column == n and candidate.cause == cause:
                    connection.execute(f"INSERT INTO claimed SELECT i FROM {holding(candidate, 'pairs')}")
            faults = [m for m, f in enumerate(planted.faults) if f.cause == cause]
            here = " OR ".join(f"p{n}_{m}" for m in faults) or "false"
            so = " OR ".join(
                f"(b{n} IS NOT DISTINCT FROM made{n}_{m} AND a{n} IS NOT DISTINCT FROM was{n}_{m})" for m in faults
            )
            counts = connection.execute(
                f"SELECT count(*) FILTER ({here}), count(*) FILTER (({here}) AND c), count(*) FILTER (c),"
                f" count(*) FILTER (c AND ({so or 'false'}))"
                f" FROM (SELECT *, i IN (SELECT i FROM claimed) AS c FROM pairs WHERE {differs(differing)})"
            ).fetchone()
            total.planted += counts[0]
            total.recalled += counts[1]
            total.claimed += counts[2]
            total.right += counts[3]
    return found


TABLES = (FINANCE, CONTACTS, EVENTS)

if __name__ == "__main__":
    print(f"{'table':10} {'cause':20} {'planted':>8} {'claimed':>8} {'precision':>9} {'recall':>7}")
    for each in TABLES:
        for cause, m in sorted(measure(each).items()):
            print(f"{each.name:10} {cause:20} {m.planted:8} {m.claimed:8} {m.precision:9.4f} {m.recall:7.4f}")
