"""Random tables for hypothesis: schemas over all types, with few distinct values so that copies and NULLs are common.

Belongs here: which columns, values and rows there are. Does not belong here: what a comparison of them must say
(`oracle`, the tests).
"""

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal as D
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from recon_assets_tests.comparison.exam import types as t
from recon_assets_tests.comparison.helpers import array

many = settings(
    max_examples=int(os.environ.get("RECON_EXAMPLES", "12")), deadline=None, suppress_health_check=list(HealthCheck)
)
"""How many tables a property tries; RECON_EXAMPLES=1000 searches for longer."""
Row = tuple[Any, ...]
LONG = "a text that is longer than twelve bytes, " * 8


@dataclass(frozen=True, repr=False)
class Kind:
    """A column of a random table: its family, each side's type, values that both can hold, rules that may apply."""

    family: str
    source: pa.DataType
    target: pa.DataType
    values: tuple[Any, ...]
    rules: tuple[dict[str, Any], ...] = ()

    def __repr__(self) -> str:
        return f"{self.source} and {self.target}"


_NAN, _INF = float("nan"), float("inf")
_TOLERANCES = ({"tolerance": "0.1"}, {"tolerance": 1}, {"relative_tolerance": "0.5"}, {"tolerance": "0.1", "relative_tolerance": "0.01"})  # fmt: skip
_INTS = (0, 1, 2, 3, 100, 101)
_DECIMALS = (D(0), D("0.10"), D("0.20"), D("1.00"), D("1.10"), D("-1.10"), D("99.99"))
_FLOATS = (0.0, -0.0, 0.1, 0.2, 0.30000000000000004, 1.0, 1.1, -1.1, _NAN, _INF, -_INF)
_TEXTS = ("", " ", "a", "a ", " a", "A", "é", "É", "NULL", "1", "𝄞", LONG, LONG + " ", LONG.upper())
_TEXT_RULES = ({"trim": "trailing"}, {"trim": "both", "case": "ignore"}, {"case": "ignore"}, {"trim": "both", "empty_is_null": True}, {"empty_is_null": True})  # fmt: skip
_AT = (datetime(1, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 999000), datetime(2024, 1, 1), datetime(2024, 1, 1, 10, 0, 1), datetime(2024, 1, 1, 10, 0, 1, 1000), datetime(9999, 12, 31, 23, 59, 59))  # fmt: skip
_RECENT = _AT[1:-1]
_PRECISIONS = tuple({"precision": unit} for unit in ("day", "hour", "second", "millisecond"))
_IDS = tuple(bytes(15) + bytes([i]) for i in range(4))

KINDS = (
    Kind("number", t.INT, t.BIGINT, _INTS, _TOLERANCES),
    Kind("number", t.BIGINT, t.BIGINT, (0, 1, -1, 2**53, 2**53 + 1, -(2**63), 2**63 - 1), _TOLERANCES[:2]),
    Kind("number", t.TINYINT, t.SMALLINT, (*_INTS, 255), _TOLERANCES),
    Kind("number", t.BIT, t.INT, (False, True)),
    Kind("number", t.BIGINT, t.dec(38, 0), (0, 1, 2, 2**63 - 1, -(2**63)), _TOLERANCES[:2]),
    Kind("number", t.dec(18, 2), t.dec(38, 10), _DECIMALS, _TOLERANCES),
    Kind("number", t.MONEY, t.dec(19, 4), (*_DECIMALS, D("0.1001"), D("0.0999")), _TOLERANCES),
    Kind("number", t.dec(38, 0), t.dec(38, 0), (D(0), D(1), D(10**38 - 1), D(10**38 - 2), D(1 - 10**38)), _TOLERANCES[:2]),
    Kind("number", t.dec(38, 38), t.dec(38, 37), (D(0), D("0.1"), D("-0.5"), D("0." + "9" * 37), D("0." + "9" * 36 + "8"))),
    Kind("number", t.FLOAT, t.FLOAT, (*_FLOATS, 1e300, 5e-324), _TOLERANCES),
    Kind("number", t.REAL, t.REAL, _FLOATS, _TOLERANCES),
    Kind("number", t.FLOAT, t.dec(18, 2), (D(0), D("0.10"), D("0.20"), D("1.00"), D("99.99")), _TOLERANCES),
    Kind("text", t.TEXT, t.TEXT, _TEXTS, _TEXT_RULES),
    Kind("text", t.TEXT, t.LARGE_TEXT, ("a", "b", "A", "a\x00", LONG), _TEXT_RULES),
    Kind("timestamp", t.US, t.US, _AT, _PRECISIONS),
    Kind("timestamp", t.MS, t.NS, _RECENT, _PRECISIONS),
    Kind("timestamp", t.US, t.UTC_US, _AT, _PRECISIONS),
    Kind("timestamp", t.DATE, t.US, tuple(map(datetime.date, _AT)), _PRECISIONS),
    Kind("timestamp", t.DATE, t.DATE, tuple(map(datetime.date, _AT))),
    Kind("time", t.TIME_US, t.TIME_NS, (time(0), time(0, 0, 0, 1), time(23, 59, 59, 999999))),
    Kind("binary", t.BINARY, t.LARGE_BINARY, (b"", b"\x00", b"\x00\x00", b"\xff" * 40)),
    Kind("uniqueidentifier", t.UUID, t.UUID, _IDS),
    Kind("list", pa.list_(t.INT), pa.list_(t.INT), ([], [None], [1], [1, 2], [2, 1])),
    Kind("struct", pa.struct({"a": t.INT, "b": t.TEXT}), pa.struct({"a": t.INT, "b": t.TEXT}), ({"a": 1, "b": "x"}, {"a": None, "b": "x"}, {"a": 1, "b": None})),
    Kind("nothing", pa.null(), pa.null(), ()),
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """The columns of a pair of tables: `k1`, `k2`, … are the key, `v1`, `v2`, … are not; and the rules of some."""

    keys: tuple[Kind, ...]
    values: tuple[Kind, ...]
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def kinds(self) -> dict[str, Kind]:
        """All columns by name."""
        named = [(f"k{i}", kind) for i, kind in enumerate(self.keys, 1)]
        return dict(named + [(f"v{i}", kind) for i, kind in enumerate(self.values, 1)])

    @property
    def key_names(self) -> tuple[str, ...]:
        """The names of the key columns."""
        return tuple(f"k{i + 1}" for i in range(len(self.keys)))

    @property
    def all_rules(self) -> dict[str, Any]:
        """What `compared` takes."""
        return {"keys": self.key_names, "columns": self.rules}

    def table(self, rows: list[Row], side: str) -> pa.Table:
        """One side's table (`source` or `target`)."""
        arrays = {}
        for i, (name, kind) in enumerate(self.kinds.items()):
            type_ = getattr(kind, side)
            arrays[name] = array([as_type(row[i], type_) for row in rows], type_)
        return pa.table(arrays)


def as_type(value: Any, type_: pa.DataType) -> Any:
    """The same value as Arrow wants it for the type."""
    if value is None:
        return None
    if pa.types.is_floating(type_):
        return float(value)
    if pa.types.is_integer(type_):
        return int(value)
    if pa.types.is_timestamp(type_):
        at = value if isinstance(value, datetime) else datetime.combine(value, time())
        return at.replace(tzinfo=UTC) if type_.tz else at
    if pa.types.is_date(type_):
        return date(value.year, value.month, value.day)
    return value


def cell(kind: Kind, *, null: bool = True) -> st.SearchStrategy[Any]:
    """A value of the column."""
    return st.sampled_from([None, *kind.values] if null else kind.values) if kind.values else st.none()


@st.composite
def shapes(draw: st.DrawFn, *, keyed: bool = True, ruled: bool = False) -> Shape:
    """1 to 4 key columns (none if not `keyed`), 1 to 6 others, rules if `ruled`."""
    kinds = st.sampled_from(KINDS)
    shape = Shape(
        tuple(draw(st.lists(kinds, min_size=1, max_size=4))) if keyed else (),
        tuple(draw(st.lists(kinds, min_size=1, max_size=6))),
    )
    if ruled:
        for name, kind in shape.kinds.items():
            fitting = [rule for rule in kind.rules if not (name in shape.key_names and _tolerant(rule))]
            if fitting and draw(st.booleans()):
                shape.rules[name] = draw(st.sampled_from(fitting))
    return shape


def _tolerant(rule: dict[str, Any]) -> bool:
    return "tolerance" in rule or "relative_tolerance" in rule


def rows(shape: Shape, *, least: int = 1, most: int = 12) -> st.SearchStrategy[list[Row]]:
    """Rows whose keys and values repeat often."""
    return st.lists(st.tuples(*map(cell, shape.kinds.values())), min_size=least, max_size=most)


@st.composite
def distinct_rows(draw: st.DrawFn, shape: Shape) -> list[Row]:
    """Rows of which no two have the same key."""
    found = {}
    for row in draw(rows(shape)):
        found.setdefault(repr([_plain(v) for v in row[: len(shape.keys)]]), row)
    return list(found.values())


def _plain(value: Any) -> Any:
    """Equal values alike: a zero has no sign."""
    return 0.0 if isinstance(value, float) and value == 0 else value
