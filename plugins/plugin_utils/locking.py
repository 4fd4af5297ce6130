# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which lock file an artifact is compiled with: upstream's, the refreshed one that is pinned, or the user's own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..module_utils.host.opened import opened
from ..module_utils.model.artifact import CRATE, LOCK
from ..module_utils.model.errors import HostError, LibrespotError, SpecificationError
from ..module_utils.model.lock import REFRESHED, UPSTREAM, UPSTREAM_LOCK, locked_crates, refuse_incomplete
from ..module_utils.model.plan import Plan, State
from ..module_utils.model.reading import OLDEST_DAYS, integer
from ..module_utils.model.recipes import crate_source
from .lock_pins import LockPins, Pin
from .lockfile import locked

FILE = "file"
UNKNOWN = "0" * 64
"""The digest of a lock file that nobody has got yet."""

_LARGEST = 16 * 1024 * 1024
_RUST = re.compile(r"\d{1,3}\.\d{1,3}(\.\d{1,3})?")

Got = tuple[Mapping[str, bytes], Mapping[str, Any]]
"""The files that a build host gave, and what it says about their making."""


@dataclass(frozen=True)
class Chosen:
    """A lock file: *lock* is what the recipe has of it, *said* what the user is told, *plan* what its pin becomes.

    *new* is its pin, where nothing was built with it yet.
    """

    lock: str
    content: bytes = b""
    new: Pin | None = None
    plan: Plan = field(default_factory=lambda: Plan("pinned lock file", {}, {}))
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether there is one yet."""
        return self.lock != UNKNOWN


class Locking:
    """The choice that *params*, those of the module ``build``, make; *pins* has what was pinned before."""

    def __init__(self, params: Mapping[str, Any], pins: LockPins) -> None:
        self._params = params
        self._pins = pins
        self._version = str(params["version"])
        # What is wrong with the release is said before anything is done for its lock file.
        self._crate_sha256 = crate_source(params).crate.sha256 if params["method"] == CRATE else ""
        self._refuse_wrong()

    def chosen(self) -> Chosen:
        """Return the lock file as far as it is known without asking anyone."""
        wanted = str(self._params["lock"])
        if self._params["method"] != CRATE or wanted == UPSTREAM:
            return Chosen(UPSTREAM, said={"origin": UPSTREAM})
        if wanted != REFRESHED:
            return self._file(wanted)
        pin = self._pins.get(self._version)
        if pin is not None and not self._too_old(pin):
            return self.pinned(pin)
        before = {} if pin is None else {"resolved": _when(pin)}
        plan = Plan(self._subject, before, {"resolved": "when this is run"})
        return Chosen(UNKNOWN, plan=plan, said={"origin": REFRESHED})

    def refreshed(self, ask: Callable[[], Got]) -> Chosen:
        """Return a new lock file, for which a build host is *asked*. It is pinned when something was built with it."""
        before = self._pins.get(self._version)
        files, facts = ask()
        content = files[LOCK]
        self._refuse(content, "The refreshed lock file")
        sha256 = hashlib.sha256(content).hexdigest()
        cargo, rust = str(facts["cargo"]), str(facts["rust"])
        pin = Pin(self._version, sha256, self._crate_sha256, int(time.time()), cargo, rust)
        old = files[UPSTREAM_LOCK] if before is None else self._pins.content(before)
        after = {**_crates(content), "resolved": _when(pin)}
        plan = Plan(self._subject, {**_crates(old), **({"resolved": _when(before)} if before else {})}, after)
        return replace(self._chosen(pin, content), new=pin, plan=plan)

    @contextlib.contextmanager
    def proved(self, chosen: Chosen) -> Iterator[None]:
        """Pin what was *chosen*, if it is new, when what is built with it within is there.

        Whatever ends it before, what was pinned stays so: a dependency that does not compile is not built with again.
        The error of a build names it.
        """
        if chosen.new is None:
            yield
            return
        try:
            yield
        except LibrespotError as error:
            before = self._pins.get(self._version)
            path = "" if before is None else f", or build with what is pinned, lock: {self._pins.path(before.sha256)}"
            said = f"{error.message}; the refreshed lock file for it is not pinned"
            raise HostError(said, f"{error.remedy.rstrip('.')}. Run again to get another one{path}") from error
        self._pins.keep(chosen.new, chosen.content)

    @property
    def _subject(self) -> str:
        return f"pinned lock file of librespot {self._version}"

    def pinned(self, pin: Pin) -> Chosen:
        """Return what is pinned."""
        content = self._pins.content(pin)
        self._refuse(content, "The pinned lock file")
        return self._chosen(pin, content)

    def _chosen(self, pin: Pin, content: bytes) -> Chosen:
        said = {
            "origin": REFRESHED,
            "sha256": pin.sha256,
            "path": self._pins.path(pin.sha256),
            "resolved": _when(pin),
            "cargo": pin.cargo,
            "rust": pin.rust,
        }
        return Chosen(pin.sha256, content, said=said)

    def _file(self, path: str) -> Chosen:
        path = os.path.abspath(os.path.expanduser(path))
        try:
            with opened(path) as handle:
                content = handle.read(_LARGEST + 1)
        except OSError as error:
            raise SpecificationError(
                "lock",
                self._params["lock"],
                f"is neither upstream nor refreshed, and no file that can be read: {error.strerror}",
                "Name a Cargo.lock on the controller",
            ) from error
        self._refuse(content, path)
        sha256 = hashlib.sha256(content).hexdigest()
        return Chosen(sha256, content, said={"origin": FILE, "sha256": sha256, "path": path})

    def _refuse(self, content: bytes, what: str) -> None:
        """Raise `HostError` for what is no lock file, or none that this release may be built with."""
        if len(content) > _LARGEST:
            raise HostError(f"{what} is larger than any lock file", "Look at the path")
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise HostError(f"{what} is not text, and so no lock file", "Give the Cargo.lock of librespot") from None
        crates = locked(text, what)
        # The build host has no library for TOML: what it would read otherwise, it would not check.
        if crates != locked_crates(text):
            raise HostError(
                f"{what} is not written as cargo writes it", "Let cargo write it again, in librespot's crate"
            )
        refuse_incomplete(crates, self._version, what)

    def _too_old(self, pin: Pin) -> bool:
        most = self._params["lock_max_age"]
        # Another crate under the same version is one that the user has pinned himself since.
        return pin.crate_sha256 != self._crate_sha256 or (most is not None and pin.age() >= most)

    def _refuse_wrong(self) -> None:
        most, rust = self._params["lock_max_age"], self._params["lock_rust"]
        if most is not None:
            integer(most, "lock_max_age", 0, OLDEST_DAYS, "days")
        if rust and _RUST.fullmatch(rust) is None:
            raise SpecificationError("lock_rust", rust, "is not a version of Rust", "Write it as in 1.85")


def _crates(content: bytes) -> State:
    versions: dict[str, list[str]] = {}
    for package in locked(content.decode(), "The lock file"):
        versions.setdefault(package.name, []).append(package.version)
    return {name: ", ".join(sorted(found)) for name, found in versions.items()}


def _when(pin: Pin) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(pin.resolved))
