"""The server: what tests start, tell to fail, and ask what it was sent.

Belongs here: the settings, the record, and accepting connections. Does not belong here: one connection's talk
(`connection`).
"""

import contextlib
import itertools
import socket
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.tsql.errors import TSqlError
from recon_assets.tsql.names import object_key
from recon_assets_tests.tds.certificate import Certificate, make_certificate
from recon_assets_tests.tds.connection import Connection
from recon_assets_tests.tds.external import ExternalTable
from recon_assets_tests.tds.faults import Faults
from recon_assets_tests.tds.locks import ApplicationLocks
from recon_assets_tests.tds.login import Login
from recon_assets_tests.tds.outcome import Canned, Stream
from recon_assets_tests.tds.packets import Transport
from recon_assets_tests.tds.procedures import DeployedProcedures

OnCetas = Callable[[str, str, str, pa.RecordBatchReader], None]


@dataclass(frozen=True)
class CallRecord:
    """A procedure execution that really began, with its parameters' values."""

    procedure: str
    parameters: Mapping[str, Any]


@dataclass
class Peak:
    """How many there are now, and were at most."""

    now: int = 0
    most: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.now -= 1


@dataclass
class Server:
    """A TDS server on the loopback. `certificate` is its PEM file; `canned` maps a batch's text, or a procedure's name,
    to what it comes to. Settings may be changed while it runs; they hold for what comes then."""

    source: EmbeddedSource
    user: str
    password: str = field(repr=False)
    database: str = "warehouse"
    edition: int = 3
    token: str | None = field(default=None, repr=False)
    denied: frozenset[tuple[str, str]] = frozenset()
    encrypt: str = "on"
    clock: datetime | None = None
    on_cetas: OnCetas | None = None
    certificate: Path = Path()
    host: str = "127.0.0.1"
    port: int = 0
    canned: dict[str, Canned] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    locks: ApplicationLocks = field(default_factory=ApplicationLocks)
    procedures: DeployedProcedures = field(default_factory=DeployedProcedures)
    external_data_sources: dict[str, str] = field(default_factory=dict)
    """Location by name, as sys.external_data_sources has them."""
    external_tables: dict[str, ExternalTable] = field(default_factory=dict)
    calls: list[CallRecord] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    logins: list[Login] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    """What the server itself did wrong: raised when it ends."""
    connections: Peak = field(default_factory=Peak)
    executions: Peak = field(default_factory=Peak)

    def deploy(self, text: str) -> None:
        """CREATE [OR ALTER] or ALTER PROCEDURE. Raises TSqlError."""
        self.procedures.deploy(text)

    def serve_query(
        self,
        sql: str,
        columns: Sequence[tuple[str, str]],
        batches: Callable[[], Iterable[pa.RecordBatch]],
    ) -> None:
        """Answer the batch with a stream of Arrow batches, made anew for each time; a batch object that comes more
        than once in a row is encoded once."""
        self.canned[sql] = Canned([Stream(columns, batches)])

    # What connections ask

    def canned_batch(self, text: str) -> Canned | None:
        """What is registered for the batch, whatever its white space."""
        wanted = _normalized(text)
        return next((canned for key, canned in self.canned.items() if _normalized(key) == wanted), None)

    def canned_procedure(self, name: str) -> Canned | None:
        """What is registered for the procedure, however its name is written."""
        wanted = object_key(name)
        return next((canned for key, canned in self.canned.items() if object_key(key) == wanted), None)

    def call_begins(self, name: str, values: Mapping[str, Any]) -> None:
        """Note an execution."""
        self.calls.append(CallRecord(name, dict(values)))
        self.executions.__enter__()

    def call_ended(self) -> None:
        """The execution is over."""
        self.executions.__exit__()

    def create_external_table(self, external: ExternalTable, rows: pa.RecordBatchReader) -> None:
        """Have the hook write the rows. Raises TSqlError where there is none, or the table is there already."""
        if self.on_cetas is None:
            raise TSqlError(46530, "External tables are not supported with this server.")
        if external.name in self.external_tables:
            raise TSqlError(2714, f"There is already an object named '{external.name}' in the database.", state=6)
        self.on_cetas(external.location, external.data_source, external.file_format, rows)
        self.external_tables[external.name] = external

    def drop_external_table(self, name: str) -> None:
        """Forget the table; what was written stays. Raises TSqlError."""
        if self.external_tables.pop(name, None) is None:
            text = f"Cannot drop the external table '{name}', because it does not exist or you do not have permission."
            raise TSqlError(3701, text, 11, 5)


def _normalized(text: str) -> str:
    return " ".join(text.split())


@contextmanager
def serve(
    source: EmbeddedSource,
    *,
    user: str,
    password: str,
    database: str = "warehouse",
    edition: int = 3,
    token: str | None = None,
    denied: Iterable[str] = (),
    encrypt: str = "on",
    clock: datetime | None = None,
    on_cetas: OnCetas | None = None,
) -> Iterator[Server]:
    """Run a server inside the `with`. `encrypt` is `on` (as the client likes), `required` or `off`; `denied` names
    tables that may not be read and procedures that may not be executed; `edition` is what
    SERVERPROPERTY('EngineEdition') answers; `clock` pins GETDATE().

    A client in the same process must let go of the GIL while it waits: pyodbc's fast_executemany doesn't."""
    source.create()
    keys = frozenset(key for name in denied if (key := object_key(name)))
    with tempfile.TemporaryDirectory(prefix="tds-") as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        certificate = make_certificate(Path(folder))
        server = Server(
            source, user, password, database, edition, token, keys, encrypt, clock, on_cetas, certificate.file,
            port=listener.getsockname()[1],
        )  # fmt: skip
        running: list[tuple[Transport, threading.Thread]] = []
        accepting = threading.Thread(target=_accept, args=(listener, server, certificate, running), daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for transport, _ in running:
                with contextlib.suppress(OSError):
                    transport.close()
            for _, thread in running:
                thread.join()
        if server.failures:
            raise ExceptionGroup("the peer failed", server.failures)


def _accept(
    listener: socket.socket,
    server: Server,
    certificate: Certificate,
    running: list[tuple[Transport, threading.Thread]],
) -> None:
    for number in itertools.count(51):  # the first 50 sessions are the system's
        try:
            connected, _ = listener.accept()
        except OSError:
            return
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = Transport(connected)
        thread = threading.Thread(target=Connection(server, transport, certificate, number).run, daemon=True)
        running.append((transport, thread))
        thread.start()
