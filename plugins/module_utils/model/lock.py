# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lock files: which one is meant, and what one must not have that replaces upstream's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import HostError

UPSTREAM = "upstream"
REFRESHED = "refreshed"
OWN = "own"
"""What a manifest calls a lock file that is not upstream's."""

UPSTREAM_LOCK = "upstream.lock"
"""The release's own lock file, where another one was used or made."""

LIBRESPOT = "librespot"


def lock_name(version: str) -> str:
    """Return what the making of a lock file for the release *version* is called."""
    return f"lock-{version}"


_LINE = re.compile(r'^(name|version|source|checksum) = "([^"\n]*)"$', re.MULTILINE)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class LockedCrate:
    """One package of a lock file; *source* and *checksum* (SHA-256) are empty where it says nothing of them."""

    name: str = ""
    version: str = ""
    source: str = ""
    checksum: str = ""

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"

    @property
    def own(self) -> bool:
        """Whether it is librespot, or a part of it that has a crate of its own."""
        return self.name == LIBRESPOT or self.name.startswith(f"{LIBRESPOT}-")


def locked_crates(text: str) -> list[LockedCrate]:
    """Return the packages of the text of a ``Cargo.lock``.

    It is read by its lines, as cargo writes them: build hosts have no library for TOML.
    """
    return [LockedCrate(**dict(_LINE.findall(block))) for block in _blocks(text)]


def _blocks(text: str) -> list[str]:
    # The last package may be followed by another table.
    return [re.split(r"^\[", block, maxsplit=1, flags=re.MULTILINE)[0] for block in text.split("[[package]]")[1:]]


def refuse_incomplete(crates: Sequence[LockedCrate], version: str, what: str) -> None:
    """Raise `HostError` unless *crates*, those of *what*, lock librespot *version* to crates of a registry alone."""
    own, *others = [crate for crate in crates if not crate.source] or [LockedCrate()]
    if own.name != LIBRESPOT:
        raise HostError(
            f"{what} is not a lock file of librespot", "Give the Cargo.lock that cargo wrote in librespot's crate"
        )
    if own.version != version:
        raise HostError(
            f"{what} is for librespot {own.version}, not for {version}", "Give that of the version that is built"
        )
    if others:
        raise HostError(f"{what} takes {others[0].label} from a directory and not from the registry", _OFFICIAL)
    sources = {crate.source for crate in crates if crate.source}
    if len(sources) != 1 or not all(source.startswith(("registry+", "sparse+")) for source in sources):
        raise HostError(f"{what} takes crates from {', '.join(sorted(sources)) or 'nowhere'}", _OFFICIAL)
    bare = [crate.label for crate in crates if crate.source and not _SHA256.fullmatch(crate.checksum)]
    if bare:
        raise HostError(
            f"{what} has no checksum of {', '.join(bare[:5])}", "Let cargo write it again: cargo update, in the crate"
        )


def refuse_lock(text: str, upstream: str) -> None:
    """Raise `HostError` for a lock file with sources that *upstream* has not, or another checksum for a crate of it."""
    theirs = {crate.label: crate for crate in locked_crates(upstream)}
    sources = {crate.source for crate in theirs.values()}
    parts = {crate.label for crate in theirs.values() if crate.own}
    for crate in locked_crates(text):
        if not crate.source and crate.name != LIBRESPOT:
            raise HostError(f"The lock file takes {crate.label} from a directory and not from the registry", _OFFICIAL)
        if crate.source not in sources:
            raise HostError(f"The lock file takes {crate.label} from {crate.source}", _OFFICIAL)
        if crate.own and crate.label not in parts:
            raise HostError(
                f"The lock file takes {crate.label}, which is a part of another release of librespot",
                "Leave librespot's own crates at the version of the release",
            )
        known = theirs.get(crate.label)
        if known is not None and known.checksum != crate.checksum:
            raise HostError(
                f"The lock file has the checksum {crate.checksum} for {crate.label}, upstream's has {known.checksum}",
                "A published version never changes: find out which of the two was tampered with",
            )


_OFFICIAL = "Only the registry that upstream's own lock file names is an official source"
