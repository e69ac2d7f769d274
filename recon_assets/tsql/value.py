"""A translated expression: its DuckDB SQL together with what its T-SQL type is.

Belongs here: the value itself and the constants it can be. Does not belong here: making one out of another
(`conversion`, `arithmetic`, the function modules).
"""

from dataclasses import dataclass

from recon_assets.tsql import duck
from recon_assets.tsql.types import INT, SqlType, varchar


@dataclass(frozen=True)
class Value:
    """DuckDB SQL whose values are of the T-SQL type. `constant` is the value of a literal; `is_null` marks the
    untyped NULL, which takes the type of what it meets. `nullable` is False where it is known never to be NULL."""

    sql: str
    type: SqlType
    constant: str | int | None = None
    is_null: bool = False
    nullable: bool = True

    def typed(self) -> str:
        """The SQL with its DuckDB type forced, where a literal or function could have another."""
        return duck.cast(self.sql, self.type.duckdb)

    def of(self, sql: str, type_: SqlType | None = None) -> "Value":
        """Another value that is NULL just where this one can be."""
        return Value(sql, type_ or self.type, nullable=self.nullable)


NULL = Value("NULL", INT, is_null=True)


def text_constant(value: str, type_: SqlType | None = None) -> Value:
    """A string literal; varchar of its own length unless told otherwise."""
    return Value(duck.text(value), type_ or varchar(max(len(value), 1)), constant=value, nullable=False)


def int_constant(value: int) -> Value:
    """An integer literal within int."""
    digits = max(len(str(abs(value))), 1)
    return Value(str(value), SqlType("int", literal_digits=digits), constant=value, nullable=False)
