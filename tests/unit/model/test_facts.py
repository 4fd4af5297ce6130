# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts are refused, and what is lost on others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts, losses, refusals

DEBIAN = Facts(
    architecture="x86_64", distribution="debian", release="13", python=(3, 13), glibc="2.41", running_systemd=True,
    systemd=257, bpf_framework=True, unified_cgroups=True, controllers=("cpu", "io", "memory", "pids"), ipv6=True,
    processors=2, root=True, unbound="", apparmor=True,
)  # fmt: skip


def test_a_host_as_it_should_be() -> None:
    assert refusals(DEBIAN) == []
    assert losses(DEBIAN) == []
    assert all(DEBIAN.enforces(controller) for controller in DEBIAN.controllers)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"root": False}, "root"),
        ({"distribution": "fedora"}, "is not supported"),
        ({"release": "11"}, "is too old"),
        ({"release": "sid"}, "is too old"),
        ({"running_systemd": False}, "not this host's service manager"),
        ({"systemd": 247}, "systemd 247 is too old"),
        ({"ipv6": False}, "no IPv6"),
        ({"nft": (0, 9, 8)}, "nft 0.9.8 is too old"),
    ],
)
def test_each_obstacle_is_said_with_a_remedy(changed: dict[str, Any], said: str) -> None:
    (error,) = refusals(replace(DEBIAN, **changed))
    assert said in error.message
    assert error.remedy


def test_all_obstacles_are_said_at_once() -> None:
    assert len(refusals(replace(DEBIAN, root=False, distribution="arch", ipv6=False))) == 3


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unified_cgroups": False, "controllers": ()}, "cgroup v1"),
        ({"controllers": ("cpu",)}, "memory controller is off"),
        ({"bpf_framework": False}, "BPF_FRAMEWORK"),
        ({"unbound": "no bpf file system"}, "no bpf file system"),
        ({"apparmor": False}, "AppArmor"),
    ],
)
def test_each_loss_is_said(changed: dict[str, Any], said: str) -> None:
    (loss,) = losses(replace(DEBIAN, **changed))
    assert said in loss
