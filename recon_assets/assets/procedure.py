"""`<OUTPUT>_synapse` and `<OUTPUT>_parquet`: the procedure runs, and what it produced is exported.

One step does both, since a result set lives only as long as its call, and a table another procedure also fills
may be refilled right after. Does not belong here: how a source runs a procedure (`sources`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg

from recon_assets.assets.declaration import Declaration
from recon_assets.assets.layers import CODE, input_rows, intact_check
from recon_assets.assets.leaving import check_unchanged, leaving
from recon_assets.io_managers.exports import Exported
from recon_assets.io_managers.layer import table_schema
from recon_assets.io_managers.parquet import Rows
from recon_assets.io_managers.stored_table import InputRows, StoredTable
from recon_assets.sources.base import ProcedureRun, Source
from recon_assets.spec import OutputSpec


def procedure_run(declaration: Declaration) -> dg.AssetsDefinition:
    """The assets of all outputs on the source's side."""
    spec, layer = declaration.spec, declaration.parquet_manager
    outputs = list(zip(spec.outputs, declaration.spec.output_names, strict=True))
    inputs = {f"input_{n}": declaration.input_key(table, "parquet") for n, table in enumerate(spec.inputs)}
    specs = []
    for output, name in outputs:
        specs.append(
            dg.AssetSpec(
                declaration.key(name, "synapse"),
                deps=list(inputs.values()),
                description=f"{name} as {declaration.title} makes it.",
                code_version=declaration.source_version(),
                metadata={
                    **({"dagster/table_name": output.table} if output.table else {}),
                    **declaration.code_references(declaration.procedure.definition),
                },
                **declaration.shared("azure", "sqlserver"),
            )
        )
        specs.append(
            dg.AssetSpec(
                declaration.key(name, "parquet"),
                deps=[declaration.key(name, "synapse")],
                description=f"The rows of {name}, exported right after the procedure ran.",
                code_version="1",
                **declaration.shared("parquet"),
            ).with_io_manager_key(layer)
        )

    @dg.multi_asset(
        name=f"{declaration.name}__procedure",
        specs=specs,
        ins={argument: dg.AssetIn(key, input_manager_key=layer) for argument, key in inputs.items()},
        check_specs=[intact_check(declaration.key(name, "parquet")) for _, name in outputs],
        pool=declaration.pool,
        required_resource_keys={"source", layer},
    )
    def run_procedure(context: dg.AssetExecutionContext, **snapshots: StoredTable) -> Iterator[Any]:
        source: Source = context.resources.source

        def check_inputs() -> None:
            with source.snapshot() as tables:
                for table, argument in zip(spec.inputs, inputs, strict=True):
                    check_unchanged(declaration, tables, table, snapshots[argument])

        made_by = {"source": source.describe(), CODE: declaration.source_version()}
        read = input_rows(snapshots.values())
        noted = [note for snapshot in snapshots.values() for note in snapshot.notes]
        with source.call(
            declaration.procedure, spec.bound_parameters(), now=spec.clock, log=context.log.info, before=check_inputs
        ) as run:
            for output, name in outputs:
                with _produced(run, output, name, made_by, read) as produced:
                    yield dg.MaterializeResult(
                        asset_key=declaration.key(name, "synapse"),
                        metadata={"return_code": run.return_code, "messages": run.messages, **_columns(produced)},
                    )
                    parquet = declaration.key(name, "parquet")
                    yield dg.MaterializeResult(asset_key=parquet, value=produced)
                yield getattr(context.resources, layer).intact(parquet, (*noted, *run.notes))

    @contextmanager
    def _produced(
        run: ProcedureRun, output: OutputSpec, name: str, made_by: Mapping[str, str], read: Mapping[str, InputRows]
    ) -> Iterator[Rows | Exported]:
        if output.table:
            with leaving(declaration, run, output.table, made_by, read) as table:
                yield table
        else:
            with run.result_set((output.result_set or 1) - 1) as reader:
                yield Rows(name, reader, read, made_by)

    return run_procedure


def _columns(produced: Rows | Exported) -> dict[str, Any]:
    return {"dagster/column_schema": table_schema(produced.reader.schema)} if isinstance(produced, Rows) else {}
