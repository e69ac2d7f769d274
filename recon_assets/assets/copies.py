"""`<TABLE>_adls`: the snapshots' files, in the storage that the target reads.

Does not belong here: the copying itself (`io_managers.copies`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from recon_assets.assets.declaration import Declaration
from recon_assets.assets.layers import intact_check
from recon_assets.io_managers.copies import CopyLayer
from recon_assets.io_managers.stored_table import StoredTable


def copy(declaration: Declaration, table: str, parquet: dg.AssetKey, key: dg.AssetKey) -> dg.AssetsDefinition:
    """The asset that copies one table's Parquet files."""

    @dg.asset(
        key=key,
        ins={"snapshot": dg.AssetIn(parquet, input_manager_key=declaration.parquet_manager)},
        description=f"The Parquet files of {table}, where the target reads them.",
        io_manager_key="copy_layer",
        check_specs=[intact_check(key)],
        code_version="1",
        **declaration.shared("azure", "parquet"),
    )
    def copied(snapshot: StoredTable, copy_layer: dg.ResourceParam[CopyLayer]) -> Iterator[Any]:
        yield dg.Output(snapshot)
        yield copy_layer.intact(key)

    return copied
