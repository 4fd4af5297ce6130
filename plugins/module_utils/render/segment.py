# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The segment of an instance as files: a unit that makes it, its addresses, its resolvers and its filter.

The instance lives in a network namespace of its own with one interface in it. What the host's table sees never passes
there, so the same doors are put in a table inside, before the interface is.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Sequence
from dataclasses import replace

from ..model.container import container_name, holder_name
from ..model.instance import CONTAINER, Instance
from ..model.networks import V4, V6
from ..model.sandbox import HELPER
from ..model.segment import SEGMENT_INTERFACE, Segment
from ..model.zones import Zone
from .firewall import Surroundings, table
from .firewall_units import LOADER
from .nft import Chain, Table
from .unit import FIREWALL, SETTINGS, SLICE, UNITS, dhcp_unit, in_namespace, resolvers_path, segment_unit, unit_text
from .watchdog import PROGRAM

UDHCPC = "/usr/sbin/udhcpc"
LEASE = "/opt/librespot/libexec/lease"

_IP = "/usr/sbin/ip"
_UNESCAPED = re.compile(r"[^A-Za-z0-9:_.]")


def table_path(name: str) -> str:
    """Return the file with the table of the segment of the instance *name*."""
    return f"{SETTINGS}/{name}.nft"


def addresses_path(name: str) -> str:
    """Return the file with the addresses and routes of the segment, as ``ip -batch`` reads it."""
    return f"{SETTINGS}/{name}.segment"


def device_unit(interface: str) -> str:
    """Return the unit by which systemd knows an interface (systemd.unit(5): escaping of names)."""
    escaped = _UNESCAPED.sub(lambda match: f"\\x{ord(match.group()):02x}", interface)
    return f"sys-subsystem-net-devices-{escaped}.device"


def segment_table(instance: Instance, zones: Sequence[Zone], segment: Segment) -> Table:
    """Return the table inside the segment: the doors of the one instance, and no way through."""
    by_family = {
        family: tuple(item for item in segment.resolvers if ipaddress.ip_address(item).version == family)
        for family in (V4, V6)
    }
    doors = table([instance], zones, Surroundings(by_family[V4], by_family[V6], segment.gateways))
    # Forwarding may be on here because it is on the host.
    nothing = Chain("on_forward", (), "type filter hook forward priority 0; policy drop;")
    # Those of a lease are set when it comes.
    kept = tuple(
        replace(item, kept=segment.dhcp) if item.name.startswith("resolvers_") else item for item in doors.sets
    )
    return replace(doors, sets=kept, chains=(*doors.chains, nothing))


def batch(segment: Segment) -> str:
    """Return the commands that give the interface its addresses and its ways out."""
    lines = ["link set dev lo up"]
    for item in segment.addresses:
        # Else the address could not be announced yet when librespot starts; that it is free, its giver knows.
        alone = " nodad" if ":" in item else ""
        lines.append(f"address add {item} dev {SEGMENT_INTERFACE}{alone}")
    lines.append(f"link set dev {SEGMENT_INTERFACE} up")
    lines += [f"route add default via {item} dev {SEGMENT_INTERFACE}" for item in segment.gateways]
    return "".join(f"{line}\n" for line in lines)


def resolver_file(segment: Segment) -> str:
    """Return the ``resolv.conf`` of the segment."""
    return "".join(f"nameserver {item}\n" for item in segment.resolvers)


def _link(segment: Segment, namespace: str, card: str) -> str:
    made = f"{_IP} link add link {segment.parent} name {SEGMENT_INTERFACE} netns {namespace}"
    if segment.vlan:
        # It shall keep its addresses and routes while the parent is down.
        return f"{made} type vlan id {segment.vlan} loose_binding on"
    return f"{made} address {card} type macvlan mode bridge"


_ENGINE = "docker.service"
_AROUND_ENGINE = [
    # It goes and comes with the engine. Asked at its socket, that would be started by whoever asks.
    ("After", f"{_ENGINE} {FIREWALL}"),
    ("Requisite", _ENGINE),
    ("PartOf", _ENGINE),
    # Whoever ends the holder again and again ends its network, and shall have no way to end it for good.
    ("StartLimitIntervalSec", "0"),
]


def segment_service(instance: Instance, segment: Segment, card: str, followed: bool) -> str:
    """Return the unit that makes the segment and, stopped, removes it. *card* is the hardware address of a macvlan.

    Where udev runs, the parent is *followed*: the segment goes with it, and is made again when it comes back.
    """
    device = device_unit(segment.parent)
    before = [
        ("Description", f"Network segment of the Spotify Connect speaker {instance.name} (librespot)"),
        ("After", f"local-fs.target network-pre.target{f' {device}' if followed else ''}"),
        *([("BindsTo", device)] if followed else []),
        # Brought back with its parent, it brings the instance back.
        *(_AROUND_ENGINE if instance.deployment == CONTAINER else [("Wants", instance.unit)]),
        ("RequiresMountsFor", f"{LOADER} {SETTINGS}"),
        # The windows of zones follow summer time there.
        ("ReloadPropagatedFrom", FIREWALL),
    ]
    made = _held if instance.deployment == CONTAINER else _made
    run = [
        *made(instance, segment, card),
        ("Slice", SLICE),
        ("NoNewPrivileges", "yes"),
        ("RestrictAddressFamilies", "AF_NETLINK AF_UNIX AF_INET AF_INET6"),
        ("RestrictNamespaces", "net mnt"),
        ("RestrictRealtime", "yes"),
        ("RestrictSUIDSGID", "yes"),
        ("LockPersonality", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("SystemCallArchitectures", "native"),
        ("SystemCallFilter", "@system-service @mount setns unshare"),
        ("SystemCallFilter", "~@resources"),
        ("SystemCallErrorNumber", "EPERM"),
        ("KeyringMode", "private"),
        ("UMask", "0022"),
        ("TimeoutStartSec", "60s"),
        ("MemoryMax", "64M"),
        ("TasksMax", "8"),
    ]
    wanted_by = [device] if followed else ["multi-user.target"]
    if instance.deployment == CONTAINER:
        wanted_by.append(_ENGINE)
    return unit_text([("Unit", before), ("Service", run), ("Install", [("WantedBy", " ".join(wanted_by))])])


def _filter(instance: Instance) -> str:
    """Return the command that loads the table into the segment."""
    loaded = f"{LOADER} --table {table_path(instance.name)} --resolvers {resolvers_path(instance.namespace)}"
    return f"{_IP} netns exec {instance.namespace} /usr/bin/python3 -I {loaded}"


def _made(instance: Instance, segment: Segment, card: str) -> list[tuple[str, str]]:
    """Return the lines that make a segment for a service: a namespace, its filter, and only then its interface."""
    name = instance.namespace
    return [
        ("Type", "oneshot"),
        ("RemainAfterExit", "yes"),
        # A start that was killed may have left one.
        ("ExecStartPre", f"-{_IP} netns delete {name}"),
        ("ExecStart", f"{_IP} netns add {name}"),
        ("ExecStart", _filter(instance)),
        ("ExecStart", _link(segment, name, card)),
        ("ExecStart", f"{_IP} -n {name} -batch {addresses_path(instance.name)}"),
        ("ExecReload", _filter(instance)),
        ("ExecStop", f"{_IP} netns delete {name}"),
        # A namespace is a mount that everyone has to see, so the unit has none of its own, nor what would make one.
        ("CapabilityBoundingSet", "CAP_SYS_ADMIN CAP_NET_ADMIN"),
    ]


def _held(instance: Instance, segment: Segment, card: str) -> list[tuple[str, str]]:
    """Return the lines that make a segment for a container, in the network of its holder, and follow that."""
    name = instance.namespace
    between = f"--container {container_name(instance.name)} --holder {holder_name(instance.name)} --namespace {name}"
    program, lease = f"/usr/bin/python3 -I {PROGRAM}", " --lease" if segment.dhcp else ""
    # What plays may keep a network alive that has lost its holder and its name.
    gone = [f"-{_IP} -n {name} link delete {SEGMENT_INTERFACE}", f"-{_IP} netns delete {name}"]
    return [
        ("Type", "exec"),
        *(("ExecStartPre", step) for step in gone),
        ("ExecStartPre", f"{program} attach {between}"),
        ("ExecStartPre", _filter(instance)),
        ("ExecStartPre", _link(segment, name, card)),
        ("ExecStartPre", f"{_IP} -n {name} -batch {addresses_path(instance.name)}"),
        ("ExecStartPre", f"{program} bring {between}"),
        ("ExecStart", f"{program} follow {between}{lease}"),
        ("ExecReload", _filter(instance)),
        *(("ExecStopPost", step) for step in gone),
        ("Restart", "always"),
        ("RestartSec", "1s"),
        # As for a service; whose network a process is in is told to who may trace it.
        ("CapabilityBoundingSet", "CAP_SYS_ADMIN CAP_NET_ADMIN CAP_SYS_PTRACE"),
    ]


def lease_path(name: str) -> str:
    """Return the file with the number of the process that keeps the lease of the instance *name*."""
    return f"/run/librespot/{name}-dhcp.pid"


def dhcp_service(instance: Instance) -> str:
    """Return the unit that gets and keeps a lease; it is started once there is one, or after some tries."""
    name, segment = instance.namespace, segment_unit(instance.name)
    before = [
        ("Description", f"Address of the Spotify Connect speaker {instance.name} by DHCP (librespot)"),
        ("After", segment),
        ("Requisite", segment),
        ("PartOf", segment),
    ]
    client = f"{UDHCPC} -i {SEGMENT_INTERFACE} -s {LEASE} -x hostname:{instance.name} -p {lease_path(instance.name)}"
    run = [
        ("Type", "forking"),
        ("Slice", SLICE),
        # In the background once it has a lease, or when nobody has given one after four tries of three seconds.
        ("ExecStart", f"{client} -b -t 4 -T 3 -A 10 -R"),
        ("PIDFile", lease_path(instance.name)),
        ("Environment", f"RESOLVERS={resolvers_path(name)}"),
        ("RuntimeDirectory", "librespot"),
        ("RuntimeDirectoryPreserve", "yes"),
        ("Restart", "always"),
        ("RestartSec", "5s"),
        ("CapabilityBoundingSet", "CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE"),
        ("ReadWritePaths", posixpath.dirname(resolvers_path(name))),
        ("RestrictAddressFamilies", "AF_PACKET AF_INET AF_INET6 AF_NETLINK AF_UNIX"),
        ("SystemCallFilter", "@system-service"),
        ("SystemCallFilter", "~@privileged @resources"),
        *HELPER,
        *in_namespace(instance),
        ("MemoryMax", "32M"),
        ("TasksMax", "8"),
    ]
    return unit_text([("Unit", before), ("Service", run), ("Install", [("WantedBy", segment)])])


def segment_files(
    instance: Instance, segment: Segment, zones: Sequence[Zone], card: str, followed: bool
) -> dict[str, str]:
    """Return the text of each file of the segment by its path. Its resolvers come with the lease, if there is one."""
    lease = {f"{UNITS}/{dhcp_unit(instance.name)}": dhcp_service(instance)} if segment.dhcp else {}
    return {
        **lease,
        table_path(instance.name): segment_table(instance, zones, segment).transaction(),
        addresses_path(instance.name): batch(segment),
        **({} if segment.dhcp else {resolvers_path(instance.namespace): resolver_file(segment)}),
        f"{UNITS}/{segment_unit(instance.name)}": segment_service(instance, segment, card, followed),
    }
