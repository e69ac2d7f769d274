"""The workspace's API: getting in, and what its refusals mean.

Belongs here: the SDK's client, and its errors as ours. Does not belong here: what is asked of the workspace (`jobs`,
`pipes`).

Who calls is the SDK's own affair: it finds host and credentials in DATABRICKS_* and ARM_*, and renews tokens. Dagster's
DatabricksClientResource takes three of its dozen ways only, as values that a resource would have to hold.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import PermissionDenied, Unauthenticated

from recon_assets.targets.base import TargetError

_REMEDY = (
    "renew DATABRICKS_TOKEN, or set DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET of a service principal"
    " (docs/azure.md)"
)


def connect() -> WorkspaceClient:
    """A client of the workspace that the environment names. Raises TargetError."""
    try:
        return WorkspaceClient(product="recon-assets")
    except ValueError as error:
        # Neither chained nor told whole: it may go on with the configuration.
        raise TargetError(f"the Databricks workspace can't be entered ({_first_words(error)}): {_REMEDY}") from None


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Turns the SDK's errors into ours, which say what was asked.

    They are not chained: of an answer that it can't read, the SDK quotes the request with its token.
    """
    try:
        yield
    except OSError as error:  # DatabricksError, TimeoutError and those of `requests` are
        raise TargetError(f"{what}: {_told(error)}") from None
    except ValueError as error:  # of credentials
        raise TargetError(f"{what}: {_first_words(error)}; {_REMEDY}") from None


def _told(error: OSError) -> str:
    said = _first_words(error)
    if isinstance(error, Unauthenticated) or (isinstance(error, PermissionDenied) and "token" in said.lower()):
        return f"the workspace does not accept the credentials ({said}): they are wrong or have expired; {_REMEDY}"
    if isinstance(error, PermissionDenied):
        return f"{said} Give the one who calls the right to it in the workspace"
    if isinstance(error, TimeoutError):
        return "the workspace did not answer in five minutes: see that it can be reached, then run again"
    return said


def _first_words(error: Exception) -> str:
    return str(error).split("Request log")[0].split("Config:")[0].strip()[:1000] or type(error).__name__
