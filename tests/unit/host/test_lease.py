# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lease is made of what a stranger sent: it becomes addresses, or nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.host.lease import commands, resolver_text

LEASE = {
    "interface": "librespot0",
    "ip": "192.168.20.5",
    "mask": "24",
    "router": "192.168.20.1 192.168.20.2",
    "dns": "192.168.20.53 192.168.20.54",
    "lease": "3600",
}


def test_a_lease_becomes_an_address_with_its_time_and_a_way_out() -> None:
    assert commands("bound", LEASE).splitlines() == [
        "address flush dev librespot0",
        "address replace 192.168.20.5/24 dev librespot0 valid_lft 3600 preferred_lft 3600",
        "route replace default via 192.168.20.1 dev librespot0",
    ]
    assert resolver_text(LEASE) == "nameserver 192.168.20.53\nnameserver 192.168.20.54\n"


@pytest.mark.parametrize("seconds", ["", "0", "-1", "\u0663", "99999999999999999999", "60; ls"])
def test_a_time_that_is_none_is_left_out(seconds: str) -> None:
    assert "valid_lft" not in commands("bound", {**LEASE, "lease": seconds})


def test_a_renewed_one_keeps_the_address_meanwhile() -> None:
    assert "flush" not in commands("renew", LEASE)


def test_without_a_lease_there_is_no_address() -> None:
    assert commands("deconfig", LEASE) == "address flush dev librespot0\nlink set dev librespot0 up\n"


@pytest.mark.parametrize("event", ["nak", "leasefail", ""])
def test_other_events_change_nothing(event: str) -> None:
    assert commands(event, LEASE) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"ip": ""},
        {"ip": "224.0.0.1"},
        {"ip": "127.0.0.1"},
        {"ip": "::1"},
        {"mask": "0"},
        {"mask": "33"},
        {"mask": "x"},
        {"mask": "\u00b2"},
    ],
)
def test_a_bad_lease_changes_nothing(change: dict[str, str]) -> None:
    assert commands("bound", {**LEASE, **change}) == ""


@given(st.dictionaries(st.sampled_from(["ip", "mask", "router", "dns", "lease", "domain"]), st.text()))
def test_no_lease_brings_anything_but_addresses(lease: dict[str, str]) -> None:
    given_lease = {**LEASE, **lease}
    for line in commands("bound", given_lease).splitlines():
        assert re.fullmatch(r"(address|route) (flush|replace)( [a-z_]+| [0-9./]+| librespot0)*", line)
    for line in resolver_text(given_lease).splitlines():
        assert re.fullmatch(r"nameserver [0-9.]+", line)
