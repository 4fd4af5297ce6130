# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units that bring back containers of ours which the engine leaves as they are, and the program that does it."""

from __future__ import annotations

from ..model.sandbox import HELPER
from .unit import UNITS, WATCHDOG_INTERVAL, unit_text

PROGRAM = "/opt/librespot/libexec/keeper.py"
"""It is run by the units of segments as well."""

TIMER = "hardened-librespot-containers.timer"
SERVICE = "hardened-librespot-containers.service"


def watchdog_units() -> dict[str, str]:
    """Return the text of each unit by its path."""
    # Whoever can use the engine's socket is as good as root. Of root's other rights it needs none.
    run = [
        ("Type", "oneshot"),
        ("ExecStart", f"/usr/bin/python3 -I {PROGRAM} revive"),
        ("CapabilityBoundingSet", ""),
        ("RestrictAddressFamilies", "AF_UNIX"),
        ("PrivateNetwork", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("ProtectControlGroups", "yes"),
        ("ProtectKernelTunables", "yes"),
        ("SystemCallFilter", "@system-service"),
        ("SystemCallFilter", "~@privileged @resources"),
        *HELPER,
        # A line per look would be ten thousand a day.
        ("LogLevelMax", "notice"),
        ("MemoryMax", "64M"),
        ("TasksMax", "8"),
    ]
    service = [
        ("Description", "Brings back Spotify Connect speakers in containers that are silent or could not be started"),
        ("After", "docker.service"),
    ]
    timer = [("OnActiveSec", f"{WATCHDOG_INTERVAL}s"), ("OnUnitInactiveSec", f"{WATCHDOG_INTERVAL}s")]
    return {
        f"{UNITS}/{SERVICE}": unit_text([("Unit", service), ("Service", run)]),
        f"{UNITS}/{TIMER}": unit_text(
            [
                ("Unit", [("Description", "Asks the engine for speakers that are silent or could not be started")]),
                ("Timer", [*timer, ("AccuracySec", "1s")]),
                ("Install", [("WantedBy", "timers.target")]),
            ]
        ),
    }
