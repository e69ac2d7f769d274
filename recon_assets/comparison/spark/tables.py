"""The two sides as tables of a Spark session, and what the comparison asks of them there.

Belongs here: every job that Spark is given. Does not belong here: their order (`engine`), or what the workers run
(`worker`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from recon_assets.comparison.digests import WORD, SideDigest, row_sums
from recon_assets.comparison.errors import ComparisonError
from recon_assets.comparison.hashing import digests
from recon_assets.comparison.location import Location
from recon_assets.comparison.plan import ROLES, Plan, Role
from recon_assets.comparison.schema import Column
from recon_assets.comparison.spark.parts import Part
from recon_assets.comparison.spark.worker import Choice, Comparing, Query

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType

_CELLS = 10_000_000
"""How many values are brought here at once."""
_PART_CELLS = 4_000_000
"""How many values of a side one worker compares at once, about."""
_NO_COMPARISON = ("variant", "geometry", "geography", "interval", "yearmonthinterval", "daytimeinterval")
_SUMS = tuple(f"s{i}" for i in range(4))


@dataclass(frozen=True)
class SparkTable:
    """One side: a DataFrame, and where its rows lie."""

    label: str
    location: Location
    frame: "DataFrame"

    def readable(self) -> "DataFrame":
        """Its columns as `c0`, `c1`, …; those that have no comparison are NULLs."""
        from pyspark.sql import functions as f

        frame = self.frame.toDF(*(f"c{i}" for i in range(len(self.frame.columns))))
        types = (field.dataType for field in self.frame.schema.fields)
        nothing = f.lit(None).cast("int")
        return frame.select(
            *((nothing if has_no_comparison(type_) else f.col(f"c{i}")).alias(f"c{i}") for i, type_ in enumerate(types))
        )


class SparkTables:
    """Both sides. Every method may raise ComparisonError, naming the side and what failed."""

    def __init__(self, tables: Mapping[Role, SparkTable], frames: "Mapping[Role, DataFrame]", plan: Plan) -> None:
        """`frames`: what `readable` gives of the tables."""
        self._tables, self._frames, self._plan = tables, frames, plan

    def count(self, role: Role) -> int:
        """How many rows a side has."""
        with running(self._tables[role].label):
            return self._frames[role].count()

    def row_digests(self, role: Role) -> SideDigest:
        """The sums of one side's rows, by one scan; a row per bucket and partition is shuffled."""
        from pyspark.sql import functions as f

        sums = ", ".join(f"CAST({s} % {WORD} AS DECIMAL(20,0)) AS {s}" for s in _SUMS)
        sql = f"SELECT CAST(bucket AS INTEGER) AS bucket, rows, {sums} FROM ({row_sums(self._plan, role)})"
        columns = ", ".join(f"{s} decimal(20,0)" for s in _SUMS)
        found = self._query(role, sql, f"bucket int, rows bigint, {columns}", self._compared(role))
        with running(self._tables[role].label):
            rows = found.groupBy("bucket").agg(*(f.sum(each).alias(each) for each in ("rows", *_SUMS))).collect()
        return SideDigest.of(rows)

    def suspects(self, where: str, limit: int) -> pa.Table | None:
        """The keys among the rows where `where` holds whose rows are not the same on both sides: `k`, and how many rows
        either side has (`source_rows`, `target_rows`). None if there are more than `limit`.

        All rows in question are shuffled, 24 bytes of each.
        """
        from pyspark.sql import functions as f

        one, other = (self._hashed(role, where) for role in ROLES)
        both = one.withColumn("side", f.lit(1)).unionByName(other.withColumn("side", f.lit(0)))
        mine, theirs = f.sum("side"), f.sum(1 - f.col("side"))
        rows = both.groupBy("k", "one", "other").agg(mine.alias("s"), theirs.alias("t"))
        differ = f.max(f.col("s") != f.col("t")).alias("odd")
        keys = rows.groupBy("k").agg(f.sum("s").alias("s"), f.sum("t").alias("t"), differ)
        with running(self._tables["source"].label):
            found = keys.where("odd").select("k", "s", "t").limit(limit + 1).toArrow()
        if found.num_rows > limit:
            return None
        columns = [_unsigned(found["k"]), found["s"], found["t"]]
        return pa.table(columns, names=["k", "source_rows", "target_rows"])

    def repeated_keys(self, role: Role, where: str, suspects: pa.Table | None) -> int:
        """How many distinct keys repeat among a side's rows where `where` (which may speak of `suspects`) holds; 16
        bytes of each row are shuffled."""
        if self._plan.whole_row:
            return 0
        _, second = digests(self._plan.typed_row(role, []))  # beside `k`, so that no two keys are taken for one
        sql = f"SELECT k, {second} AS other FROM ({self._plan.rows(role, [], where)})"
        keys = self._query(role, sql, "k long, other long", self._key(role), suspects)
        with running(self._tables[role].label):
            return keys.groupBy("k", "other").count().where("count > 1").count()

    def chosen(self, role: Role, where: str, suspects: pa.Table | None = None) -> "DataFrame":
        """A side's rows where `where` (which may speak of `suspects`) holds: every column by its name in the plan, and
        `k`."""
        from pyspark.sql.types import LongType, StructField, StructType

        frame, plan = self._frames[role], self._plan
        names = [plan.name(role, column) for column in plan.every_column(role)]
        fields = [
            StructField(name, field.dataType, metadata=field.metadata)
            for name, field in zip(names, frame.schema.fields, strict=True)
        ]
        sql = f"SELECT k, coalesce({where or 'true'}, false) AS chosen FROM ({plan.rows(role, [])})"
        choice = Choice(duckdb.__version__, len(names), suspects, plan.sides[role].view, sql, names)
        return frame.mapInArrow(choice, StructType([*fields, StructField("k", LongType())]))

    def fetched(self, role: Role, chosen: "DataFrame", rows: int) -> Iterator[pa.Table]:
        """Brings rows here, about `rows` of them, so many at once that memory stays flat."""
        from pyspark import StorageLevel

        times = -(-rows * len(chosen.columns) // _CELLS)
        with running(self._tables[role].label):
            if times <= 1:
                yield chosen.drop("k").toArrow()
                return
            kept = chosen.persist(StorageLevel.DISK_ONLY)
            try:
                for i in range(times):
                    yield kept.where(f"pmod(k, {times}) = {i}").drop("k").toArrow()
            finally:
                kept.unpersist()

    def compared(self, where: str, part: Part, rows: int) -> list[dict[str, Any]]:
        """What is found in each part of the keys, among the rows where `where` holds, about `rows` of a side: all of
        these are shuffled."""
        from pyspark.sql import functions as f

        width = max(len(self._plan.every_column(role)) for role in ROLES)
        parts = max(1, rows * width // _PART_CELLS)
        source, target = (
            self.chosen(role, where).withColumn("part", f.expr(f"pmod(k, {parts})")).groupBy("part") for role in ROLES
        )
        comparing = Comparing(duckdb.__version__, width, None, part)
        with running(f"{self._tables['source'].label} and {self._tables['target'].label}"):
            # Spark counts arguments, `self` too, to tell whether a function wants the group's key
            each = source.cogroup(target).applyInArrow(lambda one, other: comparing(one, other), "found string")
            found = each.collect()
        return [json.loads(row.found) for row in found]

    def _hashed(self, role: Role, where: str) -> "DataFrame":
        plan = self._plan
        one, other = digests(plan.typed_row(role, plan.values))
        rows = plan.rows(role, plan.columns(role, plan.values), where)
        sql = f"SELECT k, {one} AS one, {other} AS other FROM ({rows})"
        return self._query(role, sql, "k long, one long, other long", self._compared(role))

    def _key(self, role: Role) -> list[Column]:
        return [getattr(key.pair, role) for key in self._plan.keys]

    def _compared(self, role: Role) -> list[Column]:
        return [*self._key(role), *self._plan.columns(role, self._plan.values)]

    def _query(
        self, role: Role, sql: str, gives: str, columns: Sequence[Column], suspects: pa.Table | None = None
    ) -> "DataFrame":
        """A query that needs but some columns: handing rows to Python is what most of the time goes into."""
        places = {column.name: i for i, column in enumerate(self._plan.every_column(role))}
        query = Query(duckdb.__version__, len(columns), suspects, self._plan.sides[role].view, sql)
        return self._frames[role].select(*(f"c{places[c.name]}" for c in columns)).mapInArrow(query, gives)


def has_no_comparison(type_: "DataType") -> bool:
    """Whether values of a Spark type, or of one nested in it, aren't what Python is given of them: by encoding, in
    an order or case of their own, or not at all."""
    from pyspark.sql.types import ArrayType, MapType, StringType, StructType

    if isinstance(type_, ArrayType):
        return has_no_comparison(type_.elementType)
    if isinstance(type_, MapType):
        return has_no_comparison(type_.keyType) or has_no_comparison(type_.valueType)
    if isinstance(type_, StructType):
        names = [field.name.lower() for field in type_.fields]
        return len(set(names)) < len(names) or any(has_no_comparison(field.dataType) for field in type_.fields)
    if isinstance(type_, StringType):
        return not type_.isUTF8BinaryCollation()
    return type_.typeName() in _NO_COMPARISON


@contextmanager
def running(what: str) -> Iterator[None]:
    """Turns errors of Spark and of its workers into ours; `what` names the sides concerned."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    from recon_assets.comparison.spark.errors import plain_message

    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        raise ComparisonError(f"{what}: {_plain(plain_message(error))}") from error


def _plain(message: str) -> str:
    """The words that matter: those of a worker's own error, which are below its stack trace, or the first line."""
    trace = message.partition("Traceback (most recent call last):\n")[2].splitlines()
    error = next((line for line in trace if not line.startswith(" ")), message.strip().splitlines()[0])
    if error.startswith("ModuleNotFoundError") or "OtherVersion" in error:
        error += f"; install recon-assets {version('recon-assets')} where Spark's workers run"
    elif not trace:
        error += "; see to the session and the table, and compare again"
    return error


def _unsigned(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same 64 bits."""
    return pa.chunked_array([chunk.view(pa.uint64()) for chunk in values.chunks], pa.uint64())
