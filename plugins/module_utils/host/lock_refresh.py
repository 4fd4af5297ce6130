# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gets the newest compatible dependencies of a release, as a lock file; nothing is compiled."""

from __future__ import annotations

from ..model.artifact import LOCK
from ..model.cargo import with_rust_version
from ..model.errors import HostError
from ..model.lock import UPSTREAM_LOCK, locked_crates, refuse_lock
from ..model.recipes import CrateSource
from ..model.releases import HELD
from .crates import Crates
from .workplace import Say, Workplace

_RESOLVER = {"CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS": "fallback"}
"""What makes cargo pass over versions that need a newer Rust than a package says that it has."""


class LockRefresh:
    """Works in *workplace*, with the *crates* that are fetched there."""

    def __init__(self, workplace: Workplace, crates: Crates, say: Say) -> None:
        self._workplace = workplace
        self._crates = crates
        self._say = say

    def refresh(self, source: CrateSource, rust: str) -> dict[str, bytes]:
        """Return the new lock file of *source* and upstream's. What it takes compiles with *rust*, such as ``1.85``.

        librespot's own crates stay at the versions that upstream locked: together they are the release. So do those
        that are known not to compile else.
        """
        self._crates.prepare()
        remedy = "Look at the build host's network and proxy"
        with self._workplace.scratch() as scratch:
            _index, tree = self._crates.fetch(source.crate, scratch)
            upstream = self._workplace.read(f"{tree}/{LOCK}")
            manifest = self._workplace.read(f"{tree}/Cargo.toml").decode()
            # Cargo asks the package, and librespot says the oldest that it supports: with that some fixes are too new.
            self._workplace.write(f"{tree}/Cargo.toml", with_rust_version(manifest, rust).encode())
            self._say(f"looking for newer dependencies of librespot {source.crate.version}")
            self._crates.cargo(["cargo", "update"], tree, remedy, _RESOLVER)
            for name, version in self._moved(tree, upstream):
                self._crates.cargo(["cargo", "update", name, "--precise", version], tree, remedy, _RESOLVER)
            refreshed = self._workplace.read(f"{tree}/{LOCK}")
        refuse_lock(refreshed.decode(), upstream.decode())
        return {LOCK: refreshed, UPSTREAM_LOCK: upstream}

    def _moved(self, tree: str, upstream: bytes) -> list[tuple[str, str]]:
        """Return name and former version of the crates that an update took along and should not have."""
        now = {crate.name: crate.version for crate in locked_crates(self._workplace.read(f"{tree}/{LOCK}").decode())}
        stay = [crate for crate in locked_crates(upstream.decode()) if crate.own or crate.name in HELD]
        gone = [crate.label for crate in stay if crate.name not in now]
        if gone:
            raise HostError(f"cargo took {', '.join(gone)} out of the lock file", "Report it; nothing was kept")
        return [(crate.name, crate.version) for crate in stay if now[crate.name] != crate.version]
