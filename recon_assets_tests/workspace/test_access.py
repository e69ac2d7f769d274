"""Who may call, and what is said to others."""

import pytest
import requests
from databricks.sdk.errors import PermissionDenied, Unauthenticated


def test_a_token_opens_the_workspace(workspace, client):
    assert client.current_user.me().user_name == workspace.access.user


def test_a_wrong_token_is_refused_with_403(workspace):
    with pytest.raises(PermissionDenied, match=r"Invalid access token\."):
        workspace.client(token="dapi-wrong").current_user.me()


def test_no_token_is_refused_with_401(workspace):
    answer = requests.get(f"{workspace.url}/api/2.0/preview/scim/v2/Me")
    assert answer.status_code == 401
    assert set(answer.json()) == {"error_code", "message"}


def test_a_service_principals_secret_opens_the_workspace(workspace):
    access = workspace.access
    client = workspace.client(client_id=access.client_id, client_secret=access.client_secret)
    assert client.current_user.me().user_name == access.user
    assert [call.path for call in workspace.calls] == [
        "/oidc/.well-known/oauth-authorization-server",
        "/oidc/v1/token",
        "/api/2.0/preview/scim/v2/Me",
    ]


def test_a_service_principals_wrong_secret_is_refused(workspace):
    client = workspace.client(client_id=workspace.access.client_id, client_secret="wrong")
    with pytest.raises(ValueError, match="invalid_client: Client authentication failed"):
        client.current_user.me()


def test_a_granted_token_that_has_expired_is_refused(workspace):
    access = workspace.access
    client = workspace.client(client_id=access.client_id, client_secret=access.client_secret)
    client.current_user.me()
    access.expire_tokens()
    with pytest.raises(PermissionDenied, match=r"Invalid access token\."):
        client.current_user.me()


def test_a_refusal_can_be_asked_for(workspace, client):
    workspace.faults.answer(401)
    with pytest.raises(Unauthenticated):
        client.current_user.me()
    assert client.current_user.me().user_name


def test_calls_are_kept_without_their_tokens(workspace, client):
    client.dbfs.mkdirs("/x")
    [call] = workspace.called("POST", "/api/2.0/dbfs")
    assert (call.path, call.body) == ("/api/2.0/dbfs/mkdirs", {"path": "/x"})
    assert workspace.token not in repr(workspace.calls)
