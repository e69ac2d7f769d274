"""The error of a statement.

Belongs here: what an executor raises. Does not belong here: errors of calls (`exchange`).
"""


class SqlError(Exception):
    """A statement that fails, as the executor tells it."""

    def __init__(self, message: str, code: str = "BAD_REQUEST", sql_state: str | None = None) -> None:
        super().__init__(message)
        self.code, self.sql_state = code, sql_state
