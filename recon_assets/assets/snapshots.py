"""`<TABLE>_parquet` for inputs: each source table as it stood before the procedure ran.

Does not belong here: the procedure's own outputs, which are exported while its run is still open (`procedure`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from recon_assets.assets.declaration import Declaration, source_key
from recon_assets.assets.layers import intact_check
from recon_assets.io_managers.parquet import ParquetLayer, Rows
from recon_assets.sources.base import Source
from recon_assets.spec import bare_name


def input_snapshot(declaration: Declaration, table: str) -> dg.AssetsDefinition:
    """The asset that snapshots one input table."""
    key = declaration.input_key(table, "parquet")

    @dg.asset(
        key=key,
        deps=[source_key(table)],
        description=f"{table} as it stood before {declaration.title} ran.",
        io_manager_key="parquet_layer",
        check_specs=[intact_check(key)],
        code_version="1",
        metadata={"dagster/table_name": table},
        **declaration.shared("parquet"),
    )
    def snapshot(source: dg.ResourceParam[Source], parquet_layer: dg.ResourceParam[ParquetLayer]) -> Iterator[Any]:
        with source.read(table) as reader:
            yield dg.Output(Rows(bare_name(table), reader))
        yield parquet_layer.intact(key)

    return snapshot
