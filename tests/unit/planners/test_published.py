# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An instance is published where its engine answers, and refused where that is nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.podman import Podman
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    Specification,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners import containers
from ansible_collections.hardened.librespot.plugins.module_utils.planners.containers import published_at
from ansible_collections.hardened.librespot.plugins.module_utils.planners.quadlets import refuse_networks

BOTH = ["192.168.1.5", "2001:db8::5"]


def _bound(bind: dict[str, Any]) -> Specification:
    return parse_specification("0.8.0", [{"name": "kitchen", "bind": bind}], {}, None, CONTAINER)


@pytest.fixture
def has(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the addresses that the host has, for a test to change."""
    found: list[str] = []
    monkeypatch.setattr(containers, "addresses", lambda _name, only: [x for x in found if only in ("", x)])
    return found


def test_an_interface_is_published_in_the_families_that_the_engine_serves(has: list[str]) -> None:
    has += BOTH
    (item,) = _bound({"interface": "eth0"}).present
    assert published_at(item, Engine.families) == tuple(BOTH)
    assert published_at(item, Podman.families) == (BOTH[0],)


def test_the_loopback_interface_is_published_at_one_address() -> None:
    (item,) = _bound({"loopback": True}).present
    assert published_at(item, Podman.families) == ("127.0.0.1",)
    (item,) = _bound({"address": "::1"}).present
    assert published_at(item, Engine.families) == ("::1",)


@pytest.mark.parametrize(("addresses", "said"), [([], "has no address"), (BOTH[1:], "passes on nothing of IPv6")])
def test_where_nobody_would_be_answered_it_is_refused(has: list[str], addresses: list[str], said: str) -> None:
    has += addresses
    (item,) = _bound({"interface": "eth0"}).present
    with pytest.raises(HostError, match=said):
        published_at(item, Podman.families)


@pytest.mark.parametrize("address", ["::1", "2001:db8::5"])
def test_an_address_of_ipv6_is_refused_for_podman_before_anything_is_done(address: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        refuse_networks(_bound({"address": address}))
    assert caught.value.path == "librespot_instances[0].bind.address"
    refuse_networks(_bound({"address": "192.168.1.5"}))
