"""One call and its answer.

Belongs here: what a service gets and gives, and the errors as Databricks words them. Does not belong here: sockets
(`server`), and which service a call goes to (`routing`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from typing import Any


@dataclass(frozen=True)
class Request:
    """A call. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def fields(self) -> dict[str, Any]:
        """What the call says: its JSON body or its form, and its query. Raises ApiError."""
        kind = self.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):
            return dict(self.query) | _form(kind, self.body)
        if not self.body or not kind.startswith("application/json"):
            return dict(self.query)
        try:
            told = json.loads(self.body)
        except ValueError:
            raise ApiError(400, "MALFORMED_REQUEST", "Could not parse request object") from None
        return dict(self.query) | told

    def need(self, name: str) -> Any:
        """A field that must be there. Raises ApiError."""
        if (value := self.fields.get(name)) is None:
            raise invalid(f"Missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        """A field that is true or false, as JSON or as text."""
        return str(self.fields.get(name, "")).lower() == "true"


@dataclass(frozen=True)
class Answer:
    """What is sent back: an object as JSON, or bytes."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """An error as the API tells it."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = Answer({"error_code": code, "message": message}, status, headers or {})


def invalid(message: str) -> ApiError:
    """The call can't be right."""
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


def missing(message: str) -> ApiError:
    """What the call is about isn't there."""
    return ApiError(404, "RESOURCE_DOES_NOT_EXIST", message)


def _form(kind: str, body: bytes) -> dict[str, Any]:
    message: Message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    told: dict[str, Any] = {}
    for part in message.get_payload():
        assert isinstance(part, Message)
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        is_file = part.get_filename() is not None
        told[str(name)] = content if is_file else content.decode()
    return told
