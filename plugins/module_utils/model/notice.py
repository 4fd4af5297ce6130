# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check has to tell, as values. Most of it was written by others: nothing in it can be more than text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .errors import SpecificationError
from .gate import OPEN
from .reading import mapping, sequence
from .vulnerability import SEVERITIES, UNKNOWN

FAULT = "fault"
ADVISORY = "advisory"
RELEASE = "release"
FEED = "feed"
BREACH = "breach"
RECOVERY = "recovery"
NOTE = "note"
KINDS = (FAULT, BREACH, ADVISORY, RELEASE, FEED, RECOVERY, NOTE)
"""What can be told, the most urgent first. A fault is something that could not be looked at."""

LASTING = (FAULT, ADVISORY, RELEASE)
"""Kinds that go on until something is done, so that one can be reminded of them."""

_TITLE = 200
_TEXT = 1000
_URL = 500
_HOST = 100
_HOSTS = 50
_ID = 200
_KEYS = ("id", "kind", "title", "text", "url", "hosts", "severity")


@dataclass(frozen=True)
class Item:
    """One thing to tell. *id* tells it from all others of its *kind*; *hosts* are those that it is about."""

    id: str
    kind: str
    title: str
    text: str = ""
    url: str = ""
    hosts: tuple[str, ...] = ()
    severity: str = UNKNOWN

    @property
    def key(self) -> str:
        """What it is remembered by: bounded, whoever chose the id."""
        return f"{self.kind}:{hashlib.sha256(self.id.encode('utf-8', 'replace')).hexdigest()[:32]}"

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, in a fixed order of keys."""
        return {**asdict(self), "hosts": list(self.hosts)}


@dataclass(frozen=True)
class Source:
    """Something that was looked at, and why it could not be, if so."""

    name: str
    error: str = ""


@dataclass(frozen=True)
class Look:
    """One check: all *sources* that it looked at, and all *items* that it found there, told before or not."""

    sources: tuple[Source, ...] = ()
    items: tuple[Item, ...] = field(default=())

    @property
    def complete(self) -> bool:
        """Tell whether all was looked at. Nothing to look at is not all."""
        return bool(self.sources) and not any(source.error for source in self.sources)

    @property
    def over(self) -> frozenset[str]:
        """The keys of faults that are none any more: what they are about could be looked at."""
        return frozenset(_fault(source).key for source in self.sources if not source.error)

    @property
    def all_items(self) -> list[Item]:
        """The items and the faults, each once, the most urgent first."""
        found = {item.key: item for item in (*self.items, *map(_fault, self._broken()))}
        return most_urgent(found.values())

    def advisories(self) -> dict[str, int]:
        """Return how many advisories there are of each severity."""
        severities = [item.severity for item in self.all_items if item.kind == ADVISORY]
        return {name: severities.count(name) for name in (*SEVERITIES, UNKNOWN)}

    def count(self, kind: str) -> int:
        """Return how many items there are of *kind*."""
        return sum(item.kind == kind for item in self.all_items)

    def _broken(self) -> list[Source]:
        none = [] if self.sources else [Source("nothing", "there was nothing to look at")]
        return [*none, *(source for source in self.sources if source.error)]


def most_urgent(items: Iterable[Item]) -> list[Item]:
    """Return *items*, the most urgent first."""
    return sorted(items, key=_urgency)


def plain(value: object, most: int) -> str:
    """Return *value* as one line of at most *most* printable characters.

    What is not printable, such as line breaks, the codes that move a terminal's cursor and marks that turn text
    around, becomes a space.
    """
    # What is cut off anyway is not looked at: it may be of any length.
    raw = str(value)[: most * 4]
    text = " ".join("".join(character if character.isprintable() else " " for character in raw).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def read_items(given: Any, path: str) -> tuple[Item, ...]:
    """Return the items that stand at *path*. Raises `SpecificationError`; text of any kind and length is none."""
    return tuple(_item(entry, f"{path}[{number}]") for number, entry in enumerate(sequence(given, path)))


def read_sources(given: Any, path: str) -> tuple[Source, ...]:
    """Return the sources that stand at *path*, each a name and why it could not be looked at."""
    found = []
    for number, entry in enumerate(sequence(given, path)):
        where = f"{path}[{number}]"
        name = mapping(entry, where, ("name", "error")).get("name")
        found.append(Source(plain(_text(name, f"{where}.name"), _TITLE), plain(entry.get("error") or "", _TEXT)))
    return tuple(found)


def read_running(given: Any, path: str) -> dict[str, list[Mapping[str, Any]]]:
    """Return what runs on each host, as release_info says it at *path*: by host the instances, and what is active.

    A host that gave no answer has none; `running_sources` says so.
    """
    hosts = _mapping(given, path)
    return {host: [*_instances(said), *_active(said)] for host, said in hosts.items()}


def running_sources(given: Any, path: str) -> list[Source]:
    """Return each host at *path* as a source, with why it is not known what it runs."""
    return [Source(f"host {plain(host, _HOST)}", _unknown(said)) for host, said in _mapping(given, path).items()]


def _instances(said: Any) -> Sequence[Mapping[str, Any]]:
    found = said.get("running") if isinstance(said, Mapping) else None
    return found if isinstance(found, (list, tuple)) else ()


def _active(said: Any) -> list[Mapping[str, Any]]:
    """Return what would run at the next start."""
    active = said.get("active") if isinstance(said, Mapping) else None
    return [{"release": active["id"]}] if isinstance(active, Mapping) and active.get("id") else []


def _unknown(said: Any) -> str:
    if not isinstance(said, Mapping) or not isinstance(said.get("running"), (list, tuple)):
        why = said.get("msg") if isinstance(said, Mapping) else ""
        return plain(why or "it was not reached", _TEXT)
    return plain("; ".join(f"{x['instance']}: {x['problem']}" for x in said["running"] if x.get("problem")), _TEXT)


def read_scans(given: Any, path: str, running: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[Item, ...]:
    """Return what is open in the scans at *path*. Each has its *result*, and the *hosts* that it is about.

    Of a *release* they are those that have it *running*. The same advisory on the same package is one item.
    """
    found: dict[str, Item] = {}
    for number, entry in enumerate(sequence(given, path)):
        where = f"{path}[{number}]"
        said = mapping(entry, where, ("hosts", "release", "result")).get("result")
        if not isinstance(said, Mapping) or not isinstance(said.get("vulnerabilities"), (list, tuple)):
            raise SpecificationError(f"{where}.result", said, "is no result of scan", "Register what scan returns")
        named = [host for host, items in running.items() if any(x["release"] == entry.get("release") for x in items)]
        hosts = _hosts([*(entry.get("hosts") or ()), *named], f"{where}.hosts")
        for item in said["vulnerabilities"]:
            if item["status"] == OPEN:
                new = _advisory(item, hosts)
                known = found.get(new.key, new)
                found[new.key] = replace(known, hosts=tuple(dict.fromkeys((*known.hosts, *hosts)))[:_HOSTS])
    return tuple(found.values())


def read_releases(given: Any, path: str) -> tuple[Item, ...]:
    """Return what the result of release_info at *path* has to tell: newer releases, and yanked ones that run.

    A release is told again when it is yanked, and when it passes the policy or does so no more.
    """
    if not given:
        return ()
    if not isinstance(given, Mapping) or not isinstance(given.get("releases"), (list, tuple)):
        raise SpecificationError(path, given, "is no result of release_info", "Register what release_info returns")
    yanked = [
        Item(f"{version} runs and is yanked", RELEASE, f"librespot {plain(version, _ID)} runs and was yanked")
        for version in given.get("running_yanked", ())
    ]
    return (*yanked, *map(_release, _newer(given)))


def read_entries(given: Any, path: str) -> tuple[Item, ...]:
    """Return the entries of feeds at *path*, as release_info returns them."""
    return tuple(_entry(entry, f"{path}[{number}]") for number, entry in enumerate(sequence(given, path)))


def _entry(given: Any, path: str) -> Item:
    entry = mapping(given, path, ("feed", "id", "title", "link", "published"))
    feed = _text(entry.get("feed"), f"{path}.feed")
    return Item(
        f"{feed} {_text(entry.get('id'), f'{path}.id')}",
        FEED,
        plain(f"{feed}: {entry.get('title') or '(without a title)'}", _TITLE),
        plain(entry.get("published") or "", _TEXT),
        _link(entry.get("link") or ""),
    )


def _newer(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the releases that are newer than the oldest that runs; of none that is known, the newest."""
    versions = [item["version"] for item in said["releases"]]
    runs = [number for number, version in enumerate(versions) if version in said.get("running_versions", ())]
    if not runs:
        return [item for item in said["releases"] if item["version"] == said.get("newest")]
    return [item for number, item in enumerate(said["releases"]) if number < runs[-1] and number not in runs]


def _release(item: Mapping[str, Any]) -> Item:
    state = "was yanked" if item["yanked"] else "passes the policy" if item["passes"] else "does not pass the policy"
    reasons = "; ".join(reason["why"] for reason in item["reasons"])
    rust = f"needs Rust {item['rust_version']}" if item.get("rust_version") else ""
    title = plain(f"librespot {item['version']} {state}", _TITLE)
    return Item(f"{item['version']} {state}", RELEASE, title, plain("; ".join(filter(None, (reasons, rust))), _TEXT))


def _advisory(item: Mapping[str, Any], hosts: tuple[str, ...]) -> Item:
    named = f"{item['package']} {item['package_version']}".strip()
    mended = ", ".join(item["fixed_in"]) or "no version"
    way = " > ".join(item["path"])
    return Item(
        f"{item['id']} {named}",
        ADVISORY,
        plain(f"{item['id']}: {named}: {item['title']}", _TITLE),
        plain(f"{item['category']}, mended in {mended}, by: {item['fix']}{'; ' if way else ''}{way}", _TEXT),
        _link(item.get("url", "")),
        hosts,
        item["judged_severity"],
    )


def _item(entry: Any, path: str) -> Item:
    given = mapping(entry, path, _KEYS)
    if given.get("kind") not in KINDS:
        raise SpecificationError(f"{path}.kind", given.get("kind"), "is no kind", f"Write one of: {', '.join(KINDS)}")
    severity = given.get("severity", UNKNOWN)
    return Item(
        _text(given.get("id"), f"{path}.id"),
        given["kind"],
        plain(_text(given.get("title"), f"{path}.title"), _TITLE),
        plain(given.get("text") or "", _TEXT),
        _link(given.get("url") or ""),
        _hosts(given.get("hosts") or (), f"{path}.hosts"),
        severity if severity in SEVERITIES else UNKNOWN,
    )


def _fault(source: Source) -> Item:
    title = plain(f"could not look at {source.name}", _TITLE)
    return Item(source.name, FAULT, title, source.error, severity=UNKNOWN)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SpecificationError(path, value, "is not text", "Write some text")
    return value


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SpecificationError(path, value, "is not a mapping", "Write hosts as keys")
    return value


def _hosts(value: Any, path: str) -> tuple[str, ...]:
    return tuple(plain(item, _HOST) for item in sequence(value, path)[:_HOSTS])


def _link(value: object) -> str:
    """Return *value* when it is the whole address of a page: cut off, or of another kind, it leads elsewhere."""
    text = plain(value, _URL)
    whole = text == str(value) and " " not in text
    return text if whole and text.startswith(("https://", "http://")) else ""


def _urgency(item: Item) -> tuple[int, int, str, str]:
    worst = (*SEVERITIES, UNKNOWN).index(item.severity)
    return (KINDS.index(item.kind), worst, item.title, item.id)
