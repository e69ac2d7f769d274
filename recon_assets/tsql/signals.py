"""How running leaves its straight way: BREAK and its kin, and errors on their way to whoever catches them.

Belongs here: what an error ends, by its number and how it came about. Does not belong here: carrying that out
(`interpreter`), or making errors (`raising`, and wherever a statement fails).

What an error ends (Transact-SQL reference, "TRY...CATCH", "SET XACT_ABORT", "THROW"): most end their statement
only; failed conversions of text, THROW, and any error under XACT_ABORT end the batch; a name that turns out not to
exist ends the batch or procedure that it stands in, whose own TRY can't catch it.
"""

from enum import Enum, auto

from recon_assets.tsql.errors import INVALID_COLUMN, INVALID_OBJECT, TSqlError
from recon_assets.tsql.execution import Frame

NESTED_TOO_DEEP = 217

_ENDS_BATCH = frozenset({241, 245, 8114, 8169, NESTED_TOO_DEEP})
_ENDS_SCOPE = frozenset({INVALID_OBJECT, INVALID_COLUMN})


class Flow(Enum):
    """Where running goes on after a statement."""

    NEXT = auto()
    BREAK = auto()
    CONTINUE = auto()
    RETURN = auto()


class Raising(Enum):
    """How an error came about."""

    FAILED = auto()  # a statement failed
    THROWN = auto()
    RAISED = auto()  # by RAISERROR


class Raised(Exception):
    """An error on its way: `line` is ERROR_LINE()'s, `frame` the batch or procedure that it arose in."""

    def __init__(self, error: TSqlError, line: int, frame: Frame, how: Raising) -> None:
        super().__init__(str(error))
        self.error = error
        self.line = line
        self.frame = frame
        self.how = how

    @property
    def ends_batch(self) -> bool:
        return self.how is Raising.THROWN or (self.how is Raising.FAILED and self.error.number in _ENDS_BATCH)

    @property
    def ends_scope(self) -> bool:
        return self.how is Raising.FAILED and self.error.number in _ENDS_SCOPE

    @property
    def ends_transaction(self) -> bool:
        """Whether what is open in a transaction can't be kept."""
        return self.xact_abort_ends or (self.how is Raising.FAILED and self.error.number in _ENDS_BATCH)

    @property
    def xact_abort_ends(self) -> bool:
        """Whether XACT_ABORT makes it end the batch."""
        return self.frame.xact_abort and self.how is not Raising.RAISED
