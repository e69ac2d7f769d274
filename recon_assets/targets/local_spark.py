"""The local target: Spark in this process, Delta Lake tables in a directory.

Belongs here: the session's settings and storing Delta tables. Does not belong here: running SQL or Python logic on a
session (`sql`, `python`), which is the same on every Spark.
"""

import logging
import os
import re
import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
from dagster_pyspark import LazyPySparkResource
from deltalake import DeltaTable, convert_to_deltalake
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from recon_assets.comparison.location import is_url
from recon_assets.comparison.spark.errors import plain_message
from recon_assets.sources.base import Parameter
from recon_assets.targets import delta_jars, python, sql
from recon_assets.targets.base import Logic, ParquetFiles, TableVersion, TargetError

_LOGGING = Path(__file__).with_name("log4j2.properties")


def local_spark(work: Path) -> "LocalSpark":
    """The local target, keeping Spark's scratch files below `work`; nothing starts before it is used."""
    settings = {
        "spark.app.name": "recon-assets",
        "spark.master": "local[*]",
        # Nothing listens outside this machine.
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(work / "warehouse"),
        "spark.local.dir": str(work / "scratch"),
        # What changes answers is said, not left to the machine.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.timeType.enabled": "true",  # to read it at all
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.shuffle.partitions": "8",  # a laptop's worth; adaptive execution merges small ones
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}",
    }
    jars = delta_jars.present()
    if jars:
        settings |= {
            "spark.jars": ",".join(str(jar) for jar in jars),
            "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
            "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
            # Delta 4.4's parser drops the parameters that Spark 4.2 hands it; the older way goes past the parser.
            "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",
            "spark.sql.sources.default": "delta",  # as on Databricks
            "spark.databricks.delta.snapshotPartitions": "2",  # the default of 50 is for logs of many files
        }
    return LocalSpark(spark=LazyPySparkResource(spark_config=settings))


class LocalSpark(dg.ConfigurableResource):
    """Spark `local[*]` with Delta's jars; without them, Parquet folders that `deltalake` registers as Delta tables."""

    spark: LazyPySparkResource

    @property
    def _delta(self) -> bool:
        return "spark.jars" in self.spark.spark_config

    @cached_property
    def session(self) -> SparkSession:
        """The process's Spark session, started on first use (some seconds)."""
        # PySpark logs every refused statement as JSON with its stack trace; the errors we raise say it in a line.
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
        # No table goes through pandas, whose version PySpark warns of.
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
        # PySpark turns a datetime without a zone into an instant by the process's zone; Spark's session is in UTC.
        os.environ["TZ"] = "UTC"
        time.tzset()
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        session: SparkSession = self.spark.spark_session
        return session

    def load(self, files: ParquetFiles, folder: str) -> None:
        """Make a Delta table in `folder` from Parquet files.

        Delta Lake has no TIME type: such columns become text, as they do on Databricks.
        """
        with self._here(files) as paths:
            frame = _parquet_frame(self.session, paths, files)
            times = [name for name, kind in frame.dtypes if kind.startswith("time(")]
            self.save(frame.withColumns({name: frame[name].cast("string") for name in times}), folder)

    def save(self, frame: DataFrame, folder: str) -> None:
        """Compute a DataFrame and store it as a Delta table in `folder`, which may exist but must be empty."""
        _check_columns(frame)
        try:
            if self._delta:
                frame.write.format("delta").mode("append").save(folder)
            else:
                frame.write.mode("append").parquet(folder)
        except (PySparkException, Py4JJavaError) as error:
            # Spark computes here what the migrated logic only described: its mistakes show up now.
            raise TargetError(f"Spark could not compute the rows: {plain_message(error)}") from error
        if not self._delta:
            convert_to_deltalake(folder)

    @contextmanager
    def run(
        self,
        logic: Logic,
        inputs: Mapping[str, TableVersion],
        outputs: Sequence[str],
        parameters: Mapping[str, Parameter],
        clock: datetime | None,
    ) -> Iterator[Mapping[str, DataFrame]]:
        """Run the migrated logic in a session of its own (views, settings) over the process's one Spark."""
        session = self.session.newSession()
        tables = {name: self._table(session, table) for name, table in inputs.items()}
        if logic.kind == "sql":
            with sql.run(session, logic, tables, outputs, parameters, clock) as frames:
                yield frames
        elif logic.kind == "python":
            yield python.run(session, logic, tables, outputs, parameters, clock)
        else:
            yield {outputs[0]: _parquet(session, logic)}

    @contextmanager
    def reading(self, tables: Sequence[TableVersion | ParquetFiles]) -> Iterator[Sequence[DataFrame]]:
        """The DataFrames of tables or Parquet files, in a session of their own."""
        session = self.session.newSession()
        with ExitStack() as fetched:
            try:
                frames = [
                    self._table(session, table)
                    if isinstance(table, TableVersion)
                    else _parquet_frame(session, fetched.enter_context(self._here(table)), table)
                    for table in tables
                ]
            except (PySparkException, Py4JJavaError) as error:
                what = " and ".join(map(_named, tables))
                raise TargetError(f"{what} can't be read: {plain_message(error)}") from error
            yield frames

    def describe(self) -> dict[str, str]:
        """Engine, version and the settings that change answers."""
        conf = self.session.conf
        return {
            "target": f"Spark {self.session.version} {conf.get('spark.master')}",
            "ansi": str(conf.get("spark.sql.ansi.enabled")),
            "session_time_zone": str(conf.get("spark.sql.session.timeZone")),
            "tables": f"Delta Lake {delta_jars.VERSION}" if self._delta else "Parquet registered as Delta",
        }

    @contextmanager
    def _here(self, files: ParquetFiles) -> Iterator[Sequence[str]]:
        """The files' paths; those with URLs are fetched for the time being: this Spark reads no cloud storage."""
        if not any(map(is_url, files.paths)):
            yield files.paths
            return
        if files.filesystem is None:
            raise TargetError(
                f"{files.paths[0]} lies in a storage that this process has no access to: give its layer the storage"
            )
        work = Path(self.spark.spark_config["spark.local.dir"])
        work.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="fetched-", dir=work) as folder:
            paths = [str(Path(folder, f"part-{number:05}.parquet")) for number in range(len(files.paths))]
            for url, path in zip(files.paths, paths, strict=True):
                files.filesystem.get_file(url, path)
            yield paths

    def _table(self, session: SparkSession, table: TableVersion) -> DataFrame:
        if self._delta:
            frame = session.read.format("delta").option("versionAsOf", table.version).load(table.folder)
        else:
            frame = session.read.parquet(*DeltaTable(table.folder, version=table.version).file_uris())
        # Read-only for the logic: Delta refuses to change a past version, Spark to insert into a projection.
        return frame.select("*")


def _parquet_frame(session: SparkSession, paths: Sequence[str], files: ParquetFiles) -> DataFrame:
    return session.read.parquet(*paths) if paths else session.createDataFrame(files.schema.empty_table())


def _named(table: TableVersion | ParquetFiles) -> str:
    return table.folder if isinstance(table, TableVersion) else next(iter(table.paths), "a table without files")


def _parquet(session: SparkSession, logic: Logic) -> DataFrame:
    path = logic.folder / logic.text
    try:
        return session.read.parquet(str(path))
    except PySparkException as error:
        raise TargetError(
            f"{path} can't be read as Parquet: {plain_message(error)}. Write the output there, or correct `parquet:`"
        ) from error


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
