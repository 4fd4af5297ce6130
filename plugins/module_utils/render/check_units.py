# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units of the check: its timer, its service, and what tells that the service failed."""

from __future__ import annotations

from ..model.sandbox import HELPER
from ..model.schedule import Schedule
from .unit import UNITS, unit_text

FINDINGS = 3
"""How the program ends when something is open, and was told."""

PROGRAM = "/opt/librespot/libexec/check.py"
NAME = "hardened-librespot-check"
SERVICE = f"{NAME}.service"
TIMER = f"{NAME}.timer"
FAILED = f"{NAME}-failed.service"
DIRECTORY = f"/var/lib/{NAME}"
"""What was told, the record, and the verdict."""

CACHE = f"/var/cache/{NAME}"
RECORD = f"{DIRECTORY}/record.json"
STAMP = f"/var/lib/systemd/timers/stamp-{TIMER}"

_OTHERWISE = ("ProtectHome", "TimeoutStartSec")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def check_units(schedule: Schedule) -> dict[str, str]:
    """Return the text of each unit by its path."""
    return {
        f"{UNITS}/{SERVICE}": _service(schedule),
        f"{UNITS}/{FAILED}": _failed(schedule),
        f"{UNITS}/{TIMER}": _timer(schedule),
    }


def _service(schedule: Schedule) -> str:
    about = [
        ("Description", "Looks for what is new against librespot, and tells someone"),
        ("Wants", "network-online.target"),
        ("After", "network-online.target"),
        # Also when it was killed, or did not start at all.
        ("OnFailure", FAILED),
    ]
    run = [
        ("Type", "oneshot"),
        ("ExecStart", f"/usr/bin/python3 -I {PROGRAM} {DIRECTORY} {_command(schedule, 'check')}"),
        # The check itself is well then.
        ("SuccessExitStatus", str(FINDINGS)),
        *_surroundings(schedule),
    ]
    return unit_text([("Unit", about), ("Service", run)])


def _failed(schedule: Schedule) -> str:
    about = [
        ("Description", "Tells that the check of librespot failed"),
        ("Wants", "network-online.target"),
        ("After", "network-online.target"),
    ]
    run = [("Type", "oneshot"), ("ExecStart", _command(schedule, "check_failed")), *_surroundings(schedule)]
    return unit_text([("Unit", about), ("Service", run)])


def _timer(schedule: Schedule) -> str:
    times = [
        ("OnCalendar", schedule.calendar),
        ("Persistent", "yes" if schedule.persistent else "no"),
        # All who check at the same moment would ask the same servers.
        ("RandomizedDelaySec", f"{schedule.random_delay}s"),
    ]
    about = [("Description", "Looks regularly for what is new against librespot")]
    return unit_text([("Unit", about), ("Timer", times), ("Install", [("WantedBy", "timers.target")])])


def _command(schedule: Schedule, name: str) -> str:
    files = [word for path in schedule.variables for word in ("--extra-vars", f"@{path}")]
    words = [
        *(schedule.playbook, "--inventory", schedule.inventory, *files),
        *("--extra-vars", f"librespot_check_directory={DIRECTORY}", f"hardened.librespot.{name}"),
    ]
    return " ".join(words)


def _surroundings(schedule: Schedule) -> list[tuple[str, str]]:
    path = ":".join([*schedule.programs, schedule.playbook.rpartition("/")[0], _PATH])
    collections = [("Environment", f"ANSIBLE_COLLECTIONS_PATH={':'.join(schedule.collections)}")]
    return [
        ("User", schedule.user),
        ("WorkingDirectory", schedule.project),
        ("Environment", f"PATH={path}"),
        # Ansible takes no other encoding.
        ("Environment", "LC_ALL=C.UTF-8"),
        ("Environment", "ANSIBLE_NOCOLOR=1"),
        ("Environment", f"ANSIBLE_HOME={CACHE}/ansible"),
        ("Environment", f"CARGO_HOME={CACHE}/cargo"),
        ("Environment", f"XDG_CACHE_HOME={CACHE}"),
        *(collections if schedule.collections else []),
        *(("LoadCredential", f"{name}:{path}") for name, path in schedule.credentials),
        ("StateDirectory", NAME),
        ("StateDirectoryMode", "0700"),
        ("CacheDirectory", NAME),
        ("CacheDirectoryMode", "0700"),
        *(("ReadWritePaths", path) for path in schedule.writable),
        # The keys by which it reaches other hosts are there.
        ("ProtectHome", "read-only"),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_NETLINK AF_UNIX"),
        ("SystemCallFilter", "@system-service"),
        ("SystemCallFilter", "~@privileged @resources"),
        # Files are given to the one whose they are already.
        ("SystemCallFilter", "@chown"),
        ("MemoryDenyWriteExecute", "yes"),
        ("ProtectControlGroups", "yes"),
        ("ProtectKernelTunables", "yes"),
        ("RemoveIPC", "yes"),
        *(pair for pair in HELPER if pair[0] not in _OTHERWISE),
        ("TimeoutStartSec", f"{schedule.timeout}s"),
        ("MemoryMax", "1G"),
        ("TasksMax", "256"),
    ]
