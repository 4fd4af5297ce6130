# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller has seen of registries and feeds: a checksum that was seen once never changes.

It is one file. A look writes it as a whole when it has ended well, and not at all otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..module_utils.host.workplace import Workplace
from ..module_utils.model.errors import HostError, why
from ..module_utils.model.index import Row
from ..module_utils.model.releases import known_release

FILE = "seen.json"
_FORM = 1


class Memory:
    """What is remembered in *workplace*, which nobody else uses meanwhile."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self.path = f"{workplace.path}/{FILE}"
        self._data = self._loaded()

    def _loaded(self) -> dict[str, Any]:
        try:
            content = self._workplace.read(self.path)
        except HostError:
            return {"form": _FORM, "checksums": {}, "looks": {}, "feeds": {}}
        try:
            data = json.loads(content)
            if data["form"] != _FORM or not all(isinstance(data[key], dict) for key in ("checksums", "looks", "feeds")):
                raise ValueError(f"its form is {data['form']!r}")
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise HostError(
                f"{self.path}, what was seen so far, cannot be read: {why(error)}",
                "Restore it from a copy; or remove it, and trust what the next look shows of unpinned versions",
            ) from error
        loaded: dict[str, Any] = data
        return loaded

    def look(self, source: str, name: str) -> dict[str, Any]:
        """Return what the last good look at the crate *name* of *source* saw; empty when there was none."""
        found: dict[str, Any] = self._data["looks"].get(source, {}).get(name, {})
        return found

    def feed(self, url: str) -> dict[str, Any]:
        """Return what was seen of the feed at *url*; empty when nothing was."""
        found: dict[str, Any] = self._data["feeds"].get(_key(url), {})
        return found

    def first_seen(self, name: str, version: str) -> str:
        """Return the moment at which a version was first seen; empty when it is seen for the first time."""
        return str(self._data["checksums"].get(name, {}).get(version, {}).get("seen", ""))

    def verify(self, source: str, rows: Mapping[str, Row], own: Mapping[str, str], vanishing: bool = True) -> None:
        """Raise `HostError` for a version in *rows* whose checksum is not the one that is known, or that has vanished.

        Known are those of the collection, then the user's *own*, then those that were seen before, wherever it was.
        What *source* showed before it has to show again where *vanishing* is looked for: yanked versions stay.
        """
        name = next(iter(rows.values())).name
        seen = self._data["checksums"].get(name, {})
        for version, row in rows.items():
            pinned = known_release(version) if name == "librespot" else None
            if pinned is not None:
                known, who = pinned.crate.sha256, "the collection pins"
            elif version in own:
                known, who = own[version], "your option checksums says"
            elif version in seen:
                entry = seen[version]
                known, who = entry["sha256"], f"{entry['source']} said on {entry['seen']}"
            else:
                continue
            if known != row.sha256:
                raise HostError(
                    f"The checksum of {name} {version} has changed: {source} says {row.sha256}, {who} {known}",
                    "Nothing was remembered. A published version never changes: do not build it. Compare with another "
                    "way to the registry; if the new checksum is found to be right, write it to checksums",
                )
        gone = [version for version in self.look(source, name).get("versions", []) if version not in rows]
        if gone and vanishing:
            known = ", ".join(f"{version} ({seen[version]['sha256']})" for version in gone if version in seen)
            raise HostError(
                f"{source} has no more of {name}: {known or ', '.join(gone)}",
                "Nothing was remembered. A version that was yanked is still in an index: one that is gone was taken "
                f"out of it, or the answer is not whole. If that is right, remove it from versions in {self.path}",
            )

    def saw(self, source: str, rows: Mapping[str, Row], now: str) -> None:
        """Remember the checksums of *rows*, which were verified."""
        for version, row in rows.items():
            entries = self._data["checksums"].setdefault(row.name, {})
            if version not in entries or entries[version]["sha256"] != row.sha256:
                entries[version] = {"sha256": row.sha256, "seen": now, "source": source}

    def looked(self, source: str, name: str, look: Mapping[str, Any]) -> None:
        """Remember a good *look* at the crate *name* of *source*."""
        self._data["looks"].setdefault(source, {})[name] = dict(look)

    def fed(self, url: str, state: Mapping[str, Any]) -> None:
        """Remember what was seen of the feed at *url*."""
        self._data["feeds"][_key(url)] = dict(state)

    def save(self) -> None:
        """Write all of it, in one step."""
        self._workplace.write(self.path, (json.dumps(self._data, sort_keys=True, indent=1) + "\n").encode())


def _key(url: str) -> str:
    """Return what a feed is remembered by: its address may have a token in it."""
    return hashlib.sha256(url.encode()).hexdigest()
