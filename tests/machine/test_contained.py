# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container's limits where the kernel has version 2 of control groups, and weighs block I/O: live, and audited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.deployment import APPLY, KITCHEN, PORT, ZONES
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers.mutation import dies
from tests.containers.speaker import NAME, Speaker
from tests.delivery.watched import MONITORING
from tests.machine.conftest import LIMITS, speakers
from tests.machine.machine import Machine
from tests.machine.test_limits import POST
from tests.monitoring.conftest import METRICS, Series, series
from tests.mutants.catalogue import Mutant
from tests.mutants.world import red
from tests.network.audits import audit
from tests.profile.measured import measure
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


PROFILED: dict[str, Any] = {
    "deployment": "container",
    "loads": ["idle", "decode_like"],
    # What the machine can answer: it is emulated, and has half of a processor for it.
    "decode_rate": 0.1,
    "decode_size": "12M",
    # Else an audit would judge what it says.
    "keep": False,
}
WATCHED: dict[str, Any] = {
    "librespot_monitored": True,
    "librespot_monitoring_audit": False,
    "librespot_monitoring_textfile_directory": "",
}


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


def told(speaker: Speaker) -> Series:
    """Return what the monitor has written."""
    return series(speaker.host.out("cat", METRICS))


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


def test_it_is_profiled(speaker: Speaker) -> None:
    """Each figure is the kernel's own, of the group that the container alone is in."""
    kitchen = {**KITCHEN, "limits": WANTED}
    said = measure(speaker.controller, [kitchen], **PROFILED)
    profile = said.of("kitchen")
    assert (profile["deployment"], profile["cgroup_version"]) == ("container", 2)
    idle, decode = said.figures("kitchen", "idle"), said.figures("kitchen", "decode_like")
    assert decode["memory"]["maximum"] > 1.5 * idle["memory"]["maximum"]
    assert decode["cpu"]["p50"] > idle["cpu"]["p50"]
    pid = speaker.inspect()["State"]["Pid"]
    place = speaker.host.shell(f"sed s/^0::// /proc/{pid}/cgroup").strip()
    peak = int(speaker.host.out("cat", f"/sys/fs/cgroup{place}/memory.peak"))
    assert 0.9 * decode["memory"]["maximum"] <= peak <= 128 * MIB
    assert {"memory", "tasks"} <= set(said.advice("kitchen"))


def test_its_monitor_counts_what_comes_to_its_limits(speaker: Speaker) -> None:
    """The group that has counted goes with the container, and the one above it stays."""
    speaker.converge({"limits": WANTED}, **WATCHED)
    killed = 'librespot_memory_events_total{event="oom_kill",name="kitchen"}'
    starts = 'librespot_instance_starts_total{name="kitchen"}'
    before = told(speaker)
    assert before['librespot_memory_limit_bytes{name="kitchen"}'] == 128 * MIB
    assert before["librespot_monitor_cgroup_version"] == 2
    assert before['librespot_pressure_seconds_total{kind="some",name="kitchen",resource="cpu"}'] > 0
    identity = speaker.identity
    speaker.host.run("python3", "-Ic", POST, str(PORT))
    until(lambda: speaker.identity != identity and speaker.host.answer(PORT), 120, "it was started again")
    until(lambda: told(speaker)[starts] > before[starts], 60, "its start is counted")
    assert told(speaker)[killed] == before[killed] + 1
    speaker.converge({"limits": WANTED})
    # Asked for no more, it goes with the front door's next removal; others find the machine as they left it.
    speaker.controller.converge(MONITORING, {"librespot_state": "absent"})


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant(speaker: Speaker, mutant: Mutant) -> None:
    dies(
        speaker.host,
        mutant,
        lambda: audit(speaker.host, AUDITED, live=False),
        lambda: speaker.converge({"limits": WANTED}),
    )
