# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the DHCP client of a segment runs when a lease comes, is renewed or ends.

This file is installed on the host as it is; udhcpc(8) tells it by its first argument what has happened, and by its
environment what is in the lease. Whoever answers first in the segment wrote that, so it is believed no further than
addresses can be: names and search domains are left out. It stands alone, on the standard library.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Mapping

_IP = "/usr/sbin/ip"
_FIREWALL = "/opt/librespot/libexec/firewall.py"
_MOST_RESOLVERS = 3  # MAXNS of resolv.h


def _addresses(text: str) -> list[str]:
    """Return the IPv4 addresses in *text* that can be those of a host; the rest is passed over."""
    found = []
    for word in text.split():
        try:
            address = ipaddress.IPv4Address(word)
        except ValueError:
            continue
        if not (address.is_multicast or address.is_loopback or address.is_unspecified or address.is_reserved):
            found.append(str(address))
    return found


def _number(text: str) -> int:
    """Return the number that *text* is in plain digits, 0 for anything else: some letters count as digits too."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def commands(event: str, lease: Mapping[str, str]) -> str:
    """Return what ``ip -4 -batch`` shall do at *event*: deconfig, bound or renew. Empty for others, and bad leases."""
    interface = lease.get("interface", "")
    emptied = f"address flush dev {interface}\n"
    if event == "deconfig":
        return f"{emptied}link set dev {interface} up\n"
    own, length, seconds = (
        _addresses(lease.get("ip", "")),
        _number(lease.get("mask", "")),
        _number(lease.get("lease", "")),
    )
    if event not in ("bound", "renew") or len(own) != 1 or not 1 <= length <= 32:
        return ""
    # Should its client die, the kernel ends it.
    lasting = f" valid_lft {seconds} preferred_lft {seconds}" if 0 < seconds < 2**31 else ""
    lines = [f"address replace {own[0]}/{length} dev {interface}{lasting}"]
    lines += [f"route replace default via {item} dev {interface}" for item in _addresses(lease.get("router", ""))[:1]]
    return (emptied if event == "bound" else "") + "".join(f"{line}\n" for line in lines)


def resolver_text(lease: Mapping[str, str]) -> str:
    """Return the ``resolv.conf`` of a lease."""
    return "".join(f"nameserver {item}\n" for item in _addresses(lease.get("dns", ""))[:_MOST_RESOLVERS])


def _ip(text: str) -> None:
    source = os.memfd_create("commands")
    with open(source, "w", encoding="ascii", closefd=False) as handle:
        handle.write(text)
    os.lseek(source, 0, os.SEEK_SET)
    child = os.fork()
    if child == 0:
        os.dup2(source, 0)
        os.execve(_IP, ["ip", "-4", "-batch", "-"], {"LC_ALL": "C"})
    if os.waitpid(child, 0)[1]:
        raise SystemExit("ip could not do what the lease says")


def main() -> None:
    """Do what one event asks for; the name servers come last, by the program that keeps them in the table."""
    event, path = sys.argv[1], os.environ["RESOLVERS"]
    wanted = commands(event, os.environ)
    if not wanted:
        return
    _ip(wanted)
    if event == "deconfig":
        return
    # In place: the instance has this very file in its root.
    with open(path, "w", encoding="ascii") as handle:
        handle.write(resolver_text(os.environ))
    os.execve("/usr/bin/python3", ["python3", "-I", _FIREWALL, "--resolvers", path], {"LC_ALL": "C"})


if __name__ == "__main__":
    os.umask(0o022)
    main()
