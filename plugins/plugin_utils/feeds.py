# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Feeds that a user names, as Atom or RSS: which of their entries were not there at the look before."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils.model.errors import HostError, SpecificationError
from ..module_utils.model.reading import mapping
from .fetching import Client, refuse_address, without_query

try:
    import feedparser
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why nothing here can be used, where feedparser is not installed."""

_LARGEST = 8 * 1024 * 1024
_KEPT = 5000
"""Ids that are remembered of a feed besides those that it shows, and the most that one may show at once."""
_LINE = 300
_STATE = {"etag": str, "ids": list, "entries": int, "looked": str}
_LOOK = "Look at that address in a browser"


@dataclass(frozen=True)
class Entry:
    """One entry of the feed called *feed*. *published* is a moment in RFC 3339, empty when the feed does not say."""

    feed: str
    id: str
    title: str
    link: str
    published: str

    def as_data(self) -> dict[str, str]:
        """Return it as plain data."""
        return {
            "feed": self.feed,
            "id": self.id,
            "title": self.title,
            "link": self.link,
            "published": self.published,
        }


@dataclass(frozen=True)
class Look:
    """One look at a feed: what is *new*, whether it was the *first*, and the *state* to remember.

    Its *url* is without the query, in which a token may be: such an address is neither shown nor remembered.
    """

    name: str
    url: str
    first: bool
    count: int
    new: list[Entry]
    state: dict[str, Any]

    def as_data(self) -> dict[str, Any]:
        """Return what a user is told, as plain data."""
        new = [entry.as_data() for entry in self.new]
        return {"name": self.name, "url": self.url, "first": self.first, "entries": self.count, "new": new}


def look(given: Mapping[str, str], seen: Mapping[str, Any], client: Client, now: str, path: str) -> Look:
    """Look at the feed that the user has *given* at the option *path*, of which was *seen* what the state said.

    At the first look nothing is new. Raises `HostError` for what cannot be reached or read.
    """
    name, url = given["name"], given["url"]
    refuse_address(url, f"{path}.url")
    what = without_query(url)
    answer = client.get(url, _LARGEST, str(seen.get("etag", "")))
    if answer is None:
        raise HostError(f"{what} does not exist", f"Look at {path}.url")
    if answer.content is None:
        return Look(name, what, False, int(seen["entries"]), [], {**seen, "looked": now})
    entries = read(answer.content, name, what)
    known = list(seen.get("ids", []))
    before = set(known)
    new = [entry for entry in entries if entry.id not in before] if seen else []
    current = {entry.id: None for entry in entries}
    # The oldest are forgotten first, and never one that the feed still shows.
    ids = [item for item in known if item not in current][-_KEPT:] + list(current)
    state = {"etag": answer.etag, "ids": ids, "entries": len(entries), "looked": now}
    return Look(name, what, not seen, len(entries), new, state)


def taken(state: Any, path: str) -> dict[str, Any]:
    """Return the *state* that a look returned, as the user gives it back at *path*.

    Raises `SpecificationError` for what no look returns.
    """
    known = mapping(state, path, tuple(_STATE))
    for name, kind in _STATE.items():
        if not isinstance(known.get(name), kind):
            raise SpecificationError(
                f"{path}.{name}", known.get(name), "is not what a look returns", "Give back feeds_seen as it was"
            )
    ids = [str(item) for item in known["ids"]]
    return {"etag": str(known["etag"]), "ids": ids, "entries": int(known["entries"]), "looked": str(known["looked"])}


def read(content: bytes, name: str, url: str) -> list[Entry]:
    """Return the entries of a feed, each once. Raises `HostError` for what is no feed, or was cut off."""
    # As a stream: feedparser takes a text that looks like an address for one, and downloads it. That servers call feeds
    # this and that is not its affair.
    headers = {"content-location": url, "content-type": "application/xml"}
    said = feedparser.parse(io.BytesIO(content), response_headers=headers)
    if not said.get("version") or (
        said.bozo and not isinstance(said.bozo_exception, feedparser.CharacterEncodingOverride)
    ):
        reason = said.get("bozo_exception") or "it has no root of Atom or RSS"
        raise HostError(f"{url} is not a whole feed of Atom or RSS: {reason}", _LOOK)
    if len(said.entries) > _KEPT:
        raise HostError(f"{url} has {len(said.entries)} entries, and no feed has more than {_KEPT}", _LOOK)
    found: dict[str, Entry] = {}
    for item in said.entries:
        entry = _entry(item, name)
        found.setdefault(entry.id, entry)
    return list(found.values())


def _entry(item: Mapping[str, Any], feed: str) -> Entry:
    title, link = _line(item.get("title")), _line(item.get("link"))
    moment = item.get("published_parsed") or item.get("updated_parsed")
    published = time.strftime("%Y-%m-%dT%H:%M:%SZ", moment) if moment else ""
    # The whole link: those of one place may differ at their end alone.
    named = str(item.get("id") or item.get("link") or "")
    # Without a name, what it says is what tells it from others.
    identity = named or _digest(f"{title}\0{published}")
    shown = len(identity) <= _LINE and identity.isprintable()
    return Entry(feed, identity if shown else _digest(identity), title, link, published)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _line(text: Any) -> str:
    """Return *text* as one line for people, without what a terminal would act on."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text or ""))[:_LINE].strip()
