# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Those who are told: a mail server and a webhook, real ones, with an authority that only the test trusts."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"
USER, PASSWORD = "checker", "correct horse battery staple"


@dataclass(frozen=True)
class Authority:
    """An authority, and the certificate that it gave to the servers."""

    ca: Path
    certificate: Path

    @property
    def context(self) -> ssl.SSLContext:
        """What a server needs to be believed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        return context


def authority(directory: Path, address: str = LOOPBACK) -> Authority:
    """Make an authority, and its files in *directory*; *address* is that of its servers, besides their name."""
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.now(UTC) - timedelta(days=1)

    def base(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().issuer_name(issuer).subject_name(name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start)
        return builder.not_valid_after(start + timedelta(days=30))

    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    signs = x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False)
    ca = base(issuer, key.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca = ca.add_extension(identifier, critical=False).add_extension(signs, critical=True)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address(address))])
    given = base(subject, own.public_key()).add_extension(names, critical=False)
    given = given.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
    )
    pem = serialization.Encoding.PEM
    (directory / "ca.pem").write_bytes(ca.sign(key, hashes.SHA256()).public_bytes(pem))
    secret = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (directory / "server.pem").write_bytes(given.sign(key, hashes.SHA256()).public_bytes(pem) + secret)
    return Authority(directory / "ca.pem", directory / "server.pem")


@dataclass
class MailServer:
    """A mail server that wants encryption and a login, and keeps what it takes."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    """When each letter came, in seconds since the epoch."""
    recipients: list[str] = field(default_factory=list)
    refusal: str = ""
    """What it answers to each recipient instead."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a letter."""
        assert isinstance(envelope.content, bytes)
        self.moments.append(time.time())
        self.letters.append(BytesParser(policy=default).parsebytes(envelope.content))
        self.recipients += envelope.rcpt_tos
        return "250 OK"


def _login(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextlib.contextmanager
def mail_server(trusted: Authority | None, address: str = LOOPBACK) -> Iterator[MailServer]:
    """Run a mail server that has a certificate of *trusted*; without, it knows no encryption."""
    server = MailServer(_free(address))
    security: dict[str, Any] = {}
    if trusted:
        # aiosmtpd asks for a "User Name" in LOGIN, and Alertmanager knows but "username:".
        login = {"auth_required": True, "auth_exclude_mechanism": ["LOGIN"]}
        security = {"tls_context": trusted.context, "require_starttls": True, **login}
    controller = Controller(server, address, server.port, authenticator=_login, **security)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class Hook:
    """A webhook that keeps what it is given, and answers with *status*."""

    port: int = 0
    status: int = 200
    bodies: list[bytes] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    """When each of them came, in seconds since the epoch."""
    headers: list[dict[str, str]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    """What happens while it is told something, before it answers."""

    @property
    def said(self) -> list[dict[str, Any]]:
        """What it was told."""
        return [json.loads(body) for body in self.bodies]

    @property
    def titles(self) -> list[str]:
        """The titles of all items that it was told."""
        return [item["title"] for said in self.said for item in said["items"]]


@contextlib.contextmanager
def webhook(trusted: Authority, address: str = LOOPBACK) -> Iterator[Hook]:
    """Run a webhook that has a certificate of *trusted*."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.headers.append({name.lower(): value for name, value in self.headers.items()})
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = hook.status
            if status == 200:
                hook.moments.append(time.time())
                hook.bodies.append(body)
            hook.meanwhile()
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((address, 0), Handler)
    server.socket = trusted.context.wrap_socket(server.socket, server_side=True)
    hook.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _free(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
