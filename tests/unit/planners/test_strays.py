# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which containers are under names that are not theirs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import INSTANCE_LABEL
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance
from ansible_collections.hardened.librespot.plugins.module_utils.planners.strays import strays

KITCHEN = "librespot-kitchen"


def engine(containers: dict[str, str], name: str = "docker") -> Engine:
    """Return an engine with *containers* of the instances that they name."""
    listed: list[dict[str, Any]] = [
        {"Names": [f"/{there}", f"/theirs/{there}"], "Labels": {INSTANCE_LABEL: label}}
        for there, label in containers.items()
    ]
    return cast(Engine, SimpleNamespace(name=name, containers=lambda _label: listed))


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
