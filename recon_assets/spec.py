"""The model of one `defs.yaml`: what a reconciliation declares, every field documented.

Belongs here: the fields, their types, and the checks that need nothing but the YAML. Does not belong here:
Dagster objects made from it (`component`), the comparison rules (`comparison.rules`), or looking into the
files it names (they are read when the graph is built or run).
"""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# What Dagster accepts, in its own words (private, but Dagster is pinned): asked here, a mistake has file and line.
from dagster._core.definitions.utils import is_valid_owner
from dagster._utils.schedules import is_valid_cron_string
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from recon_assets.comparison.result import Verdict
from recon_assets.comparison.rules import Rules
from recon_assets.parameters import python_value
from recon_assets.sources.base import Parameter, SourceError, Split
from recon_assets.sources.names import parse_name
from recon_assets.targets.names import Allowed


def _object_name(text: str) -> str:
    try:
        parse_name(text)
    except SourceError as error:
        raise ValueError(str(error)) from error
    return text


def _outside_name(text: str) -> str:
    Allowed.parse(text)
    return text


ObjectName = Annotated[str, AfterValidator(_object_name)]
"""A T-SQL object name: `dbo.X`, `X` (schema dbo), `dbo.[my table]`."""


def bare_name(name: str) -> str:
    """The name without schema and brackets, as the target, the asset keys and the reports use it."""
    return parse_name(name).name


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ParameterSpec(_Model):
    """A parameter of the procedure; the same value reaches both sides."""

    type: str = Field(description="Its T-SQL type, such as `int`, `decimal(18,2)` or `datetime2`.")
    value: Any = Field(description="Its value; null for NULL. Text that looks like a number must be quoted.")

    @model_validator(mode="after")
    def _value_fits_type(self) -> Self:
        if not (isinstance(self.value, str) and "{{" in self.value):  # a template is checked when it is filled in
            python_value(self.type, self.value)
        return self

    def bind(self, name: str) -> Parameter:
        """The parameter as sources and targets take it, its value in the Python type that fits its T-SQL type."""
        return Parameter(name=name, type=self.type, value=python_value(self.type, self.value))


class OutputSpec(Rules):
    """One table the procedure fills, or one result set it returns, and what counts as equal in it."""

    table: ObjectName | None = Field(None, description="The table the procedure fills, such as `dbo.FACT_SALES`.")
    result_set: int | None = Field(
        None, ge=1, description="Instead of `table`: which result set it returns; 1 is the first."
    )
    name: str | None = Field(
        None, description="A result set's name, in assets, reports and target. Default: the procedure's."
    )
    expect: Verdict = Field(
        Verdict.MATCH,
        description="The verdict that makes `recon run` succeed; other than MATCH only for known drafts.",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.table is None) == (self.result_set is None):
            raise ValueError("an output is either a `table` the procedure fills or a `result_set` it returns: name one")
        if self.table and self.name:
            raise ValueError("`name` is for a result set; an output table goes by its own name")
        return self

    @property
    def rules(self) -> Rules:
        """The comparison's part of the fields."""
        return Rules.model_validate(self.model_dump(include=set(Rules.model_fields)))


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is no IANA time zone, such as `Europe/Berlin` or `UTC`") from error
    return name


class TargetSpec(_Model):
    """The migrated logic: exactly one of `sql`, `python`, `parquet`, `delta`, `notebook`, `script`, `job`."""

    sql: str | None = Field(
        None,
        description="A file beside the YAML: one SELECT that yields the output, or a script that fills a table of"
        " each output's name. The inputs are tables by their bare names, parameters are `:Name`.",
    )
    python: str | None = Field(
        None,
        description="`module:function` (a module beside the YAML, or importable). Its arguments are matched by name,"
        " case and underscores aside: an input's table name, with or without `_df`; a parameter's name; `spark`."
        " It returns the output DataFrame, or a dict of them by output name.",
    )
    parquet: str | None = Field(
        None,
        description="A Parquet file or folder that holds the output, computed elsewhere; relative to the YAML.",
    )
    delta: str | None = Field(
        None,
        description="Or a Delta table that holds it: its folder, relative to the YAML, or URL, or its name with"
        " catalog and schema; `@7` after it for its version 7, else its newest.",
    )
    notebook: str | None = Field(
        None,
        pattern="^/.",
        description="A notebook's path in the Databricks workspace, run once as a job. Its widgets `catalog` and"
        " `schema` say where it finds the inputs by their bare names and writes a table of each output's name.",
    )
    script: str | None = Field(
        None,
        pattern=r"^(/|dbfs:/|abfss://).",
        description="Instead of a notebook: a Python file in a volume, the workspace or DBFS. What a notebook has as"
        " widgets it gets as arguments, `--schema=…`.",
    )
    job: int | None = Field(None, ge=1, description="The id of an existing Databricks job, run with such parameters.")
    cluster: str | None = Field(
        None, description="The id of a cluster for the notebook or script. Without one: serverless, or `new_cluster`."
    )
    new_cluster: dict[str, Any] | None = Field(
        None, description="A cluster for this run only, as the Jobs API describes it (`spark_version`, …)."
    )
    libraries: tuple[str, ...] = Field(
        (), description="Packages for the notebook or script: pip requirements, or paths of wheels."
    )
    timeout: float | None = Field(
        None, gt=0, description="Seconds after which the run is cancelled, with the wait for its cluster."
    )
    retries: int = Field(
        0,
        ge=0,
        le=10,
        description="How often to start again what never began: skipped, or without a cluster. What began is not"
        " repeated.",
    )
    allow: tuple[Annotated[str, AfterValidator(_outside_name)], ...] = Field(
        (),
        description="Tables and functions outside of the reconciliation that `sql` may use, as it names them, such as"
        " `samples.nyctaxi.trips`; or paths. Any other name with a schema, and any path, is refused.",
    )
    ansi: bool | None = Field(
        None,
        description="Whether the logic runs in Spark's ANSI mode, which changes answers (docs/semantics.md). Left out:"
        " as the engine has it, on in Spark 4 and SQL warehouses, off on clusters before DBR 17.",
    )
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "UTC", description="The session's IANA time zone, which instants are shown in and read from text by."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = (self.sql, self.python, self.parquet, self.delta, self.notebook, self.script, self.job)
        if sum(value is not None for value in kinds) != 1:
            raise ValueError(
                "a target is one of `sql`, `python`, `parquet`, `delta`, `notebook`, `script`, `job`: name exactly one"
            )
        if self.python is not None and (self.python.count(":") != 1 or not all(self.python.split(":"))):
            raise ValueError(f"`python` is written `module:function`, not {self.python!r}")
        if self.allow and self.sql is None:
            raise ValueError("`allow` is for `sql`, whose names are checked: leave it out")
        return self

    @model_validator(mode="after")
    def _settings_have_their_kind(self) -> Self:
        of_runs = ("timeout", "retries", "cluster", "new_cluster", "libraries")
        if self.in_workspace:
            useless = ("ansi", "time_zone", "allow", *(of_runs[2:] if self.job is not None else ()))
            why = "a job has its own compute" if self.job is not None else "set it in the notebook or script"
        else:
            useless, why = of_runs, "it is for `notebook`, `script` and `job`"
        if given := [name for name in useless if name in self.model_fields_set]:
            raise ValueError(f"`{given[0]}` does nothing here ({why}): leave it out")
        if self.cluster is not None and self.new_cluster is not None:
            raise ValueError("`cluster` and `new_cluster` are both given: name one")
        if self.notebook is not None and self.libraries and self.cluster is None and self.new_cluster is None:
            raise ValueError("a serverless notebook installs its `libraries` itself: write `%pip install` there")
        return self

    @property
    def in_workspace(self) -> bool:
        """Whether it lies in a Databricks workspace, which runs it itself."""
        return (self.notebook, self.script, self.job) != (None, None, None)


def _cron(text: str) -> str:
    if not is_valid_cron_string(text):
        raise ValueError(f"{text!r} is no cron line: write minute, hour, day, month and weekday, such as `0 6 * * 1-5`")
    return text


def _owner(text: str) -> str:
    if not is_valid_owner(text):
        raise ValueError(f"{text!r} is no owner: write an e-mail address, or a team as `team:finance`")
    return text


Engine = Literal["auto", "duckdb", "spark"]


class ScheduleSpec(_Model):
    """When the reconciliation runs by itself."""

    cron: Annotated[str, AfterValidator(_cron)] = Field(
        description="A cron line of five fields, such as `0 6 * * 1-5`."
    )
    timezone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "UTC", description="The IANA time zone the cron line is read in."
    )


class SplitSpec(_Model):
    """How a table is read from the server in parts, each over a connection of its own."""

    by: str = Field(
        min_length=1,
        description="The column that tells the parts apart. Numbers, dates and times: ranges between its least and its"
        " greatest value; other types: by a checksum of its value, such as a Synapse table's distribution column.",
    )
    parts: int = Field(ge=2, le=32, description="How many parts: each is a connection and a query of its own.")


class Reconciliation(_Model):
    """One procedure paired with its migrated implementation."""

    procedure: ObjectName | None = Field(
        None,
        description="The procedure that `source` defines. Left out: `source` is a script, run as it stands.",
    )
    source: str = Field(
        "source.sql", description="The T-SQL text: CREATE PROCEDURE, or a script. Relative to the YAML."
    )
    description: str | None = Field(None, description="One paragraph for people who browse the lineage.")
    parameters: dict[str, ParameterSpec] = Field(
        default_factory=dict, description="By name, without `@`. Those with a default may be left out."
    )
    clock: datetime | None = Field(
        None,
        description="The business date and time that GETDATE() answers on the source and `:clock` on the target,"
        " so that neither side depends on now. Without a zone.",
    )
    inputs: tuple[ObjectName, ...] = Field((), description="The tables the procedure reads.")
    outputs: tuple[OutputSpec, ...] = Field(description="What it produces and how that is compared.")
    split: dict[ObjectName, SplitSpec] = Field(
        default_factory=dict,
        description="Input and output tables to read from the server in parts at the same time, by name: large ones,"
        " where one connection is what limits. The embedded source reads them as any other.",
    )
    export: Literal["fetch", "cetas"] = Field(
        "fetch",
        description="How rows leave the source. `fetch`: they are read from here, and copied to the storage. `cetas`:"
        " the engine writes Parquet files there itself (CREATE EXTERNAL TABLE AS SELECT): no row passes this machine.",
    )
    target: TargetSpec
    engine: Engine = Field(
        "auto",
        description="What compares: `duckdb` in Dagster's process, `spark` where the target's tables are; `auto`:"
        " DuckDB as long as the files can be reached from here and aren't too large.",
    )
    schedule: ScheduleSpec | None = Field(None, description="Cron line and time zone; left out: run by hand or sensor.")
    owners: tuple[Annotated[str, AfterValidator(_owner)], ...] = Field(
        (), description="E-mail addresses, or teams as `team:finance`."
    )
    tags: dict[str, str] = Field(default_factory=dict, description="Dagster tags of every asset.")

    @model_validator(mode="after")
    def _something_is_compared(self) -> Self:
        if not self.outputs:
            raise ValueError("name at least one output: there is nothing to compare")
        return self

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        for kind, names in (
            ("input", [bare_name(table) for table in self.inputs]),
            ("output", list(self.output_names)),
        ):
            folded = [name.lower() for name in names]
            for name in names:
                if folded.count(name.lower()) > 1:
                    raise ValueError(f"two {kind}s are named {name}: the target and the assets tell them apart by it")
        return self

    @model_validator(mode="after")
    def _an_output_named_like_an_input_is_that_table(self) -> Self:
        inputs = {bare_name(table).lower(): table for table in self.inputs}
        for output, name in zip(self.outputs, self.output_names, strict=True):
            same = inputs.get(name.lower())
            if same and (output.table is None or parse_name(same).key != parse_name(output.table).key):
                raise ValueError(
                    f"output {name} has the name of the input {same} but is another table: rename a result"
                    " set with `name`; two tables of one name in different schemas can't be told apart"
                )
            if same and f"{name}_before".lower() in inputs:
                raise ValueError(f"{name} is read and filled, and shows as {name}_before: no input may have that name")
        return self

    @model_validator(mode="after")
    def _what_is_split_is_read(self) -> Self:
        there = {parse_name(table).key: table for table in self._tables_read}
        split = [parse_name(table).key for table in self.split]
        for table in self.split:
            key = parse_name(table).key
            if key not in there:
                names = ", ".join(there.values()) or "none"
                raise ValueError(f"`split` names {table}, which is no input or output table; these are: {names}")
            if split.count(key) > 1:
                raise ValueError(f"`split` names {there[key]} twice: T-SQL does not tell names apart by case")
        return self

    @model_validator(mode="after")
    def _what_is_exported_is_a_table(self) -> Self:
        if self.export == "cetas":
            if any(output.result_set for output in self.outputs):
                raise ValueError(
                    "`export: cetas` exports tables, and a result set is none: leave it out, or give the result set a"
                    " reconciliation of its own"
                )
            if self.split:
                raise ValueError("`split` is about rows that are fetched: leave it out, or `export: cetas`")
        return self

    @field_validator("parameters")
    @classmethod
    def _parameter_names(cls, parameters: dict[str, ParameterSpec]) -> dict[str, ParameterSpec]:
        for name in parameters:
            if not re.fullmatch(r"[^\W\d]\w*", name):
                raise ValueError(f"{name!r} is no parameter name: write it without `@`, such as LoopInstance")
            if [other.lower() for other in parameters].count(name.lower()) > 1:
                raise ValueError(f"{name} is given twice: T-SQL does not tell names apart by case")
        return parameters

    @field_validator("clock")
    @classmethod
    def _clock_has_no_zone(cls, clock: datetime | None) -> datetime | None:
        if clock is not None and clock.tzinfo is not None:
            raise ValueError("write the clock without a zone: GETDATE() has none either")
        return clock

    @model_validator(mode="after")
    def _result_sets_have_names(self) -> Self:
        if self.procedure is None and any(output.result_set and not output.name for output in self.outputs):
            raise ValueError("a result set of a script needs a `name`")
        return self

    @model_validator(mode="after")
    def _jobs_get_every_parameter_by_a_name_of_its_own(self) -> Self:
        taken = [name for name in self.parameters if name.lower() in ("catalog", "schema", "clock")]
        if taken and self.target.in_workspace:
            raise ValueError(
                f"parameter {taken[0]}: a notebook, script or job gets `catalog`, `schema` and `clock` from here; use"
                " `sql` or `python`, or rename the procedure's parameter"
            )
        return self

    @model_validator(mode="after")
    def _what_was_computed_elsewhere_is_one_output(self) -> Self:
        kind = "parquet" if self.target.parquet is not None else "delta" if self.target.delta is not None else None
        if kind and len(self.outputs) > 1:
            raise ValueError(f"a `{kind}` target holds one output: give each output a reconciliation of its own")
        return self

    @property
    def output_names(self) -> tuple[str, ...]:
        """Each output's bare name, in order."""
        return tuple(
            bare_name(output.table) if output.table else output.name or bare_name(self.procedure or "")
            for output in self.outputs
        )

    @property
    def _tables_read(self) -> list[str]:
        return [*self.inputs, *(output.table for output in self.outputs if output.table)]

    def split_of(self, table: str) -> Split | None:
        """How an input or output table is to be read in parts; None where it is read whole."""
        declared = {parse_name(name).key: each for name, each in self.split.items()}
        found = declared.get(parse_name(table).key)
        return Split(found.by, found.parts) if found else None

    def bound_parameters(self) -> dict[str, Parameter]:
        """The parameters with typed values, by name."""
        return {name: spec.bind(name) for name, spec in self.parameters.items()}
