# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever goes wrong at an address, a token in it is not shown."""

from __future__ import annotations

import http.client
import io
from collections.abc import Callable
from email.message import Message
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError, SpecificationError
from ansible_collections.hardened.librespot.plugins.plugin_utils.fetching import (
    Client,
    refuse_address,
    refuse_login,
    without_query,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils.registry import UrlRegistry

URL = "https://feed.example.org/atom?token=s3cret"
PLAIN = "https://feed.example.org/atom"


class Response(io.BytesIO):
    """What a server sends: *content* of which it promises more."""

    def __init__(self, content: bytes, status: int = 200, promised: str = "") -> None:
        super().__init__(content)
        self.status = status
        self.headers = {"Content-Length": promised} if promised else {}


def opener(what: Any) -> Callable[..., Any]:
    def opened(_url: str, **_options: Any) -> Any:
        if isinstance(what, Exception):
            raise what
        return what

    return opened


def answers(code: int, location: str = "") -> HTTPError:
    headers = Message()
    headers["Location"] = location
    return HTTPError(URL, code, "no", headers, io.BytesIO())


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (answers(500), f"{PLAIN} answered with status 500"),
        (answers(403), f"{PLAIN} answered with status 403"),
        (answers(302, URL), f"{PLAIN} led to more"),
        (answers(302, "http://me:s3cret@other.example.org/x?key=s3cret"), "leads to http://other.example.org/x, which"),
        (URLError("no route"), f"{PLAIN} cannot be reached"),
        (http.client.InvalidURL(f"URL can't contain control characters. {URL!r}"), f"{PLAIN} is no address"),
        (http.client.IncompleteRead(b""), f"{PLAIN} was cut off"),
        (Response(b"", 206), f"{PLAIN} answered with status 206"),
        (Response(b"x" * 200), f"{PLAIN} is larger"),
        (Response(b"x", 200, "2"), f"{PLAIN} was cut off"),
    ],
)
def test_no_error_shows_what_follows_the_question_mark(what: Any, said: str) -> None:
    with pytest.raises(LibrespotError) as caught:
        Client(opener(what), 5).get(URL, 100)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example.org/?token=s3cret",
        "https://me:s3cret@example.org/",
        "https://x.example.org/a b?token=s3cret",
        "https://[x?token=s3cret",
        "https:///x?token=s3cret",
        "https:/me:s3cret@example.org/",
    ],
)
def test_what_cannot_be_asked_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(SpecificationError, match=r"feeds\[0\]\.url") as caught:
        refuse_address(url, "feeds[0].url")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "place",
    [
        "https://me:s3cret@example.org/db.git",
        "https://s3cret@example.org/db.git",
        "https://me:s3/cret@example.org/db.git",
        "ssh://me:s3cret@example.org/db.git",
        "git+ssh://me:s3cret@example.org/db.git",
        "me:s3cret@example.org:db.git",
        "https://example.org/db.git?token=s3cret",
    ],
)
def test_a_login_of_git_is_refused_without_being_shown(place: str) -> None:
    with pytest.raises(SpecificationError, match=r"engines\[0\]\.database: .*has a (login|query)") as caught:
        refuse_login(place, "engines[0].database")
    assert "s3cret" not in str(caught.value)
    assert "s3/cret" not in str(caught.value)


@pytest.mark.parametrize(
    "place",
    [
        "",
        "/srv/a:b@c/db.zip",
        "https://example.org/db.git",
        "https://example.org:8443/db.git",
        "ssh://git@example.org:22/db.git",
        "git@example.org:team/db.git",
    ],
)
def test_what_has_no_login_is_not_refused(place: str) -> None:
    refuse_login(place, "engines[0].database")


def test_an_index_is_a_directory() -> None:
    with pytest.raises(SpecificationError, match="has a query") as caught:
        UrlRegistry("sparse+https://x.example.org/index/?token=s3cret", Client(opener(None), 5))
    assert "s3cret" not in str(caught.value)


def test_what_is_shown_of_an_address() -> None:
    assert without_query(PLAIN) == without_query(URL) == without_query(f"{PLAIN}#token=s3cret") == PLAIN
    assert without_query("https://x.example.org/a@b?c@d") == "https://x.example.org/a@b"
