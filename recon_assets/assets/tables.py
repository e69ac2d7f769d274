"""`<TABLE>_delta` for inputs: the copies as the target's own tables, which the migrated logic reads.

Does not belong here: the outputs' tables, which the migrated logic makes (`migrated`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from recon_assets.assets.declaration import Declaration
from recon_assets.assets.layers import intact_check
from recon_assets.io_managers.delta import DeltaLayer
from recon_assets.io_managers.stored_table import StoredTable


def input_table(declaration: Declaration, table: str) -> dg.AssetsDefinition:
    """The asset that loads one input table."""
    key = declaration.input_key(table, "delta")

    @dg.asset(
        key=key,
        ins={"copied": dg.AssetIn(declaration.input_key(table, "adls"), input_manager_key="copy_layer")},
        description=f"{table} as the migrated logic reads it: the same rows that the procedure read.",
        io_manager_key="delta_layer",
        check_specs=[intact_check(key)],
        code_version="1",
        metadata={"dagster/table_name": table},
        **declaration.shared("databricks", "deltalake"),
    )
    def loaded(copied: StoredTable, delta_layer: dg.ResourceParam[DeltaLayer]) -> Iterator[Any]:
        yield dg.Output(copied)
        yield delta_layer.intact(key)

    return loaded
