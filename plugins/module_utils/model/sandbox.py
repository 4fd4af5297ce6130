# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sandbox of an instance under systemd, as data: each directive with what it withstands.

The file system is an allow list: an empty directory as root, into which only what librespot loads is bound, read-only.
There is no shell, no program but librespot and those that lie among the libraries, no effect of set-uid, no socket of
another service and no writable disk in it. The rest of the list is every systemd directive that librespot can live
with; what was left out is said at `LEFT_OUT`.

Paths with ``+`` are those inside the root (systemd.exec(5)); without it they would silently mean the host's. A
``TemporaryFileSystem=/`` looks like the same thing without a directory, and has no effect on Debian 12 and 13.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BPF_FRAMEWORK = "BPF_FRAMEWORK"
UNIFIED_CGROUPS = "cgroup v2"
APPARMOR = "AppArmor"

EMPTY_ROOT = "/var/lib/hardened-librespot/root"
"""The root of every instance. systemd makes the empty directories in it that it mounts on."""

SCRATCH = "/scratch"
"""Where an instance keeps its temporary files: memory of its own, bounded by ``limits.scratch``."""


# Amazon, Google, Azure and most others; Amazon by IPv6; Alibaba; Azure's agent; Oracle.
CLOUD_METADATA = "169.254.169.254 fd00:ec2::254 100.100.100.200 168.63.129.16 192.0.0.192"
"""The addresses at which clouds tell their machines who they are, keys among it."""


@dataclass(frozen=True)
class Directive:
    """One line or several of a unit's ``[Service]`` section.

    *needs* is what systemd or the host has to have for the directive to be enforced, and not only accepted; without
    that it is left out. *since* is the first systemd version that knows it.
    """

    name: str
    values: tuple[str, ...]
    against: str
    needs: str = ""
    since: int = 0


SANDBOX: tuple[Directive, ...] = (
    Directive("NoNewPrivileges", ("yes",), "A set-uid program or file capability cannot give the instance more rights"),
    Directive("CapabilityBoundingSet", ("",), "No capability can ever be had, whatever is executed"),
    Directive("AmbientCapabilities", ("",), "No capability is handed down"),
    Directive("RootDirectory", (EMPTY_ROOT,), "What is not bound in below does not exist for the instance"),
    Directive(
        "BindReadOnlyPaths",
        (
            # /lib and /lib64 hold the program interpreter's name; whole directories, since a bound file goes stale
            # when it is replaced (resolv.conf is, with every new lease).
            "/opt/librespot /usr/lib -/lib -/lib64 -/usr/lib64",
            "/etc -/usr/share/alsa -/usr/share/ca-certificates -/usr/share/zoneinfo",
            "-/run/systemd/resolve -/run/resolvconf -/run/NetworkManager",
        ),
        "Libraries, name service, certificates and sound configuration can be read and not changed",
    ),
    Directive(
        "InaccessiblePaths",
        (
            "-+/etc/librespot -+/etc/ssh -+/etc/ssl/private -+/etc/sudoers.d -+/sys",
            # What is mounted over a file goes when the file is replaced, as useradd does with these: until then.
            "-+/etc/shadow -+/etc/shadow- -+/etc/gshadow -+/etc/gshadow- -+/etc/sudoers -+/etc/ld.so.preload",
            # librespot writes to its standard output alone; these would let it write as any other service.
            "-+/run/systemd/journal",
        ),
        "Directories with secrets stay closed even where someone loosened their modes; hardware is not to be seen",
    ),
    Directive("MountAPIVFS", ("yes",), "/proc and /dev are mounted anew, with the restrictions below"),
    Directive("ProtectSystem", ("strict",), "Nothing of the system can be written"),
    Directive("ProtectHome", ("yes",), "Home directories are empty"),
    Directive("PrivateTmp", ("yes",), "Other services' temporary files are out of reach"),
    Directive(
        "ReadOnlyPaths",
        ("+/tmp +/var/tmp -+/dev/shm -+/run",),
        "Neither disk nor shared memory can be filled: temporary files go to bounded memory",
    ),
    Directive("PrivateMounts", ("yes",), "Mounts of the instance do not reach the host"),
    Directive("PrivateDevices", ("yes",), "No device but null, zero, full, random and urandom exists"),
    Directive("DevicePolicy", ("closed",), "The kernel refuses devices that are made or passed in as well"),
    Directive(
        "PrivateUsers", ("yes",), "Other users, root too, are nobody inside; capabilities would reach no further"
    ),
    Directive("PrivateIPC", ("yes",), "Shared memory and message queues of others are out of reach"),
    Directive("RemoveIPC", ("yes",), "Nothing is left behind in shared memory"),
    Directive("ProtectProc", ("invisible",), "Other users' processes cannot be seen"),
    Directive("ProcSubset", ("pid",), "/proc tells of processes alone, nothing of the host"),
    Directive("ProtectClock", ("yes",), "The clock cannot be set"),
    Directive("ProtectHostname", ("yes",), "The host's name cannot be changed"),
    Directive("ProtectControlGroups", ("yes",), "Limits cannot be raised from inside"),
    Directive("ProtectKernelLogs", ("yes",), "The kernel's log, with its addresses, cannot be read"),
    Directive("ProtectKernelModules", ("yes",), "No kernel module can be loaded"),
    Directive("ProtectKernelTunables", ("yes",), "Kernel variables cannot be changed"),
    Directive("LockPersonality", ("yes",), "No foreign execution domain with fewer protections"),
    Directive("MemoryDenyWriteExecute", ("yes",), "Injected code cannot be made executable"),
    Directive("NoExecPaths", ("+/ +/etc +/tmp +/var/tmp",), "Nothing can be executed or mapped as code ..."),
    Directive(
        "ExecPaths",
        # A part of /usr/lib would become a mount of its own, and that one writable.
        ("+/opt/librespot +/usr/lib -+/usr/lib64 -+/lib -+/lib64",),
        "... but librespot and the libraries it loads",
    ),
    Directive("RestrictRealtime", ("yes",), "The processors cannot be taken by real-time scheduling"),
    Directive("RestrictSUIDSGID", ("yes",), "No set-uid file can be made"),
    Directive("RestrictNamespaces", ("yes",), "No namespace can be made: the usual first step of kernel exploits"),
    Directive("KeyringMode", ("private",), "The kernel's keyring of others is out of reach"),
    Directive("NotifyAccess", ("none",), "The instance cannot speak to the service manager"),
    Directive(
        "UMask", ("0077",), "Files that librespot writes are for its user alone; it would write its login as 0644"
    ),
    Directive(
        "RestrictAddressFamilies",
        # Unix sockets: syslog, nss-resolve and sound servers. Netlink: the list of interfaces for mDNS.
        ("AF_INET AF_INET6 AF_NETLINK AF_UNIX",),
        "No raw packets, no Bluetooth, no exotic protocol's kernel code",
    ),
    Directive(
        "IPAddressDeny",
        (CLOUD_METADATA,),
        "What a cloud tells its machines, keys among it, is out of reach, also where the firewall's table is gone",
        needs=UNIFIED_CGROUPS,
    ),
    Directive("SystemCallArchitectures", ("native",), "No second system call table with its own mistakes"),
    Directive(
        "SystemCallFilter",
        (
            "@system-service",
            "~@privileged @resources @keyring @memlock @setuid @chown",
            "~io_uring_setup io_uring_enter io_uring_register",
            # A file of memory alone lies on no mount, so it can be executed and mapped as code in spite of NoExecPaths=
            # and MemoryDenyWriteExecute=. userfaultfd is what exploits of the kernel win races with.
            "~memfd_create memfd_secret userfaultfd",
        ),
        "Only calls that an unprivileged network service makes; io_uring would pass the filter by",
    ),
    Directive(
        "UnsetEnvironment",
        (
            "LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_DEBUG LD_BIND_NOW LD_PROFILE GLIBC_TUNABLES GCONV_PATH",
            "RUST_LOG RUST_LOG_STYLE RUST_MIN_STACK ALSA_CONFIG_PATH SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE",
        ),
        "What someone set for all services changes neither what is loaded nor what is logged",
    ),
    Directive("SystemCallErrorNumber", ("EPERM",), "A refused call is an error that librespot handles, not its end"),
)

HELPER: tuple[tuple[str, str], ...] = (
    ("NoNewPrivileges", "yes"),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("PrivateTmp", "yes"),
    ("PrivateMounts", "yes"),
    ("PrivateDevices", "yes"),
    ("PrivateIPC", "yes"),
    ("ProtectProc", "invisible"),
    ("ProcSubset", "pid"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectKernelLogs", "yes"),
    # The kernel still loads by itself what a rule needs.
    ("ProtectKernelModules", "yes"),
    ("LockPersonality", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("RestrictNamespaces", "yes"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallErrorNumber", "EPERM"),
    ("KeyringMode", "private"),
    ("UMask", "0077"),
    ("TimeoutStartSec", "60s"),
)
"""The sandbox of our own helpers, which run as root for a moment. Each says besides which right it needs."""

LEFT_OUT: tuple[tuple[str, str], ...] = (
    ("PrivateNetwork", "librespot is a network service; a segment of its own gives it a namespace"),
    ("IPAddressDeny=any", "Spotify's access points are arbitrary addresses; the firewall bounds what is reached"),
    (
        "RestrictNetworkInterfaces",
        "The way to the Internet may move to another interface than the one bound; inside a segment there is only one, "
        "and systemd would look for it on the host",
    ),
    ("DynamicUser", "Firewall rules match the user, so its number must not change"),
)


def socket_binds(port: int, discovery: bool) -> Directive:
    """Return the directive that lets the instance bind its discovery port and UDP, and no other port.

    UDP as a whole, since name resolution binds to port 0, which cannot be listed.
    """
    allowed = (f"tcp:{port}", "udp") if discovery else ("udp",)
    return Directive("SocketBindAllow", allowed, "It can bind no other port", needs=BPF_FRAMEWORK, since=249)


SOCKET_BIND_DENY = Directive(
    # A listen() without bind() passes this, and the firewall's table drops what is served by it.
    "SocketBindDeny",
    ("any",),
    "It can bind no other port",
    needs=BPF_FRAMEWORK,
    since=249,
)


def namespace_directive(namespace: str) -> Directive:
    """Return the directive that puts a process in the network *namespace* of a segment."""
    return Directive("NetworkNamespacePath", (f"/run/netns/{namespace}",), "The host's network is not there for it")


def segmented(namespace: str, resolvers: str) -> list[Directive]:
    """Return the directives of an instance in the *namespace* of a segment; *resolvers* is its ``resolv.conf``."""
    return [
        # Of the two systemd takes the path; this one keeps a start without it off the host's network.
        Directive("PrivateNetwork", ("yes",), "Without its segment the instance has no network at all"),
        namespace_directive(namespace),
        Directive("BindReadOnlyPaths", (f"{resolvers}:/etc/resolv.conf",), "It asks the segment's resolvers"),
        Directive(
            "InaccessiblePaths",
            ("-+/run/systemd/resolve/io.systemd.Resolve -+/run/systemd/resolve/io.systemd.Resolve.Monitor",),
            "The host's resolver cannot be asked past the segment",
        ),
    ]


def profiled(profile: str) -> Directive:
    """Return the directive of the AppArmor *profile*; with a dash before it, an instance would go on without it."""
    return Directive("AppArmorProfile", (profile,), "The kernel refuses all that librespot does not do", needs=APPARMOR)


def known(directives: Sequence[Directive], systemd: int, features: frozenset[str]) -> list[Directive]:
    """Return the directives that this systemd knows and enforces."""
    return [item for item in directives if item.since <= systemd and (not item.needs or item.needs in features)]
