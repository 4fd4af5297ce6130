# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container's limits where the kernel has version 2 of control groups, and weighs block I/O: live, and audited."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.deployment import APPLY, KITCHEN, ZONES
from tests.attacks.tables import show
from tests.containers.mutation import dies
from tests.containers.speaker import NAME, Speaker
from tests.machine.conftest import LIMITS, speakers
from tests.machine.machine import Machine
from tests.mutants.catalogue import Mutant
from tests.mutants.world import red
from tests.network.audits import audit
from tests.support.hosts import lab
from tests.support.plays import Controller

MIB = 1024**2
SLICE = "/sys/fs/cgroup/librespot.slice/librespot-kitchen.slice"
HELD = {
    "memory.max": str(128 * MIB),
    "cpu.max": "50000 100000",
    "pids.max": "48",
    # What Docker's runtime would lose.
    "../memory.swap.max": "0",
    "../io.weight": "default 200",
}
WANTED = {**LIMITS, "io_weight": 200}
AUDITED = {"instances": [{**KITCHEN, "limits": WANTED}], "zones": ZONES, "deployment": "container"}

BESIDE = "systemd-run --quiet --wait --property IOWeight=50 --property MemoryMax=100M --slice"
"""What made systemd take a limit back that Docker's runtime had written."""
_OWN = f"{BESIDE} librespot-kitchen.slice true && "
"""Until then the container's own control group has what Docker's runtime has written."""

MUTANTS = (
    Mutant("weighed-as-another", f"echo 9000 > {SLICE}/io.weight", "CON-04 limits kitchen, CFG-06 drift kitchen"),
    Mutant(
        "may-be-swapped", f"{_OWN}echo max > {SLICE}/memory.swap.max", "CON-04 limits kitchen, CFG-06 drift kitchen"
    ),
    Mutant(
        "may-be-swapped-by-a-drop-in",
        f"{_OWN}systemctl set-property --runtime librespot-kitchen.slice MemorySwapMax=1G",
        "CON-04 limits kitchen, CFG-06 drift kitchen",
    ),
    Mutant(
        "without-its-slice",
        f"rm /etc/systemd/system/librespot-kitchen.slice && systemctl daemon-reload && {BESIDE} librespot.slice true",
        "CON-04 limits kitchen, CFG-06 drift kitchen",
    ),
)


@pytest.fixture(scope="module")
def speaker(host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speaker]:
    """Return the machine with the kitchen in a container, and no service."""
    lab("builder", "up")
    host.engine()
    host.packages("iptables", "avahi-daemon")
    found = Speaker(host, Controller(host, tmp_path_factory.mktemp("contained")))
    found.controller.converge(APPLY, {"librespot_state": "absent"})
    found.converge({"limits": WANTED})
    yield found
    found.converge(librespot_state="absent")
    # Other tests of the machine find it as they left it.
    host.shell("systemctl disable --quiet --now docker.socket docker.service")
    speakers(found.controller)


def live(speaker: Speaker) -> dict[str, str]:
    """Return the files of the control group that the kernel has the process in."""
    pid = speaker.inspect()["State"]["Pid"]
    place = speaker.host.shell(f"sed s/^0::// /proc/{pid}/cgroup").strip()
    return {name: speaker.host.out("cat", f"/sys/fs/cgroup{place}/{name}").strip() for name in HELD}


def test_the_kernel_holds_it_to_all_limits(speaker: Speaker) -> None:
    found = live(speaker)
    show(
        f"the live cgroup of a container on {speaker.host.image}", ["file", "says"], [[*item] for item in found.items()]
    )
    assert found == HELD
    for slice_ in ("system.slice", "librespot.slice"):
        speaker.host.shell(f"{BESIDE} {slice_} true && systemctl daemon-reload")
        assert live(speaker) == HELD
    assert speaker.converge({"limits": WANTED}) == 0
    assert red(audit(speaker.host, AUDITED)) == {}


def test_another_weight_is_taken_up_without_a_restart(speaker: Speaker) -> None:
    before = speaker.identity
    other = {"limits": {**WANTED, "io_weight": 10000}}
    assert speaker.converge(other) == 1
    assert (speaker.identity, live(speaker)["../io.weight"]) == (before, "default 10000")
    assert speaker.converge(other) == 0
    speaker.converge({"limits": WANTED})
    assert live(speaker) == HELD


def test_a_killed_removal_leaves_nothing_behind(speaker: Speaker) -> None:
    speaker.host.shell(f"docker rm --force {NAME} >/dev/null")
    speaker.converge(librespot_state="absent")
    units = speaker.host.shell("systemctl list-units --all --plain --no-legend '*librespot*'")
    files = speaker.host.shell("find /etc/systemd /run/systemd/system -name '*librespot*'")
    assert (units, files) == ("", "")
    speaker.converge({"limits": WANTED})


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(speaker: Speaker, mutant: Mutant) -> None:
    dies(
        speaker.host,
        mutant,
        lambda: audit(speaker.host, AUDITED, live=False),
        lambda: speaker.converge({"limits": WANTED}),
    )
