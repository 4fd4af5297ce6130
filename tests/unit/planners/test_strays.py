# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which containers are under names that are not theirs, and who keeps a network from going."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import INSTANCE_LABEL
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance
from ansible_collections.hardened.librespot.plugins.module_utils.planners.guests import GuestsPlanner
from ansible_collections.hardened.librespot.plugins.module_utils.planners.strays import strays

KITCHEN = "librespot-kitchen"


def engine(containers: dict[str, str], on: tuple[str, ...] = (), name: str = "docker") -> Engine:
    """Return an engine with *containers* of the instances that they name, some of them *on* the kitchen's network."""
    listed: list[dict[str, Any]] = [
        {"Names": [f"/{there}", f"/theirs/{there}"], "Labels": {INSTANCE_LABEL: label}}
        for there, label in containers.items()
    ]
    return cast(Engine, SimpleNamespace(name=name, containers=lambda _label: listed, on_network=lambda _name: [*on]))


@pytest.mark.parametrize("kind", ["", "-trial", "-before", "-segment"])
def test_what_planners_look_for_is_no_stray(kind: str) -> None:
    name = KITCHEN + kind
    assert strays(engine({name: "kitchen"}), [Instance("kitchen", "")]) == {}
    of_podman = strays(engine({name: "kitchen"}, name="podman"), [Instance("kitchen", "")])
    assert of_podman == ({name: "kitchen"} if kind else {})


@pytest.mark.parametrize(
    ("label", "scope"), [("kitchen", "kitchen"), ("den", "host"), ("../no name", "host"), ("", "host")]
)
def test_what_has_another_name_is_one_of_its_instance_or_of_the_host(label: str, scope: str) -> None:
    assert strays(engine({"something": label}), [Instance("kitchen", "")]) == {"something": scope}


def test_that_of_an_instance_under_the_name_of_another_is_known_by_that_name() -> None:
    assert strays(engine({KITCHEN: "den"}), [Instance("kitchen", ""), Instance("den", "")]) == {}


@pytest.mark.parametrize(
    ("on", "goes", "others"),
    [
        ((KITCHEN, f"{KITCHEN}-trial", "renamed"), True, ""),
        ((KITCHEN, "guest", "another"), True, "another guest"),
        (("librespot-den",), True, "librespot-den"),
        (("guest",), False, ""),
    ],
)
def test_only_others_are_in_the_way_of_a_network_that_goes(on: tuple[str, ...], goes: bool, others: str) -> None:
    planner = GuestsPlanner(engine({}, on), "kitchen", lambda: goes, ["renamed"])
    plan = planner.plan()
    assert plan.changed is bool(others)
    assert plan.before == ({"names": others} if others else {})


def test_each_of_them_is_named_with_what_takes_it_off() -> None:
    planner = GuestsPlanner(engine({}, ("guest", "another")), "kitchen", lambda: True)
    with pytest.raises(HostError) as raised:
        planner.refuse(planner.plan())
    assert "another, guest" in raised.value.message
    assert raised.value.remedy.endswith(
        f"docker network disconnect {KITCHEN} another; docker network disconnect {KITCHEN} guest"
    )
