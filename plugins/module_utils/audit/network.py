# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NET-01 and NET-05: the sockets that the processes of an instance really have."""

from __future__ import annotations

from collections.abc import Iterator

from ..model.errors import HostError
from ..model.finding import NOT_ENFORCED, PASSED, Finding
from ..model.instance import Instance
from .context import Context, each, finding, guarded, not_running

MDNS = 5353
OAUTH = 5588

# Binds a port of the kernel's choice other than the one allowed, and says how that ended.
_BIND = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"


def look(context: Context) -> Iterator[Finding]:
    """Yield NET-01 and NET-05 of each instance."""
    yield from each(context, "NET-01", "sockets", _pinned)
    yield from each(context, "NET-05", "sockets", _minimized)
    if context.live:
        yield from guarded("NET-05", "other ports", "host", lambda: _other_ports(context))


def _declared(instance: Instance) -> set[tuple[str, int]]:
    return {("tcp", instance.port), ("udp", MDNS)} if instance.discovery else set()


def _observed(context: Context, instance: Instance) -> set[tuple[str, int]]:
    return {(item.protocol[:3], item.port) for one in context.processes(instance) for item in one.sockets}


def _text(sockets: set[tuple[str, int]]) -> str:
    return ", ".join(f"{protocol} {port}" for protocol, port in sorted(sockets)) or "none"


def _evidence(context: Context, instance: Instance) -> str:
    pids = ", ".join(f"/proc/{item.pid}/fd and net" for item in context.processes(instance))
    return f"receiving sockets in {pids}"


def _pinned(context: Context, instance: Instance) -> Iterator[Finding]:
    wanted = _declared(instance)
    if not context.processes(instance):
        yield not_running("NET-01", "sockets", instance, _text(wanted))
        return
    seen = _observed(context, instance)
    yield finding(
        "NET-01", "sockets", instance.name, seen == wanted, _text(wanted), _text(seen), _evidence(context, instance)
    )


def _minimized(context: Context, instance: Instance) -> Iterator[Finding]:
    expected = "no login listener" if instance.discovery else "no receiving socket at all"
    if not context.processes(instance):
        yield not_running("NET-05", "sockets", instance, expected)
        return
    extra = _observed(context, instance)
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


def _other_ports(context: Context) -> Iterator[Finding]:
    """Bind a forbidden port in a unit of the same kind: what the property says proves nothing."""
    argv = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--property", "SocketBindDeny=any"]
    argv += ["/usr/bin/python3", "-I", "-c", _BIND]
    done = context.host.commands.run(argv, ok=())
    bound = done.returncode == 0 and done.stdout.strip().isdigit()
    if not bound and "PermissionError" not in done.stderr:
        raise HostError(f"the probe ended otherwise than expected: {done.stderr.strip()[-200:]}", "Run it by hand")
    yield finding(
        "NET-05",
        "other ports",
        "host",
        not bound,
        "the kernel refuses a bind to any port that is not the instance's",
        f"a bind to port {done.stdout.strip()} went through" if bound else "refused",
        "a transient unit with SocketBindDeny=any",
        NOT_ENFORCED if bound else PASSED,
    )
