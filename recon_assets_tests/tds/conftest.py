"""What the peer's tests share: real drivers, a small embedded source, a server and connections to it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import mssql_python_odbc
import pyarrow as pa
import pyodbc
import pytest

from recon_assets.sources.embedded import Column, EmbeddedSource
from recon_assets_tests.tds.server import Server, serve

USER, PASSWORD = "recon", "S3cret;pass"


def _microsofts_driver() -> str:
    places = Path(mssql_python_odbc.get_libs_dir()).glob("linux/debian_ubuntu/*/lib/libmsodbcsql-18*.so*")
    return str(sorted(places)[-1])


DRIVER = _microsofts_driver()
FREETDS = next(iter(Path("/usr/lib").glob("*/odbc/libtdsodbc.so")), Path("libtdsodbc.so"))
"""FreeTDS's driver, which scripts/install-odbc installs; without it its tests fail."""


@dataclass
class Client:
    """Connects to a server as applications do; what it opened is closed after the test."""

    server: Server
    _opened: list[pyodbc.Connection] = field(default_factory=list)

    def text(self, **options: str) -> str:
        """A connection string for Microsoft's driver."""
        given = {
            "DRIVER": "{" + DRIVER + "}",
            "SERVER": f"{self.server.host},{self.server.port}",
            "UID": USER,
            "PWD": "{" + PASSWORD.replace("}", "}}") + "}",
            "DATABASE": self.server.database,
            "Encrypt": "no",
        }
        return ";".join(f"{key}={value}" for key, value in (given | options).items() if value)

    def connect(self, *, autocommit: bool = True, before: dict[int, Any] | None = None, **options: str):
        """A connection through Microsoft's driver."""
        return self._kept(
            pyodbc.connect(self.text(**options), autocommit=autocommit, timeout=10, attrs_before=before or {})
        )

    def connect_freetds(self, **options: str) -> pyodbc.Connection:
        """A connection through FreeTDS."""
        given = {
            "DRIVER": "{" + str(FREETDS) + "}",
            "SERVER": self.server.host,
            "PORT": str(self.server.port),
            "UID": USER,
            "PWD": "{" + PASSWORD.replace("}", "}}") + "}",
            "DATABASE": self.server.database,
            "TDS_Version": "7.4",
        }
        text = ";".join(f"{key}={value}" for key, value in (given | options).items())
        return self._kept(pyodbc.connect(text, autocommit=True, timeout=10))

    def _kept(self, connection: pyodbc.Connection) -> pyodbc.Connection:
        self._opened.append(connection)
        return connection

    def close(self) -> None:
        """Close all connections."""
        for connection in self._opened:
            if not connection.closed:
                connection.close()


def rows(cursor: pyodbc.Cursor) -> list[tuple[Any, ...]]:
    """The rows of the result at hand."""
    return [tuple(row) for row in cursor.fetchall()]


def reader(columns: dict[str, pa.Array]) -> pa.RecordBatchReader:
    """Columns as a stream of one batch."""
    batch = pa.record_batch(columns)
    return pa.RecordBatchReader.from_batches(batch.schema, [batch])


def _source(folder: Path) -> EmbeddedSource:
    source = EmbeddedSource(folder)
    source.create_table(
        "dbo.HOLDING",
        [Column("ID", "int"), Column("NAME", "nvarchar(20)"), Column("AMOUNT", "decimal(18,2)")],
        reader(
            {
                "ID": pa.array([1, 2, 3], pa.int32()),
                "NAME": pa.array(["Äpfel", "€😀", None]),
                "AMOUNT": pa.array([Decimal("1.10"), Decimal("-2.00"), None], pa.decimal128(18, 2)),
            }
        ),
        primary_key=["ID"],
    )
    return source


@pytest.fixture
def source(tmp_path: Path) -> EmbeddedSource:
    """An embedded source with the table dbo.HOLDING of three rows."""
    return _source(tmp_path / "source")


@pytest.fixture
def server(source: EmbeddedSource) -> Iterator[Server]:
    """A server over it."""
    with serve(source, user=USER, password=PASSWORD) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """A client of that server."""
    with closing(Client(server)) as client:
        yield client


@pytest.fixture
def serving(source: EmbeddedSource) -> Iterator[Callable[..., Client]]:
    """Starts a server with other settings; a client of it."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Client:
            server = stack.enter_context(serve(source, **({"user": USER, "password": PASSWORD} | settings)))
            return stack.enter_context(closing(Client(server)))

        yield start
