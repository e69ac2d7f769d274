"""A new reconciliation's folder, as `dg scaffold` writes it: it loads at once and says what to fill in.

Does not belong here: reading a source's catalog to fill it in by itself.
"""

from pathlib import Path

import dagster as dg
import yaml

from recon_assets.sources.base import SourceError
from recon_assets.sources.names import parse_name

_YAML = """\
type: {type}
attributes:
  procedure: {procedure}
  # parameters:                       # the same values reach both sides
  #   LoopInstance: {{type: int, value: 0}}
  # clock: 2024-07-31T06:00:00        # what GETDATE() answers, so that neither side depends on now
  inputs:                             # every table the procedure reads
    - dbo.MY_INPUT
  outputs:                            # a table it fills (table: dbo.X), or a result set it returns
    - result_set: 1
      keys: [id]                      # the columns that identify a row
      # columns:
      #   amount: {{tolerance: 0.005}}
  target:                             # sql: a SELECT or script; python: module:function; parquet: a file
    sql: target.sql
  # schedule: {{cron: "0 6 * * 1-5", timezone: Europe/Berlin}}
  # owners: [team:finance]
"""

_SOURCE = """\
-- The procedure as it is deployed on Synapse or SQL Server: put its text here.
CREATE PROCEDURE {procedure}
AS
BEGIN
    SET NOCOUNT ON;
    SELECT id FROM dbo.MY_INPUT;
END
"""

_TARGET = """\
-- The migrated logic, in Databricks SQL: the inputs are tables by their bare names, parameters are :Name.
SELECT id FROM MY_INPUT
"""


def write_draft(folder: Path, component_type: str, procedure: str) -> None:
    """Write `defs.yaml`, `source.sql` and `target.sql`. Raises DagsterError for a name that is no T-SQL name."""
    try:
        parse_name(procedure)
    except SourceError as error:
        raise dg.DagsterError(f"--procedure: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    # As a YAML scalar: a name may hold brackets, quotes or colons.
    scalar = yaml.safe_dump(procedure, width=1000).strip().removesuffix("...").strip()
    (folder / "defs.yaml").write_text(_YAML.format(type=component_type, procedure=scalar))
    (folder / "source.sql").write_text(_SOURCE.format(procedure=procedure))
    (folder / "target.sql").write_text(_TARGET)
