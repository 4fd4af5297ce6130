# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units of an instance: its service, its watchdog, and the slice of all instances."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..model.bind import ADDRESS
from ..model.facts import Facts
from ..model.instance import Instance
from ..model.limits import Limits, size_text
from ..model.relaxations import audio_group, opened
from ..model.sandbox import (
    APPARMOR,
    BPF_FRAMEWORK,
    HELPER,
    SANDBOX,
    SCRATCH,
    SOCKET_BIND_DENY,
    UNIFIED_CGROUPS,
    Directive,
    known,
    namespace_directive,
    profiled,
    segmented,
    socket_binds,
)
from .environment import arguments
from .firewall import TABLE, identifier

MARK = "# Managed by the Ansible collection hardened.librespot; changes by hand are reported and undone."

UNITS = "/etc/systemd/system"
SLICE = "librespot.slice"
BINARY = "/opt/librespot/current/bin/librespot"
LIVENESS = "/opt/librespot/libexec/liveness.py"
GENERATION = "HARDENED_LIBRESPOT_GENERATION"
"""Variable of the running process that tells which unit and options it was started with."""

WATCHDOG_INTERVAL = 8


SETTINGS = "/etc/librespot"
FIREWALL = "librespot-firewall.service"
BIND_LOADER = "/opt/librespot/libexec/bpf.py"
PINS = "/sys/fs/bpf/librespot"


def settings_path(name: str) -> str:
    """Return where the environment file of the instance *name* is."""
    return f"{SETTINGS}/{name}.env"


def credentials_path(name: str) -> str:
    """Return where the stored credentials of the instance *name* are."""
    return f"{SETTINGS}/credentials/{name}.json"


def pin_path(name: str, family: int) -> str:
    """Return where the kernel keeps the program of the instance *name* for bind() calls of *family* (4 or 6)."""
    return f"{PINS}/{name}-bind{family}"


def programs_path(name: str) -> str:
    """Return the file with the programs that bind the instance *name*."""
    return f"{SETTINGS}/{name}.bind"


def announced_path(name: str) -> str:
    """Return the file with the addresses that the instance *name* announces, made anew at each of its starts."""
    return f"/run/librespot/{name}.env"


def segment_unit(name: str) -> str:
    """Return the unit that makes the network segment of the instance *name*."""
    return f"librespot-{name}-segment.service"


def dhcp_unit(name: str) -> str:
    """Return the unit that gets the segment of the instance *name* its address."""
    return f"librespot-{name}-dhcp.service"


def resolvers_path(namespace: str) -> str:
    """Return the ``resolv.conf`` of a network namespace, where ip-netns(8) looks for it too."""
    return f"/etc/netns/{namespace}/resolv.conf"


def bind_unit(name: str) -> str:
    """Return the unit that pins the programs which bind the instance *name*."""
    return f"librespot-{name}-bind.service"


def sandbox(instance: Instance, facts: Facts) -> list[Directive]:
    """Return the directives of the sandbox that this host's systemd knows and enforces, relaxations included."""
    features = frozenset(
        name
        for name, there in (
            (APPARMOR, facts.apparmor),
            (BPF_FRAMEWORK, facts.bpf_framework),
            (UNIFIED_CGROUPS, facts.unified_cgroups),
        )
        if there
    )
    wanted = [*SANDBOX, SOCKET_BIND_DENY, socket_binds(instance.port, instance.discovery)]
    wanted.append(profiled(instance.profile))
    if instance.segment:
        wanted += segmented(instance.namespace, resolvers_path(instance.namespace))
    for relaxation in instance.relaxations:
        wanted += opened(relaxation, instance.name)
    return known(wanted, facts.systemd, features)


def limit_directives(limits: Limits) -> list[tuple[str, str]]:
    """Return the limits as systemd's directives."""
    found = [
        ("MemoryMax", size_text(limits.memory)),
        ("MemoryHigh", size_text(limits.memory_high)),
        ("MemorySwapMax", size_text(limits.swap)),
        ("CPUQuota", f"{limits.cpu}%"),
        ("TasksMax", str(limits.tasks)),
        ("IOWeight", str(limits.io_weight)),
        ("LimitNOFILE", str(limits.files)),
        # A core would hold the login.
        ("LimitCORE", "0"),
        ("TemporaryFileSystem", f"{SCRATCH}:rw,nosuid,nodev,noexec,mode=1777,size={size_text(limits.scratch)}"),
    ]
    for item in limits.io:
        if item.read:
            found.append(("IOReadBandwidthMax", f"{item.device} {size_text(item.read)}"))
        if item.write:
            found.append(("IOWriteBandwidthMax", f"{item.device} {size_text(item.write)}"))
    return found


def word(text: str) -> str:
    """Return *text* as one word of a command line in a unit: quoted, and nothing in it expanded."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{plain}"'


def unit_text(sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    """Return the text of a unit of ours."""
    parts = [MARK + "\n"]
    for title, lines in sections:
        parts.append(f"[{title}]\n" + "".join(f"{name}={value}\n" for name, value in lines))
    return "\n".join(parts)


def service(instance: Instance, facts: Facts, settings: str) -> str:
    """Return the unit of *instance*; other *settings*, its environment and its bind, make another generation of it."""
    confined = [(item.name, value) for item in sandbox(instance, facts) for value in item.values]
    run = [
        ("Type", "exec"),
        ("Slice", SLICE),
        ("User", instance.user),
        ("Group", "audio" if audio_group(instance.relaxations) else instance.user),
        ("EnvironmentFile", settings_path(instance.name)),
        ("Environment", f"TMPDIR={SCRATCH}"),
        # Whoever can connect can make a task panic, again and again. Unless told otherwise librespot writes forty lines
        # of stack each time; the limit is for what is left.
        ("Environment", "RUST_BACKTRACE=0"),
        ("LogRateLimitIntervalSec", "30s"),
        ("LogRateLimitBurst", "100"),
        # Made by the unit that binds it, when all is right for a start: what is missing here is tried again.
        ("EnvironmentFile", announced_path(instance.name)),
        ("ExecStart", " ".join([BINARY, *(word(item) for item in arguments(instance.options))])),
        # librespot says goodbye on SIGINT alone.
        ("KillSignal", "SIGINT"),
        # Half a request from anyone keeps the goodbye waiting.
        ("TimeoutStopSec", "1500ms"),
        # Whoever can connect can end the process (a login that fails does), and an outage does: neither may stop it
        # for good, so there is no start limit either.
        ("Restart", "always"),
        ("RestartSec", "1s"),
        # Under memory pressure of the host the speaker goes first.
        ("OOMScoreAdjust", "500"),
    ]
    if instance.credentials:
        run.append(("LoadCredential", f"credentials.json:{credentials_path(instance.name)}"))
    before = [
        ("Description", f"Spotify Connect speaker {instance.name} (librespot)"),
        ("Documentation", "https://github.com/librespot-org/librespot/wiki"),
        ("Wants", f"network-online.target {FIREWALL} {bind_unit(instance.name)}"),
        ("After", f"network-online.target sound.target {FIREWALL} {bind_unit(instance.name)}"),
        *_within(instance),
        # Stopped with nftables.service, or by hand, it is back at once: the instance goes on.
        ("Upholds", FIREWALL),
        ("StartLimitIntervalSec", "0"),
    ]
    if facts.binds:
        # A pin that is missing would be passed over, and the instance would start unbound.
        before += [("AssertPathExists", pin_path(instance.name, family)) for family in (4, 6)]
        run += [("BPFProgram", f"bind{family}:{pin_path(instance.name, family)}") for family in (4, 6)]
    after = [("WantedBy", "multi-user.target")]
    lines = [*run, *limit_directives(instance.limits), *confined]
    draft = unit_text([("Unit", before), ("Service", lines), ("Install", after)])
    marked = [*lines, ("Environment", f"{GENERATION}={generation(draft, settings)}")]
    return unit_text([("Unit", before), ("Service", marked), ("Install", after)])


def _within(instance: Instance) -> list[tuple[str, str]]:
    """Return the lines by which a unit of *instance* follows its segment: it starts, stops and restarts with it."""
    if not instance.segment:
        return []
    name = segment_unit(instance.name)
    lease = f" {dhcp_unit(instance.name)}" if instance.segment.dhcp else ""
    return [("Wants", name + lease), ("After", name + lease), ("PartOf", name)]


def in_namespace(instance: Instance) -> list[tuple[str, str]]:
    """Return the lines by which a helper of *instance* runs in its segment."""
    if not instance.segment:
        return []
    directive = namespace_directive(instance.namespace)
    return [(directive.name, value) for value in directive.values]


def _where(instance: Instance) -> str:
    """Return the arguments by which the liveness program knows where *instance* is bound."""
    only = f" --address {instance.bind.value}" if instance.bind.kind == ADDRESS else ""
    interface = f"--interface {instance.interface}{only} " if instance.interface else ""
    return f"{interface}--announced {announced_path(instance.name)}"


def generation(unit: str, settings: str) -> str:
    """Return what names this unit and these settings: any change of either gives another."""
    return hashlib.sha256(f"{unit}\0{settings}".encode()).hexdigest()[:16]


def generation_of(text: str) -> str:
    """Return the generation that a rendered service unit gives to its process."""
    return text.rpartition(f"{GENERATION}=")[2].partition("\n")[0]


def slice_unit() -> str:
    """Return the unit of the slice that all instances are in."""
    return unit_text([("Unit", [("Description", "Spotify Connect speakers (librespot)")]), ("Slice", [])])


def watchdog_service(instance: Instance) -> str:
    """Return the unit that looks once whether the instance answers, and restarts it when it does not.

    The look is an ``ExecCondition=`` in a sandbox, as a user of the moment; only the restart, a fixed command, has
    rights. "Nothing to do" is a condition that does not hold, which is no failure.
    """
    look = f"/usr/bin/python3 -I {LIVENESS} --unit {instance.unit}"
    if instance.discovery:
        look += f" --port {instance.port}"
    if instance.interface:
        look += f" {_where(instance)}"
    shared = {
        "AmbientCapabilities", "CapabilityBoundingSet", "DevicePolicy", "KeyringMode", "LockPersonality",
        "MemoryDenyWriteExecute", "NoNewPrivileges", "NotifyAccess", "PrivateDevices", "PrivateIPC", "PrivateMounts",
        "PrivateTmp", "ProtectClock", "ProtectControlGroups", "ProtectHome", "ProtectHostname", "ProtectKernelLogs",
        "ProtectKernelModules", "ProtectKernelTunables", "ProtectSystem", "RestrictAddressFamilies",
        "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "SystemCallArchitectures",
        "SystemCallErrorNumber", "SystemCallFilter", "UMask",
    }  # fmt: skip
    confined = [(item.name, value) for item in SANDBOX if item.name in shared for value in item.values]
    run = [
        ("Type", "oneshot"),
        ("Slice", SLICE),
        # Not the instance's: it could stop what watches it.
        ("DynamicUser", "yes"),
        ("ExecCondition", look),
        ("ExecStart", f"+/usr/bin/systemctl try-restart {instance.unit}"),
        ("TimeoutStartSec", "30s"),
        # A line per look would be ten thousand a day.
        ("LogLevelMax", "notice"),
        ("MemoryMax", "64M"),
        ("TasksMax", "8"),
        ("CPUQuota", "50%"),
        *in_namespace(instance),
    ]
    before = [
        ("Description", f"Restarts the Spotify Connect speaker {instance.name} when it is up but silent"),
        ("After", instance.unit),
    ]
    return unit_text([("Unit", before), ("Service", [*run, *confined])])


def watchdog_timer(instance: Instance) -> str:
    """Return the timer of the watchdog; it starts and stops with its instance."""
    before = [
        ("Description", f"Asks the Spotify Connect speaker {instance.name} for a sign of life"),
        ("PartOf", instance.unit),
    ]
    times = [
        ("OnActiveSec", f"{WATCHDOG_INTERVAL}s"),
        ("OnUnitInactiveSec", f"{WATCHDOG_INTERVAL}s"),
        ("AccuracySec", "1s"),
    ]
    return unit_text([("Unit", before), ("Timer", times), ("Install", [("WantedBy", instance.unit)])])


def bind_service(instance: Instance, facts: Facts) -> str:
    """Return the unit that makes each start of *instance* ready: it is bound, filtered, and knows its addresses.

    Its last step writes the file without which the instance does not start.
    """
    path = announced_path(instance.name)
    before = [
        ("Description", f"Binds the Spotify Connect speaker {instance.name} to {instance.interface or 'no port'}"),
        ("After", FIREWALL),
        *_within(instance),
    ]
    door = f"add rule inet {TABLE} out_{identifier(instance.name)} accept"
    steps = [
        f"/usr/bin/rm -f {path}",
        # Judged and not done: it succeeds when the table is in force.
        f"/usr/sbin/nft --check {door}",
        *([f"/usr/bin/python3 -I {BIND_LOADER} {programs_path(instance.name)}"] if facts.binds else []),
        f"/usr/bin/python3 -I {LIVENESS} {_where(instance)}",
    ]
    run = [
        ("Type", "oneshot"),
        ("Slice", SLICE),
        *(("ExecStart", step) for step in steps),
        ("RuntimeDirectory", "librespot"),
        ("RuntimeDirectoryPreserve", "yes"),
        ("CapabilityBoundingSet", "CAP_BPF CAP_NET_ADMIN"),
        ("ReadWritePaths", "-/sys/fs/bpf"),
        ("RestrictAddressFamilies", "AF_NETLINK AF_INET AF_INET6 AF_UNIX"),
        ("SystemCallFilter", "@system-service bpf"),
        ("SystemCallFilter", "~@resources"),
        *HELPER,
        *in_namespace(instance),
        ("MemoryMax", "64M"),
        ("TasksMax", "8"),
    ]
    return unit_text([("Unit", before), ("Service", run)])


def unit_files(instance: Instance, facts: Facts, settings: str) -> dict[str, str]:
    """Return the text of each unit of *instance* by its path."""
    stem = f"{UNITS}/librespot-{instance.name}"
    return {
        f"{UNITS}/{bind_unit(instance.name)}": bind_service(instance, facts),
        f"{stem}.service": service(instance, facts, settings),
        f"{stem}-watchdog.service": watchdog_service(instance),
        f"{stem}-watchdog.timer": watchdog_timer(instance),
    }
