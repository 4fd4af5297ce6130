# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container on a host with version 1 of control groups: measured, limited to that, and broken by half of it."""

from __future__ import annotations

import json
from typing import Any

from tests.attacks.deployment import KITCHEN
from tests.attacks.tables import show
from tests.containers.speaker import NAME, Speaker
from tests.profile.measured import measure

MIB = 1024 * 1024


def _group(speaker: Speaker, controller: str, name: str) -> str:
    """Return a file of the container's group, which the kernel has."""
    return speaker.host.out("cat", f"/sys/fs/cgroup/{controller}/docker/{speaker.inspect()['Id']}/{name}").strip()


def test_limits_from_a_profile_hold_and_half_of_them_do_not(contained: Speaker) -> None:
    # So much that half of what is recommended is still a limit that can be written.
    asked: dict[str, Any] = {"deployment": "container", "decode_size": "16M"}
    said = measure(contained.controller, [KITCHEN], **asked)
    profile = said.of("kitchen")
    assert (profile["deployment"], profile["cgroup_version"]) == ("container", 1)
    assert profile["release"].startswith("sha256:")
    idle, decode = said.figures("kitchen", "idle"), said.figures("kitchen", "decode_like")
    assert decode["memory"]["maximum"] > 1.5 * idle["memory"]["maximum"]
    assert decode["cpu"]["p50"] > idle["cpu"]["p50"]
    assert said.figures("kitchen", "discovery")["files"]["maximum"] > idle["files"]["maximum"]
    assert idle["tasks"]["maximum"] >= 2
    # The kernel's own word, by another way than the module's.
    assert int(_group(contained, "memory", "memory.max_usage_in_bytes")) >= 0.9 * decode["memory"]["maximum"]
    kept = json.loads(contained.host.out("cat", "/var/lib/hardened-librespot/profiles/kitchen.json"))
    assert kept == profile

    limits = profile["recommended"]
    assert {"memory", "files"} <= set(limits)
    contained.converge({"limits": limits})
    assert int(_group(contained, "memory", "memory.limit_in_bytes")) == said.advice("kitchen")["memory"]["value"]
    identity = contained.identity
    held = measure(contained.controller, [{**KITCHEN, "limits": limits}], loads=["decode_like"], **asked)
    assert contained.identity == identity
    under = held.load("kitchen", "decode_like")
    assert under["delivery"]["answered"] == under["delivery"]["asked"]
    # What else the machine does is in the time of its processor.
    assert set(held.of("kitchen")["recommended"]) <= {"cpu"}

    half = {**limits, "memory": f"{int(limits['memory'].removesuffix('M')) // 2}M"}
    contained.converge({"limits": half})
    identity = contained.identity
    broken = measure(contained.controller, [{**KITCHEN, "limits": half}], loads=["decode_like"], **asked)
    assert contained.identity != identity
    under = broken.load("kitchen", "decode_like")
    assert under["restarts"] >= 1
    assert under["delivery"]["answered"] < under["delivery"]["asked"]
    # What is away most of the time has few samples, of which nothing is concluded.
    assert broken.advice("kitchen")["memory"]["action"] != "lower"
    assert any("started anew" in note for note in broken.of("kitchen")["notes"])
    rows = [
        [name, str(limit["memory"]), f"{at['delivery']['answered']} of {at['delivery']['asked']}", str(at["restarts"])]
        for name, limit, at in (
            ("as recommended", limits, held.load("kitchen", "decode_like")),
            ("half of them", half, under),
        )
    ]
    show(f"{NAME} under the load of its profile, version 1", ["limits", "memory", "answered", "restarts"], rows)
    assert int(limits["memory"].removesuffix("M")) * MIB < 192 * MIB


def test_the_profile_goes_with_the_container(contained: Speaker) -> None:
    contained.converge()
    measure(contained.controller, [KITCHEN], deployment="container", loads=["idle"], window=1, keep=True)
    path = "/var/lib/hardened-librespot"
    assert contained.host.run("test", "-e", path).returncode == 0
    contained.converge(librespot_state="absent")
    assert contained.host.run("test", "-e", path).returncode == 1
