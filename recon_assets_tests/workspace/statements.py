"""The SQL Statement Execution API 2.0.

Belongs here: statements, their states and the calls about them. Does not belong here: executing SQL (`spark_sql`), and
results as JSON, Arrow and links (`results`).
"""

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from recon_assets_tests.workspace.compute import Compute
from recon_assets_tests.workspace.exchange import ApiError, Request, invalid
from recon_assets_tests.workspace.faults import Faults, StatementFault
from recon_assets_tests.workspace.results import Result, Results
from recon_assets_tests.workspace.routing import Route
from recon_assets_tests.workspace.sql_error import SqlError

Parameters = Sequence[Mapping[str, str | None]]
Execute = Callable[[str, Parameters, str | None, str | None], pa.Table]
_FORMATS = {("INLINE", "JSON_ARRAY"), ("EXTERNAL_LINKS", "JSON_ARRAY"), ("EXTERNAL_LINKS", "ARROW_STREAM")}


@dataclass
class Statement:
    """A statement and what came of it."""

    statement_id: str
    sql: str
    parameters: Parameters
    catalog: str | None
    schema: str | None
    state: str = "PENDING"
    error: SqlError | None = None
    result: Result | None = None
    closed: bool = False
    stalled: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def become(self, state: str, error: SqlError | None = None, result: Result | None = None) -> None:
        """Go on to a state, unless it has ended."""
        with self._changed:
            if self.state in ("PENDING", "RUNNING"):
                self.state, self.error, self.result = state, error, result
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait for its end, and say whether it came."""
        with self._changed:
            return self._changed.wait_for(lambda: self.state not in ("PENDING", "RUNNING"), seconds)

    def status(self) -> dict[str, Any]:
        """Its state as the API gives it."""
        if self.closed:
            return {"state": "CLOSED"}
        told: dict[str, Any] = {"state": self.state}
        if self.error is not None:
            told["error"] = {"error_code": self.error.code, "message": str(self.error)}
            if self.error.sql_state:
                told["sql_state"] = self.error.sql_state
        return told


class Statements:
    """The statements so far, by their ids."""

    def __init__(
        self, execute: Execute | None, compute: Compute, faults: Faults, results: Results, patience: float
    ) -> None:
        self.execute, self.patience = execute, patience
        self.statements: dict[str, Statement] = {}
        self._compute, self._faults, self._results = compute, faults, results

    def routes(self) -> Sequence[Route]:
        """What is answered."""
        base = "/api/2.0/sql/statements"
        return [
            Route("POST", f"{base}/?", self._post),
            Route("GET", f"{base}/([^/]+)", self._get),
            Route("GET", rf"{base}/([^/]+)/result/chunks/(\d+)", self._chunk),
            Route("POST", f"{base}/([^/]+)/cancel", self._cancel),
        ]

    @property
    def last(self) -> Statement:
        """The statement begun last."""
        return next(reversed(self.statements.values()))

    def _post(self, request: Request) -> dict:
        told = request.fields
        seconds, on_timeout = _seconds(told.get("wait_timeout", "10s")), told.get("on_wait_timeout", "CONTINUE")
        form = told.get("disposition", "INLINE"), told.get("format", "JSON_ARRAY")
        if form not in _FORMATS:
            raise invalid(f"The format {form[1]} is not supported with the disposition {form[0]}.")
        if seconds == 0 and on_timeout == "CANCEL":
            raise invalid("on_wait_timeout can't be CANCEL when wait_timeout is 0s.")
        warehouse = self._compute.warehouse(request.need("warehouse_id"))
        warehouse.start()
        statement = Statement(
            str(uuid.uuid4()),
            request.need("statement"),
            told.get("parameters", []),
            told.get("catalog"),
            told.get("schema"),
        )
        self.statements[statement.statement_id] = statement
        arguments = (statement, form, told.get("row_limit"), self._faults.take_statement())
        threading.Thread(target=self._run, args=arguments, daemon=True).start()
        if not statement.wait(seconds) and on_timeout == "CANCEL":
            statement.become("CANCELED")
        return self._told(statement)

    def _run(
        self, statement: Statement, form: tuple[str, str], row_limit: int | None, fault: StatementFault | None
    ) -> None:
        if fault is not None and fault.state != "CLOSED":
            error = SqlError(fault.message, fault.code) if fault.state == "FAILED" else None
            statement.stalled = fault.state == "RUNNING"
            statement.become(fault.state, error)
            return
        statement.become("RUNNING")
        try:
            if self.execute is None:
                raise SqlError("the peer was given nothing to execute SQL with", "INTERNAL_ERROR")
            table = self.execute(statement.sql, statement.parameters, statement.catalog, statement.schema)
            result = self._results.keep(statement.statement_id, table, form, row_limit)
        except SqlError as error:
            statement.become("FAILED", error)
        except Exception as error:
            statement.become("FAILED", SqlError(f"the executor failed: {error!r}", "INTERNAL_ERROR"))
            raise
        else:
            statement.closed = fault is not None
            statement.become("SUCCEEDED", result=result)

    def _get(self, request: Request, statement_id: str) -> dict:
        statement = self._found(statement_id)
        if not statement.stalled:
            statement.wait(self.patience)
        return self._told(statement)

    def _chunk(self, request: Request, statement_id: str, index: str) -> dict:
        statement = self._found(statement_id)
        if statement.closed or statement.result is None:
            state = statement.status()["state"]
            raise ApiError(400, "BAD_REQUEST", f"The statement {statement_id} has no result: its state is {state}.")
        return statement.result.chunk(int(index))

    def _cancel(self, request: Request, statement_id: str) -> dict:
        self._found(statement_id).become("CANCELED")
        return {}

    def _found(self, statement_id: str) -> Statement:
        if statement_id not in self.statements:
            raise ApiError(404, "NOT_FOUND", f"The statement {statement_id} was not found.")
        return self.statements[statement_id]

    def _told(self, statement: Statement) -> dict:
        told: dict[str, Any] = {"statement_id": statement.statement_id, "status": statement.status()}
        if statement.result is not None and not statement.closed:
            told |= {"manifest": statement.result.manifest(), "result": statement.result.chunk(0)}
        return told


def _seconds(text: str) -> int:
    seconds = int(text.removesuffix("s")) if text.endswith("s") and text[:-1].isdigit() else -1
    if seconds != 0 and not 5 <= seconds <= 50:
        raise invalid(f"wait_timeout must be 0s or between 5s and 50s, not {text}")
    return seconds
