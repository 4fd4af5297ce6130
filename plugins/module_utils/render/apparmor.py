# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AppArmor profile of an instance: what its program may read, write, execute and talk to, and nothing else.

It names what librespot does, not what it may not do: all else is refused by default, and the kernel logs that. A rule
with ``deny`` would refuse in silence. Nothing is included from the host, so that the text alone says what it allows.

A service and a container find other things below ``/``, so the text follows the deployment; the name does not. No path
is attached to it: systemd and the container engine put the process under it by its name, and fail when the kernel does
not know that. Both do so from outside, when they execute librespot, so that no rule needs to allow any execution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.image import PROBE, PROGRAM
from ..model.instance import CONTAINER, Instance
from ..model.layout import RELEASES
from ..model.relaxations import Relaxation
from ..model.sandbox import SCRATCH
from .options import credentials_directory
from .unit import MARK

PROFILES = "/etc/apparmor.d"
"""What is in this directory, apparmor.service loads at boot, before any other service."""

_READ, _CODE, _FILL, _KEEP, _RUN = "r", "mr", "rw", "rwk", "mrix"
"""``m`` is mapping as code, ``k`` locking, ``ix`` executing under this same profile."""

_NETWORK = (
    "network inet stream,",
    "network inet6 stream,",
    "network inet dgram,",
    "network inet6 dgram,",
    # The list of interfaces for mDNS.
    "network netlink raw,",
    # The journal behind the standard output, name service, sound servers.
    "network unix stream,",
    "network unix dgram,",
)

_ANYWHERE = (
    ("/etc/{group,gai.conf,host.conf,hosts,ld.so.cache,localtime,nsswitch.conf,passwd,services}", _READ),
    ("/etc/{os-release,resolv.conf}", _READ),
    ("/etc/{asound.conf,ssl/openssl.cnf}", _READ),
    ("/etc/{alsa,ssl/certs}/{,**}", _READ),
    ("/usr/share/{alsa,ca-certificates,zoneinfo}/{,**}", _READ),
    ("/dev/{full,null,zero}", _FILL),
    ("/dev/{random,urandom}", _READ),
    # Where the stack of the main thread is, how much memory can be had, and how many processors.
    ("owner /proc/[0-9]*/{cgroup,maps,mountinfo}", _READ),
    ("/proc/{stat,sys/vm/overcommit_memory}", _READ),
    ("/sys/devices/system/cpu/{online,possible}", _READ),
    ("/sys/fs/cgroup/{,**/}{cpu.max,cpu.cfs_period_us,cpu.cfs_quota_us}", _READ),
    (f"{SCRATCH}/{{,**}}", _KEEP),
)
"""Globs of AppArmor (apparmor.d(5)), and what is allowed of them."""

_SERVICE = (
    # Whichever release is active: the kernel follows the link before it asks.
    (f"{RELEASES}/*/bin/librespot", _CODE),
    # Bound into the root by each of its names.
    ("/{,usr/}{lib,lib64}/{,**/}*.so{,.*}", _CODE),
    ("/usr/lib/{locale/**,os-release,ssl/openssl.cnf}", _READ),
    ("/run/{NetworkManager,resolvconf,systemd/resolve}/*resolv.conf", _READ),
    ("/run/systemd/resolve/io.systemd.Resolve", _FILL),
)

_CONTAINER = (
    (PROGRAM, _CODE),
    (PROBE, _CODE),
    ("/usr/{lib,lib64}/{,**/}*.so{,.*}", _CODE),
)

_SERVER_CONFIGURATION = {"pulseaudio": "/etc/pulse", "pipewire": "/{etc,usr/share}/pipewire"}
_SERVER_SOCKET = {"pulseaudio": "/run/pulse/native", "pipewire": "/run/pipewire/pipewire-0"}


def profile_path(name: str) -> str:
    """Return the file with the profile *name*."""
    return f"{PROFILES}/{name}"


def switch_paths(name: str) -> tuple[str, ...]:
    """Return the files by which the profile *name* would be passed over at boot, or loaded without force."""
    return tuple(f"{PROFILES}/{kind}/{name}" for kind in ("disable", "force-complain"))


def profile(instance: Instance) -> str:
    """Return the profile of a present *instance*."""
    name = instance.profile
    contained = instance.deployment == CONTAINER
    # What ends a container calls itself so on hosts that name their runtimes without confining them.
    enders = ("unconfined", "runc", "crun") if contained else ("unconfined",)
    lines = [
        *_NETWORK,
        *(f"signal (receive) peer={peer}," for peer in enders),
        # abort() sends one to itself.
        f"signal (send, receive) peer={name},",
        *(f"{glob} {access}," for glob, access in (*_ANYWHERE, *(_CONTAINER if contained else _SERVICE))),
        *_rules(_own(instance)),
        *(rule for item in instance.relaxations for rule in _opened(item)),
    ]
    # The oldest set of features that every supported parser knows: all kinds of rules that are used here, and those for
    # capabilities, mounts and ptrace, of which there are none. Files that were opened outside, and the login, come
    # from mounts that are not in the instance's tree.
    return "\n".join(
        [
            MARK,
            "abi <abi/3.0>,",
            "",
            f"profile {name} flags=(attach_disconnected,mediate_deleted) {{",
            *(f"  {line}" for line in lines),
            "}",
            "",
        ]
    )


def _own(instance: Instance) -> list[tuple[str, str, str]]:
    """Return what is of this instance alone, as path, glob below it, and access."""
    found = []
    if instance.credentials:
        found.append((credentials_directory(instance), "/{,credentials.json}", _READ))
    if instance.relaxed("disk"):
        found += [(f"/var/{kind}/librespot/{instance.name}", "/{,**}", _KEEP) for kind in ("lib", "cache")]
    return found


def _opened(item: Relaxation) -> Iterator[str]:
    """Yield the rules that a relaxation adds."""
    if item.name == "alsa":
        yield f"/dev/snd/{{,**}} {_FILL},"
    elif item.name in _SERVER_SOCKET:
        yield from _rules([(item.first("socket", _SERVER_SOCKET[item.name]), "", _FILL)])
        yield f"{_SERVER_CONFIGURATION[item.name]}/{{,**}} {_READ},"
        yield f"/etc/machine-id {_READ},"
    elif item.name == "fifo":
        yield from _rules([(item.first("path"), "", _FILL)])
    elif item.name == "media":
        yield from _rules([(path, "{,/,/**}", _READ) for path in item.values["paths"]])
    elif item.name == "bluetooth":
        yield f"/run/dbus/system_bus_socket {_FILL},"
        yield "dbus (send, receive) bus=system,"
    elif item.name == "hooks":
        # What shells and interpreters read when they start; modes and the sandbox keep secrets from them.
        yield f"/{{etc,proc}}/{{,**}} {_READ},"
        yield f"/usr/{{,**}} {_RUN},"
        yield f"/{{bin,sbin}}/** {_RUN},"
        yield from _rules([(path, "", _RUN) for path in item.values["programs"]])


def _rules(paths: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    for path, glob, access in paths:
        yield f'"{literal(path)}{glob}" {access},'


def literal(path: str) -> str:
    """Return *path* for a quoted rule, in which it stands for itself alone.

    Whatever could be a glob, a variable, an end of the quotes or of the line is written as its bytes in octal, which
    the parser turns back and never reads as syntax.
    """
    plain = b"/._-"
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or byte in plain) else f"\\{byte:03o}"
        for byte in path.encode("utf-8", "surrogateescape")
    )
