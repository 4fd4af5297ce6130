# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""NET-10: what brings a bridge back to the one container on it depends on whose network it is."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import published
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host import bridge
from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import CONTROLS
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import FAILED, PASSED
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

OWN = "Give the container a network of its own, with the option com.docker.network.bridge.name=lsp-kitchen"
GUEST = "Take off who else is on it: CON-05 of kitchen says who it is, and how"
SITE = CONTROLS["NET-10"].remedy


@pytest.mark.parametrize(
    ("ours", "members", "status", "remedy"),
    [
        (True, ["veth0"], PASSED, SITE),
        (True, None, FAILED, SITE),
        (True, [], FAILED, SITE),
        (True, ["veth0", "veth1"], FAILED, GUEST),
        (False, None, FAILED, OWN),
        (False, ["veth0", "veth1"], FAILED, OWN),
    ],
)
def test_what_a_run_mends_and_what_it_does_not(
    monkeypatch: pytest.MonkeyPatch, ours: bool, members: list[str] | None, status: str, remedy: str
) -> None:
    monkeypatch.setattr(bridge, "members", lambda _name: members)
    spec = parse_specification("0.8.0", [{"name": "kitchen"}], {}, None, CONTAINER)
    (found,) = published.look(Context(Host(), spec, [], live=False), ours)
    assert (found.status, found.remedy.startswith(remedy)) == (status, True)
