"""The `azure` deployment: the same assets and verdicts over real wires, and no secret left behind by what fails."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from recon_assets.deployments import azure, deployment
from recon_assets.errors import ProjectError
from recon_assets.io_managers.copies import CopyLayer
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets_tests.azurite.server import HOST, KEY, Azurite
from recon_assets_tests.tds.server import Server, serve

RECON = Path(__file__).parents[1] / ".venv" / "bin" / "recon"
DEFS = Path(__file__).parents[1] / "recon_assets" / "defs"
PASSWORD = "PLANTED-p;ass}word-1"


@dataclass
class Deployment:
    """A server with the examples' tables and procedures, a container, and what points `recon` to them."""

    server: Server
    lake: Azurite
    home: Path

    def environment(self, **changed: str) -> dict[str, str]:
        """The variables, some of them changed; empty ones are not set."""
        given = {
            "RECON_HOME": str(self.home),
            "DAGSTER_HOME": str(self.home / "dagster"),
            "RECON_DEPLOYMENT": "azure",
            "RECON_EXAMPLE_ROWS": "2000",
            "RECON_SOURCE_SERVER": "127.0.0.1",
            "RECON_SOURCE_PORT": str(self.server.port),
            "RECON_SOURCE_DATABASE": "warehouse",
            "RECON_SOURCE_AUTHENTICATION": "sql",
            "RECON_SOURCE_USER": "recon",
            "RECON_SOURCE_PASSWORD": PASSWORD,
            "RECON_SOURCE_ENCRYPT": "strict",
            "RECON_SOURCE_CERTIFICATE": str(self.server.certificate),
            "RECON_STORAGE_ROOT": f"abfss://lake@{HOST}/recon",
            "RECON_STORAGE_ACCOUNT_URL": self.lake.url,
            "RECON_STORAGE_KEY": KEY,
        } | changed
        return os.environ | {name: value for name, value in given.items() if value}

    def recon(self, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        """What a command says, and its exit code."""
        return subprocess.run([RECON, *arguments], env=self.environment(**changed), capture_output=True, text=True)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    home = tmp_path_factory.mktemp("home")
    local = os.environ | {"RECON_HOME": str(home), "RECON_EXAMPLE_ROWS": "2000"}
    subprocess.run([RECON, "example-data"], env=local, check=True, capture_output=True)
    with ExitStack() as stack:
        lake = Azurite(tmp_path_factory.mktemp("azurite"))
        stack.callback(lake.stop)
        BlobServiceClient(lake.url, credential=KEY).create_container("lake")
        source = EmbeddedSource(home / "source")
        clock = datetime(2024, 7, 31, 6)  # what the third example's declaration pins where it can
        server = stack.enter_context(serve(source, user="recon", password=PASSWORD, clock=clock))
        for name in ("load_fact_executive_summary", "usp_api_patch_account"):
            server.deploy((DEFS / name / "source.sql").read_text())
        yield Deployment(server, lake, home)


def test_the_examples_have_the_verdicts_that_they_have_on_one_machine(deployed: Deployment):
    ran = deployed.recon("run")
    assert ran.returncode == 0, ran.stdout + ran.stderr  # all verdicts as expected, the draft's NO MATCH too
    assert ran.stdout.count(" MATCH") == 3
    assert {call.procedure for call in deployed.server.calls} == {
        "dbo.LOAD_FACT_EXECUTIVE_SUMMARY",
        "dbo.uspAPIPatchAccount",
    }
    blobs = BlobServiceClient(deployed.lake.url, credential=KEY).get_container_client("lake").list_blob_names()
    assert any(name.startswith("recon/usp_api_patch_account/Account_adls/") for name in blobs)


def test_the_doctor_finds_all_well(deployed: Deployment):
    said = deployed.recon("doctor")
    assert said.returncode == 0, said.stdout + said.stderr
    lines = said.stdout.splitlines()
    assert all(line.startswith("ok") for line in lines), said.stdout
    for part in (
        "ODBC driver: ",
        "isolation: snapshot",
        "procedure dbo.uspAPIPatchAccount: may be run",
        "copies: abfss://",
    ):
        assert any(part in line for line in lines), said.stdout


SICK = [
    ("a password that is wrong", {"RECON_SOURCE_PASSWORD": "PLANTED-wrong-2"}, "error 18456"),
    ("a driver that is not there", {"RECON_SOURCE_DRIVER": "Oracle"}, "the ODBC driver 'Oracle' is neither"),
    ("a container that is not there", {"RECON_STORAGE_ROOT": f"abfss://none@{HOST}/recon"}, "there is no container"),
    ("a key that is wrong", {"RECON_STORAGE_KEY": "UExBTlRFRC13cm9uZw=="}, "copies"),
]


@pytest.mark.parametrize(("changed", "told"), [case[1:] for case in SICK], ids=[case[0] for case in SICK])
def test_the_doctor_tells_what_is_missing_and_no_secret(deployed: Deployment, changed: dict[str, str], told: str):
    said = deployed.recon("doctor", **changed)
    assert said.returncode == 1
    (line,) = [line for line in said.stdout.splitlines() if line.startswith("missing")]
    assert told in line
    assert "PLANTED" not in said.stdout + said.stderr and KEY not in said.stdout + said.stderr


FAILING = [case for case in SICK if "driver" not in case[0]]


@pytest.mark.parametrize(("changed", "told"), [case[1:] for case in FAILING], ids=[case[0] for case in FAILING])
def test_a_run_that_fails_leaves_no_secret_anywhere(deployed: Deployment, tmp_path: Path, changed, told):
    secrets = [PASSWORD, KEY, *(value for name, value in changed.items() if name.endswith(("PASSWORD", "KEY")))]
    places = {"RECON_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path / "dagster")}
    ran = deployed.recon("run", "usp_api_patch_account", **places, **changed)
    assert ran.returncode == 2
    assert told in ran.stderr or "copies" in told
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.suffix == ".db" for file in written)  # Dagster's events
    for file in written:
        content = file.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], file
    assert not [secret for secret in secrets if secret in ran.stdout + ran.stderr]


def test_an_unknown_deployment_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("RECON_DEPLOYMENT", "aws")
    with pytest.raises(ProjectError, match="RECON_DEPLOYMENT is 'aws'; there are local and azure"):
        deployment(tmp_path)


VARIABLES = [
    ({}, "set RECON_SOURCE_SERVER; set RECON_SOURCE_DATABASE"),
    (
        {"RECON_SOURCE_SERVER": "s", "RECON_SOURCE_DATABASE": "d", "RECON_SOURCE_PORT": "x"},
        "RECON_SOURCE_PORT: .*valid integer",
    ),
    (
        {"RECON_SOURCE_SERVER": "s", "RECON_SOURCE_DATABASE": "d", "RECON_SOURCE_ENCRYPT": "maybe"},
        "RECON_SOURCE_ENCRYPT: .*'strict'",
    ),
]


@pytest.mark.parametrize(("variables", "told"), VARIABLES)
def test_a_variable_that_is_missing_or_wrong_is_named(monkeypatch, tmp_path: Path, variables, told):
    monkeypatch.setenv("RECON_SOURCE_PASSWORD", "PLANTED-3")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ProjectError, match=told) as raised:
        azure(tmp_path)
    assert "PLANTED" not in str(raised.value)


def test_without_a_place_in_the_lake_copies_stay_on_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("RECON_SOURCE_SERVER", "s")
    monkeypatch.setenv("RECON_SOURCE_DATABASE", "d")
    layer = azure(tmp_path)["copy_layer"]
    assert isinstance(layer, CopyLayer)
    assert layer.root == str(tmp_path / "adls")
