"""docs/semantics.md is run row by row: the document is the table of cases, so that the two can't drift apart.

A row's T-SQL runs on the embedded source, its Spark SQL in both ANSI modes over the same rows, and the project's own
comparison on what the two gave.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from recon_assets.comparison import Comparison, Dataset, Rules, Verdict, compare
from recon_assets.targets.local_spark import LocalSpark
from recon_assets.tsql.errors import TSqlError, UnsupportedTSql
from recon_assets.tsql.interpreter import Interpreter
from recon_assets.tsql.lexer import split_batches
from recon_assets.tsql.parser import parse_batch
from recon_assets.tsql.tables import Tables
from recon_assets.tsql.types import parse_type

DOCUMENT = Path(__file__).parents[2] / "docs" / "semantics.md"
HEADER = "rows | T-SQL | answers | Spark | ANSI on | ANSI off | the comparison says | write instead, or declare"
MODES = ("on", "off")
AGGREGATE = re.compile(r"(AVG|SUM|COUNT|COUNT_BIG|MAX|STRING_AGG)\(")
LITERAL = r"N?'(?:[^']|'')*'|[^,()' ]+"


@dataclass(frozen=True)
class Row:
    """A line of the document."""

    rows: str
    tsql: str
    answers: Sequence[str]
    by_documentation: bool
    spark: str
    spark_answers: Mapping[str, Sequence[str]]
    says: str
    instead: str

    @property
    def is_query(self) -> bool:
        return self.tsql.startswith("SELECT ")

    @property
    def expressions(self) -> list[str]:
        """What to write instead."""
        return [code for rule, code in re.findall(r"(rule )?`([^`]+)`", self.instead) if not rule]

    @property
    def rules(self) -> list[str]:
        """What to declare."""
        return re.findall(r"rule `([^`]+)`", self.instead)

    @property
    def together(self) -> str | None:
        """The rule without which the expressions would not match either."""
        return self.rules[0] if "` and rule `" in self.instead else None

    def query(self, expression: str) -> str:
        """The expression over all rows of t, each under its number; a SELECT is a query already."""
        if self.is_query:
            return expression
        return f"SELECT {'1 AS k' if AGGREGATE.match(self.tsql) else 'k'}, {expression} AS y FROM t"

    def script(self) -> str:
        """Makes t of `x int: 1, 2`, or of `x int, y int: (1, 2), (3, 4)`, its rows numbered by k."""
        if not self.rows:
            return "CREATE TABLE t (k int NOT NULL); INSERT INTO t VALUES (1);"
        columns, values = self.rows.split(": ", 1)
        rows = re.findall(rf"\(((?:{LITERAL}|, )+)\)" if ", " in columns else LITERAL, values)
        inserted = ", ".join(f"({number}, {row})" for number, row in enumerate(rows, 1))
        return f"CREATE TABLE t (k int NOT NULL, {columns}); INSERT INTO t VALUES {inserted};"


@dataclass(frozen=True)
class Outcome:
    """What came out, as the document writes it; an error has no rows."""

    shown: str
    table: pa.Table | None = None


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def documented() -> Iterator[Row]:
    for line in DOCUMENT.read_text().splitlines():
        if not line.startswith("| "):
            continue
        cells = [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if " | ".join(cells) == HEADER or set(cells[0]) == {"-"}:
            continue
        rows, tsql, answers, spark, on, off, says, instead = cells
        yield Row(
            next(iter(codes(rows)), ""),
            codes(tsql)[0],
            codes(answers),
            "(by documentation)" in answers,
            codes(spark)[0],
            {"on": codes(on), "off": codes(on if off == "same" else off)},
            says,
            instead,
        )


ROWS = list(documented())


def shown(types: Sequence[str], rows: Sequence[Sequence[Any]], is_query: bool) -> str:
    """`type: value, value`; a query's rows, which have no order, in the order of their text."""
    written = [[literal(value) for value in row] for row in rows]
    if not is_query:
        types, written = types[1:], [row[1:] for row in written]
    texts = [row[0] if len(types) == 1 else f"({', '.join(row)})" for row in written]
    return f"{', '.join(types)}: {', '.join(sorted(texts) if is_query else texts)}"


def literal(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            return f"'{value}'"
        case datetime():
            if abs(datetime.now(UTC) - value.replace(tzinfo=UTC)) < timedelta(minutes=10):
                return "now"
            text = value.replace(tzinfo=None).isoformat(" ")
            return text.rstrip("0") if "." in text else text
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


def stated(row: Row, answer: str) -> Outcome:
    """The outcome that an answer in the document stands for, of a single type."""
    type_, values = answer.split(": ", 1)
    seven_digits = type_ == "datetime2(7)"  # which the embedded source's own form of it has not
    kind = pa.timestamp("ns") if seven_digits else pa.string() if type_ == "string" else parse_type(type_).arrow
    texts = [quoted or plain for quoted, plain in re.findall(r"'([^']*)'|([^', ][^,]*)", values)]
    column = pa.array(texts).cast(kind)
    if row.is_query:
        return Outcome(answer, pa.table({"x": column}))
    return Outcome(answer, pa.table({"k": pa.array(range(1, len(column) + 1), pa.int32()), "y": column}))


def on_tsql(row: Row) -> tuple[Outcome, pa.Table]:
    """The outcome on the embedded source, and the table t that was read."""
    with duckdb.connect() as connection:
        now = datetime.now(UTC).replace(tzinfo=None)
        interpreter = Interpreter(connection, Tables(connection), clock=lambda: now, file="row.sql")

        def result(text: str) -> tuple[list[str], pa.Table]:
            for batch in split_batches(text):
                interpreter.run(parse_batch(batch, file="row.sql"))
            found = interpreter.results[-1]
            table = connection.sql(f"SELECT * FROM {found.relation}").to_arrow_table()
            schema = pa.schema([(column.name, column.type.arrow) for column in found.columns])
            return [str(column.type) for column in found.columns], table.rename_columns(schema.names).cast(schema)

        _, given = result(f"{row.script()} SELECT * FROM t")
        try:
            types, table = result(row.query(row.tsql))
        except TSqlError as error:
            return Outcome(f"Msg {error.number}"), given
        except UnsupportedTSql as error:
            return Outcome(str(error)), given
        return Outcome(shown(types, [list(r.values()) for r in table.to_pylist()], row.is_query), table), given


def on_spark(session: SparkSession, query: str, is_query: bool) -> Outcome:
    try:
        frame = session.sql(query)
        # a small result without a job, which `toArrow` would start
        rows = frame.collect()
    except PySparkException as error:
        return Outcome((error.getCondition() or str(error)).partition(".")[0])
    table = pa.Table.from_pylist([r.asDict() for r in rows], to_arrow_schema(frame.schema, timezone="UTC"))
    return Outcome(shown([kind for _, kind in frame.dtypes], rows, is_query), table)


def compared(folder: Path, source: pa.Table, target: pa.Table, rule: str | None = None) -> Comparison:
    for name, table in (("source", source), ("target", target)):
        pq.write_table(table, folder / f"{name}.parquet")
    key, *rest = source.column_names
    rules: dict[str, Any] = {"keys": [key] if rest else []}
    if rule == "ignore":
        rules |= {"ignore": rest}
    elif rule:
        rules |= {"columns": {source.column_names[-1]: yaml.safe_load(f"{{{rule}}}")}}
    sides = (Dataset.open(folder / f"{name}.parquet") for name in ("source", "target"))
    return compare(*sides, Rules.model_validate(rules), threads=1)


def told(comparison: Comparison) -> str:
    """The verdict and its causes, as the document writes them."""
    causes = [f"`{cause.cause}`" for column in comparison.columns for cause in column.causes]
    causes += [f"missing rows `{cause.cause}`" for cause in comparison.missing_causes]
    causes += [f"extra rows `{cause.cause}`" for cause in comparison.extra_causes]
    return f"{comparison.verdict} {', '.join(causes)}".strip()


@dataclass(frozen=True)
class Ran:
    """A row, and what its two sides gave over the same table t, which Spark's sessions still have."""

    row: Row
    source: Outcome
    targets: Mapping[str, Outcome]
    sessions: Mapping[str, SparkSession]
    folder: Path

    def on_spark(self, mode: str, expression: str) -> Outcome:
        return on_spark(self.sessions[mode], self.row.query(expression), self.row.is_query)

    def sources(self) -> list[Outcome]:
        """What T-SQL may answer: what it did, or, where that isn't settled or can't be run, what is stated."""
        if self.row.by_documentation or len(self.row.answers) > 1:
            return [stated(self.row, answer) for answer in self.row.answers]
        return [self.source]

    def says(self) -> str:
        """What the comparison says, told by mode where that matters."""
        on, off = self.targets.values()
        said = [self._says("on"), self._says("on" if on.shown == off.shown else "off")]
        return said[0] if said[0] == said[1] else f"ANSI on: {said[0]}; ANSI off: {said[1]}"

    def _says(self, mode: str) -> str:
        target = self.targets[mode]
        if self.source.shown.startswith("Msg "):
            return "both fail" if target.table is None else "the source fails"
        if target.table is None:
            return "the target fails"
        answers = self.row.spark_answers[mode]
        targets = [stated(self.row, answer) for answer in answers] if len(answers) > 1 else [target]
        pairs = itertools.product(self.sources(), targets)
        return " or ".join(sorted({told(compared(self.folder, a.table, b.table)) for a, b in pairs}))

    def matches(self, target: Outcome, rule: str | None = None) -> bool:
        assert target.table is not None, target.shown
        comparisons = [compared(self.folder, source.table, target.table, rule) for source in self.sources()]
        return all(comparison.verdict is Verdict.MATCH for comparison in comparisons)


@pytest.fixture(scope="module")
def sessions(target: LocalSpark) -> dict[str, SparkSession]:
    """Two sessions over the process's one Spark."""
    sessions = {mode: target.process_session.newSession() for mode in MODES}
    for mode, session in sessions.items():
        session.conf.set("spark.sql.ansi.enabled", str(mode == "on").lower())
        session.conf.set("spark.sql.shuffle.partitions", "1")  # a few rows
    return sessions


@pytest.fixture(scope="module", params=ROWS, ids=lambda row: f"{row.tsql} - {row.spark}")
def ran(
    request: pytest.FixtureRequest, sessions: dict[str, SparkSession], tmp_path_factory: pytest.TempPathFactory
) -> Ran:
    row: Row = request.param
    source, given = on_tsql(row)
    targets = {}
    for mode, session in sessions.items():
        session.createDataFrame(given).createOrReplaceTempView("t")
        targets[mode] = on_spark(session, row.query(row.spark), row.is_query)
    return Ran(row, source, targets, sessions, tmp_path_factory.mktemp("row"))


def test_every_line_of_the_tables_is_a_row():
    lines = re.findall(r"^\|(?! rows \|| --- \|)", DOCUMENT.read_text(), re.MULTILINE)
    assert len(ROWS) == len(lines) > 80


def test_what_does_not_match_has_something_to_write_or_declare():
    assert not [row for row in ROWS if not row.instead and row.says not in ("MATCH", "the source fails")]


def test_tsql_answers_as_documented(ran: Ran):
    if ran.row.by_documentation:
        assert ran.source.shown.startswith("unsupported T-SQL"), "it can be run: no longer by documentation"
    else:
        assert ran.source.shown in ran.row.answers


@pytest.mark.parametrize("mode", MODES)
def test_spark_answers_as_documented(ran: Ran, mode: str):
    assert ran.targets[mode].shown in ran.row.spark_answers[mode]


def test_the_comparison_says_what_is_documented(ran: Ran):
    assert ran.row.says == ran.says()


def test_what_to_write_instead_or_to_declare_matches(ran: Ran):
    for expression in ran.row.expressions:
        outcomes = {outcome.shown: outcome for outcome in (ran.on_spark(mode, expression) for mode in MODES)}
        for outcome in outcomes.values():
            assert ran.matches(outcome, ran.row.together), f"{expression}: {outcome.shown}"
    for rule in ran.row.rules:
        if rule != ran.row.together:
            migrated = {outcome.shown: outcome for outcome in ran.targets.values()}
            assert all(ran.matches(outcome, rule) for outcome in migrated.values()), rule
