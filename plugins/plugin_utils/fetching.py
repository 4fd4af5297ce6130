# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks for what is at an address, and takes no answer that is not whole."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit

from ..module_utils.model.errors import HostError, SpecificationError, UnreachableError, why

_CHUNK = 65536
_HOPS = 5
_ABSENT = (404, 410, 451)
_MOVED = (301, 302, 303, 307, 308)
_NETWORK = "Look at the address, the network and the proxy of the controller"


SCHEMES = ("https://", "http://")


_SCP_LOGIN = re.compile(r"[^/]*:.*@", re.DOTALL)
_SECRET = re.compile(r"(?<=://)[^/]*@|[?#].*", re.DOTALL)


def without_query(url: str) -> str:
    """Return *url* in the form in which it is shown and written: a query may hold a token, and a login is one."""
    return _SECRET.sub("", url)


def refuse_address(url: str, path: str) -> None:
    """Raise `SpecificationError` when *url*, which a user wrote at *path*, cannot be asked, or has a login in it."""
    try:
        host = urlsplit(url).netloc if url.isascii() and url.isprintable() and " " not in url else ""
    except ValueError:
        host = ""
    if not url.startswith(SCHEMES) or not host:
        # Where the host begins is not known of what is no address, and so neither where a login ends.
        raise SpecificationError(
            path, without_query(url), "is no address", "Write https:// and what follows", secret="@" in url
        )
    if "@" in host:
        raise SpecificationError(
            path, url, "has a login in it, which would be shown", "Let a proxy of yours log in", secret=True
        )


def refuse_login(place: str, path: str) -> None:
    """Raise `SpecificationError` when *place*, a path or an address for git, has a login or a query in it.

    Both would be on a command line, in errors and in reports. A user without a password, as ssh needs, is no login.
    """
    scheme, address, rest = place.partition("://")
    if not address:
        # As git takes it for ssh: user@host:path.
        found = _SCP_LOGIN.match(place) is not None
    elif "ssh" in scheme.split("+"):
        found = ":" in rest.rpartition("@")[0]
    else:
        found = "@" in rest
    if found:
        raise SpecificationError(
            path,
            place,
            "has a login in it, which would be shown",
            "Give a local copy, or an address that needs none; for ssh a user without a password, and a key",
            secret=True,
        )
    if address and ("?" in rest or "#" in rest):
        raise SpecificationError(
            path, without_query(place), "has a query, which may be a secret", "Write it without ? and #"
        )


@dataclass(frozen=True)
class Answer:
    """What came: *etag* names this state of it. Without *content* it is as it was when it had that name."""

    content: bytes | None
    etag: str


class Client:
    """Asks by *opener*, which is Ansible's ``open_url``. An answer has *timeout* seconds to be there as a whole."""

    def __init__(self, opener: Callable[..., Any], timeout: float) -> None:
        self._opener = opener
        self.timeout = timeout

    def get(self, url: str, largest: int, etag: str = "") -> Answer | None:
        """Return what is at *url*, of at most *largest* bytes; None when there is nothing.

        Raises `UnreachableError`, and `HostError` for an answer that is not one: cut off, too large, of another status,
        or one that leads to another scheme.
        """
        deadline = time.monotonic() + self.timeout
        asked = url
        for _hop in range(_HOPS):
            try:
                return self._answer(asked, largest, etag, deadline)
            except HTTPError as error:
                error.close()
                if error.code == 304 and etag:
                    return Answer(None, etag)
                if error.code in _ABSENT:
                    return None
                if error.code >= 500:
                    raise UnreachableError(
                        f"{without_query(asked)} answered with status {error.code}", _NETWORK
                    ) from error
                if error.code not in _MOVED:
                    raise HostError(f"{without_query(asked)} answered with status {error.code}", _NETWORK) from error
                asked = _moved(asked, error)
        raise HostError(f"{without_query(url)} led to more than {_HOPS} other addresses", _NETWORK)

    def _answer(self, url: str, largest: int, etag: str, deadline: float) -> Answer:
        # Compressed, an answer would be of another length than it says.
        what = without_query(url)
        headers = {"Accept-Encoding": "identity", **({"If-None-Match": etag} if etag else {})}
        try:
            with self._opener(
                url,
                headers=headers,
                timeout=max(0.1, deadline - time.monotonic()),
                http_agent="hardened.librespot",
                follow_redirects="no",
                use_netrc=False,
            ) as response:
                if response.status != 200:
                    raise HostError(f"{what} answered with status {response.status}", _NETWORK)
                content = _whole(response, what, largest, deadline)
                return Answer(content, str(response.headers.get("ETag") or ""))
        except HTTPError:
            raise
        except http.client.InvalidURL:
            # It says the whole of it.
            raise HostError(f"{what} is no address that can be asked for", "Write it without blanks") from None
        except http.client.HTTPException as error:
            raise HostError(f"{what} was cut off: {error!r}", "Nothing was remembered; ask again") from error
        except (URLError, OSError, ValueError) as error:
            raise UnreachableError(f"{what} cannot be reached: {why(error)}", _NETWORK) from error


def _whole(response: Any, what: str, largest: int, deadline: float) -> bytes:
    content = b""
    # One read at a time, each of what is there: a server that sends a byte a second would else never be too late.
    while chunk := response.read1(_CHUNK):
        content += chunk
        if len(content) > largest:
            raise HostError(f"{what} is larger than {largest} bytes", "Look at the address")
        if time.monotonic() > deadline:
            raise UnreachableError(f"{what} did not send its answer in time", "Look at that server; or raise timeout")
    promised = response.headers.get("Content-Length")
    if promised is not None and int(promised) != len(content):
        raise HostError(
            f"{what} was cut off: {len(content)} bytes came of {promised}", "Nothing was remembered; ask again"
        )
    return content


def _moved(url: str, error: HTTPError) -> str:
    there = urljoin(url, error.headers.get("Location") or "")
    if urlsplit(there).scheme != urlsplit(url).scheme:
        raise HostError(
            f"{without_query(url)} leads to {without_query(there)}, which is of another scheme",
            "Write that address if it is the right one",
        )
    return there
