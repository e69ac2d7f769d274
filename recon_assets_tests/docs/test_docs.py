"""What README and docs show is run here as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from recon_assets.comparison import Rules
from recon_assets.sources.sqlserver.source import SynapseResource
from recon_assets.spec import Reconciliation
from recon_assets.targets.databricks.target import DatabricksTarget

ROOT = Path(__file__).parents[2]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@dataclass
class Block:
    """A fenced block: its language, its `name=value` attributes, its text."""

    language: str
    attributes: dict[str, str]
    text: str


def blocks(path: Path) -> Iterator[Block]:
    for info, text in re.findall(r"^```(\S[^\n]*)\n(.*?)^```$", path.read_text(), re.DOTALL | re.MULTILINE):
        language, *rest = info.split()
        yield Block(language, dict(part.partition("=")[::2] for part in rest), text)


def yaml_blocks() -> list:
    return [
        pytest.param(block.text, id=f"{path.name}-{number}")
        for path in DOCS
        for number, block in enumerate(blocks(path))
        if block.language == "yaml"
    ]


@pytest.mark.parametrize("text", yaml_blocks())
def test_every_yaml_shown_is_valid(text: str):
    document = yaml.safe_load(text)
    if "attributes" in document:
        Reconciliation.model_validate(document["attributes"])
    else:
        Rules.model_validate(document)


def test_the_readme_shows_a_reconciliation_as_it_is():
    shown = next(yaml.safe_load(block.text) for block in blocks(ROOT / "README.md") if block.language == "yaml")
    real = yaml.safe_load((ROOT / "recon_assets/defs/load_fact_executive_summary/defs.yaml").read_text())
    assert shown["attributes"].items() <= real["attributes"].items()


def test_every_file_that_the_docs_link_to_exists():
    for path in DOCS:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text()):
            assert (path.parent / link).exists(), f"{path.name} links to {link}"


def test_every_variable_of_the_azure_deployment_is_in_the_table():
    shown = set(re.findall(r"^\| `(RECON_\w+)` \|", (ROOT / "docs" / "azure.md").read_text(), re.MULTILINE))
    code = "".join((ROOT / "recon_assets" / name).read_text() for name in ("deployments.py", "home.py"))
    named = set(re.findall(r"RECON_\w+[A-Z]", code)) - {"RECON_SOURCE", "RECON_TARGET"}
    parts = {"SOURCE": SynapseResource, "TARGET": DatabricksTarget}
    fields = {f"RECON_{part}_{name.upper()}" for part, of in parts.items() for name in of.model_fields}
    assert shown == named | fields - {"RECON_SOURCE_SCRATCH"}


def test_the_tutorial_works_as_it_stands(tmp_path: Path):
    for part in ("recon_assets", "pyproject.toml", "workspace.yaml"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    home = {"RECON_HOME": str(tmp_path / ".recon"), "DAGSTER_HOME": str(tmp_path / ".recon" / "dagster")}
    (tmp_path / ".recon" / "dagster").mkdir(parents=True)
    environment = os.environ | home | {"PYTHONPATH": str(tmp_path), "COLUMNS": "200"}
    programs = Path(sys.executable).parent
    output = ""
    for block in blocks(ROOT / "docs" / "tutorial.md"):
        if "file" in block.attributes:
            (tmp_path / block.attributes["file"]).write_text(block.text)
        elif block.language == "sh":
            command = block.text.replace(".venv/bin", str(programs))
            done = subprocess.run(
                ["bash", "-euc", command],
                cwd=tmp_path,
                env=environment,
                text=True,
                capture_output=True,
            )
            output = done.stdout
            assert done.returncode == int(block.attributes.get("exit", 0)), done.stdout + done.stderr
        elif "expect" in block.attributes:
            for line in block.text.splitlines():
                assert line in output, output
