# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits that follow from a profile hold the load that it was made under, however long; half of them do not.

What is measured is measured by the collection. Whether a limit holds is read from the machine itself: by the process,
by systemd's count of its starts, and by the kernel's count of those that it killed; and whether someone is told, from
those whom a real Alertmanager tells.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.attacks.deployment import APPLY, KITCHEN, OURS, ZONES
from tests.attacks.tables import show
from tests.delivery.test_delivery import SOON_S
from tests.delivery.watched import MONITORING, UNAUDITED, enforcing, seen
from tests.machine.machine import Machine
from tests.support.hosts import CHECKOUT
from tests.support.plays import Controller, activate, built
from tests.support.prometheus import Told, Watch

PROFILE = CHECKOUT / "playbooks" / "profile.yml"
PROFILED = "profiled"
"""What Prometheus calls the host."""
OUT_OF_MEMORY = "LibrespotOutOfMemory"
SLICE = "/sys/fs/cgroup/librespot.slice"
MIB = 1024 * 1024
WINDOW_S = 60
LOAD: dict[str, Any] = {
    # The machine is a slow one. What is asked of it is what it can answer.
    "librespot_profile_rate": 4,
    "librespot_profile_decode_rate": 0.1,
    "librespot_profile_decode_size": "12M",
    "librespot_profile_show": False,
}
HEAD = "# The speaker in the kitchen.\n"
COMMENT = "  # Its port is known to the router, too.\n"


@dataclass(frozen=True)
class Kitchen:
    """The *host*, its file in the *controller*'s inventory, and runs that read it."""

    host: Machine
    controller: Controller

    @property
    def file(self) -> Path:
        return self.controller.directory / "host_vars" / f"{self.host.name}.yml"

    def limits(self) -> dict[str, Any]:
        """Return the limits that the file has."""
        (found,) = yaml.safe_load(self.file.read_text())["librespot_instances"]
        return dict(found.get("limits", {}))

    def converge(self) -> None:
        """Bring the host to what the file says."""
        self.controller.converge(APPLY, {})

    def profile(self, loads: list[str], window: float, **more: Any) -> dict[str, Any]:
        """Measure, and return the profile."""
        asked = {**LOAD, "librespot_profile_loads": loads, "librespot_profile_window": window, **more}
        self.controller.converge(PROFILE, asked)
        kept = self.host.out("cat", "/var/lib/hardened-librespot/profiles/kitchen.json")
        return dict(json.loads(kept))

    def counts(self) -> tuple[int, int, int]:
        """Return the process, how often systemd has started it anew, and how many processes the kernel has killed."""
        shown = self.host.show(OURS, "MainPID", "NRestarts")
        events = dict(line.split() for line in self.host.out("cat", f"{SLICE}/memory.events").splitlines())
        return int(shown["MainPID"]), int(shown["NRestarts"]), int(events["oom_kill"])


@pytest.fixture
def kitchen(watch: Watch, tmp_path: Path) -> Iterator[Kitchen]:
    """Return the kitchen alone on a machine that is watched, without limits of its own, from a file with comments."""
    with enforcing(watch, tmp_path, "profile") as (host, reached):
        controller = Controller(host, tmp_path)
        found = Kitchen(host, controller)
        found.file.parent.mkdir()
        instance = {key: value for key, value in KITCHEN.items() if key != "name"}
        rest = "".join(f"    {key}: {json.dumps(value)}\n" for key, value in instance.items())
        found.file.write_text(
            f"{HEAD}librespot_zones: {json.dumps(ZONES)}\nlibrespot_instances:\n{COMMENT}  - name: kitchen\n{rest}"
        )
        activate(controller, built(controller))
        found.converge()
        controller.converge(MONITORING, UNAUDITED)
        seen(watch, PROFILED, reached)
        yield found


def _halved(limits: Mapping[str, Any]) -> dict[str, Any]:
    memory = int(str(limits["memory"]).removesuffix("M")) // 2
    return {**limits, "memory": f"{memory}M"}


def test_what_a_profile_recommends_holds_its_load(
    kitchen: Kitchen, watch: Watch, request: pytest.FixtureRequest
) -> None:
    hold = request.config.getoption("hold")
    before = kitchen.file.read_text()
    profile = kitchen.profile(["idle", "discovery", "decode_like"], WINDOW_S, librespot_profile_write=True)
    advice = {item["resource"]: item for item in profile["advice"]}
    loads = {item["load"]: item for item in profile["loads"]}
    assert set(loads) == {"idle", "discovery", "decode_like"}
    assert loads["decode_like"]["figures"]["memory"]["maximum"] > 1.5 * loads["idle"]["figures"]["memory"]["maximum"]
    assert loads["discovery"]["figures"]["files"]["maximum"] > loads["idle"]["figures"]["files"]["maximum"]

    # What is recommended stands in the inventory, and nothing else there has changed.
    limits = kitchen.limits()
    assert limits == profile["recommended"]
    after = kitchen.file.read_text()
    added = [line for line in after.splitlines(True) if line not in before.splitlines(True)]
    assert len(added) == 1
    assert after.replace(added[0], "") == before

    kitchen.converge()
    memory = int(kitchen.host.out("cat", f"{SLICE}/{OURS}/memory.max"))
    assert memory == advice["memory"]["value"] < 192 * MIB
    rows = []
    first, since = kitchen.counts(), time.time()
    held = kitchen.profile(["decode_like"], hold, librespot_profile_keep=True)
    rows.append(_row("as recommended", limits, first, kitchen.counts(), held, None))
    assert kitchen.counts() == first
    assert [told.name for told in watch.told() if told.delivered > since] == []
    (under,) = held["loads"]
    assert under["restarts"] == 0
    assert (
        under["delivery"]["answered"]
        == under["delivery"]["asked"]
        >= 0.8 * LOAD["librespot_profile_decode_rate"] * hold
    )
    assert {item["action"] for item in held["advice"]} <= {"keep"}

    # The same load, at half of them.
    half = _halved(limits)
    text = after.replace(f"memory: {limits['memory']}", f"memory: {half['memory']}")
    assert text != after
    kitchen.file.write_text(text)
    kitchen.converge()
    assert int(kitchen.host.out("cat", f"{SLICE}/{OURS}/memory.max")) == memory // 2
    second, since = kitchen.counts(), time.time()
    broken = kitchen.profile(["decode_like"], WINDOW_S)
    # Since before the load began: the moment of the first kill is not known.
    told = watch.wait(OUT_OF_MEMORY, SOON_S, since=since, instance=PROFILED, name="kitchen")
    rows.append(_row("half of them", half, second, kitchen.counts(), broken, told))
    show(
        f"{OURS} under the load that its profile was made from, {hold:g} s",
        ["limits", "memory", "answered", "restarts", "killed", "says", "told"],
        rows,
    )
    assert kitchen.counts()[2] > second[2]
    (under,) = broken["loads"]
    assert under["delivery"]["answered"] < under["delivery"]["asked"]
    advice = {item["resource"]: item for item in broken["advice"]}
    assert advice["memory"]["action"] in ("raise", "keep")
    assert under["restarts"] + under["missed"] + sum(under["limited"].values()) > 0


def _row(
    name: str,
    limits: Mapping[str, Any],
    before: tuple[int, int, int],
    after: tuple[int, int, int],
    said: Any,
    told: Told | None,
) -> list[str]:
    (under,) = said["loads"]
    answered = f"{under['delivery']['answered']} of {under['delivery']['asked']}"
    advice = next(item for item in said["advice"] if item["resource"] == "memory")
    restarts, killed = after[1] - before[1], after[2] - before[2]
    return [
        name,
        str(limits["memory"]),
        answered,
        str(restarts),
        str(killed),
        f"{advice['action']}: {advice['written']}",
        f"{told.name}, {told.delivered - told.fired:.0f} s after it fired" if told else "nothing",
    ]
