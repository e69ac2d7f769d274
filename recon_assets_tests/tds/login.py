"""Prelogin and login: what the client says of itself.

Belongs here: reading PRELOGIN and LOGIN7 and what is answered to PRELOGIN. Does not belong here: whether a login is
let in (`connection`), or TLS itself (`packets`).
"""

import struct
from dataclasses import dataclass, field

from recon_assets_tests.tds.tokens import VERSION

ENCRYPT_LOGIN, ENCRYPT_ALL, NO_ENCRYPTION, ENCRYPTION_REQUIRED = 0, 1, 2, 3
FEDERATED, UTF8 = 0x02, 0x0A
_SECURITY_TOKEN = 1
_VERSION, _ENCRYPTION, _INSTANCE, _THREAD, _MARS, _FEDERATED_REQUIRED = 0, 1, 2, 3, 4, 6


def read_prelogin(data: bytes) -> dict[int, bytes]:
    """The options by their number."""
    options: dict[int, bytes] = {}
    position = 0
    while data[position] != 0xFF:
        option, offset, size = struct.unpack_from(">BHH", data, position)
        options[option] = data[offset : offset + size]
        position += 5
    return options


def agree_on_encryption(client: int, server: str) -> int | None:
    """What to answer to the client's wish; None where the two can't come together.

    The server's side is `on` (as the client likes), `required` (all is encrypted) or `off` (it has no certificate).
    """
    if server == "off":
        return NO_ENCRYPTION if client != ENCRYPTION_REQUIRED else None
    if client == NO_ENCRYPTION:
        return NO_ENCRYPTION if server == "on" else ENCRYPTION_REQUIRED
    if server == "required":
        return ENCRYPTION_REQUIRED if client == ENCRYPT_LOGIN else ENCRYPT_ALL
    return ENCRYPT_LOGIN if client == ENCRYPT_LOGIN else ENCRYPT_ALL


def prelogin_answer(options: dict[int, bytes], encryption: int) -> bytes:
    """The server's options."""
    major, minor, build = VERSION
    answers = {
        _VERSION: struct.pack(">BBHH", major, minor, build, 0),
        _ENCRYPTION: bytes([encryption]),
        _INSTANCE: b"\0",
        _THREAD: b"",
        _MARS: b"\0",
    }
    if _FEDERATED_REQUIRED in options:
        answers[_FEDERATED_REQUIRED] = b"\1"
    head, body = b"", b""
    start = 5 * len(answers) + 1
    for option, value in answers.items():
        head += struct.pack(">BHH", option, start + len(body), len(value))
        body += value
    return head + b"\xff" + body


def wanted_encryption(options: dict[int, bytes]) -> int:
    """The client's side of the encryption option."""
    return options.get(_ENCRYPTION, b"\2")[0]


@dataclass(frozen=True)
class Login:
    """What LOGIN7 says. `token` is the access token of a federated login."""

    user: str
    password: str = field(repr=False)
    application: str
    host: str
    database: str
    packet_size: int
    token: str | None = field(default=None, repr=False)
    features: frozenset[int] = frozenset()


def read_login(data: bytes) -> Login:
    """LOGIN7."""

    def text(at: int) -> str:
        offset, length = struct.unpack_from("<HH", data, at)
        return data[offset : offset + 2 * length].decode("utf-16-le")

    offset, length = struct.unpack_from("<HH", data, 44)
    hidden = data[offset : offset + 2 * length]
    password = bytes(((b ^ 0xA5) << 4 | (b ^ 0xA5) >> 4) & 0xFF for b in hidden).decode("utf-16-le")
    features: dict[int, bytes] = {}
    if data[27] & 0x10:
        at = struct.unpack_from("<I", data, struct.unpack_from("<H", data, 56)[0])[0]
        while data[at] != 0xFF:
            feature, size = struct.unpack_from("<BI", data, at)
            features[feature] = data[at + 5 : at + 5 + size]
            at += 5 + size
    return Login(
        user=text(40),
        password=password,
        application=text(48),
        host=text(36),
        database=text(68),
        packet_size=struct.unpack_from("<I", data, 8)[0],
        token=_token(features.get(FEDERATED)),
        features=frozenset(features),
    )


def _token(feature: bytes | None) -> str | None:
    if feature is None or feature[0] >> 1 != _SECURITY_TOKEN:
        return None
    size = struct.unpack_from("<I", feature, 1)[0]
    return feature[5 : 5 + size].decode("utf-16-le")
