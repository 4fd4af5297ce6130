# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A trunk inside the machine: a cable to a namespace with hosts in two VLANs and outside of any.

It is in the machine because its kernel knows VLANs, which that of the machine that runs the tests need not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.attacks.deployment import PORT
from tests.attacks.hosts import Target, until
from tests.attacks.tables import show
from tests.network.site import HERE, Site

PARENT = "trunk"
VLAN, OTHER_VLAN = 20, 30
_SWITCH = "switch"

OWN = {4: "192.168.20.5", 6: "2001:db8:20::5"}
"""The addresses of the instance in its VLAN."""
ROUTER = "192.168.20.1"
TRUSTED = {4: "192.168.20.10", 6: "2001:db8:20::10"}
STRANGER = {4: "192.168.20.66", 6: "2001:db8:20::66"}
ELSEWHERE = "192.168.30.10"
"""A host of the other VLAN."""
SEGMENT = {
    "parent": PARENT,
    "vlan": VLAN,
    "addresses": [f"{OWN[4]}/24", f"{OWN[6]}/64"],
    "gateways": [ROUTER],
}
ZONES = {"home": {"networks": list(TRUSTED.values())}}
UNTAGGED, HOST = "192.168.99.10", "192.168.99.1"
"""A host outside of any VLAN, and the machine itself there."""

_MAKE = f"""
ip netns delete {_SWITCH} 2>/dev/null || true
ip link delete {PARENT} 2>/dev/null || true
ip netns add {_SWITCH}
ip link add {PARENT} type veth peer name cable netns {_SWITCH}
ip address add {HOST}/24 dev {PARENT}
ip link set {PARENT} up
ip -n {_SWITCH} -batch - <<'END'
link set lo up
link set cable up
address add {UNTAGGED}/24 dev cable
link add link cable name cable.{VLAN} type vlan id {VLAN}
address add {ROUTER}/24 dev cable.{VLAN}
address add {TRUSTED[4]}/24 dev cable.{VLAN}
address add {STRANGER[4]}/24 dev cable.{VLAN}
address add {TRUSTED[6]}/64 dev cable.{VLAN} nodad
address add {STRANGER[6]}/64 dev cable.{VLAN} nodad
link set cable.{VLAN} up
link add link cable name cable.{OTHER_VLAN} type vlan id {OTHER_VLAN}
address add {ELSEWHERE}/24 dev cable.{OTHER_VLAN}
link set cable.{OTHER_VLAN} up
END
ip netns exec {_SWITCH} sysctl -q net.ipv4.ip_forward=0
"""

LEASED = "192.168.30.100"
LEASE_S = 20
_SERVE = """
apt-get -qq update </dev/null
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y udhcpd >/dev/null </dev/null
cat > /root/udhcpd.conf <<'END'
start {leased}
end {leased}
interface {interface}
lease_file /root/udhcpd.leases
pidfile /root/udhcpd.pid
min_lease {seconds}
opt subnet 255.255.255.0
opt router {router}
opt dns {router}
opt lease {seconds}
END
: > /root/udhcpd.leases
ip netns exec {switch} udhcpd /root/udhcpd.conf
"""

# Prints, when its input ends, how often which tag was seen on which kind of frame of the given addresses.
_CAPTURE = """
import collections, json, select, socket, struct, sys
wanted = {socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text) for text in sys.argv[1:]}
cable = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
cable.bind(("cable", 0))
cable.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA: the tag, which the kernel takes out of the frame
print("listening", flush=True)
seen = collections.Counter()
while True:
    ready = select.select([cable, sys.stdin], [], [])[0]
    if sys.stdin in ready:
        break
    frame, auxiliary, _flags, origin = cable.recvmsg(2048, 256)
    if origin[2] == 4:  # PACKET_OUTGOING: what the switch itself sends
        continue
    kind = struct.unpack("!H", frame[12:14])[0]
    source = {0x0800: frame[26:30], 0x0806: frame[28:32], 0x86DD: frame[22:38]}.get(kind)
    tag = 0
    for level, name, data in auxiliary:
        status, _l, _s, _m, _n, tci, _p = struct.unpack("=IIIHHHH", data[:20])
        tag = tci & 0xFFF if status & 0x10 else 0  # TP_STATUS_VLAN_VALID
    if source in wanted:
        seen[f"{kind:04x} {tag}"] += 1
print(json.dumps(seen))
"""


def lay(host: Site) -> None:
    """Make the trunk and the hosts at its other end, anew."""
    host.shell(_MAKE)


def serve_leases(
    host: Target, interface: str = f"cable.{OTHER_VLAN}", leased: str = LEASED, router: str = ELSEWHERE
) -> None:
    """Give one address to whoever asks for it behind an *interface*: in the other VLAN, unless another is named."""
    said = {"interface": interface, "leased": leased, "router": router, "seconds": LEASE_S, "switch": _SWITCH}
    host.shell(_SERVE.format(**said), timeout=600)


def ask(host: Target, asked: Sequence[Sequence[Any]]) -> list[Any]:
    """Let hosts at the other end ask, as `ask.py` says."""
    return _ask(host, asked, ["ip", "netns", "exec", _SWITCH])


def ask_as_host(host: Target, asked: Sequence[Sequence[Any]]) -> list[Any]:
    """Let the machine itself ask."""
    return _ask(host, asked, [])


def _ask(host: Target, asked: Sequence[Sequence[Any]], inside: Sequence[str]) -> list[Any]:
    host.put(HERE / "ask.py", "/root/ask.py")
    answers: list[Any] = json.loads(host.out(*inside, "python3", "-I", "/root/ask.py", text=json.dumps(list(asked))))
    return answers


def answers(host: Target) -> bool:
    """Whether the instance in the VLAN answers whom it trusts."""
    return ask(host, [("get_info", TRUSTED[4], OWN[4], PORT)]) == [True]


def answered(host: Target) -> list[str]:
    """Let everyone ask: return who is answered, as a table shows it."""
    asked = {
        "trusted, IPv4": (TRUSTED[4], OWN[4]),
        "trusted, IPv6": (TRUSTED[6], OWN[6]),
        "stranger, IPv4": (STRANGER[4], OWN[4]),
        "stranger, IPv6": (STRANGER[6], OWN[6]),
        "another VLAN": (ELSEWHERE, OWN[4]),
        "no VLAN": (UNTAGGED, OWN[4]),
        "no VLAN, the host's address": (UNTAGGED, HOST),
    }
    said = ask(host, [("get_info", *pair, PORT) for pair in asked.values()])
    found = dict(zip(asked, said, strict=True))
    found["the host itself"] = ask_as_host(host, [("get_info", HOST, OWN[4], PORT)])[0]
    show(f"a VLAN on {host.image}", ["who", "answered"], [[name, str(one)] for name, one in found.items()])
    return [name for name, one in found.items() if one]


def replugged(host: Site, unit: str) -> float:
    """Take the trunk away, which ends *unit*, and lay it again; return the seconds until the instance answers."""
    host.out("ip", "link", "delete", PARENT)
    until(lambda: host.show(unit, "ActiveState")["ActiveState"] == "inactive", 20, "it goes with its parent")
    lay(host)
    took = until(lambda: answers(host), 60, "it answers again")
    show(f"parent of {unit} removed and made again on {host.image}", ["answers after"], [[f"{took:.0f} s"]])
    return took


def frames(host: Site, restart: Sequence[str]) -> dict[str, set[str]]:
    """Return the kinds of frames of the instance on the cable and their tags, while it starts anew and is asked."""
    with Capture(host) as capture:
        host.out(*restart)
        until(lambda: answers(host), 60, "it answers again")
        ask(host, [("mdns", TRUSTED[4]), ("get_info", TRUSTED[6], OWN[6], PORT)])
    rows = [[*name.split(), str(count)] for name, count in sorted(capture.seen.items())]
    show(f"frames of the instance on the trunk, on {host.image}", ["type", "tag", "frames"], rows)
    return {"kinds": {kind for kind, _tag, _count in rows}, "tags": {tag for _kind, tag, _count in rows}}


TAGGED_ALONE = {"kinds": {"0800", "0806", "86dd"}, "tags": {str(VLAN)}}
"""What there is of an instance in the VLAN on the cable."""


class Capture:
    """What is seen on the cable meanwhile: *seen* maps the kind of frame (hexadecimal) and the tag to a count.

    The hosts at the other end have to ask for hardware addresses anew.
    """

    def __init__(self, host: Site) -> None:
        host.out("ip", "-n", _SWITCH, "neighbour", "flush", "all")
        self._process = host.start("ip", "netns", "exec", _SWITCH, "python3", "-Ic", _CAPTURE, *OWN.values())
        self.seen: dict[str, int] = {}

    def __enter__(self) -> Capture:
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "listening"
        return self

    def __exit__(self, *_unused: object) -> None:
        self.seen = json.loads(self._process.communicate(input="\n", timeout=30)[0])
