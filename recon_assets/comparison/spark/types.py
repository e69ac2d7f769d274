"""Spark's types by DuckDB's names, which is what the comparison speaks of types in.

Belongs here: the names. Does not belong here: families of types (`comparison.types`), casts (`casts`).
"""

import re
from typing import TYPE_CHECKING, Any

from recon_assets.comparison.duck import identifier

if TYPE_CHECKING:
    from pyspark.sql.types import StructType

_NAMES = {
    "void": '"NULL"',
    "boolean": "BOOLEAN",
    "byte": "TINYINT",
    "short": "SMALLINT",
    "integer": "INTEGER",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "binary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
}


def duck_types(schema: "StructType") -> dict[str, str]:
    """DuckDB's type for every column of a DataFrame's schema.

    A type that has none (intervals, variant, text with a collation of its own, …) keeps Spark's name, of which `family`
    knows nothing, so that `check_types` refuses it by that name.
    """
    return {
        field.name: _field(json) or _collated(json) or field.dataType.simpleString()
        for field, json in zip(schema.fields, schema.jsonValue()["fields"], strict=True)
    }


def _collated(field: dict[str, Any]) -> str | None:
    """Spark compares such text by its collation, which a rule has to say instead."""
    collations = field["metadata"].get("__COLLATIONS")
    return f"string collate {', '.join(sorted(set(collations.values())))}" if collations else None


def _field(field: dict[str, Any]) -> str | None:
    return None if _collated(field) else _name(field["type"])


def _name(json: str | dict[str, Any]) -> str | None:
    """A type of Spark's JSON notation; None where DuckDB has no such type."""
    if isinstance(json, str):
        if json in _NAMES:
            return _NAMES[json]
        decimal = re.fullmatch(r"decimal\((\d+),(-?\d+)\)", json)
        if decimal:
            return f"DECIMAL({decimal[1]},{decimal[2]})"
        return "TIME" if re.fullmatch(r"time\([0-6]\)", json) else None
    if json["type"] == "array":
        element = _name(json["elementType"])
        return element and f"{element}[]"
    if json["type"] == "map":
        key, value = _name(json["keyType"]), _name(json["valueType"])
        return key and value and f"MAP({key}, {value})"
    if json["type"] == "struct":
        fields = [(field["name"], _field(field)) for field in json["fields"]]
        return None if None in dict(fields).values() else f"STRUCT({', '.join(f'{_quoted(n)} {t}' for n, t in fields)})"
    return None


def _quoted(name: str) -> str:
    return name if re.fullmatch("[a-z_][a-z0-9_]*", name) else identifier(name)
