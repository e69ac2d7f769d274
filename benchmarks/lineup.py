"""Who is measured, in which order, and how each is called.

Belongs here: one entry per contestant; a new one is added by adding its entry. Does not belong here: what it does
(`contestants`), and measuring.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.answer import Answer
from benchmarks.data import KEYS, Scenario


@dataclass(frozen=True)
class Setting:
    """What a contestant's command is made of: the programs, and one scenario with its files."""

    recon: Sequence[str]
    python: Path
    peers_python: Path
    scenario: Scenario
    source: Path
    target: Path
    database: Path
    answer: Path


@dataclass(frozen=True)
class Contestant:
    """One way to compare two tables, as a command that writes its answer into a file."""

    name: str
    about: str
    command: Callable[[Setting], list[str | Path]]
    read: Callable[[Path], Answer] = Answer.read
    success: Sequence[int] = (0,)
    capped: bool = False
    """It holds tables in memory, or takes minutes: measured up to a number of rows only."""
    database: bool = False
    """It reads the DuckDB file, not the Parquet files."""
    spark: bool = False


def _ours(module: str, *options: str) -> Callable[[Setting], list[str | Path]]:
    return lambda s: [s.python, "-m", f"benchmarks.contestants.{module}", s.source, s.target, s.answer, *options]


def _peer(module: str) -> Callable[[Setting], list[str | Path]]:
    return lambda s: [s.peers_python, "-m", f"benchmarks.contestants.{module}", s.source, s.target, s.answer]


def _recon(*options: str) -> Callable[[Setting], list[str | Path]]:
    keys = [argument for key in KEYS for argument in ("--key", key)]
    return lambda s: [*s.recon, "compare", s.source, s.target, *keys, "--json", s.answer, *options]


RECON, YARDSTICK = "recon", "scan"

LINEUP = (
    Contestant(RECON, "ours: `recon compare`", _recon(), Answer.from_record, success=(0, 1)),
    Contestant(YARDSTICK, "(a) one DuckDB aggregate: count, min, max of all columns", _ours("duckdb_scan")),
    Contestant("scan+sums", "(a) with sums of the numbers too", _ours("duckdb_scan", "sums")),
    Contestant("join", "(b) plain DuckDB full outer join, 80 % of memory", _ours("duckdb_join")),
    Contestant("join-1GB", "(b) with our memory limit", _ours("duckdb_join", "1GB")),
    Contestant("datacompy-pandas", "(c) datacompy over pandas", _peer("datacompy_pandas"), capped=True),
    Contestant("datacompy-polars", "(c) datacompy over Polars", _peer("datacompy_polars"), capped=True),
    Contestant("sorted-pandas", "(d) the scripts' compare_dataframes", _peer("sorted_pandas"), capped=True),
    Contestant(
        "reladiff",
        "(e) reladiff joindiff, tables in a DuckDB file",
        lambda s: [s.peers_python, "-m", "benchmarks.contestants.reladiff_join", s.database, s.answer],
        capped=True,
        database=True,
    ),
    Contestant("recon-spark", "ours on Spark, local[2]", _ours("recon_spark"), Answer.from_record, spark=True),
    Contestant("spark-join", "plain Spark full outer join, local[2]", _ours("spark_join"), spark=True),
    Contestant("datacompy-spark", "datacompy over Spark, local[2]", _peer("datacompy_spark"), spark=True),
)
