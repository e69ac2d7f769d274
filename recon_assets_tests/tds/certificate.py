"""A self-signed certificate for the loopback, made when a server starts.

Belongs here: the key, the certificate and the TLS context they make. Does not belong here: the handshake (`packets`).
"""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """The certificate's file (PEM), and contexts with it: for TLS within packets, whose last version is 1.2, and for
    TDS 8, where TLS comes first."""

    file: Path
    in_packets: ssl.SSLContext
    at_once: ssl.SSLContext


def make_certificate(folder: Path) -> Certificate:
    """A new key and certificate in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    # Microsoft's driver looks for the address among the DNS names.
    names = [x509.DNSName("localhost"), x509.DNSName("127.0.0.1")]
    hosts = [*names, x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file = folder / "server.key"
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    in_packets, at_once = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    in_packets.maximum_version = ssl.TLSVersion.TLSv1_2
    at_once.set_alpn_protocols(["tds/8.0"])
    for context in (in_packets, at_once):
        context.load_cert_chain(file, key_file)
    return Certificate(file, in_packets, at_once)
