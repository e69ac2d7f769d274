"""The system procedures that drivers call by themselves: preparing and executing texts, asking for types.

Belongs here: reading such a call's arguments, and the rows that describe types. Does not belong here: running the
texts (`engine`), or procedures of users.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from recon_assets.tsql.errors import TSqlError
from recon_assets_tests.tds.outcome import Result, Rows
from recon_assets_tests.tds.requests import Argument, Call
from recon_assets_tests.tds.types import ColumnType, column_type

_PARAMETER = re.compile(r"\s*(@\w+)\s+(?:AS\s+)?([\w ]+?(?:\s*\([^)]*\))?)\s*(OUT(?:PUT)?)?\s*(?:,|\Z)", re.IGNORECASE)
# Drivers name the question marks @P1, @P2, …
_MARKER = re.compile(r"'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|(?<![@\w])(@P\d+)\b", re.DOTALL)

_ASKS_TYPES = re.compile(r"\s*(?:EXEC(?:UTE)?\s+)?(?:sys\.)?sp_datatype_info(?:_90|_100)?\s+(-?\d+)", re.IGNORECASE)

_OLD_NAMES = {"ntext": "nvarchar(max)", "text": "varchar(max)", "image": "varbinary(max)"}


@dataclass(frozen=True)
class Action:
    """What a call asks for: a text to run, a procedure to call, or rows that are known; and values for its own output
    parameters. `skipped` are the call's parameters in front of the procedure's."""

    text: str | None = None
    procedure: str | None = None
    skipped: int = 0
    arguments: tuple[Argument, ...] = ()
    rows: Rows | None = None
    outputs: Mapping[int, Any] = field(default_factory=dict)


class Prepared:
    """A session's prepared texts with their parameters' definitions, by handle. A procedure's name has None of them."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[str, str | None]] = {}
        self._handles = 0

    def add(self, text: str, parameters: str | None) -> int:
        """A new handle."""
        self._handles += 1
        self._texts[self._handles] = text, parameters
        return self._handles

    def find(self, handle: int) -> tuple[str, str | None]:
        """The text and its parameters' definition. Raises error 8179."""
        if handle not in self._texts:
            raise TSqlError(8179, f"Could not find prepared statement with handle {handle}.", 16, 2)
        return self._texts[handle]

    def remove(self, handle: int) -> None:
        """Forget a text."""
        self._texts.pop(handle, None)

    def clear(self) -> None:
        """Forget them all."""
        self._texts.clear()


def read(call: Call, prepared: Prepared) -> Action:
    """What a call asks for. Raises TSqlError."""
    values = [argument.value for argument in call.arguments]
    match call.procedure.lower().removeprefix("sys.").removeprefix("[sys]."):
        case "sp_executesql":
            definition = values[1] if len(values) > 1 else ""
            return Action(values[0], arguments=_bound(definition, call.arguments[2:]))
        case "sp_prepexec":
            handle = prepared.add(values[2], values[1] or "")
            return Action(values[2], arguments=_bound(values[1], call.arguments[3:]), outputs={0: handle})
        case "sp_prepexecrpc":
            return Action(procedure=values[1], skipped=2, outputs={0: prepared.add(values[1], None)})
        case "sp_prepare":
            return Action(outputs={0: prepared.add(values[2], values[1] or "")})
        case "sp_execute":
            text, definition = prepared.find(values[0])
            if definition is None:
                return Action(procedure=text, skipped=1)
            return Action(text, arguments=_bound(definition, call.arguments[1:]))
        case "sp_unprepare":
            prepared.remove(values[0])
            return Action()
        case "sp_datatype_info" | "sp_datatype_info_90" | "sp_datatype_info_100":
            return Action(rows=_types(values[0] if values else 0))
        case "sp_describe_undeclared_parameters":
            return Action(rows=_undeclared(values[0], values[1] if len(values) > 1 else None))
        case name if name.startswith("#"):
            raise TSqlError(2812, f"Could not find stored procedure '{name}'.")
        case _:
            return Action(procedure=call.procedure)


def _bound(definition: str | None, given: tuple[Argument, ...]) -> tuple[Argument, ...]:
    """The values with the names and types they are declared to have."""
    declared = [(found[1], found[2]) for found in _PARAMETER.finditer(definition or "")]
    by_name = {argument.name.lower(): argument for argument in given if argument.name}
    bound = []
    for position, (name, text) in enumerate(declared):
        type_ = column_type(_OLD_NAMES.get(text.lower(), text))
        argument = by_name.get(name.lower()) or (given[position] if position < len(given) else None)
        bound.append(replace(argument, name=name, type=type_) if argument else Argument(name, type_, None))
    return tuple(bound)


_TYPE_COLUMNS = (
    ("TYPE_NAME", "nvarchar(128)"),
    ("DATA_TYPE", "smallint"),
    ("PRECISION", "int"),
    ("LITERAL_PREFIX", "varchar(32)"),
    ("LITERAL_SUFFIX", "varchar(32)"),
    ("CREATE_PARAMS", "varchar(32)"),
    ("NULLABLE", "smallint"),
    ("CASE_SENSITIVE", "smallint"),
    ("SEARCHABLE", "smallint"),
    ("UNSIGNED_ATTRIBUTE", "smallint"),
    ("MONEY", "smallint"),
    ("AUTO_INCREMENT", "smallint"),
    ("LOCAL_TYPE_NAME", "nvarchar(128)"),
    ("MINIMUM_SCALE", "smallint"),
    ("MAXIMUM_SCALE", "smallint"),
    ("SQL_DATA_TYPE", "smallint"),
    ("SQL_DATETIME_SUB", "smallint"),
    ("NUM_PREC_RADIX", "int"),
    ("INTERVAL_PRECISION", "smallint"),
    ("USERTYPE", "smallint"),
)
_ODBC_TYPES = (  # name, ODBC type, column size, prefix, suffix, maximum scale, number?
    ("bit", -7, 1, None, None, 0, True),
    ("tinyint", -6, 3, None, None, 0, True),
    ("smallint", 5, 5, None, None, 0, True),
    ("int", 4, 10, None, None, 0, True),
    ("bigint", -5, 19, None, None, 0, True),
    ("decimal", 3, 38, None, None, 38, True),
    ("numeric", 2, 38, None, None, 38, True),
    ("money", 3, 19, "$", None, 4, True),
    ("smallmoney", 3, 10, "$", None, 4, True),
    ("real", 7, 24, None, None, None, True),
    ("float", 6, 53, None, None, None, True),
    ("char", 1, 8000, "'", "'", None, False),
    ("varchar", 12, 8000, "'", "'", None, False),
    ("nchar", -8, 4000, "N'", "'", None, False),
    ("nvarchar", -9, 4000, "N'", "'", None, False),
    ("binary", -2, 8000, "0x", None, None, False),
    ("varbinary", -3, 8000, "0x", None, None, False),
    ("uniqueidentifier", -11, 36, "'", "'", None, False),
    ("date", 91, 10, "'", "'", None, False),
    ("time", -154, 16, "'", "'", 7, False),
    ("datetime2", 93, 27, "'", "'", 7, False),
    ("datetime", 93, 23, "'", "'", 3, False),
    ("smalldatetime", 93, 16, "'", "'", 0, False),
    ("datetimeoffset", -155, 34, "'", "'", 7, False),
    ("xml", -152, 0, "N'", "'", None, False),
    ("sql_variant", -150, 8000, None, None, 0, False),
)


def asked_types(text: str) -> Rows | None:
    """The rows of sp_datatype_info where a batch is its call."""
    found = _ASKS_TYPES.match(text)
    return _types(int(found[1])) if found else None


def _types(wanted: int | None) -> Rows:
    """sp_datatype_info: all types, or those of one ODBC type."""
    rows = []
    for name, odbc, size, prefix, suffix, scale, is_number in _ODBC_TYPES:
        if wanted not in (None, 0, odbc):
            continue
        moment = 9 if odbc in (91, 93) else odbc
        subcode = {91: 1, 93: 3}.get(odbc)
        zero, base = (0, 10) if is_number else (None, None)
        lowest = None if scale is None else 0
        head = (name, odbc, size, prefix, suffix, None, 1, 0, 2, zero, 0, zero)
        rows.append((*head, name, lowest, scale, moment, subcode, base, None, 0))
    return Result(_TYPE_COLUMNS, rows).event()


_UNDECLARED_COLUMNS = (
    ("parameter_ordinal", "int"),
    ("name", "nvarchar(128)"),
    ("suggested_system_type_id", "int"),
    ("suggested_system_type_name", "nvarchar(256)"),
    ("suggested_max_length", "smallint"),
    ("suggested_precision", "tinyint"),
    ("suggested_scale", "tinyint"),
    ("suggested_user_type_id", "int"),
    ("suggested_user_type_database", "nvarchar(128)"),
    ("suggested_user_type_schema", "nvarchar(128)"),
    ("suggested_user_type_name", "nvarchar(128)"),
    ("suggested_assembly_qualified_type_name", "nvarchar(4000)"),
    ("suggested_xml_collection_id", "int"),
    ("suggested_xml_collection_database", "nvarchar(128)"),
    ("suggested_xml_collection_schema", "nvarchar(128)"),
    ("suggested_xml_collection_name", "nvarchar(128)"),
    ("suggested_is_xml_document", "bit"),
    ("suggested_is_case_sensitive", "bit"),
    ("suggested_is_fixed_length_clr_type", "bit"),
    ("suggested_is_input", "bit"),
    ("suggested_is_output", "bit"),
    ("formal_parameter_name", "nvarchar(128)"),
    ("suggested_tds_type_id", "int"),
    ("suggested_tds_length", "int"),
)
_DECLARES = re.compile(r"DECLARE\s+(@\w+)\s+([\w ]+?(?:\([^)]*\))?)\s*=\s*(@\w+)", re.IGNORECASE)


def _undeclared(text: str, declared: str | None) -> Rows:
    """sp_describe_undeclared_parameters: what `DECLARE @x type = @P1` says, and nvarchar(4000) for the others."""
    known = {found[1] for found in _PARAMETER.finditer(declared or "")}
    meant = {found[3]: found[2] for found in _DECLARES.finditer(text)}
    names = list(dict.fromkeys(found[1] for found in _MARKER.finditer(text) if found[1] and found[1] not in known))
    rows = [_suggestion(i, name, column_type(meant.get(name, "nvarchar(4000)"))) for i, name in enumerate(names, 1)]
    return Result(_UNDECLARED_COLUMNS, rows).event()


def _suggestion(ordinal: int, name: str, type_: ColumnType) -> tuple[Any, ...]:
    system, _, size, precision, scale = type_.catalog_numbers
    empty = (None,) * 9
    flags = (False, False, False, True, False)
    return (ordinal, name, system, str(type_), size, precision, scale, *empty, *flags, None, type_.type_info[0], size)
