"""Statements on a Spark session.

Belongs here: parameters, the statement's catalog and schema, and Spark's errors in the API's words. Does not belong
here: the API (`statements`).
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from recon_assets_tests.workspace.places import Places
from recon_assets_tests.workspace.sql_error import SqlError
from recon_assets_tests.workspace.statements import Parameters

_VALUES: dict[str, Callable[[str], Any]] = {
    "STRING": str,
    "BOOLEAN": lambda text: text.lower() == "true",
    "FLOAT": float,
    "DOUBLE": float,
    "DATE": date.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
    "TIMESTAMP_NTZ": datetime.fromisoformat,
    "BINARY": base64.b64decode,
} | dict.fromkeys(("BYTE", "TINYINT", "SHORT", "SMALLINT", "INT", "LONG", "BIGINT"), int)


@dataclass
class SparkExecutor:
    """Executes each statement in a session of its own (but for Spark Connect, where all share the one given)."""

    session: SparkSession
    places: Places

    def __call__(self, sql: str, parameters: Parameters, catalog: str | None, schema: str | None) -> pa.Table:
        """A statement's rows. Raises SqlError."""
        values = {str(each["name"]): _value(each) for each in parameters}
        try:
            session = self.session.newSession() if hasattr(self.session, "newSession") else self.session
            for kind, name in (("CATALOG", catalog), ("SCHEMA", schema)):
                if name:
                    session.sql(f"USE {kind} `{name}`" if kind == "SCHEMA" else f"SET CATALOG `{name}`")
            return session.sql(self.places.in_text(sql), args=values or None).toArrow()
        except PySparkException as error:
            raise SqlError(str(error).partition("\n\nJVM stacktrace")[0], sql_state=error.getSqlState()) from error


def _value(parameter: Any) -> Any:
    text, kind = parameter.get("value"), (parameter.get("type") or "STRING").upper()
    if text is None:
        return None
    try:
        return Decimal(text) if kind.startswith("DECIMAL") else _VALUES[kind](text)
    except (KeyError, ValueError, ArithmeticError):
        raise SqlError(f"[INVALID_PARAMETER_VALUE] {parameter['name']}: {text} is not a {kind}") from None
