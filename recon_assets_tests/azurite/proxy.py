"""A proxy on the loopback interface between a client and Azurite: counts, changes and answers requests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from recon_assets_tests.azurite.server import ACCOUNT, Azurite


@dataclass(frozen=True)
class Request:
    """What a client asks for; the path is without the account's."""

    method: str
    path: str
    options: dict[str, str]
    body: bytes

    @property
    def sends_data(self) -> bool:
        """Whether it carries a file's bytes: a block, or a whole small blob that isn't a manifest."""
        if self.method != "PUT" or self.path.endswith(".json"):
            return False
        return self.options.get("comp", "block") == "block" and "restype" not in self.options


@dataclass(frozen=True)
class Answer:
    """What the proxy says in Azurite's place."""

    status: int
    code: str
    detail: str = ""


@dataclass
class Proxy:
    """`meddle` gets each request, and gives the body to pass on (None: as it is) or an answer."""

    azurite: Azurite
    requests: list[Request] = field(default_factory=list)
    meddle: Callable[[Request], bytes | Answer | None] = lambda request: None
    port: int = 0

    @property
    def url(self) -> str:
        """The account's address by way of the proxy."""
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    def sent(self) -> list[Request]:
        """The requests so far that carried a file's bytes."""
        return [request for request in self.requests if request.sends_data]

    @contextmanager
    def serving(self) -> Iterator["Proxy"]:
        """Let it listen on a port of its own."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def pass_on(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                options = {name: values[0] for name, values in parse_qs(parts.query).items()}
                request = Request(self.command, parts.path.removeprefix(f"/{ACCOUNT}"), options, body)
                proxy.requests.append(request)
                meddled = proxy.meddle(request)
                if isinstance(meddled, Answer):
                    text = f"<Error><Code>{meddled.code}</Code><Message>{meddled.detail}</Message></Error>".encode()
                    self.answer(meddled.status, [("x-ms-error-code", meddled.code)], text)
                    return
                upstream = HTTPConnection("127.0.0.1", proxy.azurite.port)
                try:
                    upstream.request(
                        self.command, self.path, body if meddled is None else meddled, dict(self.headers.items())
                    )
                    response = upstream.getresponse()
                    self.answer(response.status, response.getheaders(), response.read())
                except OSError:  # Azurite is down: break off, as it would
                    self.close_connection = True
                finally:
                    upstream.close()

            def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in ("transfer-encoding", "connection", "keep-alive", "content-length"):
                        self.send_header(name, value)
                given = {name.lower(): value for name, value in headers}
                length = given.get("content-length") if self.command == "HEAD" else str(len(body))
                self.send_header("Content-Length", length or "0")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_port
            thread = Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield self
            server.shutdown()
            thread.join()
