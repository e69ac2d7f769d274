"""Connecting: the server's address, who logs in, how long to wait, and what may be tried again.

Belongs here: connections of pyodbc and arrow-odbc from one description, and the server's errors as ours. Does not
belong here: what is asked of the server.
"""

import random
import re
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from recon_assets.sources.base import SourceError
from recon_assets.sources.sqlserver.driver import find_driver, load_pyodbc

if TYPE_CHECKING:
    import arrow_odbc
    import pyodbc

Authentication = Literal["sql", "service_principal", "managed_identity", "default"]

_TOKEN_SCOPE = "https://database.windows.net/.default"
_ACCESS_TOKEN = 1256  # SQL_COPT_SS_ACCESS_TOKEN
_DATETIMEOFFSET = -155  # SQL_SS_TIMESTAMPOFFSET
_DRIVER_AUTHENTICATION = {
    "service_principal": "ActiveDirectoryServicePrincipal",
    "managed_identity": "ActiveDirectoryMsi",
}
_TRANSIENT = frozenset(
    # "Transient fault error codes" of Azure SQL's documentation; 1205: chosen as deadlock victim; 1222: lock time-out
    (1205, 1222, 4060, 4221, 10053, 10054, 10060, 10928, 10929, 40197, 40501, 40613, 42108, 42109, 49918, 49919, 49920)
)
_TRANSIENT_STATES = ("08S01", "08001", "HYT00", "40001")
_PREFIX = re.compile(
    r"^(\[\w{5}\] )?(\[(Microsoft|FreeTDS|unixODBC|Driver Manager|ODBC Driver[^\]]*|SQL Server)\])+\s*"
)
_NUMBER = re.compile(r"\((-?\d+)\) \(SQL\w+\)")
_SUFFIX = re.compile(r" \(-?\d+\) \(SQL\w+\).*$", re.DOTALL)
_CONNECTING = "connecting"

_PAUSE = 1.0  # seconds before the second try, and twice as long before each further one

T = TypeVar("T")


class ServerError(SourceError):
    """The server or the way to it failed. `number`: SQL Server's error number, if it was the server; `transient`:
    whether the same may work when it is tried again."""

    def __init__(self, message: str, number: int | None = None, *, transient: bool = False) -> None:
        self.number, self.transient = number, transient
        super().__init__(message)


@dataclass(frozen=True)
class Server:
    """Where the database is, who logs in (see `SynapseResource` for every field), and how to get there."""

    server: str
    port: int
    database: str
    authentication: Authentication
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    driver: str | None = None
    encrypt: Literal["yes", "no", "strict"] = "yes"
    trust_certificate: bool = False
    certificate: str | None = None
    login_timeout: int = 30
    query_timeout: int = 0
    bulk: bool = True
    tries: int = 4

    def __str__(self) -> str:
        return f"{self.server},{self.port}/{self.database}"

    @cached_property
    def driver_path(self) -> str:
        """The driver's name or path. Raises SourceError where there is none."""
        return find_driver(self.driver)

    @property
    def _is_freetds(self) -> bool:
        return "tds" in Path(self.driver_path).name.lower()

    @contextmanager
    def connect(self) -> "Iterator[pyodbc.Connection]":
        """A connection in autocommit mode, tried a few times. Raises ServerError."""
        pyodbc = load_pyodbc()

        def once() -> "pyodbc.Connection":
            with self.telling(_CONNECTING):
                attributes = {_ACCESS_TOKEN: _packed(self._token())} if self.authentication == "default" else {}
                return pyodbc.connect(
                    self._connection_string(), autocommit=True, timeout=self.login_timeout, attrs_before=attributes
                )

        connection = self.again(once)
        with closing(connection):
            connection.timeout = self.query_timeout
            connection.add_output_converter(_DATETIMEOFFSET, _moment)
            yield connection

    @property
    def reads_arrow(self) -> bool:
        """Whether arrow-odbc can connect: it takes no access token, and FreeTDS lacks what it binds."""
        return self.bulk and self.authentication != "default" and not self._is_freetds

    def connect_arrow(self) -> "arrow_odbc.Connection":
        """A connection for bulk reads, in autocommit mode, tried a few times. Raises ServerError."""
        import arrow_odbc

        def once() -> "arrow_odbc.Connection":
            with self.telling(_CONNECTING):
                return arrow_odbc.connect(self._connection_string(), login_timeout_sec=self.login_timeout)

        return self.again(once)

    def again(self, once: Callable[[], T]) -> T:
        """Do what is safe to repeat, again after a pause where it fails for a reason that may pass."""
        for attempt in range(1, self.tries + 1):
            try:
                return once()
            except ServerError as error:
                if not error.transient or attempt == self.tries:
                    raise
            time.sleep(_PAUSE * 2**attempt * random.uniform(0.5, 1))
        raise AssertionError("there is at least one try")

    @contextmanager
    def telling(self, doing: str) -> Iterator[None]:
        """Turns errors of the driver and of the server into ours; `doing` says during what."""
        try:
            yield
        except UnicodeDecodeError as error:
            raise SourceError(
                f"{self}: {doing}: text that is no valid Unicode ({error.reason}): have the source correct it"
            ) from error
        except Exception as error:
            if not _is_odbc(error):
                raise
            raise self._told(doing, error) from None  # what the driver says is all in the message

    def _told(self, doing: str, error: Exception) -> ServerError:
        state, text, number = _parts(error)
        said = _SUFFIX.sub("", message_text(text)).strip().rstrip(".")
        connecting = doing == _CONNECTING
        untrusted = connecting and number is None and ("certificate" in said.lower() or "ssl" in said.lower())
        transient = number in _TRANSIENT or (state in _TRANSIENT_STATES and not untrusted)
        remedy = _UNTRUSTED if untrusted else _remedy(state, number, connecting)
        shown = f" (error {number})" if number else f" ({state})" if state else ""
        return ServerError(f"{self}: {doing}: {said}{shown}{remedy}", number, transient=transient)

    def _connection_string(self) -> str:
        parts = {
            "DRIVER": self.driver_path,
            "SERVER": f"{self.server},{self.port}",
            "DATABASE": self.database,
            "APP": "recon-assets",
        }
        if self._is_freetds:
            if set(";{}") & set(f"{self.user}{self.password}"):
                raise SourceError("FreeTDS takes no user or password with ; { or }: use Microsoft's driver, or others")
            parts |= {"SERVER": self.server, "PORT": str(self.port), "TDS_Version": "7.4", "ClientCharset": "UTF-8"}
            parts["Encryption"] = "off" if self.encrypt == "no" else "require"
        else:
            parts |= {"Encrypt": self.encrypt, "TrustServerCertificate": "yes" if self.trust_certificate else "no"}
            parts["ConnectRetryCount"] = "0"  # a lost connection must show, not be replaced by another one
            if self.certificate:
                parts["ServerCertificate"] = self.certificate
        if self.authentication in _DRIVER_AUTHENTICATION:
            parts["Authentication"] = _DRIVER_AUTHENTICATION[self.authentication]
        if self.authentication != "default":
            parts |= {"UID": self.user or "", "PWD": self.password or ""}
        value_of = str if self._is_freetds else _braced
        return ";".join(f"{name}={value_of(value)}" for name, value in parts.items() if value)

    def _token(self) -> str:
        try:
            from azure.identity import CredentialUnavailableError, DefaultAzureCredential
        except ModuleNotFoundError as error:
            raise SourceError("azure-identity is not installed: install recon-assets[azure]") from error
        from azure.core.exceptions import ClientAuthenticationError

        try:
            return DefaultAzureCredential().get_token(_TOKEN_SCOPE).token
        except (CredentialUnavailableError, ClientAuthenticationError) as error:
            raise SourceError(
                f"{self}: no Azure identity gives an access token ({str(error).splitlines()[0]}): sign in with"
                " `az login`, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET"
            ) from None


def message_text(text: str) -> str:
    """A message without the names of driver and server before it."""
    return _PREFIX.sub("", text)


def _braced(value: str) -> str:
    """A value of a connection string: in braces, so that no sign in it means anything."""
    return "{" + value.replace("}", "}}") + "}"


def _packed(token: str) -> bytes:
    encoded = token.encode("utf-16-le")
    return struct.pack(f"<I{len(encoded)}s", len(encoded), encoded)


def _moment(value: bytes | None) -> datetime | None:
    """A datetimeoffset, as ODBC's SQL_SS_TIMESTAMPOFFSET_STRUCT has it: local time, nanoseconds, offset."""
    if value is None:
        return None
    *local, nanoseconds, hours, minutes = struct.unpack("<hHHHHHIhh", value)
    return datetime(*local, nanoseconds // 1000, timezone(timedelta(hours=hours, minutes=minutes)))


def _is_odbc(error: Exception) -> bool:
    return any(each.__module__ in ("pyodbc", "arrow_odbc.error") for each in type(error).__mro__)


def _parts(error: Any) -> tuple[str, str, int | None]:
    """SQLSTATE, text and the server's error number of an error of pyodbc or of arrow-odbc."""
    if type(error).__module__ == "pyodbc" or len(error.args) == 2:
        state, text = (str(each) for each in error.args[:2])
        found = _NUMBER.search(text)
        return state, text, int(found[1]) if found and int(found[1]) > 0 else None
    text = str(error)
    state = re.search(r"State: (\w+)", text)
    number = re.search(r"Native error: (-?\d+)", text)
    message = re.search(r"Message: (.*)", text, re.DOTALL)
    told = int(number[1]) if number else 0
    return state[1] if state else "", message[1] if message else text, told if told > 0 else None


_UNTRUSTED = (
    ": name the server as its certificate does and have this machine trust who signed it; or, with"
    " RECON_SOURCE_ENCRYPT=strict, name the certificate's file in RECON_SOURCE_CERTIFICATE; for a test server only,"
    " RECON_SOURCE_TRUST_CERTIFICATE=yes"
)


def _remedy(state: str, number: int | None, connecting: bool) -> str:
    if number == 18456:
        return ": check RECON_SOURCE_USER and RECON_SOURCE_PASSWORD, and that the login may open the database"
    if number == 4060:
        return ": check RECON_SOURCE_DATABASE, and that the login has a user in it"
    if number == 229:
        return ": grant what is missing (see docs/azure.md)"
    if number in (40613, 42108, 42109):
        return ": the pool or database is paused or starting; resume it, or try again later"
    if state == "HYT00" and not connecting:
        return ": give it longer by RECON_SOURCE_QUERY_TIMEOUT, or see what holds it up"
    if connecting and state in ("08001", "HYT00"):
        return ": check RECON_SOURCE_SERVER, and that a firewall lets this machine through"
    return ""
