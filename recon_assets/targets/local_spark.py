"""The local target: Spark in this process, Delta Lake tables in a directory.

Belongs here: starting the process's session, its settings, and tables in folders. Does not belong here: what is the
same on every Spark (`spark`).
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from dagster_pyspark import LazyPySparkResource
from deltalake import DeltaTable, convert_to_deltalake
from pyspark.sql import DataFrame, SparkSession

from recon_assets.comparison.location import is_url
from recon_assets.targets import delta_jars
from recon_assets.targets.base import ParquetFiles, TableVersion, TargetError
from recon_assets.targets.spark import SparkTarget, quiet

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


class LocalSpark(SparkTarget):
    """Spark `local[*]` with Delta's jars; without them, Parquet folders that `deltalake` registers as Delta tables."""

    spark: LazyPySparkResource

    readable_here = True

    @property
    def _delta(self) -> bool:
        return "spark.jars" in self.spark.spark_config

    @cached_property
    def process_session(self) -> SparkSession:
        """The process's Spark session, started on first use (some seconds)."""
        quiet()
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        session: SparkSession = self.spark.spark_session
        return session

    @contextmanager
    def session(self) -> Iterator[SparkSession]:
        """A session over the process's one Spark."""
        yield self.process_session.newSession()

    def engine(self) -> str:
        """Spark's version, its master, and what tables are."""
        tables = f"Delta Lake {delta_jars.VERSION}" if self._delta else "Parquet registered as Delta"
        return f"Spark {self.process_session.version} {self.process_session.conf.get('spark.master')}, {tables}"

    def location(self, key: Sequence[str], folder: str) -> str:
        """The folder itself."""
        return folder

    def write(self, frame: DataFrame, location: str) -> TableVersion:
        """Store a DataFrame in a folder, which may exist but must be empty."""
        if self._delta:
            frame.write.format("delta").mode("append").save(location)
        else:
            frame.write.mode("append").parquet(location)
            convert_to_deltalake(location)
        return TableVersion(location, DeltaTable(location).version())

    def table(self, session: SparkSession, table: TableVersion) -> DataFrame:
        """A table at its version, which the logic can't change."""
        if self._delta:
            return super().table(session, table)
        return session.read.parquet(*DeltaTable(table.location, version=table.version).file_uris()).select("*")

    def check(self, table: TableVersion) -> None:
        """Nothing: its files are known, and are checked where they lie."""

    def drop(self, location: str) -> None:
        """Nothing: the table goes with its folder."""

    @contextmanager
    def reachable(self, files: ParquetFiles) -> Iterator[Sequence[str]]:
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
