# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the live process of the holder of a segment is compared with, in a kernel that is played."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Mount, Process
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import Place
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import PROBE
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, Instance
from ansible_collections.hardened.librespot.plugins.module_utils.model.usage import Held
from ansible_collections.hardened.librespot.plugins.module_utils.planners import confined, holder

KITCHEN = Instance("kitchen", "instances[0]", deployment=CONTAINER)
PLACE = Place(997, 996, "sha256:0", profile="librespot-kitchen")
NONE = dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0000000000000000")
WAITING = Process(
    pid=4711,
    executable=PROBE,
    environment={},
    status={**NONE, "Uid": "997 997", "Gid": "996 996", "Groups": "", "NoNewPrivs": "1", "Seccomp": "2"},
    limits={"Max open files": "64", "Max core file size": "0"},
    cgroup="/",
    namespaces={name: f"{name}:[2]" for name in ("mnt", "pid", "ipc", "uts", "net")},
    sockets=(),
    mounts=(Mount("/scratch", "tmpfs", ("rw", "nosuid", "nodev", "noexec"), ("size=1024k",)),),
    label="librespot-kitchen (enforce)",
    out_of_memory=500,
)
THERE: dict[str, Any] = {"State": {"Running": True, "Pid": WAITING.pid}}


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> dict[str, Process]:
    """Return what the kernel says of the holder; its limits are as they shall be."""
    said = {"holder": WAITING}
    limits = Held(memory=32 * 1024**2, swap=0, cpu=50, tasks=32)
    monkeypatch.setattr(holder, "process", lambda _pid: said["holder"])
    monkeypatch.setattr(confined, "host_namespaces", dict)
    monkeypatch.setattr(confined, "held", lambda _pid, _unit: limits)
    return said


@pytest.mark.usefixtures("kernel")
def test_one_that_is_as_it_shall_be() -> None:
    assert holder.wrong(THERE, KITCHEN, PLACE) == []


@pytest.mark.parametrize("label", ["docker-default (enforce)", "unconfined", "librespot-bedroom (enforce)", ""])
def test_another_profile_than_the_instances_is_told(kernel: dict[str, Process], label: str) -> None:
    kernel["holder"] = dataclasses.replace(WAITING, label=label)
    assert holder.wrong(THERE, KITCHEN, PLACE) == [f"runs under the AppArmor profile {label or 'unconfined'}"]


def test_where_the_kernel_enforces_none_there_is_none_to_compare(kernel: dict[str, Process]) -> None:
    kernel["holder"] = dataclasses.replace(WAITING, label="")
    assert holder.wrong(THERE, KITCHEN, dataclasses.replace(PLACE, profile="")) == []
