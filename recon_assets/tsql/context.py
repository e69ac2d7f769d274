"""What one translation carries along: the catalog, the variables, and which parameters were asked for.

Belongs here: shared state of a single translated statement. Does not belong here: scopes of names (`scope`), or
any translation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from recon_assets.tsql import duck
from recon_assets.tsql.errors import UNDECLARED_VARIABLE, TSqlError
from recon_assets.tsql.model import (
    SYSTEM_PARAMETERS,
    Catalog,
    OutputColumn,
    variable_parameter,
)
from recon_assets.tsql.scope import Scope
from recon_assets.tsql.types import SqlType
from recon_assets.tsql.value import Value


@dataclass(frozen=True)
class Query:
    """A translated query within a statement; its columns are c1, c2, … in SQL. `untyped` are the positions (from 0)
    of columns that are the bare NULL, which take the type of what they meet."""

    sql: str
    columns: tuple[OutputColumn, ...]
    untyped: frozenset[int] = frozenset()


@dataclass(frozen=True)
class CommonTable:
    """A CTE: the DuckDB name it is emitted under, and its columns."""

    relation: str
    columns: tuple[OutputColumn, ...]


@dataclass(frozen=True)
class Translations:
    """The three translations that need each other, handed in whole so that their modules needn't import in a circle:
    `queries.query`, `expressions.scalar` and `expressions.condition`."""

    query: "Callable[[exp.Expression, Context, Scope | None], Query]"
    scalar: "Callable[[exp.Expression, Scope, Context], Value]"
    condition: "Callable[[exp.Expression, Scope, Context], str]"


@dataclass
class Context:
    """State of one statement's translation. `max_recursion` bounds recursive CTEs; 0 is no bound."""

    catalog: Catalog
    variables: Mapping[str, SqlType]
    translations: Translations
    parameters: set[str] = field(default_factory=set)
    max_recursion: int = 100
    common_tables: dict[str, CommonTable] = field(default_factory=dict)
    _numbers: int = 0

    def query(self, node: exp.Expression, parent: Scope | None = None) -> Query:
        """Translate a query; `parent` is the scope around it that it can see."""
        return self.translations.query(node, self, parent)

    def scalar(self, node: exp.Expression, scope: Scope) -> Value:
        """Translate an expression."""
        return self.translations.scalar(node, scope, self)

    def condition(self, node: exp.Expression, scope: Scope) -> str:
        """Translate a condition to a DuckDB BOOLEAN."""
        return self.translations.condition(node, scope, self)

    def relation(self) -> str:
        """A new name for a relation in DuckDB SQL."""
        self._numbers += 1
        return f"t{self._numbers}"

    def system(self, name: str) -> Value:
        """One of SYSTEM_PARAMETERS."""
        type_ = SYSTEM_PARAMETERS[name]
        self.parameters.add(name)
        return Value(duck.cast(f"${name}", type_.duckdb), type_)

    def variable(self, name: str) -> Value:
        """A declared variable's value. Raises TSqlError 137 for others."""
        type_ = self.variable_type(name)
        parameter = variable_parameter(name)
        self.parameters.add(parameter)
        return Value(duck.cast(f"${parameter}", type_.duckdb), type_)

    def variable_type(self, name: str) -> SqlType:
        """A declared variable's type. Raises TSqlError 137 for others."""
        for declared, type_ in self.variables.items():
            if declared.lstrip("@").lower() == name.lstrip("@").lower():
                return type_
        raise TSqlError(UNDECLARED_VARIABLE, f'Must declare the scalar variable "@{name.lstrip("@")}".', 15)
