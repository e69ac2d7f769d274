"""`SynapseResource`: a SQL Server, or one of its kin, as the source of a deployment.

Belongs here: the resource's fields, and the `Source` that joins catalog, reading and calling. Does not belong here: how
any of them speaks to the server.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Self

import dagster as dg
import pyarrow as pa
from pydantic import Field, model_validator

from recon_assets.sources.base import (
    Export,
    Parameter,
    Procedure,
    SourceError,
    Split,
    TableState,
    require_result_set,
)
from recon_assets.sources.names import parse_name
from recon_assets.sources.sqlserver.calling import Outcome, call, locked
from recon_assets.sources.sqlserver.catalog import opened
from recon_assets.sources.sqlserver.connection import Authentication, Server
from recon_assets.sources.sqlserver.deployed import differs_from_deployed
from recon_assets.sources.sqlserver.examination import Examination
from recon_assets.sources.sqlserver.exporting import Exporter
from recon_assets.sources.sqlserver.reading import TableReader, table_reader


class SynapseResource(dg.ConfigurableResource):
    """A Synapse pool, SQL Server, Azure SQL database or Fabric warehouse, over ODBC."""

    server: str = Field(description="Its name, such as `myworkspace.sql.azuresynapse.net`.")
    port: int = Field(1433, description="Its TCP port.")
    database: str = Field(description="The database or pool.")
    authentication: Authentication = Field(
        "default",
        description="`sql`: user and password. `service_principal`: client id and secret, as user and password."
        " `managed_identity`: the machine's, `user` being the client id of a user-assigned one. `default`: what"
        " azure-identity finds; bulk reads are slower, since arrow-odbc takes no access token.",
    )
    user: str | None = None
    password: str | None = Field(None, repr=False, description="From the environment: `dg.EnvVar`.")
    driver: str | None = Field(
        None,
        description="Path or name of the ODBC driver. Left out: Microsoft's ODBC Driver 18, installed or from the"
        " package mssql-python-odbc.",
    )
    encrypt: Literal["yes", "no", "strict"] = Field("yes", description="As the driver's `Encrypt`.")
    trust_certificate: bool = Field(False, description="Don't check the server's certificate: for tests only.")
    certificate: str | None = Field(
        None,
        description="A file with the server's own certificate, the only one to trust; with `encrypt: strict`.",
    )
    bulk: bool = Field(True, description="Read tables by arrow-odbc; where a driver can't do with it, false: pyodbc.")
    login_timeout: int = Field(30, ge=1, description="Seconds to wait for a connection.")
    query_timeout: int = Field(0, ge=0, description="Seconds a query or procedure may take; 0: any time.")
    lock_wait: int = Field(3600, ge=0, description="Seconds to wait for another run of the same procedure.")
    external_data_source: str | None = Field(
        None, description="For `export: cetas`: the external data source that leads to the container of the copies."
    )
    external_file_format: str = Field("recon_parquet", description="And the external file format, of Parquet.")
    external_table_schema: str = Field("dbo", description="And the schema of the tables that such an export makes.")
    scratch: str | None = Field(None, description="A directory for result sets on their way.")

    @model_validator(mode="after")
    def _certificate_is_heeded(self) -> Self:
        if self.certificate and self.encrypt != "strict":
            raise ValueError("the driver heeds a `certificate` (RECON_SOURCE_CERTIFICATE) only with `encrypt: strict`")
        return self

    def describe(self) -> str:
        """Engine, version and isolation, for the evidence. Raises ServerError."""
        with opened(self._server()) as (_, engine):
            return f"{engine}, tables read under {engine.isolation} isolation"

    @contextmanager
    def snapshot(self, log: Callable[[str], None] = lambda message: None) -> Iterator["SynapseTables"]:
        """Tables to read: of one moment, where the database allows snapshot isolation."""
        with table_reader(self._server(), log) as reader:
            yield SynapseTables(reader, self._exporter(), log)

    @contextmanager
    def call(
        self,
        procedure: Procedure,
        parameters: Mapping[str, Parameter],
        *,
        now: datetime | None = None,
        log: Callable[[str], None] = lambda message: None,
        before: Callable[[], None] = lambda: None,
    ) -> Iterator["SynapseRun"]:
        """Run a procedure once; see `Source.call`. The server's clock can't be pinned: `now` is not heeded.

        Raises ProcedureFailed, with the server's number, line and procedure.
        """
        server = self._server()
        definition = procedure.definition
        called = str(parse_name(procedure.name)) if procedure.name else f"{definition.parent.name}/{definition.name}"
        notes: list[str] = []

        def note(text: str) -> None:
            notes.append(text)
            log(text)

        if now is not None:
            note("the clock is the server's own: GETDATE() does not answer the declared one")
        with ExitStack() as cleanup:
            folder = Path(cleanup.enter_context(TemporaryDirectory(prefix="recon-", dir=self._scratch())))
            connection, engine = cleanup.enter_context(opened(server))
            still_alone = cleanup.enter_context(locked(server, engine, connection, called, self.lock_wait))
            if procedure.name is not None and differs_from_deployed(server, connection, procedure):
                note(f"the deployed {called} is not the text of {procedure.definition.name}")
            before()
            outcome = call(server, engine, connection, procedure, parameters, folder, log, note)
            yield SynapseRun(server, outcome, self._exporter(), still_alone, notes, note)

    def driver_found(self) -> str:
        """Which ODBC driver there is. Raises SourceError where there is none."""
        return self._server().driver_path

    @contextmanager
    def examine(self) -> Iterator[Examination]:
        """Checks of what the login may do. Raises ServerError where it can't connect."""
        server = self._server()
        with opened(server) as (connection, engine):
            yield Examination(server, connection, engine)

    def exports_to(self, folder: str) -> str:
        """By what `export: cetas` writes below a folder of the storage. Raises SourceError where it can't."""
        return self._exporter().ready(folder)

    def _server(self) -> Server:
        own = type(self).model_fields
        return Server(**{each.name: getattr(self, each.name) for each in fields(Server) if each.name in own})

    def _exporter(self) -> Exporter:
        return Exporter(
            self._server(), self.external_data_source, self.external_file_format, self.external_table_schema
        )

    def _scratch(self) -> str | None:
        if self.scratch is not None:
            Path(self.scratch).mkdir(parents=True, exist_ok=True)
        return self.scratch


class SynapseTables:
    """Tables of one moment to read, or to be written by the server, as they are then; see `Snapshot`."""

    def __init__(self, reader: TableReader, exporter: Exporter, note: Callable[[str], None]) -> None:
        self.read, self.export, self.state = reader.read, partial(exporter.export, note=note), exporter.state


class SynapseRun:
    """A run that has ended; see `ProcedureRun`. Nobody else calls the procedure before it is closed."""

    def __init__(
        self,
        server: Server,
        outcome: Outcome,
        exporter: Exporter,
        still_alone: Callable[[], None],
        notes: list[str],
        note: Callable[[str], None],
    ) -> None:
        """`still_alone` raises ServerError where somebody else may have called the procedure meanwhile."""
        self._server, self._results, self._exporter = server, outcome.results, exporter
        self._still_alone, self._note = still_alone, note
        self.notes = notes
        self.return_code = outcome.return_code
        self.messages = outcome.messages
        self.result_sets = len(outcome.results)

    @contextmanager
    def result_set(self, index: int) -> Iterator[pa.RecordBatchReader]:
        """Stream one result set (0 is the first). Raises SourceError where there is none, or a column has no name."""
        require_result_set(index, self.result_sets)
        result = self._results[index]
        if result.unnamed:
            raise SourceError(f"column {result.unnamed[0]} of result set {index + 1} has no name: give it one with AS")
        with result.open() as reader:
            yield reader

    @contextmanager
    def read(self, table: str, split: Split | None = None) -> Iterator[pa.RecordBatchReader]:
        """Stream a table as it is now: by other procedures it may have been changed since. Raises TableNotFound."""
        with table_reader(self._server, self._note) as tables, tables.read(table, split) as reader:
            yield reader
        self._still_alone()

    def export(self, table: str, folder: str) -> Export:
        """Have the server write a table as it is now; see `Snapshot.export`."""
        exported = self._exporter.export(table, folder, self._note)
        self._still_alone()
        return exported

    def state(self, table: str) -> TableState:
        """The state of a table as it is now; see `Snapshot.state`."""
        return self._exporter.state(table)
