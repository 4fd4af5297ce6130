# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is announced by the host's avahi, and what of it is ours to remove."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import FILE, Entry
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    Specification,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork, placed
from ansible_collections.hardened.librespot.plugins.module_utils.planners.announcement import (
    AVAHI,
    announcement_planners,
    elsewhere,
    muted,
    require_avahi,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.render.announcement import (
    MARK,
    SERVICES,
    service_path,
)

OFF = {"name": "office", "bind": {"discovery": False}}
LOGIN = '{"username": "someone", "auth_type": 1, "auth_data": "ZnJvbSBWYXVsdA=="}'


def host(files: dict[str, str], state: str = "active", boot: str = "enabled") -> Host:
    """Return a host with these files."""

    def read(path: str) -> Entry | None:
        return Entry(FILE, 0o644, 0, 0, files[path].encode()) if path in files else None

    edges: dict[str, Any] = {
        "names": lambda place: [path[len(place) + 1 :] for path in files if path.startswith(f"{place}/")],
        "read": read,
    }
    systemd = SimpleNamespace(show=lambda _unit, _names: {"ActiveState": state, "UnitFileState": boot})
    return cast(Host, SimpleNamespace(files=SimpleNamespace(**edges), systemd=systemd))


def test_those_of_ours_that_are_not_described_go_and_those_of_others_stay() -> None:
    files = {
        service_path("old"): MARK,
        service_path("foreign"): "<service-group/>",
        f"{SERVICES}/ssh.service": MARK,
    }
    spec = parse_specification(
        "0.8.0", [{"name": "kitchen"}, {**OFF, "port": 40001}], {"office": LOGIN}, None, CONTAINER
    )
    planned = {item.subject: bool(item.wanted()) for item in announcement_planners(host(files), spec)}
    assert planned == {service_path("kitchen"): True, service_path("old"): False}


def test_what_is_said_of_those_that_did_not_come_up_stays_as_it_is() -> None:
    files = {service_path("kitchen"): MARK, service_path("old"): MARK}
    written = [{"name": "kitchen"}, {"name": "bedroom", "port": 40001}, {"name": "study", "port": 40002}]
    spec = parse_specification("0.8.0", written, {}, None, CONTAINER)
    planned = announcement_planners(host(files), spec, ["kitchen", "study"])
    assert {item.subject: bool(item.wanted()) for item in planned} == {
        service_path("bedroom"): True,
        service_path("old"): False,
    }


def test_nobody_is_sent_to_the_port_of_another() -> None:
    files = {service_path(name): f"{MARK}<port>{port}</port>" for name, port in (("kitchen", 40001), ("study", 40002))}
    written = [{"name": "kitchen"}, {"name": "bedroom", "port": 40001}, {"name": "study", "port": 40003}]
    spec = parse_specification("0.8.0", written, {}, None, CONTAINER)
    planned = announcement_planners(host(files), spec, ["kitchen", "study"])
    assert {item.subject: bool(item.wanted()) for item in planned} == {
        service_path("bedroom"): True,
        service_path("kitchen"): False,
    }


def kitchen() -> Specification:
    """Return an instance that is bound to eth0."""
    spec = parse_specification("0.8.0", [{"name": "kitchen"}], deployment=CONTAINER)
    network = HostNetwork({"lo": (), "eth0": ("192.0.2.1",)}, "eth0")
    return Specification(spec.version, tuple(placed(item, network) for item in spec.instances))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "every interface of the host"),
        ("#allow-interfaces=eth0\n", "every interface of the host"),
        ("[server]\nallow-interfaces=eth0\n", ""),
        ("allow-interfaces = eth0, wlan0 \n", "wlan0"),
        ("allow-interfaces=\nuse-ipv4=yes\n", "every interface of the host"),
        ("deny-interfaces=wlan0,eth1\n", "every interface of the host but eth1, wlan0"),
        ("allow-interfaces=eth0,wlan0\ndeny-interfaces=wlan0\n", ""),
    ],
)
def test_where_else_it_is_announced_is_said(text: str, said: str) -> None:
    assert elsewhere(host({AVAHI: text} if text else {}), kitchen()) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[publish]\ndisable-publishing=yes\n", "announces nothing"),
        ("disable-publishing = True\n", "announces nothing"),
        ("#disable-publishing=yes\ndisable-publishing=no\ndisable-user-service-publishing=yes\n", ""),
        ("allow-interfaces=wlan0\n", "is kept from eth0"),
        ("allow-interfaces=eth0\nallow-interfaces=wlan0\n", "is kept from eth0"),
        ("deny-interfaces=wlan0, eth0\n", "is kept from eth0"),
        ("allow-interfaces=eth0\ndeny-interfaces=eth1\n", ""),
    ],
)
def test_what_avahis_settings_keep_from_being_announced_is_said(text: str, said: str) -> None:
    found = muted(host({AVAHI: text}), kitchen())
    assert [said in item.message for item in found] == [True] * bool(said)


def test_without_avahi_nothing_is_written() -> None:
    assert require_avahi(host({}), kitchen()) == []
    with pytest.raises(HostError, match="avahi-daemon does not run"):
        require_avahi(host({}, "inactive"), kitchen())
    with pytest.raises(HostError, match=r"does not run.*; avahi-daemon announces nothing"):
        require_avahi(host({AVAHI: "disable-publishing=yes\n"}, "inactive"), kitchen())


def test_what_ends_at_a_boot_or_on_one_interface_is_a_warning() -> None:
    found = require_avahi(host({AVAHI: "deny-interfaces=eth0\n"}, boot="disabled"), kitchen())
    assert ["boot" in item.message for item in found] == [True, False]
