"""TDS packets on a socket: messages in, messages out, and TLS around either.

Belongs here: packet headers, splitting and joining messages, the TLS handshake inside of packets, and noticing an
attention while a reply is being written. Does not belong here: what a message says (`login`, `requests`, `tokens`).
"""

import contextlib
import queue
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

SQL_BATCH, RPC, REPLY, ATTENTION, TRANSACTION, LOGIN, PRELOGIN = 0x01, 0x03, 0x04, 0x06, 0x0E, 0x10, 0x12
_HEADER = struct.Struct(">BBHHBB")
_LAST, _RESET, _RESET_KEEPING_TRANSACTION = 0x01, 0x08, 0x10
_CHUNK = 1 << 18
_TLS_HANDSHAKE = 0x16


class Disconnected(Exception):
    """The connection is over: the client left, or a fault ended it."""


@dataclass(frozen=True)
class Message:
    """A whole message. `resets` asks for the session to be made like new before it is answered."""

    type: int
    data: bytes
    resets: bool = False


class Transport:
    """One client's connection. `packet_size` bounds the packets that are sent."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._received = bytearray()
        self._tls: ssl.SSLObject | None = None
        self._to_tls, self._from_tls = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls_lock = threading.Lock()
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self.packet_size = 4096
        self.attention = threading.Event()
        """Set when the client has cancelled, or has left, and nobody has taken note of it yet."""
        self.closed = False
        self.on_attention: Callable[[], None] = lambda: None
        """Called by the reading thread when the client cancels or leaves."""

    # Receiving

    def receive(self) -> Message:
        """The next message, read by this thread: for the login, whose TLS changes from message to message."""
        data = bytearray()
        while True:
            kind, status, length, *_ = _HEADER.unpack(self._take(8))
            data += self._take(length - 8)
            if status & _LAST:
                return Message(kind, bytes(data), bool(status & (_RESET | _RESET_KEEPING_TRANSACTION)))

    def start_reading(self) -> None:
        """From here on a thread of its own reads, so that an attention is noticed at any time."""
        threading.Thread(target=self._read_on, daemon=True).start()

    def next_message(self) -> Message:
        """The next message that thread has read. Raises Disconnected."""
        message = self._messages.get()
        if message is None:
            raise Disconnected
        return message

    def _read_on(self) -> None:
        try:
            while True:
                message = self.receive()
                if message.type == ATTENTION:
                    self._interrupt()
                self._messages.put(message)
        except (OSError, Disconnected):
            self.closed = True
            self._interrupt()
            self._messages.put(None)

    def _interrupt(self) -> None:
        self.attention.set()
        self.on_attention()

    def _take(self, size: int) -> bytes:
        while len(self._received) < size:
            self._received += self._more()
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _more(self) -> bytes:
        while True:
            data = self._socket.recv(_CHUNK)
            if not data:
                raise Disconnected
            if self._tls is None:
                return data
            with self._tls_lock:
                self._to_tls.write(data)
                if plain := self._read_tls():
                    return plain

    def _read_tls(self) -> bytes:
        plain = bytearray()
        try:
            while piece := self._tls.read(_CHUNK):
                plain += piece
            if not plain:
                raise Disconnected
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            raise Disconnected from error
        return bytes(plain)

    # Sending

    def send(self, data: bytes | bytearray, *, last: bool, kind: int = REPLY, number: int = 1) -> int:
        """Send data as packets, all but the last one full; the number of the next packet."""
        room = self.packet_size - 8
        view = memoryview(data)
        out = bytearray()
        for start in range(0, len(view) or 1, room):
            piece = view[start : start + room]
            ends = last and start + room >= len(view)
            out += _HEADER.pack(kind, _LAST if ends else 0, len(piece) + 8, 0, number & 0xFF, 0)
            out += piece
            number += 1
        self._send(out)
        return number

    def _send(self, data: bytes | bytearray) -> None:
        if self._tls is not None:
            with self._tls_lock:
                view, written = memoryview(data), 0
                while written < len(view):
                    written += self._tls.write(view[written:])  # a record at a time
                data = self._from_tls.read()
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Disconnected from error

    # TLS

    def starts_with_tls(self) -> bool:
        """Whether the client begins with TLS (TDS 8) rather than with a packet."""
        self._received += self._more()
        return self._received[0] == _TLS_HANDSHAKE

    def start_tls_at_once(self, context: ssl.SSLContext) -> None:
        """The handshake of TDS 8, outside of packets."""
        tls = context.wrap_bio(self._to_tls, self._from_tls, server_side=True)
        self._to_tls.write(self._received)
        self._received.clear()
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._send(self._from_tls.read())
                self._to_tls.write(self._more())
            except ssl.SSLError as error:
                self._send(self._from_tls.read())
                raise Disconnected from error
        self._send(self._from_tls.read())
        self._tls = tls
        self._received += self._read_tls()  # what came with the handshake's last flight

    def start_tls(self, context: ssl.SSLContext) -> None:
        """The handshake, each flight in a packet of type PRELOGIN; what follows is encrypted outside of packets."""
        tls = context.wrap_bio(self._to_tls, self._from_tls, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._send_flight()
                message = self.receive()
                if message.type != PRELOGIN:
                    raise Disconnected from None
                self._to_tls.write(message.data)
            except ssl.SSLError as error:
                self._send_flight()
                raise Disconnected from error
        self._send_flight()
        self._tls = tls

    def _send_flight(self) -> None:
        if data := self._from_tls.read():
            self.send(data, last=True, kind=PRELOGIN)

    @property
    def is_encrypted(self) -> bool:
        """Whether what is sent now is."""
        return self._tls is not None

    def stop_tls(self) -> None:
        """Go on in the clear: only the login was to be encrypted."""
        self._tls = None

    # Ending

    def close(self) -> None:
        """Say goodbye as TCP does."""
        self._end()

    def reset(self) -> None:
        """Cut the connection with a TCP reset, as a failing network does."""
        with contextlib.suppress(OSError):  # it may be closed already
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._end()

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)  # wakes the reading thread
        self._socket.close()
