"""Values as text or JSON, the way SQL Server prints their T-SQL type.

Belongs here: one value's form outside the database. Does not belong here: conversions inside T-SQL
(`conversion`), or the layout of a result (`recon_assets.cli`).
"""

from datetime import datetime, time
from typing import Any

import numpy as np

from recon_assets.tsql.types import SqlType


def json_value(value: Any, sql_type: SqlType) -> Any:
    """A value read from DuckDB as what JSON can hold without loss.

    Integers, bit (0 and 1) and floats are numbers; decimals, money, dates and times are text with the type's
    own number of digits (datetime as style 121); binary is `0x…`; NULL is None.
    """
    match sql_type.name:
        case _ if value is None:
            return None
        case "bit":
            return int(value)
        case "decimal":
            return f"{value:.{sql_type.scale}f}"
        case "money" | "smallmoney":
            return f"{value:.4f}"
        case "real":
            return float(str(np.float32(value)))  # the fewest digits that tell this real from its neighbours
        case "date":
            return value.isoformat()
        case "time":
            return _with_digits(value, "", sql_type.scale)
        case "datetime2":
            return _with_digits(value, " ", sql_type.scale)
        case "datetime":
            return _with_digits(value, " ", 3)
        case "smalldatetime":
            return _with_digits(value, " ", 0)
        case "binary" | "varbinary":
            return f"0x{value.hex().upper()}"
        case "uniqueidentifier":
            return str(value).upper()
    return value


def _with_digits(value: datetime | time, separator: str, digits: int) -> str:
    """ISO form with that many fractional digits (the seventh is always 0 here)."""
    moment = (
        value.isoformat(separator, "microseconds") if isinstance(value, datetime) else value.isoformat("microseconds")
    )
    whole, _, fraction = moment.partition(".")
    return f"{whole}.{(fraction + '0')[:digits]}" if digits else whole


def text_value(value: Any, sql_type: SqlType) -> str:
    """A value as people read it."""
    return "NULL" if value is None else str(json_value(value, sql_type))
