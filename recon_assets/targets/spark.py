"""What all targets do alike that have a Spark session: load, run, read, save.

Belongs here: everything that is the same for a session in this process and one elsewhere. Does not belong here: where
sessions come from and where tables lie (`local_spark`, `connect`), or the logic itself (`sql`, `python`).
"""

import logging
import os
import re
import time
import warnings
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

import dagster as dg
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from recon_assets.comparison.location import is_url
from recon_assets.comparison.spark.errors import plain_message
from recon_assets.sources.base import Parameter
from recon_assets.targets import python, sql
from recon_assets.targets.base import Execution, Logic, ParquetFiles, TableVersion, TargetError, quoted

_SETTINGS = {
    "ansi": "spark.sql.ansi.enabled",
    "session_time_zone": "spark.sql.session.timeZone",
    "adaptive_execution": "spark.sql.adaptive.enabled",
    "shuffle_partitions": "spark.sql.shuffle.partitions",
}


class SparkTarget(dg.ConfigurableResource):
    """A target whose tables are read and made by Spark sessions; see `Target`."""

    readable_here: ClassVar[bool]

    @abstractmethod
    def session(self) -> AbstractContextManager[SparkSession]:
        """A session of its own (views, settings), which ends with the `with`. Raises TargetError."""

    @abstractmethod
    def engine(self) -> str:
        """Engine and version. Raises TargetError where it can't be had."""

    @abstractmethod
    def reachable(self, files: ParquetFiles) -> AbstractContextManager[Sequence[str]]:
        """The files' paths or URLs as sessions reach them. Raises TargetError where they can't."""

    @abstractmethod
    def write(self, frame: DataFrame, location: str) -> TableVersion:
        """Compute a DataFrame and store it as a Delta table at a location where there is none."""

    def load(self, files: ParquetFiles, location: str) -> TableVersion:
        """Make a Delta table from Parquet files.

        Delta Lake has no TIME type: such columns become text, as they do on Databricks.
        """
        with self.session() as session, self.reachable(files) as paths:
            with failing(f"{_named(files)} can't be read"):
                frame = _of_files(session, paths, files)
                kinds = [(frame[name], kind) for name, kind in frame.dtypes]
            columns = [column.cast("string") if kind.startswith("time(") else column for column, kind in kinds]
            return self.save(frame.select(*columns), location)

    def save(self, frame: DataFrame, location: str) -> TableVersion:
        """Compute a DataFrame and store it as a Delta table."""
        # Spark computes here what the migrated logic only described: its mistakes show up now.
        with failing("Spark could not compute the rows"):
            _check_columns(frame)
            return self.write(frame, location)

    @contextmanager
    def run(
        self,
        logic: Logic,
        inputs: Mapping[str, TableVersion],
        outputs: Sequence[str],
        parameters: Mapping[str, Parameter],
        clock: datetime | None,
        execution: Execution | None = None,
    ) -> Iterator[Mapping[str, DataFrame]]:
        """Run the migrated logic in a session of its own, under its settings."""
        if logic.in_workspace:
            raise TargetError(
                f"`{logic.kind}: {logic.text}` runs in a Databricks workspace, which is not configured: set"
                " RECON_DEPLOYMENT=azure, RECON_TARGET_REMOTE, RECON_TARGET_CATALOG and DATABRICKS_HOST (docs/azure.md)"
            )
        with self.session() as session:
            _set(session, logic)
            with failing("the inputs can't be read"):
                tables = {name: self.table(session, table) for name, table in inputs.items()}
            if logic.kind == "sql":
                with sql.run(session, logic, tables, outputs, parameters, clock) as frames:
                    yield frames
            elif logic.kind == "python":
                yield python.run(session, logic, tables, outputs, parameters, clock)
            else:
                frame, about = (
                    self._of_parquet(session, logic) if logic.kind == "parquet" else self._of_delta(session, logic)
                )
                if execution is not None:
                    execution.made_by |= about
                yield {outputs[0]: frame}

    @contextmanager
    def reading(self, tables: Sequence[TableVersion | ParquetFiles]) -> Iterator[Sequence[DataFrame]]:
        """The DataFrames of tables or Parquet files, in a session of their own."""
        with self.session() as session, ExitStack() as reached:
            with failing(f"{' and '.join(map(_named, tables))} can't be read"):
                frames = [
                    self.table(session, table)
                    if isinstance(table, TableVersion)
                    else _of_files(session, reached.enter_context(self.reachable(table)), table)
                    for table in tables
                ]
            yield frames

    def table(self, session: SparkSession, table: TableVersion) -> DataFrame:
        """A table at its version, which the logic can't change."""
        reader = session.read.format("delta").option("versionAsOf", table.version)
        frame = reader.table(table.location) if table.has_name else reader.load(table.location)
        # Delta refuses to change a past version, Spark to insert into a projection.
        return frame.select("*")

    def _of_parquet(self, session: SparkSession, logic: Logic) -> tuple[DataFrame, dict[str, str]]:
        """An output computed elsewhere, and when it was written, where that can be seen from here."""
        path = logic.folder / logic.text
        files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path] if path.exists() else []
        about = {"written": _moment(max(file.stat().st_mtime for file in files))} if files else {}
        with failing(f"{path} can't be read as Parquet", "Write the output there, or correct `parquet:`"):
            return session.read.parquet(str(path)), about

    def _of_delta(self, session: SparkSession, logic: Logic) -> tuple[DataFrame, dict[str, str]]:
        """An output computed elsewhere, its version, and when that was written."""
        name, at, version = logic.text.rpartition("@")
        if not (at and version.isdecimal()):
            name, version = logic.text, ""
        path = logic.folder / name
        is_path = is_url(name) or "/" in name or path.exists()
        location = (name if is_url(name) else str(path)) if is_path else _name_quoted(name)
        table = TableVersion(location, int(version or 0))
        with failing(f"{name} can't be read as a Delta table", "Write the output there, or correct `delta:`"):
            history = session.sql(f"DESCRIBE HISTORY {table.sql}").selectExpr(
                "version", "unix_seconds(timestamp) AS at"
            )
            found = (history.where(f"version = {version}") if version else history).limit(1).collect()
            if not found:
                raise TargetError(f"{name} has no version {version} in its history: correct `delta:`")
            table = replace(table, version=found[0].version)
            return self.table(session, table), {"version": str(table.version), "written": _moment(found[0].at)}

    def describe(self, logic: Logic) -> dict[str, str]:
        """Engine, version and the settings that change the logic's answers."""
        with self.session() as session:
            _set(session, logic)
            with failing("the session's settings can't be read"):
                return {"target": self.engine()} | {what: str(session.conf.get(of)) for what, of in _SETTINGS.items()}


def quiet() -> None:
    """Prepare this process for sessions: no chatter, and no zone of the machine's."""
    # PySpark logs every refused statement as JSON with its stack trace; the errors we raise say it in a line.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    # No table goes through pandas, whose version PySpark warns of.
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
    # PySpark turns a datetime without a zone into an instant by the process's zone; Spark's session is in UTC.
    os.environ["TZ"] = "UTC"
    time.tzset()


@contextmanager
def failing(doing: str, remedy: str = "") -> Iterator[None]:
    """Turns Spark's errors into ours."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        raise TargetError(". ".join(filter(None, (f"{doing}: {plain_message(error)}", remedy)))) from error


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds")


def _name_quoted(name: str) -> str:
    """A table's name, each part in backticks; one that has them already is left."""
    return name if "`" in name else ".".join(map(quoted, name.split(".")))


def _set(session: SparkSession, logic: Logic) -> None:
    with failing("the session's settings can't be changed"):
        session.conf.set("spark.sql.session.timeZone", logic.time_zone)
        if logic.ansi is not None:
            session.conf.set("spark.sql.ansi.enabled", str(logic.ansi).lower())


def _of_files(session: SparkSession, paths: Sequence[str], files: ParquetFiles) -> DataFrame:
    return session.read.parquet(*paths) if paths else session.createDataFrame([], from_arrow_schema(files.schema))


def _named(table: TableVersion | ParquetFiles) -> str:
    return table.location if isinstance(table, TableVersion) else next(iter(table.paths), "a table without files")


def _check_columns(frame: DataFrame) -> None:
    """Say of a column what Delta Lake would refuse less plainly. Raises TargetError."""
    names = [name.lower() for name in frame.columns]
    for name in frame.columns:
        if re.search(r"[ ,;{}()\n\t=]", name):
            raise TargetError(
                f"column `{name}`: Delta Lake takes no spaces and none of ,;{{}}()= in a column name; give it an alias"
                " (and the pair of names under `rename`)"
            )
        if names.count(name.lower()) > 1:
            raise TargetError(f"column `{name}` comes twice: give each column a name of its own")
