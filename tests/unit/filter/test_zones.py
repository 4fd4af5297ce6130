# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.filter.zones import merge
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.networks import Networks, parse_networks


def merged(*networks: Any) -> Any:
    return merge({"home": {"networks": list(networks), "rate": "10/second"}})["home"]["networks"]


def test_networks_become_the_fewest_with_the_same_addresses() -> None:
    found = merged("192.168.10.0/25", "192.168.10.128/25", "192.168.10.7", "2001:db8::/33", "2001:db8:8000::/33")
    assert found == ["192.168.10.0/24", "2001:db8::/32"]


def test_ranges_and_globs_become_networks() -> None:
    assert merged("192.168.11.*") == ["192.168.11.0/24"]
    assert merged("10.0.0.4-10.0.0.8") == ["10.0.0.4/30", "10.0.0.8"]


def test_the_rest_of_a_zone_stays() -> None:
    zones = {"a": {"networks": ["10.0.0.1"], "rate": "10/second"}, "guests": {"grants": True}}
    assert merge(zones) == zones


@pytest.mark.parametrize(
    "wrong", ["192.168.1.5/24", "0.0.0.0/0", "::/0", "kitchen", "10.0.0.9-10.0.0.1", "fe80::1%eth0", "10.1", 5, None]
)
def test_what_is_wrong_is_left_for_the_modules_to_name(wrong: Any) -> None:
    assert merged("10.0.0.2", wrong, "10.0.0.3") == ["10.0.0.2", wrong, "10.0.0.3"]


@pytest.mark.parametrize(
    "zones", [None, "home", ["home"], {"home": "10.0.0.0/8"}, {"home": {"networks": "10.0.0.0/8"}}]
)
def test_what_is_no_zone_is_left_as_it_is(zones: Any) -> None:
    assert merge(zones) == zones


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 32)), max_size=12))
def test_the_addresses_stay_the_same(pairs: list[tuple[int, int]]) -> None:
    texts = []
    for number, length in pairs:
        network = number >> (32 - length) << (32 - length)
        texts.append(f"{'.'.join(str(network >> shift & 255) for shift in (24, 16, 8, 0))}/{length}")
    assert _read(merged(*texts)) == _read(texts)


def _read(texts: list[str]) -> Networks | None:
    """Return what the modules make of *texts*; None when they refuse them, for being everyone together."""
    try:
        return parse_networks(texts, "n")
    except SpecificationError:
        return None
