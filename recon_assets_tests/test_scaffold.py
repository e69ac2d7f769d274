"""A scaffolded reconciliation is a good starting point: it loads, whatever the procedure is called."""

from pathlib import Path

import dagster as dg
import pytest
import yaml

from recon_assets.scaffold import write_draft
from recon_assets.spec import Reconciliation


@pytest.mark.parametrize("procedure", ["dbo.LOAD_X", "LOAD_X", "dbo.[my proc]", "[a: b].[c # d]", "dbo.[it's]"])
def test_a_draft_is_a_valid_reconciliation_of_that_procedure(tmp_path: Path, procedure: str):
    write_draft(tmp_path / "new", "recon_assets.ProcedureReconciliation", procedure)
    document = yaml.safe_load((tmp_path / "new" / "defs.yaml").read_text())
    assert document["type"] == "recon_assets.ProcedureReconciliation"
    assert Reconciliation.model_validate(document["attributes"]).procedure == procedure
    assert f"CREATE PROCEDURE {procedure}" in (tmp_path / "new" / "source.sql").read_text()
    assert (tmp_path / "new" / "target.sql").is_file()


@pytest.mark.parametrize("procedure", ["", "a.b.c.d", "no good", "x; DROP TABLE y"])
def test_what_is_no_name_is_refused_and_nothing_is_written(tmp_path: Path, procedure: str):
    with pytest.raises(dg.DagsterError, match="--procedure: "):
        write_draft(tmp_path / "new", "recon_assets.ProcedureReconciliation", procedure)
    assert not (tmp_path / "new").exists()
