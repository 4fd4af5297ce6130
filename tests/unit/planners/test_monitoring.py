# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the monitor is told of each kind of instance, and what it may do."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    SYSTEMD,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.monitored import (
    Settings,
    Target,
    read_settings,
    settings_text,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork, placed
from ansible_collections.hardened.librespot.plugins.module_utils.model.sandbox import CLOUD_METADATA
from ansible_collections.hardened.librespot.plugins.module_utils.planners.monitoring import grant_sets, settings_of
from ansible_collections.hardened.librespot.plugins.module_utils.render.monitor_units import (
    grants_units,
    monitor_unit,
)
from tests.unit.modules.machine import FACTS

NETWORK = HostNetwork({"lo": ("127.0.0.1",), "eth0": ("192.0.2.5",)}, default="eth0")
ZONES = {"home": {"networks": ["192.0.2.0/24"]}, "guests": {"grants": True}}
SEGMENT = {"parent": "eth0", "addresses": ["192.0.2.9/24"], "gateways": ["192.0.2.1"]}


def settings(engine: str = "docker", deployment: str = SYSTEMD, **instance: Any) -> Settings:
    wanted = [{"name": "kitchen", "access": ["home", "guests"], **instance}]
    spec = parse_specification("0.8.0", wanted, {}, ZONES, deployment)
    here = tuple(placed(item, NETWORK) for item in spec.instances)
    return settings_of(dataclasses.replace(spec, instances=here), engine, 5, "/metrics", told=False)


def target(engine: str = "docker", deployment: str = SYSTEMD, **instance: Any) -> Target:
    (found,) = settings(engine, deployment, **instance).targets
    return found


def test_a_service_is_asked_at_its_interface_and_its_ends_are_systemds_to_tell() -> None:
    found = target()
    assert (found.unit, found.watchdog) == ("librespot-kitchen.service", "librespot-kitchen-watchdog.service")
    assert found.group == "librespot.slice/librespot-kitchen.service"
    assert (found.port, found.interface, found.address, found.unseen) == (37879, "eth0", "", ())
    assert target(bind={"address": "192.0.2.5"}).address == "192.0.2.5"


def test_of_a_container_only_the_engine_knows_how_it_ended() -> None:
    found = target(deployment=CONTAINER)
    assert (found.unit, found.watchdog) == ("", "hardened-librespot-containers.service")
    assert found.group == "librespot.slice/librespot-kitchen.slice"
    assert (found.port, found.unseen) == (37879, ("result",))
    assert settings(deployment=CONTAINER).contained


def test_a_quadlet_is_a_service() -> None:
    found = target("podman", CONTAINER)
    assert (found.unit, found.unseen) == ("librespot-kitchen.service", ())
    assert found.group == "librespot.slice/librespot-by_podman.slice/librespot-kitchen.service"


def test_one_in_a_segment_cannot_be_asked_and_its_grants_cannot_be_seen() -> None:
    found = target(segment=SEGMENT)
    assert (found.port, found.interface, found.unseen) == (None, "", ("sign_of_life", "grants"))


@pytest.mark.parametrize(("instance", "count"), [({}, 2), ({"segment": SEGMENT}, 0), ({"access": ["home"]}, 0)])
def test_grants_are_listed_where_there_can_be_some(instance: dict[str, Any], count: int) -> None:
    spec = parse_specification("0.8.0", [{"name": "kitchen", "access": ["home", "guests"], **instance}], {}, ZONES)
    assert len(grant_sets(spec)) == count


def test_settings_are_read_as_they_were_written() -> None:
    for wanted in (settings(), settings(segment=SEGMENT), settings(deployment=CONTAINER)):
        assert read_settings(settings_text(wanted)) == wanted


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"targets": [{}]}', '{"targets": 1}'])
def test_what_are_no_settings_is_refused(text: str) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        read_settings(text)


def test_it_has_no_right_and_reaches_no_other_host() -> None:
    lines = monitor_unit(settings(), b"", FACTS, grants=False).splitlines()
    assert {"CapabilityBoundingSet=", "AmbientCapabilities=", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(
        lines
    )
    assert {"SocketBindDeny=any", "RestrictNetworkInterfaces=lo"} <= set(lines)
    assert "RestrictNetworkInterfaces=lo" not in monitor_unit(settings(deployment=CONTAINER), b"", FACTS, grants=False)
    without = dataclasses.replace(FACTS, bpf_framework=False)
    assert "SocketBindDeny" not in monitor_unit(settings(), b"", without, grants=False)


@pytest.mark.parametrize(
    ("instance", "said"),
    [
        ({"bind": {"loopback": True}, "access": []}, ["IPAddressDeny=any", "IPAddressAllow=127.0.0.1 ::1"]),
        ({"bind": {"address": "192.0.2.5"}}, ["IPAddressDeny=any", "IPAddressAllow=192.0.2.5"]),
        ({"segment": SEGMENT}, ["IPAddressDeny=any"]),
        ({}, [f"IPAddressDeny={CLOUD_METADATA} localhost"]),
        ({"deployment": CONTAINER}, [f"IPAddressDeny={CLOUD_METADATA}"]),
        ({"deployment": CONTAINER, "bind": {"loopback": True}, "access": []}, [f"IPAddressDeny={CLOUD_METADATA}"]),
    ],
)
@pytest.mark.parametrize("bpf", [True, False])
def test_it_reaches_no_address_but_those_at_which_it_asks(
    instance: dict[str, Any], said: Sequence[str], bpf: bool
) -> None:
    facts = dataclasses.replace(FACTS, bpf_framework=bpf)
    lines = monitor_unit(settings(**instance), b"", facts, grants=False).splitlines()
    assert [line for line in lines if line.startswith("IPAddress")] == said


def test_who_lists_grants_has_one_right() -> None:
    service, timer = grants_units([("guests", "grant_guests_4")]).values()
    assert [line for line in service.splitlines() if "CAP_" in line] == [
        "AmbientCapabilities=CAP_NET_ADMIN",
        "CapabilityBoundingSet=CAP_NET_ADMIN",
    ]
    assert "guests=grant_guests_4" in service
    assert "OnUnitInactiveSec=60s" in timer


def test_another_program_or_other_settings_are_another_generation() -> None:
    texts = {
        monitor_unit(made, program, FACTS, False)
        for made in (settings(), settings(port=4000))
        for program in (b"", b"1")
    }
    assert len(texts) == 4
