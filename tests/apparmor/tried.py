# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was tried under a profile, and what the kernel said of it."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

from tests.attacks.tables import show
from tests.containers.speaker import Speaker
from tests.machine.machine import Machine

NAME = "librespot-kitchen"
PROFILE = f"/etc/apparmor.d/{NAME}"
ENFORCED = f"{NAME} (enforce)"
ALLOWED = ("read-hosts", "inet", "netlink")
LOGGED = ('name="/etc/shadow"', 'name="/tried"', 'operation="mount"', 'operation="exec"', 'family="packet"')
"""What a line of the kernel's log about each of some refusals has in it."""


def unload(host: Machine, name: str = NAME) -> None:
    """Take a profile out of the kernel."""
    host.shell(f"printf %s {name} > /sys/kernel/security/apparmor/.remove")


def label(host: Machine, process: int) -> str:
    """Return the profile of a process, and its mode."""
    return host.out("cat", f"/proc/{process}/attr/apparmor/current").strip()


def results(text: str) -> dict[str, int]:
    """Return the error number of each try."""
    return {name: int(number) for name, _space, number in (line.partition(" ") for line in text.splitlines())}


def judge(host: Machine, title: str, free: dict[str, int], held: dict[str, int], since: str) -> None:
    """Without the profile each try succeeds; with it all are refused but what librespot does, and that is logged."""
    rows = [[name, errno.errorcode.get(free[name], "done"), errno.errorcode.get(held[name], "done")] for name in free]
    show(f"{title} on {host.image}", ["tried as root", "without a profile", "under ours"], rows)
    assert {name for name, number in free.items() if number} == set()
    assert {name for name, number in held.items() if not number} == set(ALLOWED)
    assert {number for number in held.values() if number} <= {errno.EACCES, errno.EPERM}
    said = refusals(host, since)
    assert [part for part in LOGGED if not any(part in line for line in said)] == [], said


def judged_in(speaker: Speaker, host: Machine, tries: Path) -> None:
    """Judge what is tried in a container of the image of *speaker*, by its engine."""
    host.install(tries, "/root/tries")
    image = speaker.inspect()["Image"]
    # Root with all rights in a container that is bound to hardly anything: what refuses is the profile alone.
    run = (
        f"{speaker.ENGINE} run --rm --user 0:0 --cap-add ALL --security-opt seccomp=unconfined --pid host "
        "--network none --volume /root/tries:/usr/bin/librespot:ro --volume /root/tries:/usr/bin/true:ro "
        "--volume /etc:/etc:ro"
    )
    free = results(host.shell(f"{run} --security-opt apparmor=unconfined {image} /usr/bin/true"))
    since = host.now()
    held = results(host.shell(f"{run} --security-opt apparmor={NAME} {image} /usr/bin/true"))
    host.out("rm", "/root/tries")
    judge(host, f"a container of {speaker.ENGINE}", free, held, since)


def under_ours(host: Machine, process: int) -> bool:
    """Whether a process is under our profile, be it beside another one, and the kernel enforces ours.

    Debian 13 has a profile for crun, which refuses nothing and stays on what crun starts.
    """
    names = label(host, process).rpartition(" ")[0].split("//&")
    return NAME in names and ENFORCED in host.out("cat", "/sys/kernel/security/apparmor/profiles").splitlines()


def refusals(host: Machine, since: str) -> Sequence[str]:
    """Return what the kernel has logged about refusals of the profile since a time of the host's clock."""
    host.out("journalctl", "--sync")
    lines = host.out("journalctl", f"--since=@{since}", "--output=cat", "--no-pager").splitlines()
    return [line for line in lines if 'apparmor="DENIED"' in line and f'profile="{NAME}"' in line]
