# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit.rationale import _in_force
from ansible_collections.hardened.librespot.plugins.module_utils.host.engines import AnyEngine
from ansible_collections.hardened.librespot.plugins.module_utils.host.podman import Podman
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, Instance
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

KITCHEN = Instance("kitchen", "librespot_instances[0]", deployment=CONTAINER)
THERE: dict[str, Any] = {
    "Config": {"Hostname": "kitchen", "User": "990:990"},
    "HostConfig": {"OomScoreAdj": 500, "ReadonlyRootfs": True, "Annotations": {"io.podman.annotations.init": "FALSE"}},
    "Image": "sha256:0",
}


class Quadlets(Podman):
    def __init__(self) -> None:
        pass

    def container(self, name: str) -> dict[str, Any]:
        assert name == "librespot-kitchen"
        return THERE


class Docker:
    def container(self, name: str) -> dict[str, Any]:
        assert name == "librespot-kitchen"
        return THERE


@pytest.mark.parametrize(("engine", "bare"), [(Quadlets(), []), (Docker(), ["anything else"])])
def test_what_podman_fills_in_needs_no_reason(engine: object, bare: list[str]) -> None:
    found = _in_force(cast(Host, None), KITCHEN, cast(AnyEngine, engine))
    assert [item.name for item in found if not item.reason] == bare
    assert "root" in {item.name for item in found}
