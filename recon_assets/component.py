"""`ProcedureReconciliation`: one `defs.yaml` becomes the asset graph of one procedure.

Belongs here: joining the spec, the asset modules and the schedule; and scaffolding a new folder. Does not belong
here: what any asset does (`assets`), or which systems it runs on (`deployments`).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import dagster as dg
from dagster.components.scaffold.scaffold import Scaffolder, ScaffoldRequest, scaffold_with
from jinja2 import Environment, StrictUndefined, TemplateError
from pydantic import BaseModel, Field

from recon_assets.assets.copies import copy
from recon_assets.assets.declaration import SOURCE_TABLES, Declaration
from recon_assets.assets.migrated import migrated_logic
from recon_assets.assets.procedure import procedure_run
from recon_assets.assets.report import output_report
from recon_assets.assets.snapshots import input_snapshots
from recon_assets.assets.tables import input_table
from recon_assets.automation.schedules import schedule_for
from recon_assets.errors import ProjectError
from recon_assets.scaffold import write_draft
from recon_assets.spec import Reconciliation, bare_name


class DraftParams(BaseModel):
    """What `dg scaffold defs recon_assets.ProcedureReconciliation NAME` asks for."""

    procedure: str = Field("dbo.MY_PROCEDURE", description="The procedure's name, such as dbo.LOAD_FACT_SALES.")


class ProcedureScaffolder(Scaffolder[DraftParams]):
    """Writes a folder that loads at once: a YAML with every part in place, and both texts to fill in."""

    @classmethod
    def get_scaffold_params(cls) -> type[DraftParams]:
        return DraftParams

    def scaffold(self, request: ScaffoldRequest[DraftParams]) -> None:
        write_draft(request.target_path, request.type_name, request.params.procedure)


@scaffold_with(ProcedureScaffolder)
class ProcedureReconciliation(dg.Component):
    """Shows that a migrated stored procedure gives the same rows: runs both, compares, reports.

    The folder's name is the reconciliation's; the YAML's fields are those of `recon_assets.spec.Reconciliation`.
    """

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration

    @classmethod
    def get_model_cls(cls) -> type[BaseModel]:
        return Reconciliation

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> Self:
        assert isinstance(attributes, Reconciliation)
        name = context.path.name
        if not re.fullmatch(r"[A-Za-z0-9_]+", name) or name == SOURCE_TABLES:
            raise ProjectError(
                f"{context.path}: a reconciliation goes by its folder's name, which has letters, digits and _ only, and"
                f" is not {SOURCE_TABLES!r}: rename the folder"
            )
        rendered = _rendered(attributes.model_dump(exclude_unset=True), context.resolution_context, ("attributes",))
        return cls(Declaration(name, Path(context.path), Reconciliation.model_validate(rendered)))

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        return reconciliation_definitions(self.declaration)


def reconciliation_definitions(declaration: Declaration) -> dg.Definitions:
    """All assets, checks, the job and the schedule of one reconciliation, without resources."""
    job = dg.define_asset_job(
        declaration.name,
        selection=dg.AssetSelection.groups(declaration.name),
        description=f"Reconcile {declaration.title}.",
        tags=declaration.spec.tags,
    )
    schedule = schedule_for(declaration)
    return dg.Definitions(assets=list(_assets(declaration)), jobs=[job], schedules=[schedule] if schedule else [])


def _assets(declaration: Declaration) -> Iterator[dg.AssetsDefinition]:
    spec = declaration.spec
    if spec.inputs:
        yield input_snapshots(declaration)
    for table in spec.inputs:
        parquet, adls = (declaration.input_key(table, layer) for layer in ("parquet", "adls"))
        yield copy(declaration, bare_name(table), parquet, adls)
        yield input_table(declaration, table)
    yield procedure_run(declaration)
    yield migrated_logic(declaration)
    for output, name in zip(spec.outputs, spec.output_names, strict=True):
        yield copy(declaration, name, declaration.key(name, "parquet"), declaration.key(name, "adls"))
        yield output_report(declaration, output, name)


def _rendered(value: Any, context: dg.ResolutionContext, path: tuple[str | int, ...]) -> Any:
    """The YAML's values with `{{ … }}` filled in, as text; a template that gives nothing is an error, not NULL."""
    if isinstance(value, dict):
        return {key: _rendered(item, context, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rendered(item, context, (*path, number)) for number, item in enumerate(value)]
    if not (isinstance(value, str) and "{{" in value):
        return value

    def given(result: Any) -> Any:
        if result is None:
            raise ProjectError(
                f"{_place(context, path)}: {value} gives no value: set the environment variable it names"
            )
        return result

    try:
        return Environment(undefined=StrictUndefined, finalize=given).from_string(value).render(**context.scope)
    except TemplateError as error:
        raise ProjectError(f"{_place(context, path)}: {value} can't be filled in: {error}") from error


def _place(context: dg.ResolutionContext, path: tuple[str | int, ...]) -> str:
    """File, line and field, as in Dagster's own errors."""
    field = ".".join(str(part) for part in path)
    if context.source_position_tree is None:
        return field
    position, _ = context.source_position_tree.lookup_closest_and_path(list(path), None)
    return f"{position}: {field}"
