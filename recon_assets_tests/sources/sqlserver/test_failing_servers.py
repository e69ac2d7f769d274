"""What goes wrong on the way is told, with its remedy and no secret, and never taken for the end of the rows."""

from pathlib import Path

import pytest

from recon_assets.sources.base import SourceError
from recon_assets.sources.sqlserver import connection as connecting
from recon_assets.sources.sqlserver.connection import ServerError
from recon_assets.sources.sqlserver.driver import find_driver
from recon_assets.sources.sqlserver.source import SynapseResource
from recon_assets_tests.sources.sqlserver.conftest import PASSWORD, read, source_of
from recon_assets_tests.tds.conftest import FREETDS
from recon_assets_tests.tds.faults import ServerError as ToldError
from recon_assets_tests.tds.server import Server


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between tries it waits for no time."""
    monkeypatch.setattr(connecting, "_PAUSE", 0)


@pytest.mark.parametrize("bulk", [True, False], ids=["arrow-odbc", "pyodbc"])
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_connection_lost_within_the_rows_is_an_error(server: Server, bulk: bool, rows: int):
    with source_of(server, bulk=bulk).snapshot() as tables:
        server.faults.spare_results(1)  # the columns
        server.faults.drop_result(rows)
        with pytest.raises(ServerError, match=r"reading dbo\.T: "), tables.read("dbo.T") as reader:
            reader.read_all()


@pytest.mark.parametrize("bulk", [True, False], ids=["arrow-odbc", "pyodbc"])
@pytest.mark.parametrize("rows", [0, 2])
def test_an_error_within_the_rows_is_told(server: Server, bulk: bool, rows: int):
    with source_of(server, bulk=bulk).snapshot() as tables:
        server.faults.spare_results(1)  # the columns
        server.faults.fail_result(rows, ToldError(824, "SQL Server detected a consistency error."))
        told = r"reading dbo\.T: SQL Server detected a consistency error \(error 824\)"
        with pytest.raises(ServerError, match=told), tables.read("dbo.T") as reader:
            reader.read_all()


def test_a_login_is_tried_again_while_the_database_starts(server: Server):
    server.faults.refuse_logins(2, 40613)
    assert read(source_of(server), "dbo.T").num_rows == 3


def test_a_login_that_is_refused_is_tried_once_and_told(server: Server):
    source = source_of(server, password="wrong-Secret1")
    with pytest.raises(ServerError, match=r"Login failed for user 'recon' \(error 18456\): check RECON_SOURCE_USER"):
        source.describe()
    assert len(server.logins) == 1


def test_a_database_that_is_not_there_is_told(server: Server):
    with pytest.raises(ServerError, match=r"error 4060\): check RECON_SOURCE_DATABASE"):
        source_of(server, database="nowhere").describe()


def test_a_server_that_is_not_there_is_told(server: Server):
    with pytest.raises(ServerError, match=r"check RECON_SOURCE_SERVER, and that a firewall lets this machine through"):
        source_of(server, port=1, login_timeout=1).describe()


def test_a_certificate_that_is_not_trusted_is_told(server: Server):
    source = source_of(server, encrypt="yes", certificate=None)
    with pytest.raises(ServerError, match=r"certificate verify failed.*: name the server as its certificate does"):
        source.describe()
    assert source_of(server, encrypt="yes", certificate=None, trust_certificate=True).describe()


def test_a_certificate_that_the_driver_would_not_heed_is_refused():
    with pytest.raises(ValueError, match="only with `encrypt: strict`"):
        SynapseResource(server="s", database="d", certificate="file.pem")


def test_a_table_that_may_not_be_read_is_told(serving):
    server = serving(denied=["dbo.T"])
    with pytest.raises(ServerError, match=r"reading dbo\.T: .*\(error 229\): grant what is missing"):
        read(source_of(server), "dbo.T")


def test_freetds_serves_where_it_is_asked_for(serving):
    server = serving(password="S3cret pass=")
    source = source_of(server, driver=str(FREETDS), encrypt="no", certificate=None, password="S3cret pass=")
    assert read(source, "dbo.T").to_pylist() == [
        {"id": 1, "name": "Äpfel"},
        {"id": 2, "name": "€😀"},
        {"id": 3, "name": None},
    ]


def test_a_password_that_freetds_would_change_is_refused(server: Server):
    source = source_of(server, driver=str(FREETDS), encrypt="no", certificate=None)
    with pytest.raises(SourceError, match=r"FreeTDS takes no user or password with ; \{ or \}"):
        source.describe()


def test_a_driver_that_is_not_there_is_told():
    with pytest.raises(SourceError, match="the ODBC driver 'Oracle' is neither a file nor an installed driver"):
        find_driver("Oracle")


def test_the_packaged_driver_is_found():
    assert Path(find_driver()).name.startswith("libmsodbcsql-18") or find_driver() == "ODBC Driver 18 for SQL Server"


def test_the_password_is_nowhere_to_be_seen(server: Server, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    source = source_of(server)
    server.faults.refuse_logins(1, 18456)
    with pytest.raises(ServerError) as raised:
        source.describe()
    seen = [caplog.text, str(raised.value), repr(raised.value), repr(raised.value.__cause__), repr(source._server())]
    assert not any(PASSWORD in text or "S3cret" in text for text in seen)
