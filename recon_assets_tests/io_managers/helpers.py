"""Small tables, and storing them as an asset does: output first, then the `intact` check that publishes it."""

import dagster as dg
import pyarrow as pa

from recon_assets.io_managers.layer import TableLayer
from recon_assets.io_managers.parquet import Rows
from recon_assets.io_managers.stored_table import StoredTable

KEY = dg.AssetKey(["r", "T_parquet"])
SCHEMA = pa.schema([pa.field("id", pa.int64()), pa.field("t", pa.string(), metadata={"tsql_type": "varchar(9)"})])


def rows(*ids: int, batches: int = 1) -> Rows:
    """Rows of those ids, as many times over as there are batches."""
    batch = pa.RecordBatch.from_pydict({"id": list(ids), "t": [f"t{i}" for i in ids]}, schema=SCHEMA)
    return Rows("T", pa.RecordBatchReader.from_batches(SCHEMA, [batch] * batches))


def store(layer: TableLayer, value: Rows | StoredTable, key: dg.AssetKey = KEY) -> dg.ExecuteInProcessResult:
    """Materialize an asset of that layer."""

    @dg.asset(key=key, io_manager_key="layer", check_specs=[dg.AssetCheckSpec("intact", asset=key)])
    def table(layer: dg.ResourceParam[TableLayer]):
        yield dg.Output(value)
        yield layer.intact(key)

    return dg.materialize([table], resources={"layer": layer}, raise_on_error=False)


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    """What Dagster was told of the table."""
    [event] = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}
