"""A differing column's two values as SQL, in the forms in which causes reason about them.

Belongs here: bringing a row's two values into one type, under the column's rules: decimals, doubles, ticks, text. Does
not belong here: any cause.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from recon_assets.comparison.canonical import Canonical, canonical, decimal_text
from recon_assets.comparison.causes.candidate import DifferingColumn
from recon_assets.comparison.duck import literal
from recon_assets.comparison.schema import Column, Pair
from recon_assets.comparison.types import FLOATS, Family, digits, family

_NARROW = 16  # digits of a DECIMAL that DuckDB keeps in 64 bits, with room for a carry
_WIDE = 37  # with room for a carry; numbers of 38 digits stay unexplained
_FLOAT_SCALE = 18
_FIRST, _LAST = -62_135_596_800, 253_402_300_800  # seconds since 1970


@dataclass(frozen=True)
class Exact:
    """Two numbers as decimals of one type; NULL where one doesn't fit. Their sum and difference don't overflow."""

    x: str
    y: str
    precision: int
    scale: int

    @property
    def type(self) -> str:
        return f"DECIMAL({self.precision},{self.scale})"

    def number(self, text: str) -> str:
        """A literal of the type."""
        return f"CAST('{text}' AS {self.type})"


@dataclass(frozen=True)
class Ticks:
    """Two times as whole numbers of a unit, of which a second has `second`: since 1970, or since midnight; NULL beyond
    the years 1 to 9999."""

    x: str
    y: str
    second: int


@dataclass(frozen=True)
class Direction:
    """One way to read a difference: that a change made to `before`'s value gives `after`'s.

    `x`, `y`: SQL of the value before and after, in the form asked for; the types are the columns'.
    """

    before: str
    after: str
    x: str
    y: str
    before_type: str
    after_type: str


@dataclass(frozen=True)
class Operands:
    """A column's two values as SQL: `a` and `b` as they were read; `x` and `y` likewise, but text as the rules have it.

    `family`: of both values, None where they have none in common. `types`: those of `x` and `y`. `form`: both
    as the rules compare them (tolerances aside). What a family has no use for is None.
    """

    column: DifferingColumn
    family: Family | None
    a: str
    b: str
    x: str
    y: str
    types: tuple[str, str]
    form: tuple[str, str]
    exact: Exact | None = None
    doubles: tuple[str, str] | None = None
    ticks: Ticks | None = None

    @property
    def same(self) -> str:
        """SQL: whether the two values, neither of them NULL, are equal."""
        return f"({self.form[0]} = {self.form[1]})"

    @property
    def is_float(self) -> bool:
        """Whether either side's numbers are floats."""
        return any(t in FLOATS for t in self.types)

    def directions(self, x: str, y: str) -> Iterator[Direction]:
        """Both ways to read a difference, of the two values in some form."""
        source, target = self.types
        yield Direction("source", "target", x, y, source, target)
        yield Direction("target", "source", y, x, target, source)

    def prepared(self) -> tuple["Operands", dict[str, str]]:
        """The same operands for a table that has their forms as columns, and the SQL of these columns by name.

        Those of the target begin with b. Queries on the table are short, and planning is what long ones cost.
        """
        columns: dict[str, str] = {}

        def named(form: str, x: str, y: str) -> tuple[str, str]:
            columns.update({f"a_{form}": x, f"b_{form}": y})
            return f"a_{form}", f"b_{form}"

        changes: dict = {}
        if self.family == "text":
            changes["x"], changes["y"] = named("text", self.x, self.y)
        if self.exact is not None:
            x, y = named("exact", self.exact.x, self.exact.y)
            changes["exact"] = replace(self.exact, x=x, y=y)
        if self.doubles is not None:
            changes["doubles"] = named("double", *self.doubles)
        if self.ticks is not None:
            x, y = named("ticks", self.ticks.x, self.ticks.y)
            changes["ticks"] = replace(self.ticks, x=x, y=y)
        return replace(self, **changes), columns


def operands(column: DifferingColumn, a: str, b: str) -> Operands:
    """A column's values, read by the SQL `a` in the source and `b` in the target."""
    types = (column.source_type, column.target_type)
    families = {family(t) for t in types} - {"null"}
    if families == {"text", "uuid"}:
        families = {"text"}
    shared = families.pop() if len(families) == 1 else None
    source, target = (Column(column.name, t, t, sql) for t, sql in zip(types, (a, b), strict=True))
    form = canonical(Pair(column.name, source, target, column.rule, False), a, b)
    found = Operands(column, shared, a, b, a, b, types, (form.source, form.target))
    if shared == "text":
        return replace(found, x=form.source, y=form.target, types=("VARCHAR", "VARCHAR"))
    if shared == "number":
        return replace(found, exact=_exact(a, b, types), doubles=(_double(a, types[0]), _double(b, types[1])))
    if shared in ("timestamp", "time"):
        return replace(found, ticks=_ticks(form))
    return found


def of_column(column: DifferingColumn) -> Operands:
    """A column's values in a relation of pairs."""
    return operands(column, column.a, column.b)


def _exact(a: str, b: str, types: tuple[str, str]) -> Exact | None:
    """Numbers as decimals, floats as the shortest decimals that identify them; None where no type holds the scale."""
    is_float = any(t in FLOATS for t in types)
    found = [digits(t) for t in types if digits(t)]
    scale = max([d.scale for d in found] + [_FLOAT_SCALE] * is_float)
    whole = max([d.whole for d in found] + [_WIDE - scale] * is_float)
    if scale >= _WIDE:
        return None
    precision = _NARROW if whole + scale <= _NARROW else _WIDE
    cast = "CAST" if whole + scale <= precision else "TRY_CAST"
    x, y = (_decimal(sql, t, f"DECIMAL({precision},{scale})", cast) for sql, t in zip((a, b), types, strict=True))
    return Exact(x, y, precision, scale)


def _double(sql: str, duck_type: str) -> str:
    """The double nearest to a number; by its text, since DuckDB's own cast of a decimal divides two rounded floats."""
    return f"CAST({decimal_text(sql, duck_type) if digits(duck_type) else sql} AS DOUBLE)"


def _ticks(form: Canonical) -> Ticks:
    nanoseconds = form.type in ("HUGEINT", "TIMESTAMP_NS", "TIMESTAMPTZ_NS", "TIME_NS")
    x, y = form.source, form.target
    if form.type not in ("BIGINT", "HUGEINT"):
        x, y = (f"CAST(epoch_ns({v}) AS HUGEINT)" if nanoseconds else f"epoch_us({v})" for v in (x, y))
    second = 1_000_000_000 if nanoseconds else 1_000_000
    # the years 1 to 9999: sums and differences of these overflow no integer
    x, y = (f"CASE WHEN {v} BETWEEN {_FIRST * second} AND {_LAST * second} THEN {v} END" for v in (x, y))
    return Ticks(f"({x})", f"({y})", second)


def constant(text: str, duck_type: str) -> str:
    """A literal of any type, given what DuckDB shows of it as text."""
    return f"CAST({literal(text)} AS {duck_type})"


def decimals_used(number: str) -> str:
    """SQL: how many decimals a decimal uses; fewer than 0 for one that ends in zeros before the point; NULL for 0."""
    text = f"CAST({number} AS VARCHAR)"
    fraction, whole = f"rtrim(split_part({text}, '.', 2), '0')", f"split_part({text}, '.', 1)"
    return (
        f"CASE WHEN {number} = 0 THEN NULL WHEN {fraction} <> '' THEN length({fraction})"
        f" ELSE length(rtrim({whole}, '0')) - length({whole}) END"
    )


def _decimal(sql: str, duck_type: str, wanted: str, cast: str) -> str:
    if duck_type == "BOOLEAN":
        sql = f"CAST({sql} AS TINYINT)"
    if duck_type in FLOATS:
        # tiny numbers have more digits than the type
        return f"CASE WHEN {sql} = 0 OR abs({sql}) >= 1e-6 THEN TRY_CAST(CAST({sql} AS VARCHAR) AS {wanted}) END"
    return sql if duck_type == wanted else f"{cast}({sql} AS {wanted})"
