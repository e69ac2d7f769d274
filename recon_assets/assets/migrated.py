"""`<OUTPUT>_delta`: the migrated logic runs on the loaded inputs.

Does not belong here: how a target runs it (`targets`).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from recon_assets.assets.declaration import Declaration
from recon_assets.assets.layers import CODE, input_rows, intact_check
from recon_assets.io_managers.delta import Computed, DeltaLayer
from recon_assets.io_managers.stored_table import StoredTable
from recon_assets.targets.base import Execution, Target


def migrated_logic(declaration: Declaration) -> dg.AssetsDefinition:
    """The assets of all outputs on the target's side."""
    spec = declaration.spec
    # What was computed elsewhere read nothing of ours: it has no inputs, and no proof of equal ones.
    tables = () if declaration.logic.is_output else spec.inputs
    inputs = {f"input_{n}": declaration.input_key(table, "delta") for n, table in enumerate(tables)}
    kind = {"sql": "sql", "python": "pyspark", "parquet": "parquet", "delta": "deltalake"}.get(
        declaration.logic.kind, "spark"
    )

    @dg.multi_asset(
        name=f"{declaration.name}__migrated",
        specs=[
            dg.AssetSpec(
                declaration.key(name, "delta"),
                deps=list(inputs.values()),
                description=f"{name} as the migrated logic ({declaration.logic.text}) makes it.",
                code_version=declaration.target_version(),
                metadata=declaration.code_references(declaration.logic_file),
                **declaration.shared("databricks", "deltalake", kind),
            ).with_io_manager_key("delta_layer")
            for name in spec.output_names
        ],
        ins={argument: dg.AssetIn(key, input_manager_key="delta_layer") for argument, key in inputs.items()},
        check_specs=[intact_check(declaration.key(name, "delta")) for name in spec.output_names],
    )
    def run_logic(
        context: dg.AssetExecutionContext,
        target: dg.ResourceParam[Target],
        delta_layer: dg.ResourceParam[DeltaLayer],
        **loaded: StoredTable,
    ) -> Iterator[Any]:
        read = input_rows(loaded.values())
        tables = {table.table: table.delta for table in loaded.values() if table.delta is not None}
        versions = ", ".join(f"{name} version {table.version}" for name, table in tables.items())
        parameters = spec.bound_parameters()
        execution = Execution(context)
        with target.run(declaration.logic, tables, spec.output_names, parameters, spec.clock, execution) as frames:
            for name in spec.output_names:
                key = declaration.key(name, "delta")
                made = Computed(
                    name,
                    origin=str(declaration.logic_file or declaration.logic.text),
                    frame=frames[name],
                    inputs=read,
                    made_by=target.describe(declaration.logic)
                    | execution.made_by
                    | ({"read": versions} if versions else {})
                    | {CODE: declaration.target_version()},
                )
                yield dg.MaterializeResult(asset_key=key, value=made, metadata=execution.told(key))
                yield delta_layer.intact(key)

    return run_logic
