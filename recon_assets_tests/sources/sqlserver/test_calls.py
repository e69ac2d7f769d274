"""Procedures run once, with typed parameters; what they say, return and fail with is told."""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pyarrow as pa
import pytest

from recon_assets.sources.base import Parameter, Procedure, SourceError, TableNotFound
from recon_assets.sources.sqlserver.calling import ProcedureFailed
from recon_assets.sources.sqlserver.connection import ServerError
from recon_assets.sources.sqlserver.source import SynapseResource
from recon_assets_tests.sources.sqlserver.conftest import source_of
from recon_assets_tests.tds.outcome import Canned, Result
from recon_assets_tests.tds.server import Server

REFILL = """CREATE PROCEDURE dbo.REFILL @from int, @label nvarchar(20) = N'none' AS
BEGIN
    PRINT 'refilling';
    DELETE FROM dbo.T WHERE id >= @from;
    SELECT id, name, @label AS label FROM dbo.T;
    SELECT COUNT(*) AS n FROM dbo.T;
    RETURN 7;
END"""


def procedure(folder: Path, text: str = REFILL, name: str | None = "dbo.REFILL") -> Procedure:
    """The procedure, its text beside the YAML."""
    (folder / "source.sql").write_text(text)
    return Procedure(name, folder / "source.sql")


def given(**values: tuple[str, Any]) -> dict[str, Parameter]:
    return {name: Parameter(name, type_, value) for name, (type_, value) in values.items()}


def rows_of(reading: Any) -> list[tuple]:
    with reading as reader:
        return [tuple(row.values()) for row in reader.read_all().to_pylist()]


def test_a_call_s_results_messages_and_effects_are_there(server: Server, source: SynapseResource, tmp_path: Path):
    server.deploy(REFILL)
    told: list[str] = []
    values = given(**{"from": ("int", 2), "label": ("nvarchar(20)", "ü😀")})
    with source.call(procedure(tmp_path), values, log=told.append) as run:
        assert run.return_code == 7
        assert run.messages == ["refilling"]
        assert rows_of(run.result_set(0)) == [(1, "Äpfel", "ü😀")]
        assert rows_of(run.result_set(1)) == [(1,)]
        assert rows_of(run.read("T")) == [(1, "Äpfel")]
        with pytest.raises(SourceError, match="returned 2 result sets, so there is none numbered 3"), run.result_set(2):
            pass
    assert "refilling" in told
    assert "2 rows affected" in told
    assert [call.parameters for call in server.calls] == [{"@from": 2, "@label": "ü😀"}]


VALUES = [
    ("bit", True, True),
    ("tinyint", 255, 255),
    ("int", -5, -5),
    ("bigint", 2**53 + 1, 2**53 + 1),
    ("decimal(38,10)", Decimal("1234567890123456789012345678.0123456789"), Decimal("1234567890123456789012345678.0123456789")),
    ("money", Decimal("12.3456"), Decimal("12.3456")),
    ("float", 0.1, 0.1),
    ("varchar(10)", "it's", "it's"),
    ("nvarchar(10)", "😀", "😀"),
    ("date", date(2024, 2, 29), date(2024, 2, 29)),
    ("time(6)", time(12, 34, 56, 123456), time(12, 34, 56, 123456)),
    ("datetime", datetime(2024, 1, 1, 0, 0, 0, 3000), datetime(2024, 1, 1, 0, 0, 0, 3000)),
    ("datetime2(6)", datetime(9999, 12, 31, 23, 59, 59, 999999), datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ("varbinary(4)", b"\x00\xff", b"\x00\xff"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "seen"), VALUES, ids=[case[0] for case in VALUES])
def test_a_parameter_arrives_in_its_declared_type(server, source, tmp_path, type_, value, seen):
    text = f"CREATE PROCEDURE dbo.ECHO @v {type_}, @nothing {type_} AS SELECT @v AS v, @nothing AS nothing"
    server.deploy(text)
    parameters = given(v=(type_, value), nothing=(type_, None))
    with source.call(procedure(tmp_path, text, "dbo.ECHO"), parameters) as run:
        assert rows_of(run.result_set(0)) == [(seen, None)]


RESULTS: list[tuple[str, Any, pa.DataType, Any]] = [
    ("tinyint", 255, pa.uint8(), 255),
    ("smallint", -1, pa.int16(), -1),
    ("int", 1, pa.int32(), 1),
    ("bigint", 2**62, pa.int64(), 2**62),
    ("bit", True, pa.bool_(), True),
    ("decimal(18,2)", Decimal("1.50"), pa.decimal128(18, 2), Decimal("1.50")),
    ("money", Decimal("1.5"), pa.decimal128(19, 4), Decimal("1.5000")),
    ("real", 0.5, pa.float32(), 0.5),
    ("float", 0.1, pa.float64(), 0.1),
    ("nvarchar(20)", "ü", pa.string(), "ü"),
    ("varchar(max)", "x" * 10_000, pa.string(), "x" * 10_000),
    ("uniqueidentifier", "0e984725-c51c-4bf4-9960-e1c80e27aba0", pa.string(), "0E984725-C51C-4BF4-9960-E1C80E27ABA0"),
    ("date", date(1, 1, 1), pa.date32(), date(1, 1, 1)),
    ("time(3)", "23:59:59.999", pa.time64("us"), datetime(1, 1, 1, 23, 59, 59, 999000).time()),
    ("datetime2(7)", datetime(2024, 1, 1, 1, 2, 3, 456789), pa.timestamp("us"), datetime(2024, 1, 1, 1, 2, 3, 456789)),
    ("varbinary(10)", b"\x01", pa.binary(), b"\x01"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "arrow", "seen"), RESULTS, ids=[case[0] for case in RESULTS])
def test_a_result_s_column_keeps_its_type(server, source, tmp_path, type_, value, arrow, seen):
    server.canned["dbo.P"] = Canned([Result([("v", type_)], [(value,), (None,)])])
    with source.call(procedure(tmp_path, "CREATE PROCEDURE dbo.P AS SELECT 1 AS x", "dbo.P"), {}) as run:
        with run.result_set(0) as reader:
            found = reader.read_all()
        assert found.schema.field("v").type == arrow
        assert found["v"].to_pylist() == [seen, None]


@pytest.mark.parametrize("scale", range(8))
def test_a_result_s_datetimeoffset_is_its_instant_and_its_offset(server, source, tmp_path, scale):
    rows = [(None,)] * (6000 if scale else 3) + [("2024-03-31 02:30:00 +02:00",), ("9999-12-31 09:59:59 -14:00",)]
    server.canned["dbo.P"] = Canned([Result([("at", f"datetimeoffset({scale})")], rows)])
    with source.call(procedure(tmp_path, name="dbo.P"), {}) as run, run.result_set(0) as reader:
        found = reader.read_all()
    assert found.schema.names == ["at", "at_offset"]
    assert found["at"].cast(pa.int64()).to_pylist()[-3:] == [None, 1711845000_000000, 253402300799_000000]
    assert found["at_offset"].to_pylist()[-3:] == [None, 120, -840]


def test_texts_of_a_datetimeoffset_s_length_stay_texts(server, source, tmp_path):
    columns = [(f"t{n}", f"nvarchar({n})") for n in (26, 30, 34)]
    server.canned["dbo.P"] = Canned([Result(columns, [tuple("x" * n for n in (26, 30, 34))])])
    with source.call(procedure(tmp_path, name="dbo.P"), {}) as run, run.result_set(0) as reader:
        assert set(reader.read_all().schema.types) == {pa.string()}


def test_a_thrown_error_is_told_with_number_line_and_procedure(server, source, tmp_path):
    text = "CREATE PROCEDURE dbo.BAD AS\nBEGIN\n    SELECT 1 AS x;\n    THROW 50001, N'no such day', 1;\nEND"
    server.deploy(text)
    with (
        pytest.raises(ProcedureFailed, match=r"^dbo\.BAD failed: error 50001 in .*BAD, line 4: no such day$") as raised,
        source.call(procedure(tmp_path, text, "dbo.BAD"), {}),
    ):
        pass
    assert (raised.value.number, raised.value.line) == (50001, 4)


def test_a_procedure_that_is_not_there_is_told(source, tmp_path):
    with (
        pytest.raises(ProcedureFailed, match=r"dbo\.NONE failed: .*2812.*Could not find stored procedure"),
        source.call(procedure(tmp_path, name="dbo.NONE"), {}),
    ):
        pass


def test_a_column_without_a_name_is_told(server, source, tmp_path):
    server.canned["dbo.P"] = Canned([Result([("", "int")], [(1,)])])
    with (
        source.call(procedure(tmp_path, name="dbo.P"), {}) as run,
        pytest.raises(SourceError, match="column 1 of result set 1 has no name: give it one with AS"),
        run.result_set(0),
    ):
        pass


def test_a_call_is_never_sent_twice(server, source, tmp_path):
    server.deploy(REFILL)
    server.faults.drop_call()
    with pytest.raises(ServerError), source.call(procedure(tmp_path), given(**{"from": ("int", 2)})):
        pass
    assert sum("EXEC @recon_code = [dbo].[REFILL]" in batch for batch in server.batches) == 1


def test_two_runs_of_a_procedure_never_overlap(server: Server, serving: Callable[..., Server], tmp_path: Path):
    server.deploy(REFILL)
    source = source_of(server)
    waiting, seen = Event(), []

    def second() -> None:
        waiting.set()
        with source.call(procedure(tmp_path), given(**{"from": ("int", 1)})) as run:
            seen.append(rows_of(run.read("T")))

    with source.call(procedure(tmp_path), given(**{"from": ("int", 3)})) as run:
        thread = Thread(target=second)
        thread.start()
        assert waiting.wait(30)
        assert len(rows_of(run.read("T"))) == 2  # nobody changes it while it is read
    thread.join(30)
    assert seen == [[]]
    assert server.executions.most == 1


def test_a_run_that_waits_too_long_for_another_is_told(server, tmp_path):
    server.deploy(REFILL)
    source = source_of(server, lock_wait=0)
    values = given(**{"from": ("int", 3)})
    with (
        source.call(procedure(tmp_path), values),
        pytest.raises(ServerError, match=r"another run of dbo\.REFILL has been going on for 0 s"),
        source.call(procedure(tmp_path), values),
    ):
        pass
    assert len(server.calls) == 1


@pytest.mark.parametrize("edition", [6, 11])
def test_a_pool_has_neither_locks_nor_return_codes(serving, tmp_path, edition):
    server = serving(edition=edition)
    server.deploy(REFILL)
    with source_of(server).call(procedure(tmp_path), given(**{"from": ("int", 3)})) as run:
        assert run.return_code is None
        assert rows_of(run.result_set(1)) == [(2,)]
    assert not any("sp_getapplock" in batch or "@recon_code" in batch for batch in server.batches)


def test_another_text_than_the_deployed_one_is_told(server, source, tmp_path):
    server.deploy(REFILL)
    told: list[str] = []
    parameters = given(**{"from": ("int", 9)})
    same = REFILL.replace("CREATE PROCEDURE dbo.REFILL", "create or alter proc  [dbo].[REFILL]").replace("    ", "\t")
    with source.call(procedure(tmp_path, same), parameters, log=told.append):
        pass
    assert "the deployed dbo.REFILL is not the text of source.sql" not in told
    with source.call(procedure(tmp_path, REFILL.replace("RETURN 7", "RETURN 8")), parameters, log=told.append):
        pass
    assert "the deployed dbo.REFILL is not the text of source.sql" in told


def test_a_verdict_s_reader_learns_what_a_call_could_not_keep(server, source, tmp_path):
    server.deploy(REFILL)
    text = REFILL.replace("RETURN 7", "RETURN 8")
    with source.call(procedure(tmp_path, text), given(**{"from": ("int", 9)}), now=datetime(2024, 7, 31)) as run:
        assert run.notes == [
            "the clock is the server's own: GETDATE() does not answer the declared one",
            "the deployed dbo.REFILL is not the text of source.sql",
        ]
        assert not set(run.notes) & set(run.messages)


def test_a_lock_that_was_lost_before_the_tables_were_read_is_an_error(server, source, tmp_path):
    server.deploy(REFILL)
    with source.call(procedure(tmp_path, REFILL), given(**{"from": ("int", 9)})) as run:
        with run.read("dbo.T") as reader:
            reader.read_all()
        with pytest.raises(ServerError, match=r"the lock on dbo\.REFILL was lost"), run.read("dbo.T") as reader:
            for session in range(40, 80):  # as a server's administrator, or its gateway, may
                server.locks.release_all(session)
            reader.read_all()


def test_a_script_runs_batch_by_batch(server, source, tmp_path):
    text = "DELETE FROM dbo.T WHERE id = @gone;\nGO\nSELECT id FROM dbo.T WHERE id <> @gone;\n"
    with source.call(procedure(tmp_path, text, None), given(gone=("int", 1))) as run:
        assert sorted(rows_of(run.result_set(0))) == [(2,), (3,)]


def test_a_script_s_batch_declares_the_parameters_it_names_and_no_others(server, source, tmp_path):
    # with values bound, a batch has a scope of its own: its temporary tables would be gone for the next one
    text = "DELETE FROM dbo.T WHERE id = 3;\nGO\nSELECT id, @@ROWCOUNT AS n FROM dbo.T WHERE id <> @Gone;\n"
    with source.call(procedure(tmp_path, text, None), given(gone=("int", 1), other=("int", 2))) as run:
        assert [row[0] for row in rows_of(run.result_set(0))] == [2]
    assert any(batch.strip() == "DELETE FROM dbo.T WHERE id = 3;" for batch in server.batches)
    assert any(batch.startswith("DECLARE @gone int = @P1;\nSELECT id") for batch in server.batches)


def test_scripts_of_two_reconciliations_don_t_wait_for_each_other(server, tmp_path):
    source = source_of(server, lock_wait=0)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = (procedure(folder, "SELECT 1 AS x", None) for folder in folders)
    with source.call(one, {}), source.call(two, {}) as run:
        assert rows_of(run.result_set(0)) == [(1,)]


def test_a_procedure_s_lock_is_one_however_its_name_is_written(server, tmp_path):
    server.deploy(REFILL)
    source, values = source_of(server, lock_wait=0), given(**{"from": ("int", 3)})
    with (
        source.call(procedure(tmp_path), values),
        pytest.raises(ServerError, match=r"another run of DBO\.Refill"),
        source.call(procedure(tmp_path, name="DBO.Refill"), values),
    ):
        pass


def test_a_transaction_left_open_is_an_error_and_undone(server, source, tmp_path):
    text = "BEGIN TRANSACTION;\nDELETE FROM dbo.T;"
    with (
        pytest.raises(ProcedureFailed, match=r"source\.sql failed: it left a transaction open"),
        source.call(procedure(tmp_path, text, None), {}),
    ):
        pass
    with source.snapshot() as tables:
        assert len(rows_of(tables.read("dbo.T"))) == 3


def test_a_message_is_kept_as_it_was_printed(server, source, tmp_path):
    server.canned["dbo.P"] = Canned(messages=["loaded (12) (rows) into FACT", "[x] done"])
    with source.call(procedure(tmp_path, name="dbo.P"), {}) as run:
        assert run.messages == ["loaded (12) (rows) into FACT", "[x] done"]


def test_a_definition_saved_by_ssms_in_utf_16_is_read(server, source, tmp_path):
    (tmp_path / "source.sql").write_text("SELECT N'ü' AS c", encoding="utf-16")
    with source.call(Procedure(None, tmp_path / "source.sql"), {}) as run:
        assert rows_of(run.result_set(0)) == [("ü",)]


def test_a_table_that_is_not_there_is_told_with_its_nearest(source):
    told = r"table dbo\.TT does not exist, or this login may not see it; the nearest it sees are dbo\.T: "
    with pytest.raises(TableNotFound, match=told), source.snapshot() as tables, tables.read("dbo.TT"):
        pass
