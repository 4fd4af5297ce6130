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
_SERVE = f"""
apt-get -qq update </dev/null
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y udhcpd >/dev/null </dev/null
cat > /root/udhcpd.conf <<'END'
start {LEASED}
end {LEASED}
interface cable.{OTHER_VLAN}
lease_file /root/udhcpd.leases
pidfile /root/udhcpd.pid
min_lease {LEASE_S}
opt subnet 255.255.255.0
opt router {ELSEWHERE}
opt dns {ELSEWHERE}
opt lease {LEASE_S}
END
: > /root/udhcpd.leases
ip netns exec {_SWITCH} udhcpd /root/udhcpd.conf
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


def serve_leases(host: Site) -> None:
    """Give `LEASED` to whoever asks for an address in the other VLAN."""
    host.shell(_SERVE, timeout=600)


def ask(host: Site, asked: Sequence[Sequence[Any]]) -> list[Any]:
    """Let hosts at the other end ask, as `ask.py` says."""
    return _ask(host, asked, ["ip", "netns", "exec", _SWITCH])


def ask_as_host(host: Site, asked: Sequence[Sequence[Any]]) -> list[Any]:
    """Let the machine itself ask."""
    return _ask(host, asked, [])


def _ask(host: Site, asked: Sequence[Sequence[Any]], inside: Sequence[str]) -> list[Any]:
    host.put(HERE / "ask.py", "/root/ask.py")
    answers: list[Any] = json.loads(host.out(*inside, "python3", "-I", "/root/ask.py", text=json.dumps(list(asked))))
    return answers


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
