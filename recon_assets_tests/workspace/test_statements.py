"""Statements through the SDK, on an executor of the test's own."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
import requests
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound
from databricks.sdk.service.sql import (
    Disposition,
    ExecuteStatementRequestOnWaitTimeout,
    Format,
    StatementParameterListItem,
    StatementState,
)

from recon_assets_tests.workspace.compute import Warehouse
from recon_assets_tests.workspace.conftest import WAREHOUSE
from recon_assets_tests.workspace.server import serve
from recon_assets_tests.workspace.sql_error import SqlError

NUMBERS = pa.table({"n": pa.array(range(5), pa.int64())})
ARROW = {"disposition": Disposition.EXTERNAL_LINKS, "format": Format.ARROW_STREAM}


class Executor:
    """Gives a table, or raises an error, and keeps what it was asked."""

    def __init__(self) -> None:
        self.gives: pa.Table | Exception = NUMBERS
        self.asked: list[tuple] = []

    def __call__(self, *asked) -> pa.Table:
        self.asked.append(asked)
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives


@pytest.fixture
def executor() -> Executor:
    return Executor()


@pytest.fixture
def workspace(executor):
    with serve(sql=executor) as workspace:
        workspace.results.chunk_rows = 2
        yield workspace


@pytest.fixture
def execute(client):
    def execute(sql: str = "SELECT 1", **options):
        return client.statement_execution.execute_statement(sql, WAREHOUSE, **options)

    return execute


def follow(link) -> pa.Table:
    return pa.ipc.open_stream(requests.get(link.external_link).content).read_all()


def test_the_executor_gets_the_statement_and_all_about_it(executor, execute):
    parameter = StatementParameterListItem("day", type="DATE", value="2024-01-31")
    execute("SELECT :day", catalog="main", schema="recon", parameters=[parameter])
    told = [{"name": "day", "type": "DATE", "value": "2024-01-31"}]
    assert executor.asked == [("SELECT :day", told, "main", "recon")]


def test_rows_come_inline_as_text_in_several_chunks(client, execute):
    answer = execute()
    assert answer.status.state == StatementState.SUCCEEDED
    manifest, result = answer.manifest, answer.result
    assert (manifest.total_row_count, manifest.total_chunk_count, manifest.truncated) == (5, 3, False)
    assert [(each.name, each.type_name.value, each.position) for each in manifest.schema.columns] == [("n", "LONG", 0)]
    assert [(each.chunk_index, each.row_offset, each.row_count) for each in manifest.chunks] == [
        (0, 0, 2),
        (1, 2, 2),
        (2, 4, 1),
    ]
    rows = list(result.data_array)
    while result.next_chunk_index is not None:
        index = result.next_chunk_index
        result = client.statement_execution.get_statement_result_chunk_n(answer.statement_id, index)
        rows += result.data_array
    assert rows == [["0"], ["1"], ["2"], ["3"], ["4"]]
    assert client.statement_execution.get_statement(answer.statement_id).result.data_array == [["0"], ["1"]]
    with pytest.raises(BadRequest, match="out of range"):
        client.statement_execution.get_statement_result_chunk_n(answer.statement_id, 3)


def test_values_are_told_as_text(executor, execute):
    moment = datetime(2024, 1, 31, 12, 30, 15, 123456)
    values = {
        "b": (pa.bool_(), [True, None], ["true", None]),
        "d": (pa.decimal128(10, 2), [Decimal("1.50"), Decimal("-0.01")], ["1.50", "-0.01"]),
        "f": (pa.float64(), [0.5, float("nan")], ["0.5", "NaN"]),
        "g": (pa.float64(), [float("inf"), float("-inf")], ["Infinity", "-Infinity"]),
        "t": (pa.timestamp("us", "UTC"), [moment.replace(tzinfo=UTC), None], ["2024-01-31T12:30:15.123Z", None]),
        "n": (pa.timestamp("us"), [moment, None], ["2024-01-31T12:30:15.123", None]),
        "y": (pa.date32(), [date(2024, 1, 31), None], ["2024-01-31", None]),
        "x": (pa.binary(), [b"\x00", None], ["AA==", None]),
        "s": (pa.string(), ["ü", ""], ["ü", ""]),
    }
    executor.gives = pa.table({name: pa.array(given, kind) for name, (kind, given, _) in values.items()})
    answer = execute()
    assert [list(column) for column in zip(*answer.result.data_array, strict=True)] == [
        told for _, _, told in values.values()
    ]
    assert [each.type_text for each in answer.manifest.schema.columns] == (
        ["BOOLEAN", "DECIMAL(10,2)", "DOUBLE", "DOUBLE", "TIMESTAMP", "TIMESTAMP_NTZ", "DATE", "BINARY", "STRING"]
    )


def test_rows_come_as_arrow_behind_links_that_take_no_token(workspace, client, execute):
    answer = execute(**ARROW)
    tables, result = [], answer.result
    while True:
        [link] = result.external_links
        refused = requests.get(link.external_link, headers={"Authorization": f"Bearer {workspace.token}"})
        assert refused.status_code == 400
        tables.append(follow(link))
        assert tables[-1].num_rows == link.row_count
        if link.next_chunk_index is None:
            break
        result = client.statement_execution.get_statement_result_chunk_n(answer.statement_id, link.next_chunk_index)
    assert pa.concat_tables(tables).equals(NUMBERS)


def test_the_internal_link_to_the_next_chunk_can_be_followed(client, execute):
    answer = execute()
    chunk = client.api_client.do("GET", answer.result.next_chunk_internal_link)
    assert chunk["data_array"] == [["2"], ["3"]]


def test_rows_come_as_json_behind_links(execute):
    [link] = execute(disposition=Disposition.EXTERNAL_LINKS).result.external_links
    assert requests.get(link.external_link).json() == [["0"], ["1"]]


def test_a_link_may_have_to_be_followed_with_headers(workspace, execute):
    workspace.results.link_headers = {"x-key": "k"}
    [link] = execute(**ARROW).result.external_links
    assert requests.get(link.external_link).status_code == 403
    assert requests.get(link.external_link, headers=link.http_headers).ok


def test_a_link_expires_and_its_chunk_is_asked_for_again(workspace, client, execute):
    answer = execute(**ARROW)
    workspace.faults.expire_links()
    [link] = answer.result.external_links
    assert [requests.get(link.external_link).status_code for _ in range(2)] == [403, 403]
    [link] = client.statement_execution.get_statement_result_chunk_n(answer.statement_id, 0).external_links
    assert follow(link).num_rows == 2


def test_an_empty_result_has_columns_and_no_chunks(executor, execute):
    executor.gives = NUMBERS.slice(0, 0)
    for options in ({}, ARROW):
        answer = execute(**options)
        assert (answer.manifest.total_row_count, answer.manifest.total_chunk_count) == (0, 0)
        assert answer.manifest.schema.columns[0].name == "n"
        assert (answer.result.data_array, answer.result.external_links) == (None, [])


def test_rows_beyond_the_limit_are_cut_off_and_that_is_told(execute):
    answer = execute(row_limit=3)
    assert (answer.manifest.total_row_count, answer.manifest.truncated) == (3, True)


def test_too_many_bytes_inline_fail_the_statement(workspace, execute):
    workspace.results.inline_limit = 10
    status = execute().status
    assert status.state == StatementState.FAILED
    assert status.error.message.startswith("Inline byte limit exceeded.")


def test_an_error_of_the_executor_fails_the_statement(executor, execute):
    executor.gives = SqlError("[TABLE_OR_VIEW_NOT_FOUND] no such table", sql_state="42P01")
    answer = execute()
    assert (answer.status.state, answer.status.error.error_code.value, answer.status.error.message) == (
        StatementState.FAILED,
        "BAD_REQUEST",
        "[TABLE_OR_VIEW_NOT_FOUND] no such table",
    )
    assert (answer.manifest, answer.result) == (None, None)


def test_a_statement_that_is_not_waited_for_is_asked_after(workspace, client, execute):
    answer = execute(wait_timeout="0s")
    workspace.statements.patience = 60
    assert client.statement_execution.get_statement(answer.statement_id).status.state == StatementState.SUCCEEDED


def test_a_statement_runs_until_it_is_cancelled(workspace, client, execute):
    workspace.faults.stall_statement()
    answer = execute(wait_timeout="0s")
    assert client.statement_execution.get_statement(answer.statement_id).status.state in (
        StatementState.PENDING,
        StatementState.RUNNING,
    )
    client.statement_execution.cancel_execution(answer.statement_id)
    assert client.statement_execution.get_statement(answer.statement_id).status.state == StatementState.CANCELED


def test_a_statement_fails_or_is_cancelled_or_closed_on_demand(workspace, client, execute):
    workspace.faults.fail_statement("DEADLINE_EXCEEDED", "too slow")
    workspace.faults.cancel_statement()
    workspace.faults.close_statement()
    failed, cancelled, closed = (execute() for _ in range(3))
    assert (failed.status.state, failed.status.error.message) == (StatementState.FAILED, "too slow")
    assert cancelled.status.state == StatementState.CANCELED
    assert (closed.status.state, closed.result) == (StatementState.CLOSED, None)
    with pytest.raises(BadRequest, match="its state is CLOSED"):
        client.statement_execution.get_statement_result_chunk_n(closed.statement_id, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": Format.ARROW_STREAM}, "ARROW_STREAM is not supported with the disposition INLINE"),
        ({"wait_timeout": "3s"}, "between 5s and 50s"),
        (
            {"wait_timeout": "0s", "on_wait_timeout": ExecuteStatementRequestOnWaitTimeout.CANCEL},
            "on_wait_timeout",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(execute, options, message):
    with pytest.raises(InvalidParameterValue, match=message):
        execute(**options)


def test_unknown_statements_and_warehouses_are_not_found(client):
    with pytest.raises(NotFound):
        client.statement_execution.get_statement("none")
    with pytest.raises(NotFound):
        client.statement_execution.execute_statement("SELECT 1", "none")


def test_a_stopped_warehouse_is_started_by_a_statement(workspace, client):
    workspace.compute.warehouses["w"] = Warehouse("w", "STOPPED")
    assert client.statement_execution.execute_statement("SELECT 1", "w").status.state == StatementState.SUCCEEDED
    assert client.warehouses.get("w").state.value == "RUNNING"
