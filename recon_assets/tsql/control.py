"""The tree of T-SQL's control flow: what `parser` makes and `interpreter` runs.

Belongs here: plain data. Each statement has the file's line it starts on; expressions, conditions, queries
and leaf statements are sqlglot's own trees, which `Translator` understands. Does not belong here: behaviour.
"""

from dataclasses import dataclass

from sqlglot import exp

from recon_assets.tsql.types import SqlType


@dataclass(frozen=True)
class Leaf:
    """A query, or a statement that changes or defines tables."""

    line: int
    tree: exp.Expression


@dataclass(frozen=True)
class InsertExecute:
    """INSERT … EXEC. `insert` has, in the place of EXEC, `SELECT * FROM` the temporary table
    `procedures.ROWS_OF_EXECUTE`, which is to hold the rows that the procedure returns."""

    line: int
    insert: exp.Expression
    execute: "Execute"


@dataclass(frozen=True)
class Declare:
    """DECLARE of one variable. It is there from the start of its batch or procedure, wherever DECLARE stands; what
    runs is the assignment of the value, where it has one."""

    line: int
    name: str
    type: SqlType
    value: exp.Expression | None


@dataclass(frozen=True)
class DeclareTable:
    """DECLARE of a table variable, by the CREATE TABLE that makes it. It too is there from the start."""

    line: int
    tree: exp.Expression


@dataclass(frozen=True)
class Assign:
    """SET @name = value."""

    line: int
    name: str
    value: exp.Expression


@dataclass(frozen=True)
class SetXactAbort:
    """SET XACT_ABORT ON or OFF."""

    line: int
    on: bool


@dataclass(frozen=True)
class Harmless:
    """SET of an option, or UPDATE STATISTICS: changes nothing here, but resets @@ROWCOUNT."""

    line: int


@dataclass(frozen=True)
class Block:
    """BEGIN … END, or a batch's or procedure's statements."""

    line: int
    statements: tuple["Statement", ...]


@dataclass(frozen=True)
class If:
    line: int
    condition: exp.Expression
    then: "Statement"
    otherwise: "Statement | None"


@dataclass(frozen=True)
class While:
    line: int
    condition: exp.Expression
    body: "Statement"


@dataclass(frozen=True)
class Break:
    line: int


@dataclass(frozen=True)
class Continue:
    line: int


@dataclass(frozen=True)
class Try:
    line: int
    body: Block
    handler: Block


@dataclass(frozen=True)
class Throw:
    """THROW number, message, state; or THROW alone (`arguments` is None), which raises the caught error
    again."""

    line: int
    arguments: tuple[exp.Expression, exp.Expression, exp.Expression] | None


@dataclass(frozen=True)
class RaiseError:
    """RAISERROR (message, severity, state, arguments …)."""

    line: int
    message: exp.Expression
    severity: exp.Expression
    state: exp.Expression
    arguments: tuple[exp.Expression, ...]
    set_error: bool


@dataclass(frozen=True)
class Return:
    line: int
    value: exp.Expression | None


@dataclass(frozen=True)
class Print:
    line: int
    value: exp.Expression


@dataclass(frozen=True)
class BeginTransaction:
    line: int
    name: str | None


@dataclass(frozen=True)
class Commit:
    line: int


@dataclass(frozen=True)
class Rollback:
    line: int
    name: str | None


@dataclass(frozen=True)
class Argument:
    """One argument of EXEC; a value of None is DEFAULT, an `output` one names the caller's variable."""

    name: str | None
    value: exp.Expression | None
    output: str | None = None


@dataclass(frozen=True)
class Execute:
    """EXEC [@result =] procedure arguments."""

    line: int
    procedure: str
    arguments: tuple[Argument, ...]
    result: str | None


@dataclass(frozen=True)
class ProcedureParameter:
    name: str
    type: SqlType
    default: exp.Expression | None
    output: bool


@dataclass(frozen=True)
class ProcedureHeader:
    """What stands before AS. CREATE must not find the procedure (`may_exist` false), ALTER must
    (`must_exist`)."""

    name: str
    parameters: tuple[ProcedureParameter, ...]
    may_exist: bool
    must_exist: bool


@dataclass(frozen=True)
class CreateProcedure:
    """CREATE [OR ALTER] or ALTER PROCEDURE. `first_line` is where its batch starts: ERROR_LINE() counts from
    it."""

    line: int
    first_line: int
    header: ProcedureHeader
    body: Block


@dataclass(frozen=True)
class DropProcedure:
    line: int
    names: tuple[str, ...]
    if_exists: bool


Statement = (
    Leaf
    | InsertExecute
    | Declare
    | DeclareTable
    | Assign
    | SetXactAbort
    | Harmless
    | Block
    | If
    | While
    | Break
    | Continue
    | Try
    | Throw
    | RaiseError
    | Return
    | Print
    | BeginTransaction
    | Commit
    | Rollback
    | Execute
    | CreateProcedure
    | DropProcedure
)


@dataclass(frozen=True)
class Batch:
    """What lies between two GOs: run `count` times. ERROR_LINE() counts from `line`."""

    line: int
    count: int
    body: Block
