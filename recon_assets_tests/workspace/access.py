"""Who may call.

Belongs here: tokens, OAuth for service principals, and the caller's own entry. Does not belong here: what may be
called; a test says so by faults.
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from recon_assets_tests.workspace.exchange import Answer, ApiError, Request
from recon_assets_tests.workspace.routing import Route


@dataclass
class Access:
    """A personal access token, a service principal's secret, and the tokens given out for it."""

    token: str = field(repr=False)
    client_id: str = "6f1f3c1e-0000-4000-8000-7ec0a55e7555"
    client_secret: str = field(default="dose-PLANTED-secret-that-must-not-be-shown", repr=False)
    user: str = "recon@example.com"
    lifetime: int = 3600
    """Of OAuth's tokens, in seconds as told; none really expires before `expire_tokens`."""
    url: str = ""
    _granted: set[str] = field(default_factory=set)

    def check(self, request: Request) -> None:
        """Raises ApiError unless the call carries a token that is known."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not token:
            raise ApiError(401, "401", "Credential was not sent or was of an unsupported type for this API.")
        if token != self.token and token not in self._granted:
            raise ApiError(403, "403", "Invalid access token.")

    def expire_tokens(self) -> None:
        """No token given out so far is good any more."""
        self._granted.clear()

    def public_routes(self) -> Sequence[Route]:
        """What is answered to anybody."""
        return [
            Route("GET", "/oidc/.well-known/oauth-authorization-server", self._endpoints),
            Route("POST", "/oidc/v1/token", self._grant),
        ]

    def routes(self) -> Sequence[Route]:
        """What is answered to those with a token."""
        return [Route("GET", "/api/2.0/preview/scim/v2/Me", self._me)]

    def _endpoints(self, request: Request) -> dict:
        base = f"{self.url}/oidc"
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/v1/authorize",
            "token_endpoint": f"{base}/v1/token",
            "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
            "scopes_supported": ["all-apis", "email", "offline_access", "openid", "profile", "sql"],
        }

    def _grant(self, request: Request) -> Answer | dict:
        expected = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return Answer({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        if parse_qs(request.body.decode()).get("grant_type") != ["client_credentials"]:
            return Answer({"error": "unsupported_grant_type", "error_description": "Unsupported grant type"}, 400)
        self._granted.add(token := secrets.token_urlsafe())
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime, "scope": "all-apis"}

    def _me(self, request: Request) -> dict:
        return {
            "id": "1",
            "userName": self.user,
            "displayName": self.user,
            "active": True,
            "emails": [{"type": "work", "value": self.user, "primary": True}],
        }
