# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork, placed

LOGIN = '{"auth_type": 1, "auth_data": "eA=="}'
HOST = HostNetwork({"lo": ("127.0.0.1", "::1"), "eth0": ("192.0.2.5", "2001:db8::5"), "wlan0": ()}, "eth0")
LONELY = HostNetwork({"lo": ("127.0.0.1",), "eth0": ("192.0.2.5",)})


def place(bind: Any, network: HostNetwork = HOST) -> tuple[str, str, str]:
    (item,) = parse_specification("0.8.0", [{"name": "kitchen", "bind": bind}], {"kitchen": LOGIN}).instances
    found = placed(item, network)
    return found.bind.kind, found.bind.value, found.interface


@pytest.mark.parametrize(
    ("bind", "found"),
    [
        ({}, ("interface", "eth0", "eth0")),
        ({"interface": "wlan0"}, ("interface", "wlan0", "wlan0")),
        ({"address": "192.0.2.5"}, ("address", "192.0.2.5", "eth0")),
        ({"address": "2001:DB8:0::5"}, ("address", "2001:db8::5", "eth0")),
        ({"loopback": True}, ("loopback", "", "lo")),
        ({"address": "::1"}, ("loopback", "::1", "lo")),
        ({"address": "127.0.0.2"}, ("loopback", "127.0.0.2", "lo")),
        ({"discovery": False}, ("off", "", "")),
    ],
)
def test_a_bind_finds_its_interface(bind: Any, found: tuple[str, str, str]) -> None:
    assert place(bind) == found


@pytest.mark.parametrize(
    ("bind", "network", "said"),
    [
        ({"interface": "eth1"}, HOST, "bind.interface: 'eth1' is not an interface of this host. It has: eth0, wlan0"),
        ({"address": "192.0.2.6"}, HOST, "bind.address: '192.0.2.6' is not an address of this host. It has: 192.0.2.5"),
        (
            {"address": "::1"},
            LONELY,
            "bind.address: '::1' is not an address of this host. Write bind: {loopback: true}",
        ),
        ({}, LONELY, "no default route whose interface could be meant. Write bind: {interface: eth0}"),
    ],
)
def test_what_the_host_has_not_is_refused_with_what_it_has(bind: Any, network: HostNetwork, said: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        place(bind, network)
    assert said in str(caught.value)


def test_what_engines_make_is_not_offered() -> None:
    engines = ("docker0", "br-0123456789ab", "veth12ab", "podman0", "lsp-kitchen")
    network = HostNetwork({**HOST.interfaces, "br-lan": (), **dict.fromkeys(engines, ("172.17.0.1",))})
    assert network.usable == ["br-lan", "eth0", "wlan0"]
