"""What Azure's client raises, as errors that say what to do.

Belongs here: telling causes apart by status and error code. Does not belong here: repeating anything (`folder`).

The client's own messages are left out, and so are the errors themselves: they hold URLs with their SAS signature, and
the text that was signed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
)

from recon_assets.io_managers.adls.root import Place
from recon_assets.io_managers.storage import StorageError

_ROLE = "the role Storage Blob Data Contributor on the container"
_REMEDIES = {
    "ContainerNotFound": "there is no container {container}: create it, or correct the layer's root",
    "ContainerBeingDeleted": "the container {container} is being deleted: wait, or correct the layer's root",
    "ContainerDisabled": "the container {container} is disabled: have its owner enable it",
    "AccountIsDisabled": "the account is disabled: have its owner enable it",
    "AuthenticationFailed": "the credential is wrong or has expired: renew the key, the SAS or the secret, and see that"
    " it is this account's and the machine's clock is right",
    "InvalidAuthenticationInfo": "the credential can't be used here: renew it, and see that it is for this account",
    "NoAuthenticationInformation": "the account wants a credential: give a key, a SAS, or an identity",
    "AuthorizationFailure": "the credential is wrong or has expired, or this network is kept out: renew the key or the"
    " SAS, have the account's firewall admit this machine, or grant the identity {role}",
    "AuthorizationPermissionMismatch": "the credential doesn't allow that: grant the identity {role}, or the SAS the"
    " permissions racwdl",
    "AuthorizationServiceMismatch": "the SAS is not for blobs: make one for the Blob service",
    "AuthorizationResourceTypeMismatch": "the SAS doesn't allow that: make one for containers and objects (srt=co)",
    "AuthorizationProtocolMismatch": "the SAS is for https only: use an https address",
    "AuthorizationSourceIPMismatch": "the SAS is not for this machine's address: make one that is",
    "KeyBasedAuthenticationNotPermitted": "the account takes no keys: use an identity that has {role}",
    "PublicAccessNotPermitted": "the account wants a credential: give a key, a SAS, or an identity",
    "InvalidResourceName": "Azure has no storage by such a name: correct the layer's root",
    "InvalidUri": "Azure has no storage by such a name: correct the layer's root",
    "OutOfRangeInput": "Azure has no storage by such a name: correct the layer's root",
    "BlobArchived": "the blob was moved to the archive: have it brought back, and keep life-cycle rules off",
    "BlobImmutableDueToPolicy": "the container's immutability policy forbids that: use a container without one",
    "Md5Mismatch": "bytes arrive changed, each time anew: look for what alters the traffic (a proxy, bad memory)",
    "InvalidBlockList": "the storage lost what it was sent, each time anew: run again once it is up for good",
    "ServerBusy": "the storage turns requests away for their number or volume: run again later, or with fewer runs at"
    " once, or raise the account's limits",
}
_FORBIDDEN = "that is not permitted: grant the identity {role}, or the SAS the permissions racwdl"


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Turns the client's errors into StorageError, and a blob that isn't there into FileNotFoundError."""
    try:
        yield
    except HttpResponseError as error:
        if code(error) in ("BlobNotFound", "ResourceNotFound", "PathNotFound"):
            raise FileNotFoundError(2, "there is no such blob", str(place)) from None
        raise told(place, _cause(error).format(container=place.container, role=_ROLE)) from None
    except ServiceRequestError:
        raise told(
            place, "the account can't be reached: correct its name or address, or see that the network leads there"
        ) from None
    except (ServiceResponseError, IncompleteReadError):
        raise told(place, "the connection broke off, several times: run again once the network holds") from None
    except AzureError as error:
        raise told(place, f"{type(error).__name__}: see what Azure documents of that") from None
    except UnicodeError:
        raise
    except ValueError:  # of the client's own checks, before anything is sent
        raise told(
            place,
            "the address or the credential is malformed: correct account_url, or the connection string",
        ) from None


def told(place: Place, cause: str) -> StorageError:
    """The error that says where something went wrong."""
    return StorageError(f"account {place.account}, container {place.container}, path {place.path}: {cause}")


def code(error: HttpResponseError) -> str:
    """Azure's word for what went wrong, or nothing."""
    found = getattr(error, "error_code", None)
    return str(getattr(found, "value", found) or "")


def _cause(error: HttpResponseError) -> str:
    name, status = code(error), error.status_code
    told_as = f" ({name})" if name else f" (status {status})" if status else ""
    if name in _REMEDIES:
        return _REMEDIES[name] + told_as
    if status in (429, 503):
        return _REMEDIES["ServerBusy"] + told_as
    if status == 403:
        return _FORBIDDEN + told_as
    if status == 401 or isinstance(error, ClientAuthenticationError):
        return (
            "the credential gives no access: correct the key (its base64 is to be whole), or see that the identity's"
            " variables are set (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET) or the machine has a managed"
            f" identity{told_as}"
        )
    if status is not None and status >= 500:
        return f"the storage failed, several times: run again later{told_as}"
    return f"the storage refused{told_as}: see what Azure documents of that code"
