"""`<TABLE>_parquet` for inputs: the source tables as they stood before the procedure ran.

One step reads them all, so that they are of one moment where the source can see to that. Does not belong here: the
procedure's own outputs, which are exported while its run is still open (`procedure`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from recon_assets.assets.declaration import Declaration, source_key
from recon_assets.assets.layers import intact_check
from recon_assets.io_managers.parquet import ParquetLayer, Rows
from recon_assets.sources.base import Source
from recon_assets.spec import bare_name


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
            ).with_io_manager_key("parquet_layer")
            for table, key in keys.items()
        ],
        check_specs=[intact_check(key) for key in keys.values()],
        can_subset=True,
    )
    def snapshots(
        context: dg.AssetExecutionContext,
        source: dg.ResourceParam[Source],
        parquet_layer: dg.ResourceParam[ParquetLayer],
    ) -> Iterator[Any]:
        made_by = {"source": source.describe()}
        with source.snapshot(context.log.warning) as tables:
            for table, key in keys.items():
                if key not in context.selected_asset_keys:
                    continue
                with tables.read(table) as reader:
                    rows = Rows(bare_name(table), reader, made_by=made_by)
                    yield dg.MaterializeResult(asset_key=key, value=rows)
                yield parquet_layer.intact(key)

    return snapshots
