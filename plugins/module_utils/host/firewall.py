# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the firewall's table in force, at boot and when what it follows has changed.

This file is installed on the host as it is; the units of the firewall run it in a sandbox. So it stands alone, on the
standard library. The table is kept with its windows in local time, since the kernel knows UTC alone and summer time
comes and goes; and without name servers, which the network's own configuration names.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import time
from collections.abc import Iterator
from typing import NoReturn

TABLE = "librespot"
RESOLVERS = "/etc/resolv.conf"

_DAY = 24 * 60
_WINDOW = re.compile(r"^(\s*)@window (\d+)-(\d+) ([0-6,]+) (.*)$")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def utc_windows(first: int, last: int, days: list[int], offset: int) -> Iterator[tuple[int, int, int]]:
    """Yield (day, first, last) in minutes of UTC days for a window of local time; *last* is not in it.

    *offset* is what the local time is ahead of UTC, in minutes. A window whose end is before its beginning ends on the
    next day.
    """
    length = (last - first) % _DAY or _DAY
    for day in days:
        start = day * _DAY + first - offset
        end = start + length
        while start < end:
            stop = min(end, (start // _DAY + 1) * _DAY)
            yield start // _DAY % 7, start % _DAY, stop - start // _DAY * _DAY
            start = stop


def localized(text: str, offset: int) -> str:
    """Return the text of a table with its windows of local time as the kernel compares them."""
    lines = []
    for line in text.splitlines():
        match = _WINDOW.match(line)
        if match is None:
            lines.append(line)
            continue
        indent, first, last, days, rule = match.groups()
        for day, begin, end in utc_windows(int(first), int(last), [int(item) for item in days.split(",")], offset):
            seconds = f"{begin * 60}-{end * 60 - 1}"
            lines.append(f'{indent}meta day "{_DAYS[day]}" meta hour {seconds} {rule}')
    return "\n".join(lines) + "\n"


def utc_offset() -> int:
    """Return what the host's local time is ahead of UTC now, in minutes."""
    return time.localtime().tm_gmtoff // 60


def resolvers(path: str = RESOLVERS) -> tuple[list[str], list[str]]:
    """Return the IPv4 and the IPv6 addresses of the host's name servers; none when it has none."""
    found: dict[int, list[str]] = {4: [], 6: []}
    try:
        with open(path, encoding="utf-8", errors="replace") as handle:
            rows = [row.split() for row in handle]
    except FileNotFoundError:
        return [], []
    for row in rows:
        if len(row) > 1 and row[0] == "nameserver":
            try:
                address = ipaddress.ip_address(row[1].partition("%")[0])
            except ValueError:
                continue
            found[address.version].append(str(address))
    return sorted(set(found[4])), sorted(set(found[6]))


def resolver_commands(path: str) -> str:
    """Return the commands that make the sets of name servers those of the host, in one transaction."""
    lines = []
    for family, addresses in zip((4, 6), resolvers(path)):
        lines.append(f"flush set inet {TABLE} resolvers_{family}")
        if addresses:
            lines.append(f"add element inet {TABLE} resolvers_{family} {{ {', '.join(addresses)} }}")
    return "\n".join(lines) + "\n"


def _become_nft(text: str) -> NoReturn:
    """Go on as nft, which reads *text* from its standard input: a file in memory, since a pipe would not hold it."""
    source = os.memfd_create("table")
    with open(source, "w", encoding="ascii", closefd=False) as handle:
        handle.write(text)
    os.lseek(source, 0, os.SEEK_SET)
    os.dup2(source, 0)
    # Numbers of hours are UTC to nft whatever the zone; names of days are not.
    os.execve("/usr/sbin/nft", ["nft", "-f", "-"], {"LC_ALL": "C", "TZ": "UTC"})


def main() -> NoReturn:
    """Load the table, or the name servers alone."""
    parser = argparse.ArgumentParser(description="Puts the firewall's table in force.")
    parser.add_argument("--table", help="a file with the table; without it, only the name servers are set")
    parser.add_argument("--resolvers", default=RESOLVERS, help="the file that names the name servers")
    asked = parser.parse_args()
    if asked.table is None:
        _become_nft(resolver_commands(asked.resolvers))
    with open(asked.table, encoding="ascii") as handle:
        text = handle.read()
    _become_nft(localized(text, utc_offset()) + resolver_commands(asked.resolvers))


if __name__ == "__main__":
    os.umask(0o077)
    main()
