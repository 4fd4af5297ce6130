# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole look, from the options of a user to what is returned, at the index and at feeds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..module_utils.host.build import way_out
from ..module_utils.host.command import Commands
from ..module_utils.host.files import Files
from ..module_utils.host.workplace import Workplace
from ..module_utils.model.errors import SpecificationError
from ..module_utils.model.reading import LONGEST_S, OLDEST_DAYS, integer, line, paths_of
from ..module_utils.model.release_info_options import FEEDS, RELEASES, RUNNING
from ..module_utils.model.waivers import day
from .cache import default_directory
from .feeds import look as look_at_feed
from .feeds import taken
from .fetching import Client
from .memory import Memory
from .ordering import is_version, newest_first
from .registry import registry
from .release_look import ReleaseLook
from .scanning import refuse as refuse_scan

_PLACE = "releases-seen"
_PATIENCE_S = 1800
_MOST = 1000
"""More releases than there will be."""


def refuse(params: Mapping[str, Any]) -> None:
    """Raise `SpecificationError` for what the types of the options do not rule out."""
    if not params["gather"]:
        right = f"Write one or more of: {RELEASES}, {RUNNING}, {FEEDS}"
        raise SpecificationError("gather", [], "is empty, so nothing would be looked at", right)
    integer(params["fresh_for"], "fresh_for", 0, OLDEST_DAYS * 24 * 60, "minutes")
    integer(params["stale_for"], "stale_for", 0, OLDEST_DAYS * 24, "hours")
    integer(params["timeout"], "timeout", 1, LONGEST_S, "seconds")
    integer(params["policy"]["min_age_days"], "policy.min_age_days", 0, OLDEST_DAYS, "days")
    integer(params["advisories"]["newest"], "advisories.newest", 0, _MOST, "releases")
    paths_of(params, ["cache_dir"])
    refuse_scan(params["advisories"], "advisories.")
    names = [item["name"] for item in params["feeds"]]
    for number, name in enumerate(names):
        line(name, f"feeds[{number}].name", 200)
        if name in names[:number]:
            raise SpecificationError(f"feeds[{number}].name", name, "is the name of another feed", "Give it its own")
    _refuse_seen(params, names)


def _refuse_seen(params: Mapping[str, Any], names: Sequence[str]) -> None:
    """Raise `SpecificationError` for *feeds_seen* that would not be remembered, or of which the look is another's."""
    seen = params["feeds_seen"]
    if seen and not params["remember"]:
        raise SpecificationError("remember", False, "contradicts feeds_seen", "Leave one of them out")
    if seen and set(params["gather"]) != {FEEDS}:
        raise SpecificationError(
            "gather", params["gather"], "looks at more, and feeds_seen is of an earlier look", "Write [feeds]"
        )
    for name in seen:
        if name not in names:
            raise SpecificationError("feeds_seen", name, "is the name of no feed", "Name it in feeds as well")


def versions(running: Iterable[Mapping[str, Any]], also: Iterable[str]) -> list[str]:
    """Return the versions of what runs here and elsewhere, the newest first; what is no version comes last."""
    found = {item["version"] for item in running if item["version"]} | set(also)
    good = {version for version in found if is_version(version)}
    return [*newest_first(good, "what runs"), *sorted(found - good)]


def looked(
    params: Mapping[str, Any], running: Sequence[str], opener: Callable[..., Any], check: bool
) -> dict[str, Any]:
    """Look at the index and the feeds, by *opener* (``open_url``), and remember it unless *check*.

    One look at a time: the next one starts from what this one saw. Raises `LibrespotError`; then nothing is remembered.
    """
    wanted = set(params["gather"])
    if not wanted & {RELEASES, FEEDS}:
        return {}
    now = datetime.now(timezone.utc)
    today = day(params["today"], "today") if params["today"] else now.date()
    client = Client(opener, params["timeout"])
    base = os.path.realpath(params["cache_dir"] or default_directory())
    workplace = Workplace(Files(), f"{base}/{_PLACE}")
    said: dict[str, Any] = {}
    # Each host of a play may look, one after the other.
    with workplace.occupied("a look at releases", float(max(params["timeout"], _PATIENCE_S))):
        memory = Memory(workplace)
        if RELEASES in wanted:
            source = registry(params["index"], client, Commands(), workplace, way_out(os.environ))
            said.update(ReleaseLook(source, memory, workplace, params, now, today).result(running))
        if params["feeds_seen"]:
            _take(params, memory)
        elif FEEDS in wanted:
            said.update(_feeds(params["feeds"], memory, client, now))
        if params["remember"] and not check:
            memory.save()
    return said


def _feeds(given: list[dict[str, str]], memory: Memory, client: Client, now: datetime) -> dict[str, Any]:
    looks = [
        look_at_feed(item, memory.feed(item["url"]), client, now.strftime("%Y-%m-%dT%H:%M:%SZ"), f"feeds[{number}]")
        for number, item in enumerate(given)
    ]
    for item, look in zip(given, looks):
        memory.fed(item["url"], look.state)
    return {
        "feeds": [look.as_data() for look in looks],
        "new_entries": [entry.as_data() for look in looks for entry in look.new],
        "feeds_seen": {look.name: look.state for look in looks},
    }


def _take(params: Mapping[str, Any], memory: Memory) -> None:
    """Remember of each feed what an earlier look saw there. Nothing is asked: what has come since stays new."""
    for item in params["feeds"]:
        memory.fed(item["url"], taken(params["feeds_seen"].get(item["name"]), f"feeds_seen.{item['name']}"))
