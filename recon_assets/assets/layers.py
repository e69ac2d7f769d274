"""What the assets of all table layers need alike: the `intact` check's spec, and proof of equal inputs.

Does not belong here: how a layer verifies itself (`io_managers`).
"""

from collections.abc import Iterable

import dagster as dg

from recon_assets.io_managers.layer import INTACT
from recon_assets.io_managers.stored_table import InputRows, StoredTable

CODE = "code_version"
"""Where an output's `made_by` says by which text, parameters and clock it was made."""


def intact_check(key: dg.AssetKey) -> dg.AssetCheckSpec:
    """The check that stops everything downstream of a table that can't be shown to be whole."""
    return dg.AssetCheckSpec(
        INTACT,
        asset=key,
        blocking=True,
        description="What is stored, read back, is what was to be stored: rows and fingerprint, or size and MD5.",
    )


def input_rows(tables: Iterable[StoredTable]) -> dict[str, InputRows]:
    """Rows and fingerprints of tables by bare name: what an output made from them carries along."""
    return {table.table: InputRows(table.rows, table.fingerprint.digest) for table in tables}
