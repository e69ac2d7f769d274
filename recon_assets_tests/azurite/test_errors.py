"""What a storage refuses is told with account, container, path and remedy, and no secret is told, logged or kept."""

import logging
import re
import traceback
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote

import dagster as dg
import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas
from dagster_azure.blob import (
    AzureBlobStorageAnonymousCredential,
    AzureBlobStorageDefaultCredential,
    AzureBlobStorageKeyCredential,
    AzureBlobStorageSASTokenCredential,
)

from recon_assets.io_managers.adls import AdlsStorage
from recon_assets.io_managers.copies import CopyLayer
from recon_assets.io_managers.storage import StorageError
from recon_assets_tests.assets.conftest import errors_of
from recon_assets_tests.azurite.conftest import COPY_KEY, Lake
from recon_assets_tests.azurite.proxy import Answer
from recon_assets_tests.azurite.server import ACCOUNT, HOST, KEY
from recon_assets_tests.io_managers.helpers import rows, store

OTHER_KEY = "UExBTlRFRC1PVEhFUi1LRVkuLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLi4uLg=="
PLANTED = "sig=PLANTED-SIGNATURE"


def key(value: str = KEY) -> AzureBlobStorageKeyCredential:
    return AzureBlobStorageKeyCredential(key=value)


def sas(lake: Lake, permission: str = "racwdl", hours: int = 1) -> str:
    return generate_container_sas(
        ACCOUNT,
        lake.container.container_name,
        account_key=KEY,
        permission=ContainerSasPermissions.from_string(permission),
        expiry=datetime.now(UTC) + timedelta(hours=hours),
    )


def connection_string(url: str, value: str = KEY) -> str:
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={value};BlobEndpoint={url};"


def copied_through(lake: Lake, storage: AdlsStorage, root: str | None = None) -> dg.ExecuteInProcessResult:
    layer = CopyLayer(root=root or lake.root, storage=storage)
    return store(layer, lake.table(rows(1, 2)), COPY_KEY)


@pytest.mark.parametrize(
    "access",
    [
        lambda lake: {"account_url": lake.proxy.url, "credential": key()},
        lambda lake: {"account_url": lake.proxy.url, "credential": AzureBlobStorageSASTokenCredential(token=sas(lake))},
        lambda lake: {"connection_string": connection_string(lake.proxy.url)},
        lambda lake: {
            "connection_string": f"BlobEndpoint={lake.proxy.url};SharedAccessSignature={sas(lake)}",
        },
    ],
    ids=["key", "SAS", "connection string with a key", "connection string with a SAS"],
)
def test_every_kind_of_access_serves(lake, access):
    run = copied_through(lake, AdlsStorage(**access(lake)))
    assert run.success, errors_of(run)


def test_secrets_come_from_environment_variables(lake, monkeypatch):
    monkeypatch.setenv("RECON_TEST_CONNECTION", connection_string(lake.proxy.url))
    assert copied_through(lake, AdlsStorage(connection_string=dg.EnvVar("RECON_TEST_CONNECTION"))).success
    monkeypatch.setenv("RECON_TEST_KEY", KEY)
    named = AdlsStorage(account_url=lake.proxy.url, credential=key(dg.EnvVar("RECON_TEST_KEY")))
    run = copied_through(lake, named)
    assert run.success, errors_of(run)


def test_a_service_principal_or_managed_identity_is_azure_identitys_to_find(monkeypatch):
    found = []
    monkeypatch.setattr("dagster_azure.blob.resources.DefaultAzureCredential", lambda **kwargs: found.append(kwargs))
    credential = AzureBlobStorageDefaultCredential(kwargs={"managed_identity_client_id": "11111111"})
    AdlsStorage(credential=credential).folder("abfss://lake@someaccount.dfs.core.windows.net/tables")
    assert found == [{"managed_identity_client_id": "11111111"}]


def test_without_an_address_the_roots_account_is_reached(lake):
    folder = AdlsStorage(credential=key()).folder("abfss://lake@someaccount.dfs.core.usgovcloudapi.net/tables")
    assert folder.client.url == "https://someaccount.blob.core.usgovcloudapi.net/"


def test_the_resource_serves_other_uses_of_the_account(lake):
    with lake.storage.get_client() as client:
        assert lake.container.container_name in [container.name for container in client.list_containers()]
    with pytest.raises(StorageError, match="no account named: give account_url"), AdlsStorage().get_client():
        pass


@pytest.mark.parametrize(
    "access, told",
    [
        (lambda lake: {"credential": key(OTHER_KEY)}, "the credential is wrong or has expired, .*: renew the key"),
        (lambda lake: {"credential": key("not base64")}, "the credential gives no access: correct the key"),
        (
            lambda lake: {"credential": AzureBlobStorageSASTokenCredential(token=sas(lake, hours=-1))},
            "the credential is wrong or has expired, .*: renew the key or the SAS",
        ),
        (
            lambda lake: {"credential": AzureBlobStorageSASTokenCredential(token=sas(lake, permission="rl"))},
            "the SAS the permissions racwdl",
        ),
        (lambda lake: {"credential": AzureBlobStorageAnonymousCredential()}, "the credential is wrong"),
        (lambda lake: {"account_url": "https://other.blob.core.windows.net"}, "the credential is for the account other"),
        (lambda lake: {"account_url": f"{lake.proxy.url}?{PLANTED}"}, "account_url has a query: give what grants access"),
        (lambda lake: {"account_url": "//"}, "the address or the credential is malformed"),
        (lambda lake: {"connection_string": "nonsense"}, "the address or the credential is malformed"),
        (
            lambda lake: {"connection_string": connection_string(lake.proxy.url, OTHER_KEY)},
            "the credential is wrong or has expired, .*: renew the key",
        ),
    ],
)  # fmt: skip
def test_access_that_is_refused_is_told_with_its_remedy(lake, access, told):
    arguments = access(lake)
    if "connection_string" not in arguments:
        arguments = {"account_url": lake.proxy.url, "credential": key()} | arguments
    run = copied_through(lake, AdlsStorage(**arguments))
    assert not run.success
    assert re.search(told, errors_of(run)), errors_of(run)


def test_an_account_that_is_not_there_is_told(lake):
    run = copied_through(lake, AdlsStorage(credential=key()), "abfss://lake@nosuchaccount.dfs.core.invalid/tables")
    assert re.search(
        "^account nosuchaccount, container lake, path tables/r/T_adls.*: the account can't be reached: correct its name",
        errors_of(run),
    )


def test_an_identity_that_can_not_be_had_is_told(lake, monkeypatch):
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    for variable in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    run = copied_through(lake, AdlsStorage(), "abfss://lake@nosuchaccount.dfs.core.invalid/tables")
    assert "the credential gives no access: correct the key (its base64 is to be whole), or see that" in errors_of(run)


def test_a_container_that_is_not_there_is_told(lake):
    run = copied_through(lake, lake.storage, f"abfss://no-such-container@{HOST}/tables")
    assert re.search(
        rf"^account {ACCOUNT}, container no-such-container, path tables/r/T_adls\S*: there is no container"
        r" no-such-container: create it, or correct the layer's root \(ContainerNotFound\)$",
        errors_of(run),
    ), errors_of(run)


@pytest.mark.parametrize(
    "root, told",
    [
        ("tables", "is to be of the form abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH"),
        ("https://acc.blob.core.windows.net/lake", "is to be of the form abfss://"),
        (f"abfss://lake@acc.dfs.core.windows.net/tables?{PLANTED}", "and no more: give what grants access as a credential"),
        (f"abfss://lake:{PLANTED}@acc.dfs.core.windows.net/tables", "and no more"),
        ("abfss://Lake@acc.dfs.core.windows.net/tables", "a container's name is 3 to 63 small letters, .* correct Lake"),
        ("abfss://a--b@acc.dfs.core.windows.net/tables", "correct a--b"),
        ("abfss://lake@my-account.dfs.core.windows.net/tables", "an account's name is 3 to 24 small letters and digits"),
        ("abfss://lake@acc.dfs.core.windows.net/a//b", "no part that is empty or ends with a dot"),
        ("abfss://lake@acc.dfs.core.windows.net/a./b", "no part that is empty or ends with a dot"),
        (f"abfss://lake@acc.dfs.core.windows.net/{'long/' * 200}", "at most 824 characters"),
    ],
)  # fmt: skip
def test_a_root_that_names_no_storage_is_told_before_anything_is_sent(lake, root, told):
    with pytest.raises(StorageError, match=told) as error:
        lake.storage.folder(root)
    assert PLANTED not in str(error.value)
    assert not lake.proxy.requests


@pytest.mark.parametrize(
    "status, code, told",
    [
        (403, "AuthorizationPermissionMismatch", "grant the identity the role Storage Blob Data Contributor"),
        (403, "AuthorizationFailure", "have the account's firewall admit this machine"),
        (403, "InsufficientAccountPermissions", r"that is not permitted: grant .* \(InsufficientAccountPermissions\)"),
        (403, "KeyBasedAuthenticationNotPermitted", "the account takes no keys: use an identity"),
        (403, "AccountIsDisabled", "the account is disabled"),
        (409, "PublicAccessNotPermitted", "the account wants a credential"),
        (401, "InvalidAuthenticationInfo", "the credential can't be used here"),
        (401, "SomethingNew", "the credential gives no access: .* AZURE_CLIENT_SECRET"),
        (409, "ContainerBeingDeleted", "is being deleted: wait"),
        (409, "BlobImmutableDueToPolicy", "immutability policy"),
        (400, "InvalidResourceName", "Azure has no storage by such a name: correct the layer's root"),
        (400, "SomethingNew", r"the storage refused \(SomethingNew\): see what Azure documents"),
        (429, "TooManyRequests", "the storage turns requests away .* raise the account's limits"),
        (503, "ServerBusy", "the storage turns requests away .* raise the account's limits"),
        (500, "InternalError", "the storage failed, several times: run again later"),
    ],
)
def test_what_the_storage_refuses_is_told_with_its_remedy_and_not_with_its_own_words(lake, status, code, told):
    lake.proxy.meddle = lambda request: Answer(status, code, f"https://host/?{PLANTED}") if request.sends_data else None
    run = copied_through(lake, lake.storage)
    place = (
        rf"account {ACCOUNT}, container {lake.container.container_name}, path tables/r/T_adls/\S+/part-00000.parquet: "
    )
    assert re.fullmatch(place + ".*" + told + ".*", errors_of(run))
    assert PLANTED not in everything_told(run)


def everything_told(run: dg.ExecuteInProcessResult) -> str:
    """All that Dagster keeps of a run: events with their metadata, errors and causes."""
    return "\n".join(map(repr, run.all_events)) + "\n".join(
        str(event.step_failure_data.error.to_string()) for event in run.all_events if event.is_step_failure
    )


@pytest.mark.parametrize("outcome", ["success", "refused", "broken off", "unreachable"])
@pytest.mark.parametrize("kind", ["key", "SAS", "connection string"])
def test_no_secret_is_told_logged_or_kept(lake, caplog, capfd, kind, outcome):
    caplog.set_level(logging.DEBUG)
    token = sas(lake)
    signature = parse_qs(token)["sig"][0]
    secrets = {KEY, signature, *re.findall("sig=([^&]+)", token), unquote(signature)}
    url = f"http://127.0.0.1:1/{ACCOUNT}" if outcome == "unreachable" else lake.proxy.url
    storage = {
        "key": AdlsStorage(account_url=url, credential=key()),
        "SAS": AdlsStorage(account_url=url, credential=AzureBlobStorageSASTokenCredential(token=token)),
        "connection string": AdlsStorage(connection_string=connection_string(url)),
    }[kind]
    meddling = {
        "refused": lambda request: Answer(403, "AuthenticationFailed", f"signed {token}"),
        "broken off": lambda request: (_ for _ in ()).throw(ConnectionResetError()),
    }
    lake.proxy.meddle = meddling.get(outcome, lake.proxy.meddle)
    layer = CopyLayer(root=lake.root, storage=storage)
    run = store(layer, lake.table(rows(1, 2)), COPY_KEY)
    assert run.success == (outcome == "success")
    texts = [everything_told(run), caplog.text, *capfd.readouterr(), repr(layer), str(layer), repr(storage)]
    try:
        folder = storage.folder(lake.root)
        texts += [repr(folder), repr(folder.filesystem), str(folder.filesystem.storage_options)]
        stored = layer.current(COPY_KEY)
        texts += [repr(stored), stored.to_json(stored.folder), *stored.paths]
        folder.filesystem.open(stored.paths[0]).read()
    except Exception as error:
        assert outcome != "success"
        texts.append("".join(traceback.format_exception(error)))
    for text in texts:
        for secret in secrets:
            assert secret not in text
    assert "urllib3.connectionpool" in caplog.text
