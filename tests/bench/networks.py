# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on a host, alone: what a table with many networks costs beside nft, which reads the same. Prints JSON."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.nftables import Nftables
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.table import TablePlanner
from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall import Surroundings, table
from ansible_collections.hardened.librespot.plugins.module_utils.render.nft import Table

FILE = "/run/networks.nft"
USER = "librespot-kitchen"


def networks(count: int) -> list[str]:
    """Return as many networks of 256 addresses, all over the Internet."""
    # Far from each other, in no order, and the same in every run; behind loopback's, which are nobody else's.
    span = 0xDF0000 - 0x800000
    numbers = [0x800000 + number * 7_368_787 % span for number in range(count)]
    return [f"{number >> 16}.{number >> 8 & 255}.{number & 255}.0/24" for number in numbers]


def seconds(work: Callable[[], object]) -> float:
    """Return how long *work* took."""
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def compiled(written: list[str]) -> Table:
    """Return the table that a module makes of *written*."""
    instances = [{"name": "kitchen", "access": ["home"]}]
    spec = parse_specification("0.8.0", instances, None, {"home": {"networks": written}})
    return table(spec.present, list(spec.zones.values()), Surroundings())


def planner(written: list[str]) -> TablePlanner:
    """Return what plans it."""
    return TablePlanner(Nftables(Commands()), compiled(written), (USER,))


def apply(written: list[str]) -> None:
    """Do what a module does."""
    made = planner(written)
    plan = made.plan()
    assert plan.changed
    made.apply(plan)


def check(written: list[str]) -> None:
    """Do what a module does when nothing is to be changed."""
    assert not planner(written).plan().changed


def drop() -> None:
    """Remove the table."""
    subprocess.run(["/usr/sbin/nft", "delete table inet librespot"], check=False, capture_output=True)


def measure(count: int) -> dict[str, float]:
    """Return seconds for one number of networks."""
    written = networks(count)
    drop()
    found = {"apply": seconds(lambda: apply(written)), "no change": seconds(lambda: check(written))}
    with open(FILE, "w", encoding="ascii") as handle:
        handle.write(compiled(written).transaction())
    drop()
    found["nft"] = seconds(lambda: subprocess.run(["/usr/sbin/nft", "-f", FILE], check=True))
    drop()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {**found, "peak MiB": peak / 1024}


json.dump({count: measure(int(count)) for count in sys.argv[1:]}, sys.stdout)
