"""Tables that the server writes itself, by CREATE EXTERNAL TABLE AS SELECT."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from recon_assets.sources.base import SourceError, TableNotFound
from recon_assets.sources.embedded import EmbeddedSource
from recon_assets.sources.sqlserver.columns import CatalogColumn, exported
from recon_assets.sources.sqlserver.source import SynapseResource
from recon_assets_tests.sources.sqlserver.conftest import source_of
from recon_assets_tests.tds.server import Server

ROOT = "abfss://lake@account.dfs.core.windows.net"
FOLDER = f"{ROOT}/recon/r/T_parquet/run-1's"

# max_length, precision and scale as sys.columns has them | what is selected
SELECTED = [
    (CatalogColumn("c", "int", 4, 10, 0), "[c] AS [c]"),
    (CatalogColumn("a]b", "decimal", 9, 18, 2), "[a]]b] AS [a]]b]"),
    (CatalogColumn("c", "tinyint", 1, 3, 0), "CAST([c] AS smallint) AS [c]"),
    (CatalogColumn("c", "money", 8, 19, 4), "CAST([c] AS decimal(19,4)) AS [c]"),
    (CatalogColumn("c", "uniqueidentifier", 16, 0, 0), "CONVERT(char(36), [c]) AS [c]"),
    # a datetime is in thirds of a hundredth of a second, and is shown and fetched in thousandths
    (CatalogColumn("c", "datetime", 8, 23, 3), "CAST([c] AS datetime2(3)) AS [c]"),
    (CatalogColumn("c", "datetime2", 8, 26, 6), "[c] AS [c]"),
    (
        CatalogColumn("c", "datetime2", 8, 27, 7),
        "CAST(DATEADD(nanosecond, -(DATEPART(nanosecond, [c]) % 1000), [c]) AS datetime2(6)) AS [c]",
    ),
    (CatalogColumn("c", "xml", -1, 0, 0), "CAST([c] AS nvarchar(max)) AS [c]"),
]


@pytest.mark.parametrize(("column", "selected"), SELECTED, ids=lambda each: getattr(each, "declared", ""))
def test_a_column_is_written_as_it_would_be_fetched(column: CatalogColumn, selected: str):
    assert [sql for sql, _ in exported("dbo.T", [column])] == [selected]


def test_an_offset_is_written_beside_its_instant():
    selected = exported("dbo.T", [CatalogColumn("c", "datetimeoffset", 10, 34, 7)])
    assert [field.name for _, field in selected] == ["c", "c_offset"]
    instant, offset = (sql for sql, _ in selected)
    assert instant.startswith("CAST(DATEADD(nanosecond, ") and instant.endswith("AS datetime2(6)) AS [c]")
    assert offset == "CAST(DATEPART(tzoffset, [c]) AS smallint) AS [c_offset]"


def test_a_time_is_refused():
    with pytest.raises(SourceError, match=r"dbo\.T, column c: Parquet files of the server's own hold no time\(3\)"):
        exported("dbo.T", [CatalogColumn("c", "time", 5, 12, 3)])


@pytest.fixture
def written() -> list[tuple[str, str, str, pa.Table]]:
    """Where, through what, in which form, and what the server has written."""
    return []


@pytest.fixture
def exporting(serving: Callable[..., Server], written) -> Server:
    def write(location: str, source: str, form: str, rows: pa.RecordBatchReader) -> None:
        written.append((location, source, form, rows.read_all()))

    server = serving(edition=6, on_cetas=write)
    server.external_data_sources["lake"] = ROOT
    return server


def through(server: Server, data_source: str | None = "lake", **settings) -> SynapseResource:
    return source_of(server, external_data_source=data_source, **settings)


def test_the_server_writes_where_it_is_told_and_keeps_no_table(exporting: Server, written):
    with through(exporting).snapshot() as tables:
        export = tables.export("dbo.T", FOLDER)
        assert tables.state("dbo.T") == export.state
    ((location, source, form, rows),) = written
    assert (location, source, form) == ("/recon/r/T_parquet/run-1's", "lake", "recon_parquet")
    assert rows.to_pydict() == {"id": [1, 2, 3], "name": ["Äpfel", "€😀", None]}
    assert export.schema.names == ["id", "name"] and export.state.rows == 3
    assert not exporting.external_tables


def test_moments_and_amounts_are_written_exactly(tables: EmbeddedSource, exporting: Server, written):
    rows = pa.table(
        {
            "at": [datetime(2024, 2, 29, 23, 59, 59, 997000)],
            "fine": [datetime(9999, 12, 31, 23, 59, 59, 999999)],
            "amount": [Decimal("-922337203685477.5808")],
        }
    )
    columns = [("at", "datetime"), ("fine", "datetime2(6)"), ("amount", "money")]
    tables.create_table("dbo.X", columns, pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches()))
    with through(exporting).snapshot() as found:
        found.export("dbo.X", FOLDER)
    assert written[0][3].to_pylist() == rows.to_pylist()


def test_a_table_that_changes_meanwhile_is_no_export(tables: EmbeddedSource, serving: Callable[..., Server]):
    def write(_location: str, _source: str, _form: str, rows: pa.RecordBatchReader) -> None:
        others = pa.table({"id": pa.array([1, 2, 4], pa.int32()), "name": ["Äpfel", "€😀", None]})
        reader = pa.RecordBatchReader.from_batches(others.schema, others.to_batches())
        rows.read_all()
        tables.create_table("dbo.T", [("id", "int"), ("name", "nvarchar(20)")], reader)

    server = serving(edition=6, on_cetas=write)
    server.external_data_sources["lake"] = ROOT
    with through(server).snapshot() as found, pytest.raises(SourceError, match=r"dbo\.T was changed while the server"):
        found.export("dbo.T", FOLDER)


BAD = [
    ("no data source is named", {"data_source": None}, FOLDER, "RECON_SOURCE_EXTERNAL_DATA_SOURCE"),
    ("the data source is not there", {"data_source": "pond"}, FOLDER, "there is no external data source pond"),
    ("the folder is elsewhere", {}, "/home/recon/exports", "is not below abfss://lake@account"),
    ("the folder is of another container", {}, FOLDER.replace("lake@", "lakes@"), "is not below abfss://lake@account"),
]


@pytest.mark.parametrize(("settings", "folder", "told"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_is_not_set_up_is_told(exporting: Server, settings, folder, told):
    with through(exporting, **settings).snapshot() as tables, pytest.raises(SourceError, match=told):
        tables.export("dbo.T", folder)


@pytest.mark.parametrize(("settings", "folder", "told"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_what_is_not_set_up_is_told_beforehand(exporting: Server, settings, folder, told):
    with pytest.raises(SourceError, match=told):
        through(exporting, **settings).exports_to(folder)


def test_what_is_set_up_is_told_beforehand(exporting: Server):
    assert through(exporting).exports_to(f"{ROOT}/recon") == "by lake, as recon_parquet"
    with pytest.raises(SourceError, match="there is no external file format csv of Parquet"):
        through(exporting, external_file_format="csv").exports_to(f"{ROOT}/recon")


def test_a_table_that_is_not_there_is_told(exporting: Server):
    with through(exporting).snapshot() as tables:
        for ask in (lambda: tables.export("dbo.TT", FOLDER), lambda: tables.state("dbo.TT")):
            with pytest.raises(TableNotFound, match=r"table dbo\.TT does not exist.*dbo\.T"):
                ask()


def test_a_server_without_external_tables_says_so(serving: Callable[..., Server]):
    server = serving()
    server.external_data_sources["lake"] = ROOT
    with through(server).snapshot() as tables, pytest.raises(SourceError, match="External tables are not supported"):
        tables.export("dbo.T", FOLDER)
