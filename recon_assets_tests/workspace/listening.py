"""HTTP on the loopback.

Belongs here: sockets, headers and bodies, and the record of calls. Does not belong here: what is answered (`server`).
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from recon_assets_tests.workspace.exchange import Answer, Request


@dataclass(frozen=True)
class Call:
    """A call as it came, whatever was answered; a body of JSON is shown as what it says. Tokens are not kept."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


@contextmanager
def listening(
    answer: Callable[[Request], Answer | None], calls: list["Call"], failures: list[Exception]
) -> Iterator[str]:
    """The URL of a server that asks `answer` about each call (None drops the connection) and notes the calls."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer, calls, failures)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _handler(
    answer: Callable[[Request], Answer | None], calls: list[Call], failures: list[Exception]
) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One packet for each answer: else the kernel waits for an acknowledgement before the body.
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError:
                self.close_connection = True

        def exchange(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(
                self.command, unquote(parts.path), dict(parse_qsl(parts.query)), headers, self._body(headers)
            )
            calls.append(Call(request.method, request.path, request.query, _shown(request.body)))
            try:
                answered = answer(request)
            except Exception as error:
                failures.append(error)
                answered = Answer({"error_code": "INTERNAL_ERROR", "message": f"the peer failed: {error!r}"}, 500)
            if answered is None:
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(2)
                return
            self._send(answered)

        def _body(self, headers: Mapping[str, str]) -> bytes:
            if headers.get("transfer-encoding") != "chunked":
                return self.rfile.read(int(headers.get("content-length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _send(self, answer: Answer) -> None:
            empty = answer.body is None
            raw = answer.body if isinstance(answer.body, bytes) else b"" if empty else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in ({"Content-Type": "application/json"} | dict(answer.headers)).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(raw)
            self.wfile.flush()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Calls are kept, not printed."""

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = exchange

    return Handler


def _shown(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
