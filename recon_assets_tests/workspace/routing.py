"""Which service a call goes to.

Belongs here: methods and paths. Does not belong here: what is done about a call.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from recon_assets_tests.workspace.exchange import Answer, ApiError, Request

Handler = Callable[..., Answer | dict]


@dataclass(frozen=True)
class Route:
    """A method and a pattern of paths; what the pattern's groups match is given to the handler after the request."""

    method: str
    pattern: str
    handler: Handler


def dispatch(routes: Iterable[Route], request: Request) -> Answer:
    """Have the call answered. Raises ApiError."""
    for route in routes:
        match = re.fullmatch(route.pattern, request.path)
        if match and route.method == request.method:
            answer = route.handler(request, *match.groups())
            return answer if isinstance(answer, Answer) else Answer(answer)
    text = f"No API found for '{request.method} {request.path.removeprefix('/api')}'"
    raise ApiError(404, "ENDPOINT_NOT_FOUND", text)
