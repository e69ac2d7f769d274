"""The Databricks target: Spark Connect for tables, and the workspace for logic that lies there.

Belongs here: how a run finds the inputs and leaves the outputs. Does not belong here: loading, comparing and logic in
files (`targets.connect`), or running things in the workspace (`jobs`).

A run gets a schema of its own, with a view for each input over its table at its version, and writes its outputs there.
An input that is an output too is a copy, which the run changes.
"""

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dagster as dg
from pydantic import Field
from pyspark.sql import DataFrame, SparkSession

from recon_assets.sources.base import Parameter
from recon_assets.targets.base import Execution, Logic, TableVersion, TargetError, quoted
from recon_assets.targets.connect import ConnectSpark
from recon_assets.targets.databricks.jobs import Runner
from recon_assets.targets.databricks.pipes import listening
from recon_assets.targets.databricks.requests import Given, beginning, parameter_texts
from recon_assets.targets.databricks.workspace import calling, connect
from recon_assets.targets.spark import failing

_log = logging.getLogger(__name__)

_CLOCKS_APART = timedelta(minutes=5)  # at most: the storage's, which stamps commits, and the cluster's


@dataclass(frozen=True)
class _Schema:
    """A run's schema, and what was in it before the run."""

    catalog: str
    name: str
    begun: datetime
    views: frozenset[str]
    copies: dict[str, TableVersion] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        return f"{quoted(self.catalog)}.{quoted(self.name)}"


class DatabricksTarget(ConnectSpark):
    """A Databricks workspace, which the environment names (DATABRICKS_HOST, …), with a Spark Connect endpoint."""

    pipes: str | None = Field(
        None,
        pattern=r"^(/Volumes/[^/]+/[^/]+/[^/]+.*|dbfs:/)$",
        description="Where notebooks, scripts and jobs report through Dagster Pipes: a Unity Catalog volume,"
        " `/Volumes/CATALOG/SCHEMA/VOLUME`, or `dbfs:/`. Left out: they don't.",
    )
    poll_seconds: float = Field(5, ge=0, description="How often a run is asked for its state.")

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
        """Run logic of the workspace there; all other in a session."""
        if not logic.in_workspace:
            with super().run(logic, inputs, outputs, parameters, clock, execution) as frames:
                yield frames
            return
        run = Execution(None) if execution is None else execution
        with self._schema(logic, inputs, outputs, run) as schema:
            values = {"catalog": schema.catalog, "schema": schema.name} | parameter_texts(parameters, clock)
            # No session is open meanwhile: it would not outlive a long run.
            self._run(logic, values, run)
            ended = f"{_what(logic)} succeeded (run {run.made_by.get('databricks_run')})"
            with self.session() as session:
                yield {name: self._output(session, schema, name, ended) for name in outputs}

    def describe(self, logic: Logic) -> dict[str, str]:
        """Engine, version and settings; of what runs in the workspace, only what it is: it says the rest itself."""
        if logic.in_workspace:
            return {"target": f"Databricks at {self._host}", logic.kind: logic.text}
        return super().describe(logic)

    def probe(self) -> str:
        """Make, read and remove a small table, and ask the workspace who calls. Raises TargetError."""
        tables, client = super().probe(), connect()
        with calling(f"the workspace {client.config.host}"):
            return f"{tables}; jobs are run by {client.current_user.me().user_name}"

    def _run(self, logic: Logic, values: Mapping[str, str], execution: Execution) -> None:
        context, client = execution.context, connect()
        with ExitStack() as stack:
            bootstrap: Mapping[str, str] = {}
            if self.pipes is not None and context is not None:
                heard = listening(client, self.pipes, execution, dict(values), self.poll_seconds)
                bootstrap = stack.enter_context(heard)
            with calling(_what(logic)):
                begin = beginning(client, logic, Given(values, bootstrap), f"recon {logic.folder.name}")
            say: Callable[[str], None] = _log.info if context is None else context.log.info
            run = Runner(client, _what(logic), self.poll_seconds, say).run(begin, logic.run)
        execution.made_by["databricks_run"] = str(run.run_id)
        if run.run_page_url:
            execution.metadata["databricks_run_url"] = dg.MetadataValue.url(run.run_page_url)

    @contextmanager
    def _schema(
        self, logic: Logic, inputs: Mapping[str, TableVersion], outputs: Sequence[str], execution: Execution
    ) -> Iterator[_Schema]:
        if self.catalog is None:
            raise TargetError(
                f"{_what(logic)} finds its inputs in a schema of their own, for which there is no catalog: set"
                " RECON_TARGET_CATALOG in place of RECON_TARGET_ROOT"
            )
        produced = {name.lower() for name in outputs}
        run_id = execution.context.run_id[:8] if execution.context is not None else "run"
        # A name of its own, since a run that was given up may still be writing to another.
        name = f"{self.prefix}_{logic.folder.name}_{run_id}_{uuid.uuid4().hex[:8]}_logic"
        place = f"{quoted(self.catalog)}.{quoted(name)}"
        try:
            with self.session() as session, failing(f"{_what(logic)} can't be given its inputs in {place}"):
                session.sql(f"CREATE SCHEMA {place}")
                copies = {}
                for table, version in inputs.items():
                    where, select = (
                        f"{place}.{quoted(table)}",
                        f"SELECT * FROM {version.sql} VERSION AS OF {version.version}",
                    )
                    if table.lower() in produced:
                        session.sql(f"CREATE TABLE {where} USING DELTA AS {select}")
                        copies[table.lower()] = self._now(session, where)[0]
                    else:
                        session.sql(f"CREATE VIEW {where} AS {select}")
                begun = session.sql("SELECT current_timestamp() AS now").collect()[0].now
            views = frozenset(table.lower() for table in inputs if table.lower() not in produced)
            yield _Schema(self.catalog, name, begun, views, copies)
        finally:
            self._forget(place)

    def _forget(self, place: str) -> None:
        try:
            with self.session() as session, failing("dropping"):
                session.sql(f"DROP SCHEMA IF EXISTS {place} CASCADE")
        except TargetError as error:  # the rows are saved by now, or a worse error is under way
            _log.warning("%s could not be dropped, do it by hand: %s", place, error)

    def _output(self, session: SparkSession, schema: _Schema, name: str, ended: str) -> DataFrame:
        """The table of an output. Raises TargetError where the run did not write it."""
        with failing(f"{schema.sql} can't be looked at"):
            found = {
                row.tableName for row in session.sql(f"SHOW TABLES IN {schema.sql}").collect() if not row.isTemporary
            }
        where = f"{schema.sql}.{quoted(name)}"
        place = f"{schema.catalog}.{schema.name}"
        written = "write it as a Delta table of its name in the schema that the parameters `catalog` and `schema` name"
        if name.lower() not in {each.lower() for each in found}:
            made = sorted(each for each in found if each.lower() not in schema.views)
            raise TargetError(
                f"{ended} but wrote no table {name} in {place}; it wrote {', '.join(made) or 'none'}: {written}"
            )
        with failing(f"{ended} but {name} in {place} has no Delta history: {written}"):
            table, changed = self._now(session, where)
        if table == schema.copies.get(name.lower()) or changed < schema.begun - _CLOCKS_APART:
            raise TargetError(f"{ended} but did not write to {name} in {place}, which is as it was: {written}")
        with failing(f"{where} can't be read"):
            return self.table(session, table)

    def _now(self, session: SparkSession, where: str) -> tuple[TableVersion, datetime]:
        """A table at its newest version, and when that was made."""
        (last,) = session.sql(f"DESCRIBE HISTORY {where} LIMIT 1").select("version", "timestamp").collect()
        return TableVersion(where, last.version, self._id(session, TableVersion(where, 0))), last.timestamp


def _what(logic: Logic) -> str:
    return f"{logic.kind} {logic.text}"
