"""THROW and RAISERROR: the error or message their arguments make.

Belongs here: evaluating and checking those arguments. Does not belong here: the text's formats (`messages`), or
what an error does (`signals`, `interpreter`).
"""

from sqlglot import exp

from recon_assets.tsql.control import RaiseError
from recon_assets.tsql.errors import TSqlError
from recon_assets.tsql.execution import Execution
from recon_assets.tsql.messages import format_message
from recon_assets.tsql.types import INT, nvarchar

RAISED = 50000
THROW_NUMBER = 35100
SEVERITY_NEEDS_RIGHTS = 2754
LOWEST_ERROR_SEVERITY = 11
_HIGHEST_SEVERITY = 18


def error_to_throw(execution: Execution, arguments: tuple[exp.Expression, ...]) -> TSqlError:
    """The error of THROW number, message, state. Raises error 35100 for a number below 50000."""
    types = (INT, nvarchar(2048), INT)
    number, message, state = (execution.scalar(node, to) for node, to in zip(arguments, types, strict=True))
    if number is None or number < RAISED:
        text = (
            f"Error number {number} in the THROW statement is outside the valid range. Specify an error number in the"
            " valid range of 50000 to 2147483647."
        )
        raise TSqlError(THROW_NUMBER, text, 16, 10)
    return TSqlError(number, message or "", 16, state or 0)


def error_to_raise(execution: Execution, statement: RaiseError) -> TSqlError:
    """What RAISERROR makes; a message only, where its severity is below 11.

    Raises error 2754 for a severity above 18, which needs rights, and 2786 for arguments of the wrong type.
    """
    template = execution.scalar(statement.message, nvarchar(2048)) or ""
    severity = max(0, execution.scalar(statement.severity, INT) or 0)
    state = min(255, max(0, execution.scalar(statement.state, INT) or 0))
    if severity > _HIGHEST_SEVERITY:
        text = "Error severity levels greater than 18 can only be specified by members of the sysadmin role."
        raise TSqlError(SEVERITY_NEEDS_RIGHTS, text)
    arguments = [execution.scalar(argument) for argument in statement.arguments]
    return TSqlError(RAISED, format_message(template, arguments), severity, state)
