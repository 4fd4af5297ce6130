# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units of the notifier: what starts it when something happened, or at times, or when another unit failed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from ..model.breaches import PATH as BREACHES
from ..model.notify_options import Notify
from ..model.outbox import CONFIGURATION, PROGRAM
from ..model.sandbox import CLOUD_METADATA, HELPER
from .unit import SETTINGS, UNITS, unit_text

ARCHIVE = "/opt/librespot/libexec/notify.pyz"
SERVICE = f"{PROGRAM}.service"
WATCH = f"{PROGRAM}.path"
TIMER = f"{PROGRAM}.timer"
FAILED = "hardened-librespot-failed@.service"
ON_FAILURE = ("OnFailure", "hardened-librespot-failed@%n.service")
"""What a unit has whose failure is to be told."""

KEPT = f"{SETTINGS}/{CONFIGURATION}"
"""Where the configuration is kept, for root alone."""

LINK = f"/var/lib/{PROGRAM}"
"""What systemd makes besides the directory of a user of the moment."""

INTERVAL_S = 300
"""How often it looks without being called, in seconds: what was not taken is tried again then."""

_OTHERWISE = ("TimeoutStartSec",)


def configuration(notify: Notify) -> str:
    """Return the text of the configuration: its files have the names by which systemd gives them."""
    return json.dumps(notify.as_data(), indent=1, sort_keys=True) + "\n"


def notify_units(notify: Notify) -> dict[str, str]:
    """Return the text of each unit by its path."""
    return {
        f"{UNITS}/{SERVICE}": _service(notify, "Tells what happened to Spotify Connect speakers of this host", ()),
        f"{UNITS}/{FAILED}": _service(notify, "Tells that %i failed", ("%i",)),
        f"{UNITS}/{WATCH}": _watch(),
        f"{UNITS}/{TIMER}": _timer(),
    }


def _service(notify: Notify, about: str, arguments: Sequence[str]) -> str:
    unit = [
        ("Description", about),
        ("Wants", "network-online.target"),
        ("After", "network-online.target"),
        # Whoever can make much happen may not thereby keep all else from being told.
        ("StartLimitIntervalSec", "0"),
    ]
    run = [
        ("Type", "oneshot"),
        ("ExecStart", " ".join(["/usr/bin/python3", "-I", ARCHIVE, *arguments])),
        # Both services are the same user, and have the same memory.
        ("User", PROGRAM),
        ("DynamicUser", "yes"),
        ("StateDirectory", PROGRAM),
        ("StateDirectoryMode", "0700"),
        # systemd reads them as root, and gives them to this process alone.
        ("LoadCredential", f"{CONFIGURATION}:{KEPT}"),
        *(("LoadCredential", f"{source.called}:{source.path}") for source in notify.sources()),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        # Unix and netlink are for the resolver.
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_NETLINK AF_UNIX"),
        *_reach(notify),
        ("SystemCallFilter", "@system-service"),
        ("SystemCallFilter", "~@privileged @resources"),
        # Files are given to the one whose they are already.
        ("SystemCallFilter", "@chown"),
        ("MemoryDenyWriteExecute", "yes"),
        ("PrivateUsers", "yes"),
        ("ProtectControlGroups", "yes"),
        ("ProtectKernelTunables", "yes"),
        ("RemoveIPC", "yes"),
        *(pair for pair in HELPER if pair[0] not in _OTHERWISE),
        ("TimeoutStartSec", "15min"),
        ("MemoryMax", "96M"),
        ("TasksMax", "8"),
        # A monitor that was taken over can call it again and again. The instances come first.
        ("Nice", "5"),
        ("CPUQuota", "50%"),
    ]
    return unit_text([("Unit", unit), ("Service", run)])


def _reach(notify: Notify) -> list[tuple[str, str]]:
    """Return what it may reach: where all whom it tells are addresses, these alone.

    What a name stands for is only known when it is asked.
    """
    hosts = [str(notify.mail["host"])] if notify.mail else []
    hosts += [urlsplit(item["url"] or "").hostname or "" for item in notify.webhooks]
    if all(map(_is_address, hosts)):
        return [("IPAddressDeny", "any"), ("IPAddressAllow", " ".join(dict.fromkeys(hosts)))]
    return [("IPAddressDeny", CLOUD_METADATA)]


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _watch() -> str:
    about = [("Description", "Waits for something to happen to Spotify Connect speakers of this host")]
    return unit_text(
        [("Unit", about), ("Path", [("PathChanged", BREACHES)]), ("Install", [("WantedBy", "paths.target")])]
    )


def _timer() -> str:
    times = [("OnActiveSec", "5s"), ("OnUnitInactiveSec", f"{INTERVAL_S}s"), ("AccuracySec", "5s")]
    about = [("Description", "Tells again what was not taken")]
    return unit_text([("Unit", about), ("Timer", times), ("Install", [("WantedBy", "timers.target")])])
