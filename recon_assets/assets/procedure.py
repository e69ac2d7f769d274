"""`<OUTPUT>_synapse` and `<OUTPUT>_parquet`: the procedure runs, and what it produced is exported.

One step does both, since a result set lives only as long as its call, and a table another procedure also fills
may be refilled right after. Does not belong here: how a source runs a procedure (`sources`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from recon_assets.assets.declaration import Declaration
from recon_assets.assets.layers import CODE, input_rows, intact_check
from recon_assets.comparison import FingerprintStream
from recon_assets.io_managers.layer import table_schema
from recon_assets.io_managers.parquet import ParquetLayer, Rows
from recon_assets.io_managers.stored_table import NotIntact, StoredTable
from recon_assets.sources.base import Snapshot, Source


def procedure_run(declaration: Declaration) -> dg.AssetsDefinition:
    """The assets of all outputs on the source's side."""
    spec = declaration.spec
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
            ).with_io_manager_key("parquet_layer")
        )

    @dg.multi_asset(
        name=f"{declaration.name}__procedure",
        specs=specs,
        ins={argument: dg.AssetIn(key, input_manager_key="parquet_layer") for argument, key in inputs.items()},
        check_specs=[intact_check(declaration.key(name, "parquet")) for _, name in outputs],
        pool=declaration.pool,
    )
    def run_procedure(
        context: dg.AssetExecutionContext,
        source: dg.ResourceParam[Source],
        parquet_layer: dg.ResourceParam[ParquetLayer],
        **snapshots: StoredTable,
    ) -> Iterator[Any]:
        def check_inputs() -> None:
            with source.snapshot() as tables:
                for table, argument in zip(spec.inputs, inputs, strict=True):
                    _check_unchanged(tables, table, snapshots[argument])

        made_by = {"source": source.describe(), CODE: declaration.source_version()}
        with source.call(
            declaration.procedure, spec.bound_parameters(), now=spec.clock, log=context.log.info, before=check_inputs
        ) as run:
            for output, name in outputs:
                opened = run.read(output.table) if output.table else run.result_set((output.result_set or 1) - 1)
                with opened as reader:
                    yield dg.MaterializeResult(
                        asset_key=declaration.key(name, "synapse"),
                        metadata={
                            "return_code": run.return_code,
                            "messages": run.messages,
                            "dagster/column_schema": table_schema(reader.schema),
                        },
                    )
                    parquet = declaration.key(name, "parquet")
                    rows = Rows(name, reader, input_rows(snapshots.values()), made_by)
                    yield dg.MaterializeResult(asset_key=parquet, value=rows)
                yield parquet_layer.intact(parquet)

    return run_procedure


def _check_unchanged(tables: Snapshot, table: str, snapshot: StoredTable) -> None:
    """The procedure is about to read what the snapshot holds. Raises NotIntact where the table was changed since."""
    with tables.read(table) as reader:
        now = FingerprintStream(snapshot.schema)
        for batch in reader:
            now.update(batch)
    if now.result() != snapshot.fingerprint:
        raise NotIntact(
            f"{table} was changed after its snapshot was taken: it had {snapshot.rows:,} rows with fingerprint"
            f" {snapshot.fingerprint.digest}, and has {now.result().rows:,} with {now.result().digest}."
            " Materialize the snapshots of all inputs again, together with the procedure."
        )
