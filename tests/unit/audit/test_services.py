# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CON-10: what instances in containers need of the host's services, now and after a boot."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import services
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.podman import Podman
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    FAILED,
    NOT_APPLICABLE,
    PASSED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.render.watchdog import TIMER

UP = {"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active"}
OFF = {"UnitFileState": "disabled"}
KITCHEN = {"name": "kitchen"}


def looked(
    units: dict[str, dict[str, str]], engine: type[Any] = Engine, announce: bool = True, *written: Any
) -> list[Finding]:
    """Return the findings of a host on which *units* differ from what is up and enabled."""
    systemd = SimpleNamespace(show=lambda unit, _names: {**UP, **units.get(unit, {})})
    host = cast(Host, SimpleNamespace(systemd=systemd, files=SimpleNamespace(read=lambda _path: None)))
    spec = parse_specification("0.8.0", list(written or [KITCHEN]), {}, None, CONTAINER)
    return list(services.look(object.__new__(engine), announce, Context(host, spec, [], live=False)))


def test_with_all_of_them_it_is_green() -> None:
    assert [(x.id, x.check, x.scope, x.status) for x in looked({})] == [
        ("CON-10", "boot", "host", PASSED),
        ("CON-10", "announced", "host", PASSED),
    ]


@pytest.mark.parametrize(
    ("units", "status", "said"),
    [
        ({"docker.service": OFF}, PASSED, "docker.service is disabled"),
        ({"docker.socket": OFF, TIMER: OFF}, PASSED, "docker.service is enabled"),
        ({"docker.service": OFF, "docker.socket": OFF}, FAILED, "systemctl enable docker.service"),
        ({"docker.service": OFF, TIMER: OFF}, FAILED, f"{TIMER} is disabled"),
        ({"docker.service": {"LoadState": "masked", "UnitFileState": "masked"}}, FAILED, "unmask docker.service"),
        ({"docker.service": {"LoadState": "not-found", "UnitFileState": ""}}, NOT_APPLICABLE, "another unit"),
    ],
)
def test_the_engine_starts_at_boot_or_when_it_is_asked(
    units: dict[str, dict[str, str]], status: str, said: str
) -> None:
    found = looked(units)[0]
    assert (found.status, said in found.observed + found.remedy) == (status, True)


def test_podmans_services_are_made_at_each_boot() -> None:
    assert [x.check for x in looked({}, Podman)] == ["announced"]


def test_avahi_is_asked_where_it_shall_announce_something() -> None:
    stopped = {"avahi-daemon.service": {"ActiveState": "inactive"}}
    found = looked(stopped)[1]
    assert (found.status, "start it" in found.remedy) == (FAILED, True)
    assert [x.check for x in looked(stopped, Engine, False)] == ["boot"]
    segment = {**KITCHEN, "segment": {"parent": "eth0", "dhcp": True}}
    assert [x.check for x in looked(stopped, Engine, True, segment)] == ["boot"]
    assert looked(stopped, Engine, True, {**KITCHEN, "state": "absent"}) == []
