# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The refreshed lock file that tests build with, so that they all build the same, once."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from ansible_collections.hardened.librespot.plugins.module_utils.model.lock import locked_crates
from ansible_collections.hardened.librespot.plugins.module_utils.model.releases import known_release
from ansible_collections.hardened.librespot.plugins.plugin_utils.lock_pins import LockPins, Pin
from tests.supply.releases import lock_of

REFRESHED_SHA256 = "127741e75cc47826b76061109868ac4caf9b33efd0b9963b60073082035f3163"
_KEPT = Path(__file__).parents[1] / "data/locks/librespot-0.8.0.lock"


def refreshed_lock() -> bytes:
    """Return the refreshed lock file of librespot 0.8.0, with the registry that upstream's own one names."""
    (registry,) = {
        crate.source for crate in locked_crates(lock_of("0.8.0").read_text(encoding="utf-8")) if crate.source
    }
    content = _KEPT.read_text(encoding="utf-8").replace("(the registry)", registry).encode()
    assert hashlib.sha256(content).hexdigest() == REFRESHED_SHA256, "the kept lock file is not what it was"
    return content


def pin_refreshed(cache: Path) -> Path:
    """Pin it in a controller's *cache*, as ``lock: refreshed`` would, unless it is; return where it is."""
    release = known_release("0.8.0")
    assert release is not None
    pins = LockPins(str(cache))
    before = pins.get("0.8.0")
    if before is not None and before.sha256 == REFRESHED_SHA256:
        return Path(pins.path(before.sha256))
    pin = Pin("0.8.0", REFRESHED_SHA256, release.crate.sha256, int(time.time()), "cargo of the tests", "1.96")
    pins.keep(pin, refreshed_lock())
    return Path(pins.path(pin.sha256))
