"""`<TABLE>_parquet` for inputs: the source tables as they stood before the procedure ran.

One step reads them all, so that they are of one moment where the source can see to that. Does not belong here: the
procedure's own outputs, which are exported while its run is still open (`procedure`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from recon_assets.assets.declaration import Declaration, source_key
from recon_assets.assets.layers import intact_check
from recon_assets.assets.leaving import leaving
from recon_assets.sources.base import Source


def input_snapshots(declaration: Declaration) -> dg.AssetsDefinition:
    """The assets that snapshot the input tables; each can be made by itself."""
    keys = {table: declaration.input_key(table, "parquet") for table in declaration.spec.inputs}

    @dg.multi_asset(
        name=f"{declaration.name}__snapshots",
        specs=[
            dg.AssetSpec(
                key,
                deps=[source_key(table)],
                description=f"{table} as it stood before {declaration.title} ran.",
                code_version="1",
                metadata={"dagster/table_name": table},
                skippable=True,
                **declaration.shared("parquet"),
            ).with_io_manager_key(declaration.parquet_manager)
            for table, key in keys.items()
        ],
        check_specs=[intact_check(key) for key in keys.values()],
        can_subset=True,
        required_resource_keys={"source", declaration.parquet_manager},
    )
    def snapshots(context: dg.AssetExecutionContext) -> Iterator[Any]:
        source: Source = context.resources.source
        made_by = {"source": source.describe()}
        notes: list[str] = []

        def note(text: str) -> None:
            notes.append(text)
            context.log.warning(text)

        with source.snapshot(note) as tables:
            for table, key in keys.items():
                if key not in context.selected_asset_keys:
                    continue
                with leaving(declaration, tables, table, made_by) as left:
                    yield dg.MaterializeResult(asset_key=key, value=left)
                yield getattr(context.resources, declaration.parquet_manager).intact(key, notes)
                notes.clear()

    return snapshots
