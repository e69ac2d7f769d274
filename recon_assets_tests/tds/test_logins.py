"""Who gets in, and over what: passwords, tokens, databases, certificates, packet sizes."""

import struct
from collections.abc import Callable

import pyodbc
import pytest

from recon_assets_tests.tds.conftest import PASSWORD, Client, rows
from recon_assets_tests.tds.outcome import Canned, Result

ACCESS_TOKEN = 1256  # SQL_COPT_SS_ACCESS_TOKEN


def _token(text: str) -> dict[int, bytes]:
    encoded = text.encode("utf-16-le")
    return {ACCESS_TOKEN: struct.pack("<I", len(encoded)) + encoded}


def _answers(connection: pyodbc.Connection) -> bool:
    return rows(connection.execute("SELECT ID FROM dbo.HOLDING ORDER BY ID")) == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("server_side", "client_side"),
    [
        ("on", {"Encrypt": "no"}),
        ("off", {"Encrypt": "no"}),
        ("required", {"Encrypt": "no", "TrustServerCertificate": "yes"}),
        ("on", {"Encrypt": "yes", "TrustServerCertificate": "yes"}),
        ("required", {"Encrypt": "yes", "TrustServerCertificate": "yes"}),
    ],
)
def test_encryption_is_as_the_two_sides_agree(server_side: str, client_side: dict, serving: Callable[..., Client]):
    assert _answers(serving(encrypt=server_side).connect(**client_side))


def test_a_large_result_is_encrypted_as_well(serving: Callable[..., Client]):
    client = serving()
    client.server.canned["SELECT much"] = Canned([Result([("c", "varchar(max)")], [("x" * 3_000_000,)])])
    connection = client.connect(Encrypt="yes", TrustServerCertificate="yes")
    assert connection.execute("SELECT much").fetchone().c == "x" * 3_000_000


def test_a_certificate_nobody_vouches_for_is_refused(client: Client):
    with pytest.raises(pyodbc.OperationalError, match="certificate verify failed"):
        client.connect(Encrypt="yes")


def test_a_certificate_in_the_systems_store_is_trusted(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(client.server.certificate))
    assert _answers(client.connect(Encrypt="yes"))


def test_in_strict_mode_the_certificate_can_be_given(client: Client):
    assert _answers(client.connect(Encrypt="strict", ServerCertificate=str(client.server.certificate)))


def test_in_strict_mode_another_certificate_is_refused(client: Client):
    with pytest.raises(pyodbc.OperationalError, match="certificate verify failed"):
        client.connect(Encrypt="strict")


def test_a_server_that_breaks_off_the_handshake_is_told_of(client: Client):
    client.server.faults.refuse_tls = True
    with pytest.raises(pyodbc.OperationalError):
        client.connect(Encrypt="yes", TrustServerCertificate="yes")


@pytest.mark.parametrize(
    ("options", "number"),
    [({"PWD": "wrong"}, 18456), ({"UID": "somebody"}, 18456), ({"DATABASE": "elsewhere"}, 4060)],
)
def test_a_login_is_refused_with_the_servers_error(options: dict, number: int, client: Client):
    with pytest.raises(pyodbc.Error, match=rf"\({number}\)"):
        client.connect(**options)


def test_an_access_token_lets_in_without_a_password(serving: Callable[..., Client]):
    client = serving(token="header.payload.signature")
    options = {"UID": "", "PWD": "", "Encrypt": "yes", "TrustServerCertificate": "yes"}
    assert _answers(client.connect(before=_token("header.payload.signature"), **options))
    assert client.server.logins[-1].token == "header.payload.signature"


@pytest.mark.parametrize("known", [None, "another"])
def test_a_wrong_access_token_does_not(known: str | None, serving: Callable[..., Client]):
    client = serving(token=known)
    options = {"UID": "", "PWD": "", "Encrypt": "yes", "TrustServerCertificate": "yes"}
    with pytest.raises(pyodbc.Error, match=r"\(18456\)"):
        client.connect(before=_token("header.payload.signature"), **options)


@pytest.mark.parametrize(("asked", "agreed"), [("512", 512), ("32767", 32767)])
def test_the_packet_size_is_the_clients(asked: str, agreed: int, client: Client):
    assert _answers(client.connect(PacketSize=asked))
    assert client.server.logins[-1].packet_size == agreed


@pytest.mark.parametrize("number", [18456, 40613, 10928])
def test_logins_are_refused_as_often_as_asked(number: int, client: Client):
    client.server.faults.refuse_logins(2, number)
    for _ in range(2):
        with pytest.raises(pyodbc.Error, match=rf"\({number}\)"):
            client.connect(ConnectRetryCount="0")
    assert _answers(client.connect())
    assert [login.user for login in client.server.logins] == ["recon"] * 3


def test_logins_are_recorded_without_telling_the_password(client: Client):
    client.connect(APP="reconciliation")
    (login,) = client.server.logins
    assert (login.user, login.application, login.database) == ("recon", "reconciliation", "warehouse")
    assert login.password == PASSWORD
    assert PASSWORD not in repr(client.server)


def test_connections_are_counted(client: Client):
    for _ in range(3):
        client.connect()
    assert client.server.connections.most == 3


@pytest.mark.parametrize("encryption", ["off", "request", "require"])
def test_freetds_gets_in_too(encryption: str, client: Client):
    assert _answers(client.connect_freetds(Encryption=encryption))
