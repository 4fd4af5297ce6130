# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection must know of a host, and what follows from it before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import HostError

OLDEST_SYSTEMD = 252  # Debian 12: %d, NoExecPaths= and PrivateIPC= are all there
OLDEST_NFT = (1, 0, 6)  # Debian 12: the oldest whose listings are compared with what was loaded

UNCONFINED = "the kernel does not enforce AppArmor"
CONFINING = "Boot a kernel that has AppArmor, with apparmor=1 security=apparmor on its command line"

SUPPORTED = {"debian": 12, "raspbian": 12, "ubuntu": 24}
"""Distribution to its oldest supported major release."""


@dataclass(frozen=True)
class Facts:
    """A host as it was found. *controllers* are those that the unified cgroup hierarchy offers."""

    architecture: str
    distribution: str
    release: str
    python: tuple[int, int]
    glibc: str
    running_systemd: bool
    systemd: int
    bpf_framework: bool
    unified_cgroups: bool
    controllers: tuple[str, ...]
    ipv6: bool
    processors: int
    root: bool
    udev: bool = False
    unbound: str = "not looked at"
    """Why this kernel does not bind instances by programs of ours; empty when it does."""
    nft: tuple[int, ...] = ()
    """The version of nft; empty when it is not installed, or nobody asked."""
    apparmor: bool = False
    """Whether the kernel enforces AppArmor profiles."""

    @property
    def binds(self) -> bool:
        """Whether programs of ours at bind() tie instances to their interfaces."""
        return not self.unbound

    def enforces(self, controller: str) -> bool:
        """Whether a limit of this cgroup controller would be enforced on a unit."""
        return self.unified_cgroups and controller in self.controllers


def refusals(facts: Facts) -> list[HostError]:
    """Return what makes this host unusable, each with what to do about it."""
    found = []
    if not facts.root:
        found.append(HostError("The modules do not run as root", "Set become: true for these hosts"))
    oldest = SUPPORTED.get(facts.distribution)
    name = f"{facts.distribution} {facts.release}"
    if oldest is None:
        found.append(
            HostError(
                f"{name} is not supported", f"Use one of: {', '.join(f'{n} {v}' for n, v in sorted(SUPPORTED.items()))}"
            )
        )
    elif not facts.release.split(".")[0].isdigit() or int(facts.release.split(".")[0]) < oldest:
        found.append(
            HostError(
                f"{name} is too old: it gets no security updates any more, or its systemd lacks what the sandbox needs",
                f"Upgrade the host to {facts.distribution} {oldest} or newer",
            )
        )
    if not facts.running_systemd:
        found.append(
            HostError(
                "systemd is not this host's service manager (there is no /run/systemd/system)",
                "Boot the host with systemd, or use librespot_deployment: container",
            )
        )
    elif facts.systemd < OLDEST_SYSTEMD:
        found.append(
            HostError(f"systemd {facts.systemd} is too old", f"Upgrade the host to one with systemd {OLDEST_SYSTEMD}")
        )
    if facts.nft and facts.nft < OLDEST_NFT:
        found.append(
            HostError(
                f"nft {'.'.join(map(str, facts.nft))} is too old for the firewall's table",
                f"Install the package nftables of the distribution, {'.'.join(map(str, OLDEST_NFT))} or newer",
            )
        )
    if not facts.ipv6:
        found.append(
            HostError(
                "The kernel has no IPv6, and librespot's discovery service then exits at once",
                "Remove ipv6.disable=1 from the kernel's command line; the sysctl disable_ipv6 does no harm",
            )
        )
    return found


def losses(facts: Facts) -> list[str]:
    """Return what this host cannot enforce, as sentences for the user."""
    found = []
    if not facts.unified_cgroups:
        found.append(
            "The host has cgroup v1: limits of memory, CPU, tasks and I/O are set but not enforced. "
            "Boot with systemd.unified_cgroup_hierarchy=1"
        )
    elif "memory" not in facts.controllers:
        found.append(
            "The memory controller is off: limits of memory are set but not enforced. "
            "Add cgroup_enable=memory to the kernel's command line (Raspberry Pi: /boot/firmware/cmdline.txt)"
        )
    if facts.running_systemd and not facts.bpf_framework:
        found.append(
            f"systemd {facts.systemd} is built without BPF_FRAMEWORK: SocketBindDeny= would be accepted and not "
            "enforced, so it is left out"
        )
    if facts.unbound:
        found.append(
            f"Instances cannot be bound by the kernel ({facts.unbound}): they listen on every address, and the "
            "firewall's table alone keeps others out"
        )
    if not facts.apparmor:
        found.append(f"The kernel does not enforce AppArmor: instances run without a profile. {CONFINING}")
    return found
