"""The source over a real wire: Microsoft's driver, a TDS server on the loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.sources.sqlserver.source import SynapseResource
from recon_assets_tests.tds.server import Server, serve

USER, PASSWORD = "recon", "S3cret;}pass"


@pytest.fixture
def tables(tmp_path: Path) -> EmbeddedSource:
    """What is behind the server: the table dbo.T of three rows."""
    tables = EmbeddedSource(tmp_path / "tables")
    rows = pa.table({"id": pa.array([1, 2, 3], pa.int32()), "name": ["Äpfel", "€😀", None]})
    reader = pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches())
    tables.create_table("dbo.T", [("id", "int"), ("name", "nvarchar(20)")], reader)
    return tables


@pytest.fixture
def serving(tables: EmbeddedSource) -> Iterator[Callable[..., Server]]:
    """Starts a server with settings."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serve(tables, **({"user": USER, "password": PASSWORD} | settings)))


@pytest.fixture
def server(serving: Callable[..., Server]) -> Server:
    return serving()


def source_of(server: Server, **settings: Any) -> SynapseResource:
    """The resource for a server: a SQL login, and the server's certificate checked."""
    given = {
        "server": "127.0.0.1",
        "port": server.port,
        "database": server.database,
        "authentication": "sql",
        "user": USER,
        "password": PASSWORD,
        "encrypt": "strict",
        "certificate": str(server.certificate),
        "login_timeout": 10,
    }
    return SynapseResource(**(given | settings))


@pytest.fixture
def source(server: Server) -> SynapseResource:
    return source_of(server)


def read(source: SynapseResource, table: str, log: Callable[[str], None] = lambda message: None) -> pa.Table:
    """All rows of a table."""
    with source.snapshot(log) as snapshot, snapshot.read(table) as reader:
        return reader.read_all()
