# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of the CIS Docker Benchmark 1.6.0 that look at a container or an image: its numbers, in our own words.

Each is judged by what the engine says of the container, and, where the kernel knows better, by the live process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

PASSES = "passes"
DIFFERS = "differs"
NOT_HERE = "does not apply"

_SENSITIVE = ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/run", "/sys", "/usr", "/var", "/var/run")
_SECRETS = ("credentials.json", ".netrc", ".npmrc", "id_rsa", "id_ed25519", ".pem", ".key", ".p12", ".kdbx")
_PROCESSES = {"librespot", "librespot-probe"}


@dataclass(frozen=True)
class Seen:
    """A container: *inspected* and *image* by the engine, *kernel* by the kernel, and what else of the host matters."""

    inspected: dict[str, Any]
    image: dict[str, Any]
    kernel: dict[str, Any]
    swarm: str
    processes: list[str]
    raised: list[str]
    files: list[str]

    @property
    def host(self) -> dict[str, Any]:
        """The part of the container's configuration that is about the host."""
        return dict(self.inspected["HostConfig"])

    @property
    def published(self) -> list[dict[str, str]]:
        """Where its ports are published."""
        return [item for items in (self.host["PortBindings"] or {}).values() for item in items or []]

    @property
    def status(self) -> dict[str, str]:
        """/proc/PID/status of its process."""
        return dict(self.kernel["status"])

    def own(self, namespace: str) -> bool:
        """Tell whether the process has a *namespace* of its own."""
        return namespace not in self.kernel["shared"]

    def limited(self, name: str) -> bool:
        """Tell whether the live control group bounds something."""
        return self.kernel["limits"][name].isdigit() and int(self.kernel["limits"][name]) < 1 << 62

    def mounts(self, flag: str) -> bool:
        """Tell whether the root is mounted with *flag*."""
        return any(mount[4] == "/" and flag in mount[5].split(",") for mount in self.kernel["mounts"])


@dataclass(frozen=True)
class Check:
    """One check. *verdict* is what ours shall come to, and *why* stands in the table where that needs a reason.

    *judge* is None for what cannot be seen on a container.
    """

    number: str
    asks: str
    judge: Callable[[Seen], bool] | None
    verdict: str = PASSES
    why: str = ""


CHECKS = (
    Check(
        "4.1", "the image has a user that is not root", lambda x: x.image["Config"].get("User") not in (None, "", "0")
    ),
    Check("4.6", "the image has a health check", lambda x: bool(x.image["Config"].get("Healthcheck"))),
    Check("4.8", "no file of the image gives its caller another user or group", lambda x: x.raised == []),
    Check(
        "4.10",
        "no secret is in the image",
        lambda x: not [path for path in x.files if path.endswith(_SECRETS)],
        why="a stored login is bound into the container, read-only, and is in no layer",
    ),
    Check("5.1", "no swarm where none is used", lambda x: x.swarm == "inactive"),
    Check(
        "5.2",
        "an AppArmor profile, where the kernel has AppArmor",
        lambda x: not x.kernel["profile"] or "(enforce)" in x.kernel["profile"],
        why="a kernel without AppArmor cannot enforce one",
    ),
    Check("5.3", "a label of SELinux, where it is used", None, NOT_HERE, "Debian confines by AppArmor"),
    Check("5.4", "no capability that is not needed", lambda x: int(x.status["CapBnd"], 16) == 0, why="none is left"),
    Check("5.5", "not privileged", lambda x: not x.host["Privileged"]),
    Check(
        "5.6",
        "no directory of the system is mounted into it",
        lambda x: not {item["Source"].rstrip("/") or "/" for item in x.inspected["Mounts"]} & set(_SENSITIVE),
        why="an empty one that is there while the table is in force, the stored login, and what `relaxations` name",
    ),
    Check(
        "5.7",
        "no SSH server in it",
        lambda x: set(x.processes) <= _PROCESSES,
        why="nothing but librespot and its probe",
    ),
    Check("5.8", "no privileged port is published", lambda x: all(int(y["HostPort"]) >= 1024 for y in x.published)),
    Check(
        "5.9",
        "no port is open that is not needed",
        lambda x: len(x.published) == 1,
        why="the port of the instance, and it alone",
    ),
    Check(
        "5.10",
        "not the host's network",
        lambda x: x.own("net"),
        why="a bridge of its own, or a segment; not with the relaxation `host_network`",
    ),
    Check("5.11", "a limit of memory", lambda x: x.limited("memory")),
    Check(
        "5.12",
        "a share of the processor",
        lambda x: x.limited("cpu quota"),
        why="a bound, which holds also when nobody else wants the processor",
    ),
    Check("5.13", "a root that is read-only", lambda x: x.mounts("ro")),
    Check(
        "5.14",
        "published at chosen addresses",
        lambda x: all(not ip_address(y["HostIp"] or "::").is_unspecified for y in x.published),
    ),
    Check(
        "5.15",
        "started again after a failure, five times at most",
        lambda x: x.host["RestartPolicy"]["Name"] == "on-failure" and x.host["RestartPolicy"]["MaximumRetryCount"] <= 5,
        DIFFERS,
        "always: whoever may connect can end librespot, as an outage does, and neither may silence it for good; the "
        "engine waits longer each time, up to a minute",
    ),
    Check("5.16", "its own process namespace", lambda x: x.own("pid")),
    Check("5.17", "its own namespace for inter-process communication", lambda x: x.own("ipc")),
    Check(
        "5.18",
        "no device of the host",
        lambda x: not x.host["Devices"],
        why="the relaxation `alsa` adds `/dev/snd`, without which nothing is heard from the host's card, and no other",
    ),
    Check(
        "5.19",
        "limits of its own for open files and cores",
        lambda x: {item["Name"] for item in x.host["Ulimits"] or []} >= {"core", "nofile"},
    ),
    Check(
        "5.20",
        "no mount that passes others on to the host",
        lambda x: not any(item.startswith("shared:") for mount in x.kernel["mounts"] for item in mount[6:-3]),
    ),
    Check("5.21", "its own host name", lambda x: x.own("uts")),
    Check("5.22", "a filter of system calls", lambda x: x.status["Seccomp"] == "2"),
    Check("5.23", "no command is run in it with more rights", None, NOT_HERE, "about who operates the engine"),
    Check("5.24", "no command is run in it as root", None, NOT_HERE, "about who operates the engine"),
    Check(
        "5.25",
        "a control group that it shares with nobody",
        lambda x: x.host["CgroupParent"] in ("", f"{x.inspected['Name'][1:]}.slice"),
        why="below the engine's, or in a slice of its own, which keeps limits that the engine's runtime loses",
    ),
    Check("5.26", "no way to new privileges", lambda x: x.status["NoNewPrivs"] == "1"),
    Check(
        "5.27",
        "a health check",
        lambda x: x.inspected["State"].get("Health", {}).get("Status") == "healthy",
        why="and a timer of the host restarts what fails it",
    ),
    Check(
        "5.28",
        "the image that is meant, not an old one of its name",
        lambda x: x.inspected["Config"]["Image"] == x.inspected["Image"],
        why="an image is named by its digest",
    ),
    Check("5.29", "a limit of processes", lambda x: x.limited("tasks")),
    Check(
        "5.30", "not the engine's default bridge", lambda x: "bridge" not in x.inspected["NetworkSettings"]["Networks"]
    ),
    Check(
        "5.31",
        "no exception from the engine's mapping of users",
        lambda x: x.host["UsernsMode"] != "host",
        why="the engine maps the users of all containers or of none; ours follow it",
    ),
    Check(
        "5.32",
        "no socket of the engine in it",
        lambda x: not any("docker.sock" in mount[4] for mount in x.kernel["mounts"]),
    ),
)


def judged(check: Check, seen: Seen) -> str:
    """Return the verdict on a container."""
    if check.judge is None:
        return NOT_HERE
    return PASSES if check.judge(seen) else DIFFERS


def documented() -> str:
    """Return the table of the documentation."""
    rows = [f"| {item.number} | {item.asks} | {item.verdict} | {item.why} |" for item in CHECKS]
    return "\n".join(["| number | asks for | ours | why |", "| --- | --- | --- | --- |", *rows])
