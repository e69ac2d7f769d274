"""A target elsewhere: a Spark Connect server, such as a shared cluster or one of Databricks.

Belongs here: connecting, where its tables lie, and what was written to them. Does not belong here: what is the same on
every Spark (`spark`), or Databricks' jobs and warehouses.

Tables have names in a catalog, or lie below a root that the server reaches. Each write carries a token into Delta's
log, by which the version it made is told from whatever others have written.
"""

import os
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import grpc
from pydantic import Field, model_validator
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from recon_assets.comparison.location import is_url
from recon_assets.targets.base import ParquetFiles, TableVersion, TargetError, quoted
from recon_assets.targets.spark import SparkTarget, failing, quiet

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession as ConnectSession

_TRIES = 4  # some four seconds: a server that restarts has lost the session anyway
_OF_CONNECT = ("SPARK_CONNECT_MODE_ENABLED", "SPARK_REMOTE")
"""What tells PySpark's functions, in all of the process, that they are for Connect; nothing of PySpark's removes it."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ConnectSpark(SparkTarget):
    """Spark behind a Spark Connect endpoint."""

    remote: str = Field(
        repr=False,
        description="Its address: `sc://HOST:PORT`, on Databricks with `/;token=…;x-databricks-cluster-id=…`. From the"
        " environment, since it may hold a token: `dg.EnvVar`.",
    )
    catalog: str | None = Field(None, description="The catalog for the runs' schemas, such as a Unity Catalog one.")
    root: str | None = Field(
        None,
        description="Instead of a catalog: the folder for tables, by a path or URL that the server reaches.",
    )
    prefix: str = Field("recon", description="What the names of the runs' schemas begin with.")

    readable_here = False

    @model_validator(mode="after")
    def _tables_have_a_place(self) -> Self:
        if (self.catalog is None) == (self.root is None):
            raise ValueError(
                "tables need one place: a `catalog` (RECON_TARGET_CATALOG) or a `root` (RECON_TARGET_ROOT)"
            )
        return self

    @contextmanager
    def session(self) -> Iterator[SparkSession]:
        """A session on the server."""
        quiet()
        from pyspark.sql.connect.client.retries import DefaultPolicy  # whose import warns where nothing is quiet

        before = {name: os.environ.get(name) for name in _OF_CONNECT}
        with self._telling():
            session: ConnectSession = SparkSession.builder.remote(self.remote).create()
        session.client.set_retry_policies([DefaultPolicy(max_retries=_TRIES)])
        try:
            with self._telling():
                session.conf.set("spark.sql.session.timeZone", "UTC")
                if self.catalog is not None:
                    session.catalog.setCurrentCatalog(self.catalog)
                yield session
        finally:
            with suppress(PySparkException, grpc.RpcError):  # a server that is gone has ended it already
                session.stop()
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value

    def engine(self) -> str:
        """Spark's version, and the server's host."""
        with self.session() as session:
            return f"Spark {session.version} at {self._host}"

    def probe(self) -> str:
        """Make, read and remove a small table; where that was. Raises TargetError."""
        key, folder = ("probe", "PROBE_delta"), f"/{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:8]}"
        location = self.location(key, folder)
        with self.session() as session, failing(f"no table can be made at {location}"):
            made = self.write(session.range(1), location)
            self.table(session, made).collect()
        self.drop(location)
        return f"{self.engine()}; tables can be made, such as {location}"

    def location(self, key: Sequence[str], folder: str) -> str:
        """A table in the run's schema, or a folder below the root."""
        name = folder.rpartition("/")[2]
        reconciliation, table = key
        if self.root is not None:
            return f"{self.root.rstrip('/')}/{reconciliation}/{table}/{name}"
        run = name.partition("-")[0]
        parts = (self.catalog or "", f"{self.prefix}_{reconciliation}_{run}", table.removesuffix("_delta"))
        return ".".join(map(quoted, parts))

    def write(self, frame: DataFrame, location: str) -> TableVersion:
        """Store a DataFrame as a table, in place of one that this run has left there before."""
        session, token = frame.sparkSession, uuid.uuid4().hex
        table = TableVersion(location, 0)
        # Databricks' own default would be another: what is written is what was computed.
        writer = frame.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
        writer = writer.option("userMetadata", token)
        if table.has_name:
            session.sql(f"CREATE SCHEMA IF NOT EXISTS {_schema_of(location)}")
            writer.saveAsTable(location)
        else:
            writer.save(location)
        history = session.sql(f"DESCRIBE HISTORY {table.sql}").where(f"userMetadata = '{token}'").select("version")
        (made,) = history.collect()
        return TableVersion(location, made.version, self._id(session, table))

    def check(self, table: TableVersion) -> None:
        """Raises TargetError where the table is gone, was replaced, or no longer has that version."""
        with self.session() as session:
            with failing(f"{table.location} can't be read"):
                now = self._id(session, table)
                self.table(session, table).schema  # noqa: B018 - asks for the version
            if now != table.id:
                raise TargetError(f"{table.location} is another table than the one that was made: someone replaced it")

    def drop(self, location: str) -> None:
        """Remove a table, and its schema if it was the last one; a folder's files stay for the storage's own rules."""
        table = TableVersion(location, 0)
        if not table.has_name:
            return
        schema = _schema_of(location)
        with self.session() as session, failing(f"{location} can't be removed"):
            session.sql(f"DROP TABLE IF EXISTS {location}")
            if session.sql(f"SHOW SCHEMAS LIKE '{schema.split('.')[1].strip('`')}'").collect():
                left = session.sql(f"SHOW TABLES IN {schema}").where("NOT isTemporary").limit(1).collect()
                if not left:
                    session.sql(f"DROP SCHEMA IF EXISTS {schema}")

    @contextmanager
    def reachable(self, files: ParquetFiles) -> Iterator[Sequence[str]]:
        """The files as they are: the server reads them where they lie."""
        here = [path for path in files.paths if not is_url(path)]
        if here and self._host not in _LOOPBACK:
            raise TargetError(
                f"{here[0]} lies on this machine, where {self._host} does not reach: have the copies in a storage that"
                " both reach, by RECON_STORAGE_ROOT"
            )
        yield files.paths

    @property
    def _host(self) -> str:
        return urlsplit(self.remote).hostname or "an address without a host"

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Says what a connection failed by, without the address, which may hold a token."""
        try:
            yield
        except grpc.RpcError as error:
            raise TargetError(f"{self._host}: {_of_status(error)}") from None
        except PySparkException as error:
            if not re.search(r"UNAVAILABLE|UNAUTHENTICATED|PERMISSION_DENIED|RETRIES_EXCEEDED|SESSION_\w+", str(error)):
                raise
            raise TargetError(f"{self._host}: {_lost(str(error))}") from None

    def _id(self, session: SparkSession, table: TableVersion) -> str:
        found: str = session.sql(f"DESCRIBE DETAIL {table.sql}").select("id").collect()[0].id
        return found


def _schema_of(location: str) -> str:
    return location.rpartition(".`")[0]


def _of_status(error: grpc.RpcError) -> str:
    return _lost(str(error.code()) if isinstance(error, grpc.Call) else str(error))


def _lost(said: str) -> str:
    if re.search("UNAUTHENTICATED|PERMISSION_DENIED", said):
        return "the server refuses the token: it is wrong, has expired, or may not use this cluster; renew it"
    if "SESSION" in said:
        return "the server has lost the session: it was restarted, or ended it; run again from the assets that failed"
    return (
        "the server can't be reached, or has gone away: see that it runs and that RECON_TARGET_REMOTE is its address,"
        " then run again from the assets that failed"
    )
