# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units of the scheduled audit: its timer and its service."""

from __future__ import annotations

from ..model.audit_description import Description
from ..model.audit_options import AuditTimer
from ..model.container import PODMAN
from ..model.instance import CONTAINER
from ..model.sandbox import HELPER
from .unit import SETTINGS, UNITS, unit_text

RED = 3
"""How the program ends when something is red."""

FAILED = 1
"""How it ends when it could not audit; systemd takes this alone for a failure of the unit."""

BUSY = 75
"""How it ends when runs of playbooks left it no time: a temporary failure, as sysexits.h has it."""

NAME = "hardened-librespot-audit"
SERVICE = f"{NAME}.service"
TIMER = f"{NAME}.timer"
PROGRAM = "/opt/librespot/libexec/audit.pyz"
DESCRIPTION = f"{SETTINGS}/audit.json"
DIRECTORY = f"/var/lib/{NAME}"
"""What the last audit found."""

REPORT = f"{DIRECTORY}/report.json"
METRICS = f"{DIRECTORY}/audit.prom"
LINK = "librespot-audit.prom"
"""What leads a collector to it."""

STAMP = f"/var/lib/systemd/timers/stamp-{TIMER}"

PATIENCE_S = 900
"""For how long it waits for runs of playbooks to end."""

LONGEST_S = 1800
"""After how long it is ended."""

_AT_FIRST = "2min"
"""After boot, when what was changed while nothing ran shows, and after it was set up."""

_CAPABILITIES = (
    # Processes of others are looked at, and files that are readable for their owners alone.
    "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH "
    # The kernel's tables of packets; and a network namespace for a moment, in which the wanted rules are loaded to be
    # compared.
    "CAP_NET_ADMIN CAP_SYS_ADMIN "
    # The programs that bind instances are read, and one is shown to the kernel to learn whether it takes such.
    "CAP_BPF"
)

_NOT_HERE = (
    # Copies of secrets are looked for there.
    "PrivateTmp",
    # All processes are looked at, and switches of the kernel.
    *("ProtectProc", "ProcSubset"),
    *("RestrictNamespaces", "TimeoutStartSec"),
)


_ALSO_LIVE = (
    *("NoNewPrivileges", "LockPersonality", "RestrictRealtime", "SystemCallArchitectures", "KeyringMode", "UMask"),
)
"""What is left when probes become other users, join the cgroups of instances, and mount networks for a moment."""


def audit_units(description: Description) -> dict[str, str]:
    """Return the text of each unit by its path."""
    return {f"{UNITS}/{SERVICE}": _service(description), f"{UNITS}/{TIMER}": _timer(description.timer)}


def _service(description: Description) -> str:
    timer = description.timer
    run = [
        ("Type", "oneshot"),
        ("ExecStart", f"{timer.interpreter} -I {PROGRAM}"),
        # The audit itself is well then: journal and metrics tell what is red.
        ("SuccessExitStatus", f"{RED} {BUSY}"),
        ("StateDirectory", NAME),
        ("StateDirectoryMode", "0755"),
        *_sandbox(description),
        ("TimeoutStartSec", f"{LONGEST_S}s"),
        # Music goes first; on a host that is busy for long the audit still comes to its end.
        ("Nice", "10"),
        ("CPUWeight", "20"),
        ("IOWeight", "20"),
        ("IOSchedulingClass", "idle"),
        ("MemoryMax", "256M"),
        ("TasksMax", "64"),
    ]
    return unit_text([("Unit", [("Description", "Audits the Spotify Connect speakers (librespot)")]), ("Service", run)])


def _sandbox(description: Description) -> list[tuple[str, str]]:
    """Return what the audit is kept from. It is root's, and reads much; it changes nothing but its own report."""
    contained, engine = description.asked["deployment"] == CONTAINER, description.asked["engine"]
    # Podman has no daemon: whoever asks it does what it does.
    if description.timer.live or (contained and engine == PODMAN):
        return [pair for pair in HELPER if pair[0] in _ALSO_LIVE]
    return [
        ("CapabilityBoundingSet", _CAPABILITIES),
        ("AmbientCapabilities", ""),
        # It asks no one but the kernel; of a container also whether it answers, where it is published.
        *([] if contained else [("IPAddressDeny", "any")]),
        ("RestrictAddressFamilies", "AF_UNIX AF_NETLINK AF_INET AF_INET6"),
        ("RestrictNamespaces", "net"),
        ("SystemCallFilter", "@system-service"),
        ("SystemCallFilter", "~@privileged @resources"),
        # Programs at bind(), namespaces, and the owner of its own report.
        ("SystemCallFilter", "bpf setns unshare @chown"),
        ("MemoryDenyWriteExecute", "yes"),
        ("ProtectControlGroups", "yes"),
        ("ProtectKernelTunables", "yes"),
        *(pair for pair in HELPER if pair[0] not in _NOT_HERE),
    ]


def _timer(timer: AuditTimer) -> str:
    times = [
        ("OnCalendar", timer.calendar),
        # What was due while the host was off is made up for.
        ("Persistent", "yes"),
        ("OnActiveSec", _AT_FIRST),
        # Else all virtual hosts of a machine would look at the same moment.
        ("RandomizedDelaySec", f"{timer.random_delay}s"),
        ("AccuracySec", "1s"),
    ]
    about = [("Description", "Audits the Spotify Connect speakers (librespot) regularly")]
    return unit_text([("Unit", about), ("Timer", times), ("Install", [("WantedBy", "timers.target")])])
