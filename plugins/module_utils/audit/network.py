# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NET-01 and NET-05: the sockets that the processes of an instance really have."""

from __future__ import annotations

from collections.abc import Iterator

from ..host.proc import cgroup_directory
from ..model.errors import HostError
from ..model.finding import NOT_ENFORCED, Finding
from ..model.instance import SYSTEMD, Instance
from ..planners import live
from .context import Context, each, finding, not_running

OAUTH = 5588

# Joins a cgroup, and binds a port of the kernel's choice.
_BIND = """
import os, socket, sys
open(sys.argv[1], "w").write(str(os.getpid()))
print("joined", flush=True)
probe = socket.socket()
probe.bind(("127.0.0.1", 0))
print(probe.getsockname()[1])
"""


def look(context: Context) -> Iterator[Finding]:
    """Yield NET-01 and NET-05 of each instance."""
    yield from each(context, "NET-01", "sockets", _pinned)
    yield from each(context, "NET-05", "sockets", _minimized)
    if context.live:
        yield from each(context, "NET-05", "other ports", _other_ports)


def _text(sockets: set[tuple[str, int]]) -> str:
    return ", ".join(f"{protocol} {port}" for protocol, port in sorted(sockets)) or "none"


def _evidence(context: Context, instance: Instance) -> str:
    pids = ", ".join(f"/proc/{item.pid}/fd and net" for item in context.processes(instance))
    return f"receiving sockets in {pids}"


def _pinned(context: Context, instance: Instance) -> Iterator[Finding]:
    wanted = live.declared_sockets(instance)
    if not context.processes(instance):
        yield not_running(context, "NET-01", "sockets", instance, _text(wanted))
        return
    seen = live.sockets(context.processes(instance))
    yield finding(
        "NET-01", "sockets", instance.name, seen == wanted, _text(wanted), _text(seen), _evidence(context, instance)
    )


def _minimized(context: Context, instance: Instance) -> Iterator[Finding]:
    expected = "no login listener" if instance.discovery else "no receiving socket at all"
    if not context.processes(instance):
        yield not_running(context, "NET-05", "sockets", instance, expected)
        return
    extra = live.sockets(context.processes(instance))
    if instance.discovery:
        extra = {item for item in extra if item == ("tcp", OAUTH) and instance.port != OAUTH}
    yield finding(
        "NET-05",
        "sockets",
        instance.name,
        not extra,
        expected,
        f"open: {_text(extra)}" if extra else expected,
        _evidence(context, instance),
    )


def _other_ports(context: Context, instance: Instance) -> Iterator[Finding]:
    """Bind another port from within the cgroup of the instance, where the kernel shall refuse it."""
    expected = "the kernel refuses a bind to any port that is not the instance's"
    main = context.main(instance)
    if main is None:
        yield not_running(context, "NET-05", "other ports", instance, expected)
        return
    members = f"{cgroup_directory(main.cgroup)}/cgroup.procs"
    done = context.host.commands.run(["/usr/bin/python3", "-I", "-c", _BIND, members], ok=())
    first, *port = done.stdout.split() or [""]
    if first != "joined" or not (port or "PermissionError" in done.stderr):
        raise HostError(f"the probe ended otherwise than expected: {done.stderr.strip()[-200:]}", "Run it by hand")
    # An engine has no such filter.
    enforced = context.host.facts.bpf_framework and instance.deployment == SYSTEMD
    yield finding(
        "NET-05",
        "other ports",
        instance.name,
        not port,
        expected,
        f"a bind to port {port[0]} went through" if port else "refused",
        f"a process that joined {members}",
        NOT_ENFORCED if port and not enforced else "",
    )
