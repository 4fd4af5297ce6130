# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit of a container in a segment: all green as deployed, and what was declared red when something goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.deployment import KITCHEN, PORT
from tests.attacks.hosts import until
from tests.containers import wire
from tests.containers.mutation import by_hand, dies
from tests.containers.speaker import NAME, Speaker
from tests.containers.test_segment import BACK_S, HOLDER, SEGMENTED, UNIT, converge, laid, settled
from tests.mutants.catalogue import Mutant
from tests.mutants.world import Findings, red
from tests.network.audits import audit

__all__ = ["laid"]

_TABLE = ", ".join(f"{name} kitchen" for name in (
    "NET-03 table", "NET-04 table", "NET-09 table", "NET-11 table", "NET-11 send", "NET-12 families", "CFG-06 drift",
))  # fmt: skip
_AWAY = "NET-08 segment kitchen, NET-08 inside kitchen, CON-03 isolation kitchen"
_BY_HAND = f"image=$(docker inspect --format '{{{{.Image}}}}' {NAME}); label=hardened.librespot.instance=kitchen\n"

# The unit is active for a moment longer with the network of the holder before, and starts the new one once more.
_HELD = f"""
for _try in $(seq 60); do
  held=$(readlink /proc/$(docker inspect --format '{{{{.State.Pid}}}}' {HOLDER})/ns/net)
  [ "net:[$(stat --format=%i /run/netns/{NAME} 2>/dev/null)]" = "$held" ] && systemctl is-active -q {UNIT} && break
  sleep 0.5
done
"""

MUTANTS = (
    Mutant("no-table-in-it", f"ip netns exec {NAME} nft delete table inet librespot", _TABLE),
    Mutant(
        "another-way-into-it",
        f"ip -n {NAME} link add stray type veth peer name back netns 1",
        "NET-08 segment kitchen, CFG-06 drift kitchen",
    ),
    Mutant("not-made", f"systemctl stop {UNIT}", f"{_TABLE}, {_AWAY}"),
    Mutant("not-held", f"docker rm --force {HOLDER} >/dev/null; sleep 4", f"{_TABLE}, {_AWAY}, CON-05 network kitchen"),
    Mutant(
        "another-container-in-it",
        _BY_HAND + f"docker run --detach --rm --name guest --network container:{HOLDER} --entrypoint "
        "/usr/bin/librespot-probe $image hold >/dev/null",
        "CON-05 network kitchen",
        by_hand="docker rm --force guest >/dev/null",
    ),
    Mutant(
        "held-by-a-container-with-rights",
        _BY_HAND + f"docker rm --force {HOLDER} >/dev/null\n"
        # Docker 20.10 turns IPv6 off where it gives no network, and the segment would not come up.
        f"docker run --detach --name {HOLDER} --network none --sysctl net.ipv6.conf.all.disable_ipv6=0 --label $label "
        f"--entrypoint /usr/bin/librespot-probe $image hold >/dev/null{_HELD}",
        "NET-08 inside kitchen, CON-03 isolation kitchen, CON-04 limits kitchen, CON-05 network kitchen, "
        "CFG-06 drift kitchen",
    ),
    Mutant(
        # The two containers have one table of hosts.
        "sent-to-an-impostor",
        f"hosts=$(docker inspect --format '{{{{.HostsPath}}}}' {HOLDER})\n"
        'echo "10.0.0.66 apresolve.spotify.com" >> $hosts',
        "CON-03 isolation kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "asks-another-name-server",
        f"echo nameserver 10.0.0.66 > /etc/netns/{NAME}/resolv.conf",
        "CON-03 isolation kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "limits-of-its-holder-raised",
        f"docker update --memory 1g --memory-swap 1g {HOLDER} >/dev/null",
        "CON-04 limits kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "published-instead",
        by_hand(f"--publish {PORT}:{PORT}"),
        "NET-08 inside kitchen, CON-03 isolation kitchen, CON-04 limits kitchen, CON-05 network kitchen, "
        "CON-06 calls kitchen, RES-04 limits kitchen, CFG-01 options kitchen, CFG-06 drift kitchen",
    ),
)


@pytest.fixture
def healthy(laid: Speaker) -> Iterator[Speaker]:
    """Return the host with the kitchen in its segment, and leave it so."""
    _mended(laid)
    yield laid
    _mended(laid)


def _audit(speaker: Speaker) -> Findings:
    instance = {**KITCHEN, **SEGMENTED}
    return audit(speaker.host, {"instances": [instance], "zones": wire.ZONES, "deployment": "container"})


def test_as_deployed_nothing_is_red(healthy: Speaker) -> None:
    found = _audit(healthy)
    assert red(found) == {}
    assert {"NET-03", "NET-08", "NET-11", "NET-12", "CON-03", "CON-05"} <= {
        item["id"] for item in found if item["scope"] == "kitchen"
    }


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(healthy: Speaker, mutant: Mutant) -> None:
    dies(healthy.host, mutant, lambda: _audit(healthy), lambda: _mended(healthy))


def _mended(speaker: Speaker) -> int:
    changed = converge(speaker)
    until(lambda: settled(speaker), BACK_S, "it answers")
    return changed
