# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-07: the reason for each setting that the collection makes, and the control that it is part of.

What is not in these tables has no reason that anybody knows. Of the sandbox the reasons stand with its directives, of
options and relaxations with theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .instance import Instance
from .limits import Limits, size_text
from .option_rules import warnings
from .options_table import BY_NAME
from .sandbox import SANDBOX, SOCKET_BIND_DENY, Directive, profiled
from .settings import ACCESS, CONTAINER, DIRECTIVE, FIREWALL, LIMIT, OPTION, RELAXATION, Setting

Reason = tuple[str, str]
"""A control, and why."""

_NONE: Reason = ("", "")

_BOUNDED = "An instance that is flooded or hijacked takes no more than this"

LIMITS: Mapping[str, Reason] = {
    "memory": ("RES-03", "A request body of any size is kept in memory; at this the kernel ends the instance alone"),
    "memory_high": ("RES-03", "From here the kernel takes memory back before it has to end the instance"),
    "swap": ("RES-03", "What is swapped out slows the whole host, and leaves what was in memory on a disk"),
    "cpu": ("RES-03", _BOUNDED),
    "io_weight": ("RES-03", "Others on the host come first where a disk is busy"),
    "io": ("RES-03", _BOUNDED),
    "tasks": ("RES-09", "A fork bomb ends here, and the host goes on"),
    "files": ("RES-09", "Idle connections use up the instance's files, and not the host's"),
    "scratch": ("RES-09", "Temporary files are memory of its own: no disk can be filled"),
}

_ORDER = "It starts after what it needs, and is up again when that is"

UNIT: Mapping[str, Reason] = {
    "Description": ("CFG-06", "Says to people what the unit is for"),
    "Documentation": ("CFG-06", "Says to people where the program is described"),
    "Wants": ("NET-03", _ORDER),
    "After": ("NET-03", "No port is open before the firewall's table is in force"),
    "PartOf": ("NET-08", "It stops and starts with its segment"),
    "Upholds": ("NET-03", "A firewall that was stopped is back at once"),
    "StartLimitIntervalSec": ("CON-10", "Whoever can connect can end the process: no number of ends stops it for good"),
    "AssertPathExists": ("NET-02", "Without the program that binds it, it does not start: it would be open to all"),
    "BPFProgram": ("NET-02", "The kernel ties its sockets to the interface, and refuses every other port"),
    "Type": ("CFG-06", "systemd knows of a start that failed"),
    "Slice": ("RES-03", "All instances can be seen, and bounded, together"),
    "User": ("CFG-02", "A user of its own: nothing else of the host belongs to it"),
    "Group": ("CFG-02", "A group of its own, or that of the sound devices where that was asked for"),
    "EnvironmentFile": ("CFG-04", "Settings are read by root before rights are dropped: no user need read the file"),
    "Environment": ("CFG-01", "Temporary files go to bounded memory, logs stay short, and the unit knows its settings"),
    "LogRateLimitIntervalSec": ("RES-09", "Whoever can connect can make it log: the journal cannot be flooded"),
    "LogRateLimitBurst": ("RES-09", "Whoever can connect can make it log: the journal cannot be flooded"),
    "ExecStart": ("UPD-08", "The activated release, and no other program"),
    "KillSignal": ("CON-10", "librespot says goodbye on SIGINT alone"),
    "TimeoutStopSec": ("CON-10", "Half a request from anyone must not hold up a stop"),
    "Restart": ("CON-10", "Whoever can connect can end the process: it is back a moment later"),
    "RestartSec": ("CON-10", "Whoever can connect can end the process: it is back a moment later"),
    "OOMScoreAdjust": ("RES-03", "Under memory pressure of the host the speaker goes first"),
    "LoadCredential": ("CFG-05", "The login is handed to this process alone, in memory that no other user can read"),
    "MemoryMax": LIMITS["memory"],
    "MemoryHigh": LIMITS["memory_high"],
    "MemorySwapMax": LIMITS["swap"],
    "CPUQuota": LIMITS["cpu"],
    "TasksMax": LIMITS["tasks"],
    "IOWeight": LIMITS["io_weight"],
    "IOReadBandwidthMax": LIMITS["io"],
    "IOWriteBandwidthMax": LIMITS["io"],
    "LimitNOFILE": LIMITS["files"],
    "LimitCORE": ("CFG-05", "A core would hold the login"),
    "TemporaryFileSystem": LIMITS["scratch"],
    "WantedBy": ("CFG-06", "It is up after a boot"),
}
"""Directives of the unit of an instance, besides those of its sandbox."""

_OF_OTHERS: Mapping[str, str] = {
    "AppArmorProfile": "CON-07",
    "IPAddressDeny": "NET-11",
    "NetworkNamespacePath": "NET-08",
    "PrivateNetwork": "NET-08",
    "ReadOnlyPaths": "RES-09",
    "SocketBindAllow": "NET-05",
    "SocketBindDeny": "NET-05",
    "UMask": "CFG-05",
}
"""Directives of the sandbox that are part of another control than CFG-02."""

_BY_DIRECTIVE = {item.name: item.against for item in (*SANDBOX, SOCKET_BIND_DENY, profiled(""))}

_ISOLATED = "What is the host's or another container's is out of reach"

CONTAINERS: Mapping[str, Reason] = {
    "image": ("CON-02", "The very image that was built and scanned, by its digest"),
    "instance": ("CFG-06", "What is ours is known by its label"),
    "host name": ("CON-03", "The host's own name is not told"),
    "user": ("CON-03", "A user of its own and without rights: never root"),
    "command": ("CFG-01", "librespot with its options, and no other program"),
    "environment": ("CFG-01", "The options, and nothing that changes what is loaded or logged"),
    "stop": ("CON-10", "librespot says goodbye on SIGINT alone, and has to in time"),
    "health check": ("CON-10", "What is up and silent is noticed"),
    "memory": ("RES-04", LIMITS["memory"][1]),
    "swap": ("RES-04", LIMITS["swap"][1]),
    "cpu": ("RES-04", LIMITS["cpu"][1]),
    "tasks": ("RES-04", LIMITS["tasks"][1]),
    "files": ("RES-04", LIMITS["files"][1]),
    "block I/O": ("RES-04", LIMITS["io"][1]),
    "slice": ("CON-04", "All instances can be seen, and bounded, together"),
    "restart": ("CON-10", UNIT["Restart"][1]),
    "out of memory": ("CON-04", UNIT["OOMScoreAdjust"][1]),
    "root": ("CON-03", "Nothing of the image can be changed"),
    "hidden": ("CON-03", "Parts of /proc and /sys that tell of the host are covered"),
    "memory file systems": ("RES-09", LIMITS["scratch"][1]),
    "mounts": ("CON-03", "Nothing of the host but the login, the resolvers, and what a relaxation names"),
    "devices": ("CON-03", "No device but those of a relaxation"),
    "groups": ("CON-03", "No group but those of a relaxation"),
    "capabilities": ("CON-03", "No capability can ever be had"),
    "privileged": ("CON-03", "It would undo all isolation"),
    "new privileges": ("CON-03", "No set-uid program can give it more rights"),
    "system call filter": ("CON-06", "Only the system calls that librespot makes"),
    "AppArmor profile": ("CON-07", "The kernel refuses all that librespot does not do"),
    "namespaces": ("CON-03", _ISOLATED),
    "network": ("CON-05", "A network of its own, with no other container on it"),
    "kernel settings": ("CON-03", _ISOLATED),
    "published": ("NET-10", "Its one port, on the addresses that it is bound to"),
    "log": ("RES-09", "Whoever can connect can make it log: no disk can be filled"),
}
"""What there is to say of a container."""

FIREWALL_OBJECTS: Mapping[str, Reason] = {
    "chain door_": ("NET-04", "Who may reach the port: where it is bound, and from the zones that it names"),
    "chain from_": ("NET-09", "One source has its share of connections, so that others have theirs"),
    "chain refused_": ("NET-04", "What is refused gets no answer, and a line in the log now and then"),
    "chain out_": ("NET-11", "What its user may reach: name servers, and what Spotify's access points can be"),
    "chain to_": ("NET-10", "What is forwarded to its container: what passed its door, and answers"),
    "chain sealed": ("NET-11", "What nobody describes any more, and may still run, reaches nobody"),
    "chain on_prerouting": ("NET-03", "Every packet for a port is judged before any translation of addresses"),
    "chain on_output": ("NET-11", "Every packet of an instance's user is judged"),
    "chain on_forward": ("NET-10", "Every packet to and from a container is judged before the engine's rules"),
    "set zone_": ("NET-04", "The sources that the inventory trusts"),
    "set grant_": ("NET-07", "Guests, whom the kernel forgets when their time is over"),
    "set rate_": ("NET-09", "How many new connections each source has made"),
    "set conn_": ("NET-09", "How many connections each source holds"),
    "set resolvers_": ("NET-11", "The name servers of this host, and no others, can be asked"),
}
"""Chains and sets of the firewall's table, by how their names begin."""


_VARIABLE = "LIBRESPOT_"
DECIDED: Mapping[str, Reason] = {
    "tmp": LIMITS["scratch"],
    "zeroconf-port": ("NET-01", "librespot takes a random port unless told"),
    "zeroconf-interface": ("NET-02", "It announces the addresses that it is bound to, and no others"),
    "disable-discovery": ("NET-05", "Without discovery nothing listens at all"),
    "system-cache": (
        "CFG-05",
        "Where its login is handed over, read-only, or where a relaxation lets it keep its volume",
    ),
    "disable-credential-cache": ("CFG-05", "No login is ever written to a disk"),
    "cache": ("CFG-03", "Where a relaxation lets it keep music, up to the size that the inventory names"),
    "disable-audio-cache": ("RES-09", "No music is kept: no disk can be filled"),
}
"""Options that follow from others, and are never the user's to set."""


def of_directive(name: str, value: str, wanted: Sequence[Directive]) -> Reason:
    """Return the reason for one line of a unit, of which *wanted* is the sandbox; nothing when there is none."""
    for item in wanted:
        if item.name == name and value in item.values:
            return _OF_OTHERS.get(name, "CFG-02"), item.against
    if name in _BY_DIRECTIVE:
        return _OF_OTHERS.get(name, "CFG-02"), _BY_DIRECTIVE[name]
    return UNIT.get(name, _NONE)


def decided(instance: Instance, variables: Sequence[tuple[str, str]]) -> list[Setting]:
    """Return those of the *variables* that *instance* is given in files, and that the inventory does not name itself.

    Of one that nobody has a reason for the value is not told: somebody may have written a secret there.
    """
    found = []
    for name, value in variables:
        option = name.removeprefix(_VARIABLE).lower().replace("_", "-") if name.startswith(_VARIABLE) else ""
        if option not in instance.options:
            control, reason = DECIDED.get(option, _NONE)
            found.append(Setting(instance.name, DIRECTIVE, name, value if reason else "(not shown)", control, reason))
    return found


def of_container(name: str) -> Reason:
    """Return the reason for something that the engine says of a container."""
    return CONTAINERS.get(name, _NONE)


def of_firewall(name: str) -> Reason:
    """Return the reason for an object of the firewall's table, by its kind and name."""
    return next((reason for start, reason in FIREWALL_OBJECTS.items() if name.startswith(start)), _NONE)


def directives(instance: Instance, lines: Sequence[tuple[str, str]], wanted: Sequence[Directive]) -> list[Setting]:
    """Return the *lines* of a unit of *instance* as settings."""
    return [Setting(instance.name, DIRECTIVE, name, value, *of_directive(name, value, wanted)) for name, value in lines]


def contained(instance: Instance, said: Mapping[str, str]) -> list[Setting]:
    """Return what the engine *said* of the container of *instance* as settings; what is empty is none."""
    return [
        Setting(instance.name, CONTAINER, name, value, *of_container(name)) for name, value in said.items() if value
    ]


def firewall(objects: Mapping[str, str]) -> list[Setting]:
    """Return the *objects* of the firewall's table, by kind and name, as settings."""
    return [Setting("host", FIREWALL, name, value, *of_firewall(name)) for name, value in sorted(objects.items())]


def described(instance: Instance, version: str) -> list[Setting]:
    """Return what the inventory says of *instance*: its options, who reaches it, its limits and its relaxations."""
    name = instance.name
    permissive = dict(warnings(instance.options))
    found = [
        Setting(
            name,
            OPTION,
            f"options.{option}",
            _text(value),
            "CFG-03" if option in permissive else "CFG-01",
            permissive.get(option) or BY_NAME[option].security or BY_NAME[option].summary,
        )
        for option, value in instance.options.items()
    ]
    found += [Setting(name, ACCESS, *item) for item in _access(instance, version)]
    found += [
        Setting(name, LIMIT, f"limits.{key}", value, *LIMITS[key])
        for key, value in limit_texts(instance.limits).items()
    ]
    found += [
        Setting(name, RELAXATION, f"relaxations.{item.name}", item.reason, "CFG-03", f"Its price: {item.price}")
        for item in instance.relaxations
    ]
    return found


def _text(value: object) -> str:
    return "on" if value is True else str(value)


def limit_texts(limits: Limits) -> dict[str, str]:
    """Return the limits as a user writes them."""
    sizes = {key: size_text(getattr(limits, key)) for key in ("memory", "memory_high", "swap", "scratch")}
    counts = {key: str(getattr(limits, key)) for key in ("tasks", "files", "io_weight")}
    rates = [f"{x.device} read {size_text(x.read)}, write {size_text(x.write)}" for x in limits.io]
    return {**sizes, "cpu": f"{limits.cpu}%", **counts, **({"io": "; ".join(rates)} if rates else {})}


def _access(instance: Instance, version: str) -> list[tuple[str, str, str, str]]:
    bind = f"{instance.bind.kind} {instance.bind.value}".strip()
    segment = instance.segment
    found = [
        ("version", version, "UPD-08", "The release that was verified, built and scanned"),
        ("deployment", instance.deployment, "CFG-02", "A sandbox of systemd, or a container: either confines it"),
        ("discovery", "on" if instance.discovery else "off", "NET-05", "Without discovery nothing listens at all"),
        ("bind", bind, "NET-02", "It answers only where it is bound; librespot itself listens on every address"),
        ("access", ", ".join(instance.access) or "nobody", "NET-04", "Only these zones of the inventory reach it"),
        ("credentials", "stored" if instance.credentials else "none", "CFG-05", "Kept in Vault, handed over in memory"),
    ]
    if instance.discovery:
        found.insert(0, ("port", str(instance.port), "NET-01", "librespot takes a random port unless told"))
    if segment:
        tag = f", VLAN {segment.vlan}" if segment.vlan else ""
        found.append(("segment", f"on {segment.parent}{tag}", "NET-08", "A network with nothing in it but the way out"))
    return found
