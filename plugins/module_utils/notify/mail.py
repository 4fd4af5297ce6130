# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mail, by a server that takes it over a verified connection. Each recipient is a channel of their own."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from ..model.errors import SpecificationError
from ..model.notice_options import NO_TLS, SSL, STARTTLS
from ..model.reading import integer, line, paths_of
from ..render.notice import Message, subject, text
from .channel import UndeliveredError, loopback, refuse_unencrypted, trusted
from .secret import secret_of

_PORTS = {STARTTLS: 587, SSL: 465, NO_TLS: 25}
_PERMANENT = 500


class Mail:
    """Mail to one *recipient* of those in *options*, which are checked."""

    def __init__(self, options: Mapping[str, Any], recipient: str, unencrypted: str, timeout: int) -> None:
        self.name = f"mail to {recipient}"
        self.unencrypted = unencrypted
        self._options = options
        self._recipient = recipient
        self._timeout = timeout

    def send(self, message: Message) -> None:
        """Deliver *message*."""
        try:
            with self._server() as server:
                server.send_message(self._letter(message), self._options["sender"], [self._recipient])
        except smtplib.SMTPRecipientsRefused as error:
            ((code, said),) = error.recipients.values()
            raise self._undelivered(f"{code} {_text(said)}", again=code < _PERMANENT) from None
        except smtplib.SMTPResponseException as error:
            again = 0 <= error.smtp_code < _PERMANENT
            raise self._undelivered(f"{error.smtp_code} {_text(error.smtp_error)}", again) from None
        except ssl.SSLError as error:
            raise self._undelivered(f"its encryption was not accepted: {error.reason or error}", again=False) from None
        except smtplib.SMTPServerDisconnected as error:
            raise self._undelivered(str(error), again=True) from None
        except smtplib.SMTPException as error:
            # Such as a server that does not know STARTTLS: nothing is sent in the clear instead.
            raise self._undelivered(str(error), again=False) from None
        except OSError as error:
            raise self._undelivered(error.strerror or str(error) or type(error).__name__, again=True) from None

    @contextlib.contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        host, tls = self._options["host"], self._options["tls"]
        port = self._options["port"] or _PORTS[tls]
        if tls == SSL:
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=self._trusted())
        else:
            server = smtplib.SMTP(host, port, timeout=self._timeout)
        with server:
            if tls == STARTTLS:
                server.starttls(context=self._trusted())
            if self._options["username"]:
                password = secret_of(self._options["password_file"], "mail.password_file")
                server.login(self._options["username"], password)
            yield server

    def _trusted(self) -> ssl.SSLContext:
        return trusted(self._options["ca_file"], "mail.ca_file")

    def _letter(self, message: Message) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        sender = self._options["sender"]
        letter["From"] = sender
        letter["To"] = self._recipient
        letter["Subject"] = subject(message)
        letter["Date"] = format_datetime(datetime.fromisoformat(message.at))
        letter["Message-ID"] = f"<{message.identifier}@{sender.rpartition('@')[2]}>"
        # Nobody's holiday reply shall come back.
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text(message))
        return letter

    def _undelivered(self, said: str, again: bool) -> UndeliveredError:
        return UndeliveredError(
            f"{self._options['host']} did not take the {self.name}: {said}", "Look at the server, and at mail", again
        )


def mails(options: Mapping[str, Any] | None, timeout: int) -> list[Mail]:
    """Return a channel for each recipient of the *options* of a user. Raises `SpecificationError`."""
    if options is None:
        return []
    if "@" in options["host"]:
        right = "Write its name alone; the login is username and password_file"
        raise SpecificationError("mail.host", options["host"], "is no name of a server", right, secret=True)
    line(options["host"], "mail.host", 253)
    if options["port"] is not None:
        integer(options["port"], "mail.port", 1, 65535)
    _address(options["sender"], "mail.sender")
    if not options["to"]:
        raise SpecificationError("mail.to", [], "is empty", "Name at least one recipient")
    to = [_address(item, f"mail.to[{number}]") for number, item in enumerate(options["to"])]
    if bool(options["username"]) != bool(options["password_file"]):
        raise SpecificationError(
            "mail.username", options["username"], "stands without the other", "Give username and password_file, or none"
        )
    paths_of(options, ["ca_file", "password_file"], "mail.")
    unencrypted = ""
    if options["tls"] == NO_TLS:
        unencrypted = refuse_unencrypted(options["host"], options["unencrypted"], "mail.host", "Take tls: starttls")
        if options["username"] and not loopback(options["host"]):
            raise SpecificationError(
                "mail.tls", NO_TLS, "would show the password to everyone on the way", "Take tls: starttls or tls: ssl"
            )
    return [Mail(options, recipient, unencrypted, timeout) for recipient in dict.fromkeys(to)]


def _address(value: str, path: str) -> str:
    """Return *value* when it is one address that nothing can be added to."""
    said = line(value, path, 254)
    try:
        found = Address(addr_spec=said)
        plain = said.isascii() and found.addr_spec == said and bool(found.username and found.domain)
    except (ValueError, IndexError, MessageError):
        plain = False
    if not plain:
        raise SpecificationError(path, value, "is no address of mail", "Write one address, as someone@example.org")
    return said


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
