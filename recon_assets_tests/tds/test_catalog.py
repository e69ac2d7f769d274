"""The catalog answers as SQL Server's does."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyodbc
import pytest

from recon_assets.sources.embedded import Column, EmbeddedSource
from recon_assets_tests.tds.conftest import Client, reader, rows

COLUMNS = [  # name, type, system_type_id, max_length, precision, scale
    ("a", "bit", 104, 1, 1, 0),
    ("b", "tinyint", 48, 1, 3, 0),
    ("c", "smallint", 52, 2, 5, 0),
    ("d", "int", 56, 4, 10, 0),
    ("e", "bigint", 127, 8, 19, 0),
    ("f", "decimal(9,2)", 106, 5, 9, 2),
    ("g", "decimal(38,10)", 106, 17, 38, 10),
    ("h", "money", 60, 8, 19, 4),
    ("i", "smallmoney", 122, 4, 10, 4),
    ("j", "real", 59, 4, 24, 0),
    ("k", "float", 62, 8, 53, 0),
    ("l", "char(10)", 175, 10, 0, 0),
    ("m", "varchar(20)", 167, 20, 0, 0),
    ("n", "varchar(max)", 167, -1, 0, 0),
    ("o", "nchar(10)", 239, 20, 0, 0),
    ("p", "nvarchar(20)", 231, 40, 0, 0),
    ("q", "nvarchar(max)", 231, -1, 0, 0),
    ("r", "uniqueidentifier", 36, 16, 0, 0),
    ("s", "date", 40, 3, 10, 0),
    ("t", "time(7)", 41, 5, 16, 7),
    ("u", "time(0)", 41, 3, 8, 0),
    ("v", "smalldatetime", 58, 4, 16, 0),
    ("w", "datetime", 61, 8, 23, 3),
    ("x", "datetime2(7)", 42, 8, 27, 7),
    ("y", "datetime2(0)", 42, 6, 19, 0),
    ("z", "varbinary(max)", 165, -1, 0, 0),
]


@pytest.fixture
def connection(source: EmbeddedSource, client: Client) -> pyodbc.Connection:
    """A connection to a server with a table of all types in a schema of its own."""
    empty = pa.RecordBatchReader.from_batches(pa.schema([(name, pa.null()) for name, *_ in COLUMNS]), [])
    source.create_table("stage.EVERYTHING", [Column(name, type_) for name, type_, *_ in COLUMNS], empty)
    return client.connect()


def test_columns_have_sql_servers_numbers(connection: pyodbc.Connection):
    found = connection.execute(
        "SELECT c.name, c.system_type_id, c.max_length, c.precision, c.scale FROM sys.columns c"
        " JOIN sys.objects o ON o.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id"
        " WHERE s.name = ? AND o.name = ? ORDER BY c.column_id",
        "STAGE",
        "everything",
    )
    assert rows(found) == [(name, *numbers) for name, _, *numbers in COLUMNS]


def test_columns_tell_types_nullability_and_keys(connection: pyodbc.Connection):
    found = connection.execute(
        "SELECT c.name, t.name AS type_name, c.is_nullable, c.collation_name, c.is_identity, c.is_computed,"
        " ic.key_ordinal FROM sys.columns AS c JOIN sys.types AS t ON t.user_type_id = c.user_type_id"
        " LEFT JOIN sys.indexes AS i ON i.object_id = c.object_id AND i.is_primary_key = 1"
        " LEFT JOIN sys.index_columns AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id"
        " AND ic.column_id = c.column_id WHERE c.object_id = OBJECT_ID(N'[dbo].[HOLDING]') ORDER BY c.column_id"
    )
    assert rows(found) == [
        ("ID", "int", False, None, False, False, 1),
        ("NAME", "nvarchar", True, "SQL_Latin1_General_CP1_CI_AS", False, False, None),
        ("AMOUNT", "decimal", True, None, False, False, None),
    ]


def test_a_procedure_is_in_the_catalog_with_its_text_and_parameters(connection: pyodbc.Connection):
    text = "CREATE PROCEDURE dbo.P @A int, @B nvarchar(10) = N'x' OUTPUT AS RETURN @A"
    connection.execute(text)
    found = connection.execute(
        "SELECT m.definition, p.type, p.type_desc FROM sys.sql_modules m JOIN sys.procedures p"
        " ON p.object_id = m.object_id WHERE p.object_id = OBJECT_ID(?)",
        "dbo.P",
    )
    assert rows(found) == [(text, "P ", "SQL_STORED_PROCEDURE")]
    parameters = connection.execute(
        "SELECT name, parameter_id, system_type_id, max_length, is_output FROM sys.parameters"
        " WHERE object_id = OBJECT_ID('dbo.P', 'P') ORDER BY parameter_id"
    )
    assert rows(parameters) == [("@a", 1, 56, 4, False), ("@b", 2, 231, 20, True)]


def test_a_long_definition_comes_whole(connection: pyodbc.Connection):
    text = f"CREATE PROCEDURE dbo.LONG AS /* {'x' * 20_000} */ RETURN 0"
    connection.execute(text)
    assert connection.execute("SELECT OBJECT_DEFINITION(OBJECT_ID('dbo.LONG')) AS text").fetchval() == text


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("SELECT DB_NAME()", "warehouse"),
        ("SELECT SUSER_SNAME()", "recon"),
        ("SELECT CAST(SERVERPROPERTY('EngineEdition') AS int)", 3),
        ("SELECT HAS_PERMS_BY_NAME(N'dbo.HOLDING', 'OBJECT', 'SELECT')", 1),
        ("SELECT HAS_PERMS_BY_NAME(N'dbo.NOWHERE', 'OBJECT', 'SELECT')", None),
        ("SELECT OBJECT_ID('dbo.NOWHERE')", None),
        ("SELECT OBJECT_ID('dbo.HOLDING', 'P')", None),
        ("SELECT COUNT(*) FROM sys.tables", 2),
        ("SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()", 1),
        ("SELECT is_read_committed_snapshot_on FROM sys.databases WHERE name = DB_NAME()", True),
        ("SELECT @@TRANCOUNT", 0),
        ("SELECT name FROM sys.key_constraints WHERE type = 'PK'", "PK_HOLDING"),
    ],
)
def test_a_question_is_answered(query: str, answer: object, connection: pyodbc.Connection):
    assert connection.execute(query).fetchval() == answer


def test_the_version_names_the_product(connection: pyodbc.Connection):
    assert connection.execute("SELECT @@VERSION").fetchval().startswith("Microsoft SQL Server 2022")


def test_sessions_have_numbers_of_their_own(client: Client):
    numbers = {client.connect().execute("SELECT @@SPID").fetchval() for _ in range(3)}
    assert len(numbers) == 3


def test_a_denied_table_is_told_of(serving: Callable[..., Client]):
    connection = serving(denied=["dbo.HOLDING"], edition=6).connect()
    query = "SELECT HAS_PERMS_BY_NAME('dbo.HOLDING', 'OBJECT', 'SELECT'), SERVERPROPERTY('EngineEdition')"
    assert rows(connection.execute(query)) == [(0, 6)]


# Tables


def test_a_tables_columns_come_with_their_declared_types(connection: pyodbc.Connection):
    cursor = connection.execute("SELECT [ID], [NAME], [AMOUNT] FROM [dbo].[HOLDING] ORDER BY [ID]")
    described = [(name, type_.__name__, size, scale) for name, type_, _, size, _, scale, _ in cursor.description]
    assert described == [("ID", "int", 10, 0), ("NAME", "str", 20, 0), ("AMOUNT", "Decimal", 18, 2)]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("SELECT CAST(AMOUNT AS decimal(9,1)) FROM dbo.HOLDING WHERE ID = 1", "1.1"),
        ("SELECT CONVERT(varchar(10), ID) FROM dbo.HOLDING WHERE ID = 2", "2"),
        ("SELECT COUNT_BIG(*) FROM dbo.HOLDING WHERE NAME IS NOT NULL", "2"),
        ("SELECT TOP 1 NAME FROM dbo.HOLDING ORDER BY ID DESC", "None"),
        ("SELECT DATEPART(year, CONVERT(date, '2024-02-29'))", "2024"),
    ],
)
def test_a_query_means_what_it_means_in_t_sql(query: str, answer: str, connection: pyodbc.Connection):
    assert str(connection.execute(query).fetchval()) == answer


def test_a_table_is_exported_to_the_lake(serving: Callable[..., Client], tmp_path: Path):
    written: list[tuple] = []

    def export(location: str, source: str, form: str, stream: pa.RecordBatchReader) -> None:
        written.append((location, source, form, stream.read_all().to_pydict()))

    connection = serving(on_cetas=export).connect()
    cursor = connection.execute(
        "CREATE EXTERNAL TABLE [export].[holding_1] WITH (LOCATION = N'runs/it''s/', DATA_SOURCE = [lake],"
        " FILE_FORMAT = parquet_format) AS SELECT [ID], [NAME] FROM [dbo].[HOLDING] WHERE ID < 3"
    )
    assert cursor.rowcount == 2
    assert written == [("runs/it's/", "lake", "parquet_format", {"ID": [1, 2], "NAME": ["Äpfel", "€😀"]})]
    connection.execute("DROP EXTERNAL TABLE [export].[holding_1]")
    with pytest.raises(pyodbc.Error, match=r"\(3701\)"):
        connection.execute("DROP EXTERNAL TABLE [export].[holding_1]")


def test_a_table_made_later_is_seen(source: EmbeddedSource, connection: pyodbc.Connection):
    source.create_table("dbo.LATER", [("X", "int")], reader({"X": pa.array([4], pa.int32())}))
    assert connection.execute("SELECT X FROM dbo.LATER").fetchval() == 4
