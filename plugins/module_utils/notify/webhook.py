# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Webhooks: a POST to an address of the user's, over a verified connection, signed where a secret is given.

The signature is that of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, moment and body.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from ..model.errors import HostError, SpecificationError
from ..model.reading import paths_of
from ..render.notice import FORMS, Message
from .channel import UndeliveredError, refuse_unencrypted, trusted
from .secret import secret_of

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_PREFIX = "whsec_"
_BUSY = 429
_BROKEN = 500
_OWN = ("content-type", "content-length", "host", "webhook-id", "webhook-timestamp", "webhook-signature")


class _NoRedirects(HTTPRedirectHandler):
    """What is signed is for this address and no other: a redirection is an answer like any other refusal."""

    def redirect_request(self, *_arguments: Any) -> None:
        """Follow nowhere."""


class Webhook:
    """The webhook at *url* with the *options* of the user, which are checked; *path* names them."""

    def __init__(self, options: Mapping[str, Any], url: str, path: str, unencrypted: str, timeout: int) -> None:
        parts = urlsplit(url)
        # What comes after the host is as good as a password with some services.
        self.name = f"webhook {parts.scheme}://{parts.netloc} {hashlib.sha256(url.encode()).hexdigest()[:8]}"
        self.unencrypted = unencrypted
        self._options = options
        self._url = url
        self._host = parts.netloc
        self._path = path
        self._timeout = timeout

    def send(self, message: Message) -> None:
        """Deliver *message*."""
        body = FORMS[self._options["format"]](message).encode()
        headers = {
            **self._given(),
            "Content-Type": "application/json",
            "User-Agent": "hardened.librespot",
            **self._signature(message.identifier, body),
        }
        request = Request(self._url, body, headers, method="POST")
        try:
            with self._opener().open(request, timeout=self._timeout) as answer:
                answer.read(1024)
        except HTTPError as error:
            again = error.code == _BUSY or error.code >= _BROKEN
            raise self._undelivered(f"it answered with status {error.code}", again) from None
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, ssl.SSLError):
                raise self._undelivered(f"its certificate was not accepted: {reason}", again=False) from None
            raise self._undelivered(str(reason) or type(reason).__name__, again=True) from None
        except ValueError as error:
            # Such as a part of its name that is longer than any can be.
            raise self._undelivered(str(error), again=False) from None

    def _opener(self) -> OpenerDirector:
        return build_opener(
            _NoRedirects, HTTPSHandler(context=trusted(self._options["ca_file"], f"{self._path}.ca_file"))
        )

    def _given(self) -> dict[str, str]:
        if not self._options["headers_file"]:
            return {}
        option = f"{self._path}.headers_file"
        found = {}
        for number, entry in enumerate(secret_of(self._options["headers_file"], option).splitlines(), 1):
            name, colon, value = entry.partition(":")
            name, value = name.strip(), value.strip()
            right = colon and _NAME.fullmatch(name) and value and value.isascii() and value.isprintable()
            if entry.strip() and (not right or name.lower() in _OWN):
                raise HostError(
                    f"{option}: line {number} is no header to add", "Write lines as Authorization: Bearer …"
                )
            if right:
                found[name] = value
        return found

    def _signature(self, identifier: str, body: bytes) -> dict[str, str]:
        moment = str(int(time.time()))
        headers = {"webhook-id": identifier, "webhook-timestamp": moment}
        if self._options["secret_file"]:
            key = _key(secret_of(self._options["secret_file"], f"{self._path}.secret_file"), self._path)
            made = hmac.new(key, f"{identifier}.{moment}.".encode() + body, hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(made).decode()}"
        return headers

    def _undelivered(self, said: str, again: bool) -> UndeliveredError:
        hidden = said.replace(self._url, "its address")
        way = urlsplit(self._url)
        for part in filter(lambda text: len(text) > 1, (way.path, way.query)):
            hidden = hidden.replace(part, "…")
        return UndeliveredError(
            f"{self._host} did not take the message: {hidden}", f"Look at the service, and at {self._path}", again
        )


def webhooks(given: Sequence[Mapping[str, Any]], timeout: int) -> list[Webhook]:
    """Return the channels of the options of a user. Raises `SpecificationError`, and `HostError` for a missing file."""
    found: dict[str, Webhook] = {}
    for number, options in enumerate(given):
        path = f"webhooks[{number}]"
        if bool(options["url"]) == bool(options["url_file"]):
            raise SpecificationError(path, "url", "and url_file are given both, or neither", "Give one of the two")
        paths_of(options, ["url_file", "secret_file", "headers_file", "ca_file"], f"{path}.")
        secret = bool(options["url_file"])
        option = f"{path}.url_file" if secret else f"{path}.url"
        url = secret_of(options["url_file"], option) if secret else options["url"]
        parts = _address(url, option)
        unencrypted = ""
        if parts.scheme == "http":
            unencrypted = refuse_unencrypted(parts.hostname or "", options["unencrypted"], option, "Take https://")
        channel = Webhook(options, url, path, unencrypted, timeout)
        if channel.name in found:
            raise SpecificationError(option, channel.name, "is there twice", "Name each address once")
        found[channel.name] = channel
    return list(found.values())


def _address(url: str, path: str) -> SplitResult:
    """Return the parts of *url*. Raises `SpecificationError`, which does not show it: it is as good as a password."""
    right = "Write an address as https://example.org/hook, without a user or a password in it"
    # Anything else would be something else to whoever reads the request.
    if not url.isascii() or not url.isprintable() or " " in url:
        raise SpecificationError(path, url, "is no address", right, secret=True)
    problem = SpecificationError(path, url, "is no address of a webhook", right, secret=True)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise problem from None
    if not valid or "@" in parts.netloc or parts.fragment:
        raise problem
    return parts


def _key(secret: str, path: str) -> bytes:
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise HostError(
            f"{path}.secret_file: what follows {_PREFIX} is not base64",
            "Copy the secret whole, as the service shows it",
        ) from None
