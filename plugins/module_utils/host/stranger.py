# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A neighbour that nobody knows, made on this host for a moment: who answers it, and as whom it is asked.

Both show what packets meet on their way through this host.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Sequence

from ..model.errors import HostError
from .command import Commands
from .namespaces import inside, inside_of
from .network import listed

# No name of a bridge of ours has no dash.
NAME = "lspprobe"
_HERE, _THERE = f"{NAME}0", f"{NAME}1"

# The last of the networks that are for documentation alone: nobody has a neighbour there.
# Those of IPv4, and those of IPv6.
_PAIRS = (("203.0.113.253", "203.0.113.254"), ("2001:db8:ffff:ffff::fffd", "2001:db8:ffff:ffff::fffe"))
_LENGTHS = (30, 126)

# Of those for tests of devices.
_ROUTER = "198.19.255.254"

_WITHIN_S = 2.0

# Connects to all targets at once, and prints those that answer.
_CONNECT = """
import concurrent.futures, json, socket, sys
def connected(target):
    try:
        socket.create_connection(tuple(target), timeout=float(sys.argv[2])).close()
    except OSError:
        return False
    return True
targets = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(len(targets)) as pool:
    print(json.dumps(list(pool.map(connected, targets))))
"""


def answered(commands: Commands, addresses: Sequence[str], port: int) -> list[str]:
    """Return those of *addresses* at which a stranger can connect to *port*; it takes 2 s when there are none.

    Meanwhile this host has one more interface, to a network of its own. Raises `HostError` when the stranger's packets
    do not reach this host.
    """
    if not addresses:
        return []
    # A host may be without IPv6.
    families = sorted({":" in item for item in addresses})
    with _neighbour(commands, families):
        argv = ["/usr/bin/python3", "-I", "-c", _CONNECT, json.dumps([(item, port) for item in addresses])]
        with inside(NAME):
            done = commands.run([*argv, str(_WITHIN_S)])
            seen = {item["dst"] for item in listed(commands, ["neighbour", "show"]) if "lladdr" in item}
    for address in addresses:
        gateway = _PAIRS[":" in address][0]
        if gateway not in seen:
            raise HostError(f"packets of the probe to {address} do not reach this host", "Run it again; or leave live")
    return [address for address, said in zip(addresses, json.loads(done.stdout)) if said]


def seen_from(commands: Commands, pid: int, port: int) -> str:
    """Return as whom a neighbour is asked at *port* from the network of a process; empty when no connection is made.

    It takes 2 s then. Of IPv4 alone; the same interface comes and goes. Raises `OSError` when the process has ended.
    """
    _here, there = _PAIRS[0]
    with contextlib.ExitStack() as stack:
        stack.enter_context(_neighbour(commands, [False]))
        # What an instance sends to an address of the Internet that no router is before is refused.
        commands.run(["ip", "-netns", NAME, "address", "add", f"{_ROUTER}/32", "dev", _THERE])
        commands.run(["ip", "route", "add", f"{there}/32", "via", _ROUTER, "dev", _HERE, "onlink"])
        # A socket stays in the network that it was made in.
        with inside(NAME):
            listener = stack.enter_context(socket.create_server((there, port)))
        with inside_of(pid):
            client = stack.enter_context(socket.socket())
        for item in (listener, client):
            item.settimeout(_WITHIN_S)
        try:
            client.connect((there, port))
            accepted, (address, _port) = listener.accept()
        except OSError:
            return ""
        accepted.close()
        return str(address)


@contextlib.contextmanager
def _neighbour(commands: Commands, families: Sequence[bool]) -> Iterator[None]:
    _remove(commands)
    commands.run(["ip", "netns", "add", NAME])
    try:
        commands.run(["ip", "link", "add", _HERE, "type", "veth", "peer", "name", _THERE, "netns", NAME])
        commands.run(["ip", "-batch", "-"], stdin=_lines(_HERE, 0, families))
        commands.run(["ip", "-netns", NAME, "-batch", "-"], stdin=_lines(_THERE, 1, families))
        yield
    finally:
        _remove(commands)


def _lines(interface: str, end: int, families: Sequence[bool]) -> str:
    lines = [f"link set {interface} up"]
    for pair, length in ((_PAIRS[item], _LENGTHS[item]) for item in families):
        # Nobody else is there who could have the address.
        lines.append(f"address add {pair[end]}/{length} dev {interface}{' nodad' if ':' in pair[end] else ''}")
        if end:
            lines.append(f"route add default via {pair[0]}")
    return "\n".join([*lines, ""])


def _remove(commands: Commands) -> None:
    """Remove what a probe has made, also one that was killed. The interfaces go with the namespace."""
    commands.run(["ip", "netns", "delete", NAME], ok=())
    # The kernel takes a namespace down after the command has ended.
    commands.run(["ip", "link", "delete", _HERE], ok=())
