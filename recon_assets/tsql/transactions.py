"""BEGIN, COMMIT and ROLLBACK TRANSACTION: how deep they are nested, and what an error does to them.

Belongs here: @@TRANCOUNT, XACT_STATE() and the errors of misplaced COMMIT and ROLLBACK. Does not belong here:
how changes are undone (`tables`), or which statement begins what (`interpreter`).
"""

from recon_assets.tsql.errors import TSqlError, sql_server_error
from recon_assets.tsql.tables import Tables

COMMIT_WITHOUT_BEGIN = 3902
ROLLBACK_WITHOUT_BEGIN = 3903
UNKNOWN_TRANSACTION = 6401
DOOMED = 3930


class Transactions:
    """The session's transaction. `count` is @@TRANCOUNT; `doomed` that it can only be rolled back."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.count = 0
        self.doomed = False
        self._name: str | None = None

    @property
    def state(self) -> int:
        """XACT_STATE()."""
        return -1 if self.doomed else int(self.count > 0)

    def begin(self, name: str | None) -> None:
        """Only the outermost BEGIN begins anything; the others count."""
        if self.count == 0:
            self._tables.begin()
            self._name = name
        self.count += 1

    def commit(self) -> None:
        """Only the outermost COMMIT commits. Raises errors 3902 and 3930."""
        if self.count == 0:
            text = "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION."
            raise sql_server_error(COMMIT_WITHOUT_BEGIN, text)
        self.require_writable()
        self.count -= 1
        if self.count == 0:
            self._tables.commit()

    def roll_back(self, name: str | None = None) -> None:
        """Undo everything since the outermost BEGIN, however deep. Raises errors 3903 and 6401."""
        if self.count == 0:
            text = "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION."
            raise sql_server_error(ROLLBACK_WITHOUT_BEGIN, text)
        if name is not None and name != self._name:
            text = f"Cannot roll back {name}. No transaction or savepoint of that name was found."
            raise sql_server_error(UNKNOWN_TRANSACTION, text)
        self._tables.roll_back()
        self.count = 0
        self.doomed = False

    def require_writable(self) -> None:
        """Raises error 3930 where the transaction can only be rolled back."""
        if self.doomed:
            raise TSqlError(
                DOOMED,
                "The current transaction cannot be committed and cannot support operations that write to the log"
                " file. Roll back the transaction.",
            )
