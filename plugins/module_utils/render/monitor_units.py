# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units of the monitor: the service that looks, and the one that tells it of grants.

The monitor runs as a user of its own without any right but to read the journal, in which alone it is said how an
instance ended. What it cannot see so, it does without, and says so: above all how many files others have open on Linux
before 6.2. CAP_SYS_PTRACE would tell, and let whoever hijacks the monitor read and change the memory of every process
of the host.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..model.facts import Facts
from ..model.monitored import Settings, settings_text
from ..model.sandbox import CLOUD_METADATA, HELPER
from .unit import UNITS, unit_text

NAME = "hardened-librespot-monitor"
USER = NAME
COMMENT = "librespot monitor (hardened.librespot)"
SERVICE = f"{NAME}.service"
PROGRAM = "/opt/librespot/libexec/monitor.pyz"
SETTINGS_FILE = "/etc/librespot/monitor.json"
DIRECTORY = f"/var/lib/{NAME}"
METRICS_FILE = f"{DIRECTORY}/librespot.prom"
LINK = "librespot-monitor.prom"
"""The name of the link in the directory of the textfile collector, where the check may have a file of its own."""

GRANTS_NAME = "hardened-librespot-grants"
GRANTS_SERVICE = f"{GRANTS_NAME}.service"
GRANTS_TIMER = f"{GRANTS_NAME}.timer"
GRANTS_PROGRAM = "/opt/librespot/libexec/grants.pyz"
GRANTS_LISTING = f"/run/{GRANTS_NAME}/grants.json"
GRANTS_INTERVAL = 60
"""Seconds between two looks at the kernel's grants. When one ends is known from the look before, to the second."""

_LOOPBACK = "127.0.0.1 ::1"
"""Where an instance is asked that is bound to no other interface."""

GENERATION = "HARDENED_LIBRESPOT_GENERATION"

# What the monitor has otherwise: it reads /proc of instances and of the host, and what it writes is for everyone.
_OTHERWISE = ("ProtectProc", "ProcSubset", "UMask", "TimeoutStartSec")

_CONFINED: tuple[tuple[str, str], ...] = (
    *(pair for pair in HELPER if pair[0] not in _OTHERWISE),
    ("UMask", "0022"),
    ("ProtectProc", "default"),
    # It needs no temporary files, and could fill disk and memory with them.
    ("ReadOnlyPaths", " ".join(f"-/{place}" for place in ("tmp", "var/tmp", "dev/shm", "run"))),
    ("ProtectControlGroups", "yes"),
    # With it systemd mounts another /proc for the unit, which shows all processes also where the host's hides them.
    ("ProtectKernelTunables", "yes"),
    ("MemoryDenyWriteExecute", "yes"),
    ("DevicePolicy", "closed"),
    ("NotifyAccess", "none"),
    ("RemoveIPC", "yes"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources @keyring @memlock @setuid @chown"),
    ("LimitCORE", "0"),
    ("LimitNOFILE", "256"),
)
"""Without PrivateUsers=: by its user a process in a container is known, and in it there would be none but its own."""


def monitor_unit(settings: Settings, program: bytes, facts: Facts, grants: bool) -> str:
    """Return the service. Another *program* or other *settings* make another generation of it."""
    ours = [word for word in ("--grants", GRANTS_LISTING) if grants]
    command = ["/usr/bin/python3", "-I", PROGRAM, "--settings", "%d/monitor.json", "--output", METRICS_FILE, *ours]
    run = [
        ("Type", "exec"),
        ("User", USER),
        # How an instance has ended is in the journal, and nowhere else.
        ("SupplementaryGroups", "systemd-journal"),
        ("LoadCredential", f"monitor.json:{SETTINGS_FILE}"),
        ("Environment", f"{GENERATION}={generation(settings, program)}"),
        ("ExecStart", " ".join(command)),
        ("StateDirectory", NAME),
        ("StateDirectoryMode", "0755"),
        ("Restart", "always"),
        ("RestartSec", "5s"),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("RestrictAddressFamilies", "AF_INET AF_INET6"),
        *_network(settings, facts),
        *_CONFINED,
        # The instances come first.
        ("Nice", "5"),
        ("MemoryMax", "96M"),
        ("TasksMax", "16"),
        ("CPUQuota", "50%"),
    ]
    about = [
        ("Description", "Keeps metrics of Spotify Connect speakers for Prometheus"),
        # Whatever keeps it from running may be over a moment later.
        ("StartLimitIntervalSec", "0"),
    ]
    return unit_text([("Unit", about), ("Service", run), ("Install", [("WantedBy", "multi-user.target")])])


def generation(settings: Settings, program: bytes) -> str:
    """Return what names this program with these settings: the process that runs tells which it was started with."""
    return hashlib.sha256(settings_text(settings).encode() + b"\0" + program).hexdigest()[:16]


def _network(settings: Settings, facts: Facts) -> list[tuple[str, str]]:
    """Return what keeps the monitor from all but the instances of this host, as far as its systemd can."""
    found = _addresses(settings)
    if not facts.bpf_framework:
        return found
    found.append(("SocketBindDeny", "any"))
    # Also what is asked of the host's own addresses goes by way of this one; to a container it goes by its bridge.
    return found if settings.contained else [*found, ("RestrictNetworkInterfaces", "lo")]


def _addresses(settings: Settings) -> list[tuple[str, str]]:
    """Return which addresses it may reach: those at which it asks alone, where they do not change.

    Which addresses an interface has changes, and what goes to a container goes to one of its bridge.
    """
    asked = [item for item in settings.targets if item.port is not None]
    places = {item.address or (_LOOPBACK if item.interface in ("", "lo") else "") for item in asked}
    if settings.contained:
        return [("IPAddressDeny", CLOUD_METADATA)]
    if "" not in places:
        allowed = [("IPAddressAllow", " ".join(sorted(places)))] if places else []
        return [("IPAddressDeny", "any"), *allowed]
    # Not the resolver of this host, either: it would carry whatever is put into names.
    others = () if _LOOPBACK in places else ("localhost",)
    return [("IPAddressDeny", " ".join((CLOUD_METADATA, *others)))]


def grants_units(sets: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the text of the units that list the grants in *sets* of the kernel, each a zone and a name, by their path.

    To list them is a right that lets one change them, too, so the monitor has no part in it: another process has it,
    for a moment, and it takes nothing in but what the kernel says.
    """
    words = [f"{zone}={name}" for zone, name in sets]
    run = [
        ("Type", "oneshot"),
        ("User", USER),
        ("ExecStart", " ".join(["/usr/bin/python3", "-I", GRANTS_PROGRAM, "--output", GRANTS_LISTING, *words])),
        ("RuntimeDirectory", GRANTS_NAME),
        ("RuntimeDirectoryMode", "0755"),
        ("RuntimeDirectoryPreserve", "yes"),
        ("AmbientCapabilities", "CAP_NET_ADMIN"),
        ("CapabilityBoundingSet", "CAP_NET_ADMIN"),
        ("RestrictAddressFamilies", "AF_NETLINK"),
        ("IPAddressDeny", "any"),
        *_CONFINED,
        ("TimeoutStartSec", "20s"),
        # A line for each look would be a thousand a day.
        ("LogLevelMax", "notice"),
        ("MemoryMax", "64M"),
        ("TasksMax", "8"),
        ("CPUQuota", "50%"),
    ]
    service = [("Description", "Tells the monitor of Spotify Connect speakers who is let in for a while")]
    timer = [
        ("OnActiveSec", "1s"),
        ("OnUnitInactiveSec", f"{GRANTS_INTERVAL}s"),
        ("AccuracySec", "1s"),
    ]
    about = [("Description", "Looks regularly who is let in to Spotify Connect speakers for a while")]
    return {
        f"{UNITS}/{GRANTS_SERVICE}": unit_text([("Unit", service), ("Service", run)]),
        f"{UNITS}/{GRANTS_TIMER}": unit_text(
            [("Unit", about), ("Timer", timer), ("Install", [("WantedBy", "timers.target")])]
        ),
    }
