"""What the translator is given and gives back.

Belongs here: names and tables as the interpreter's catalog tells them, translated queries and statements, and
the names of the parameters the interpreter binds. Does not belong here: how anything is translated, or run.
"""

from dataclasses import dataclass, field
from typing import Protocol

from sqlglot import exp

from recon_assets.tsql.types import BIGINT, INT, SMALLINT, SqlType, nvarchar

SYSTEM_PARAMETERS: dict[str, SqlType] = {
    "clock": SqlType("datetime2", scale=6),
    "clock_utc": SqlType("datetime2", scale=6),
    "rowcount": INT,
    "rowcount_big": BIGINT,
    "error": INT,
    "trancount": INT,
    "nestlevel": INT,
    "error_message": nvarchar(4000),
    "error_number": INT,
    "error_severity": INT,
    "error_state": INT,
    "error_line": INT,
    "error_procedure": nvarchar(128),
    "xact_state": SMALLINT,
}
"""Everything but variables that translated SQL may ask the interpreter for, as `$name`. `clock` is the statement's
one instant as local server time (GETDATE, SYSDATETIME, CURRENT_TIMESTAMP; rounded in SQL to what each function
gives), `clock_utc` the same in UTC; both as Python datetimes without zone. The rest are @@ROWCOUNT (and
ROWCOUNT_BIG()), @@ERROR, @@TRANCOUNT, @@NESTLEVEL, ERROR_…() (None outside CATCH) and XACT_STATE()."""


def variable_parameter(name: str) -> str:
    """The DuckDB parameter that stands for a T-SQL variable: `@My#Id` → `v_my_23_id`. `@` may be left out."""
    safe = "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in name.lstrip("@").lower())
    return f"v_{safe}"


@dataclass(frozen=True)
class TableName:
    """A table as T-SQL names it. `schema` is None where not written (dbo is meant); `name` keeps its `#` or `@`."""

    name: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def is_temporary(self) -> bool:
        return self.name.startswith("#")

    @property
    def is_variable(self) -> bool:
        return self.name.startswith("@")


@dataclass(frozen=True)
class Identity:
    """IDENTITY(seed, increment)."""

    seed: int = 1
    increment: int = 1


@dataclass(frozen=True)
class ColumnInfo:
    """A table's column. `default` is the parsed DEFAULT expression, where it has one."""

    name: str
    type: SqlType
    nullable: bool = True
    identity: Identity | None = None
    default: exp.Expression | None = field(default=None, compare=False)


@dataclass(frozen=True)
class TableInfo:
    """A table the catalog knows. `relation` is the quoted DuckDB relation to read from and write to; when a
    statement writes to it, it must be a table (not a view) with these columns in this order, and an identity
    column must have a DuckDB default that numbers it. `unique` are the keys (the primary one first), as column
    names; the translator checks them with SQL Server's equality, DuckDB need not."""

    name: TableName
    relation: str
    columns: tuple[ColumnInfo, ...]
    unique: tuple[tuple[str, ...], ...] = ()


class Catalog(Protocol):
    """What the interpreter tells of the tables there are at this moment."""

    def table(self, name: TableName) -> TableInfo | None:
        """The table of that name (case-insensitive, dbo by default, `#temp` and `@variable` included), or None."""
        ...

    def object_id(self, name: str, kind: str | None) -> int | None:
        """What OBJECT_ID(name, kind) answers now: the number of that table (`U`) or procedure (`P`), or None.
        `name` is as written, such as `dbo.X`, `[my table]` or `tempdb..#t`; `kind` is upper case, None for any."""
        ...


@dataclass(frozen=True)
class OutputColumn:
    """A column of a result: its T-SQL name ('' when it has none; names may repeat) and type."""

    name: str
    type: SqlType
    nullable: bool = True


@dataclass(frozen=True)
class TranslatedQuery:
    """DuckDB SQL of one query. Its columns are named c1, c2, … in the SQL; `columns` tells their T-SQL names.
    `parameters` are the names (without `$`) to bind: `variable_parameter` names and SYSTEM_PARAMETERS."""

    sql: str
    columns: tuple[OutputColumn, ...]
    parameters: frozenset[str]


@dataclass(frozen=True)
class AssignmentQuery:
    """`SELECT @a = x, @b = y FROM …`: the query, and the variable (with `@`) each of its columns goes to, from the
    last row; no row leaves all as they are. Values are already of the variables' types."""

    query: TranslatedQuery
    variables: tuple[str, ...]


@dataclass(frozen=True)
class Write:
    """INSERT, UPDATE, DELETE or MERGE (`kind`, upper case) into `target`. In one DuckDB transaction, run `before`
    (queries that only check: they raise or give nothing of interest), `sql` (answers the number of rows written,
    for @@ROWCOUNT), and `after` (checks).."""

    kind: str
    target: TableInfo
    sql: str
    parameters: frozenset[str]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Truncate:
    """TRUNCATE TABLE: all rows go, identity starts again."""

    target: TableInfo


@dataclass(frozen=True)
class CreateTable:
    """CREATE TABLE: the interpreter makes it."""

    name: TableName
    columns: tuple[ColumnInfo, ...]
    unique: tuple[tuple[str, ...], ...] = ()
    primary_key: tuple[str, ...] = ()


@dataclass(frozen=True)
class DropTable:
    """DROP TABLE [IF EXISTS] of one or more tables."""

    names: tuple[TableName, ...]
    if_exists: bool


@dataclass(frozen=True)
class SelectInto:
    """SELECT … INTO a new table: create it with `columns`, then fill it with `query` (same order)."""

    name: TableName
    columns: tuple[ColumnInfo, ...]
    query: TranslatedQuery


Translated = TranslatedQuery | AssignmentQuery | Write | Truncate | CreateTable | DropTable | SelectInto
