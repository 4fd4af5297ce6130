# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom Alertmanager tells: by mail, and by a webhook. Secrets stay in files of its host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .errors import SpecificationError
from .reading import absolute_path, boolean, line, mapping, sequence

_SERVER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})")
_ADDRESS = re.compile(r"[^@\s,<>\"]+@[^@\s,<>\"]+")
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Mail:
    """Mail to *to* from *sender* by *server*, with its port. Without *tls* everyone on the way may read it."""

    to: tuple[str, ...] = ("root@localhost",)
    sender: str = "alertmanager@localhost"
    server: str = "localhost:25"
    username: str = ""
    password_file: str = ""
    tls: bool = False


@dataclass(frozen=True)
class Route:
    """The receivers: *mail*, and a webhook at *url*, or at what *url_file* has. One of them is there at least."""

    mail: Mail | None
    url: str = ""
    url_file: str = ""


def read_route(mail: Any, webhook: Any) -> Route:
    """Return what the options ``mail`` and ``webhook`` say; mail to root where both are missing.

    Raises `SpecificationError`.
    """
    if not webhook:
        return Route(_mail(mail) if mail else Mail())
    said = mapping(webhook, "webhook", ("url", "url_file"))
    url, file = said.get("url"), said.get("url_file")
    if bool(url) == bool(file):
        raise SpecificationError(
            "webhook", sorted(name for name in said if said[name]), "has not one address", "Write url, or url_file"
        )
    return Route(
        _mail(mail) if mail else None,
        _url(url) if url else "",
        absolute_path(file, "webhook.url_file") if file else "",
    )


def _mail(given: Any) -> Mail:
    said = mapping(given, "mail", ("to", "sender", "server", "username", "password_file", "tls"))
    to = tuple(_address(item, f"mail.to[{number}]") for number, item in enumerate(sequence(said.get("to"), "mail.to")))
    if not to:
        raise SpecificationError("mail.to", [], "is empty", "Write the addresses of those who are told")
    server = said.get("server") or Mail.server
    match = _SERVER.fullmatch(server) if isinstance(server, str) else None
    if match is None or not 1 <= int(match.group(2)) <= 65535:
        raise SpecificationError("mail.server", server, "is no server with its port", "Write mail.example.org:587")
    local = match.group(1) in _LOCAL
    tls = boolean(said["tls"], "mail.tls") if said.get("tls") is not None else not local
    username, file = said.get("username") or "", said.get("password_file") or ""
    if bool(username) != bool(file):
        raise SpecificationError(
            "mail.password_file" if username else "mail.username", "", "is missing", "Write both, or none of them"
        )
    if username and not tls:
        raise SpecificationError("mail.tls", tls, "would show the password to the network", "Write true")
    return Mail(
        to,
        _address(said.get("sender"), "mail.sender"),
        server,
        line(username, "mail.username", 200) if username else "",
        absolute_path(file, "mail.password_file") if file else "",
        tls,
    )


def _address(value: Any, path: str) -> str:
    text = line(value, path, 254)
    if not _ADDRESS.fullmatch(text) or "{{" in text:
        raise SpecificationError(path, value, "is no address of mail", "Write name@example.org")
    return text


def _url(value: Any) -> str:
    text = line(value, "webhook.url", 2000)
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and "{{" not in text
        secret = parts.username is not None or parts.password is not None
    except ValueError:
        good, secret = False, False
    if secret:
        # Everyone may read the file that it would stand in.
        raise SpecificationError(
            "webhook.url", value, "holds a login", "Put the address into a file, and write url_file", secret=True
        )
    if not good:
        raise SpecificationError("webhook.url", value, "is no address of a webhook", "Write https://example.org/hook")
    return text
