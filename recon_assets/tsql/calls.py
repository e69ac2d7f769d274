"""The session's procedures, and which of EXEC's arguments goes to which parameter.

Belongs here: finding, making and dropping procedures, matching arguments by position and name, with SQL Server's
errors. Does not belong here: evaluating
arguments or running the procedure (`interpreter`).
"""

from recon_assets.tsql.control import Argument, CreateProcedure, DropProcedure, ProcedureParameter
from recon_assets.tsql.errors import INVALID_OBJECT, TSqlError, UnsupportedTSql, sql_server_error
from recon_assets.tsql.names import object_key
from recon_assets.tsql.tables import ALREADY_EXISTS, CANNOT_DROP

MISSING_ARGUMENT = 201
TOO_MANY_ARGUMENTS = 8144
UNKNOWN_PARAMETER = 8145
GIVEN_TWICE = 8143
NOT_AN_OUTPUT_PARAMETER = 8162
NOT_FOUND = 2812


class Procedures:
    """The procedures that there are."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, str], CreateProcedure] = {}

    @property
    def names(self) -> list[str]:
        """As they were written."""
        return [procedure.header.name for procedure in self._by_key.values()]

    def __contains__(self, name: str) -> bool:
        return object_key(name) in self._by_key

    def find(self, name: str) -> CreateProcedure:
        """The procedure of that name. Raises SQL Server's error 2812, and UnsupportedTSql for a system procedure."""
        key = object_key(name)
        if key is None or key not in self._by_key:
            if key and key[1].startswith(("sp_", "xp_")):
                raise UnsupportedTSql(f"system procedure {name}")
            raise sql_server_error(NOT_FOUND, f"Could not find stored procedure '{name}'.")
        return self._by_key[key]

    def create(self, statement: CreateProcedure) -> None:
        """CREATE, CREATE OR ALTER, ALTER. Raises error 2714 where it must be new, 208 where it must not."""
        header = statement.header
        key = object_key(header.name)
        if key in self._by_key and not header.may_exist:
            text = f"There is already an object named '{header.name}' in the database."
            raise sql_server_error(ALREADY_EXISTS, text)
        if key not in self._by_key and header.must_exist:
            raise sql_server_error(INVALID_OBJECT, f"Invalid object name '{header.name}'.")
        self._by_key[key] = statement

    def drop(self, statement: DropProcedure) -> None:
        """DROP PROCEDURE [IF EXISTS]. Raises error 3701."""
        for name in statement.names:
            if self._by_key.pop(object_key(name), None) is None and not statement.if_exists:
                text = f"Cannot drop the procedure '{name}', because it does not exist or you do not have permission."
                raise TSqlError(CANNOT_DROP, text, 11, 5)


def match_arguments(
    procedure: CreateProcedure, arguments: tuple[Argument, ...]
) -> list[tuple[ProcedureParameter, Argument | None]]:
    """Each parameter with its argument; None where its default is meant. Raises what SQL Server would."""
    name, parameters = procedure.header.name, procedure.header.parameters
    given: dict[str, Argument] = {}
    for position, argument in enumerate(arguments):
        if argument.name is None and position >= len(parameters):
            text = f"Procedure or function {name} has too many arguments specified."
            raise sql_server_error(TOO_MANY_ARGUMENTS, text)
        target = argument.name or parameters[position].name
        parameter = next((p for p in parameters if p.name == target), None)
        if parameter is None:
            raise sql_server_error(UNKNOWN_PARAMETER, f"{target} is not a parameter for procedure {name}.")
        if target in given:
            text = f"Parameter '{target}' was supplied multiple times."
            raise sql_server_error(GIVEN_TWICE, text)
        if argument.output and not parameter.output:
            raise TSqlError(
                NOT_AN_OUTPUT_PARAMETER,
                f'The formal parameter "{target}" was not declared as an OUTPUT parameter, but the actual parameter'
                " passed in requested output.",
                state=2,
            )
        given[target] = argument
    matched: list[tuple[ProcedureParameter, Argument | None]] = []
    for parameter in parameters:
        argument = given.get(parameter.name)
        if argument is None or argument.value is None:
            if parameter.default is None:
                text = f"Procedure or function '{name}' expects parameter '{parameter.name}', which was not supplied."
                raise TSqlError(MISSING_ARGUMENT, text, state=4)
            argument = None
        matched.append((parameter, argument))
    return matched
