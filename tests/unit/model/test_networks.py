# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.networks import (
    V4,
    V6,
    Interval,
    interval_text,
    merged,
    parse_interval,
    parse_networks,
)

NUMBERS = st.integers(0, 2**32 - 2)
INTERVALS = st.tuples(NUMBERS, NUMBERS).map(lambda pair: (min(pair), max(pair)))


def test_overlaps_and_neighbours_become_one() -> None:
    found = parse_networks(["192.168.11.0/24", "192.168.10.0/24", "192.168.10.7", "10.0.0.5-10.0.0.9"], "n")
    assert [interval_text(item, V4) for item in found.v4] == ["10.0.0.5-10.0.0.9", "192.168.10.0/23"]
    assert found.v6 == ()


def test_both_families_are_kept_apart() -> None:
    found = parse_networks(["2001:db8::/33", "2001:db8:8000::/33", "10.0.0.1"], "n")
    assert [interval_text(item, V6) for item in found.v6] == ["2001:db8::/32"]
    assert [interval_text(item, V4) for item in found.v4] == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("192.168.1.5/24", "192.168.1.0/24, or 192.168.1.5 for the one address"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("0.0.0.0/0", "is everyone"),
        ("::/0", "is everyone"),
        ("::ffff:10.0.0.1", "Write them as IPv4"),
        ("10.0.0.9-10.0.0.5", "Write 10.0.0.5-10.0.0.9"),
        ("10.0.0.1-2001:db8::1", "is not a network"),
        ("10.0.0.0/33", "is not a network"),
        ("10.0.0.0/-1", "is not a network"),
        ("10.0.0.0/\u0661", "is not a network"),
        ("010.0.0.1", "is not a network"),
        ("10.0.0", "is not a network"),
        ("kitchen.example.org", "is not a network"),
        ("fe80::1%eth0", "is not a network"),
        ("", "is not a network"),
        (10, "is not a network"),
        (None, "is not a network"),
    ],
)
def test_what_is_no_network_is_refused_with_what_would_be_right(value: Any, said: str) -> None:
    with pytest.raises(SpecificationError, match=r"^zone\.networks\[1\]: ") as caught:
        parse_networks(["10.0.0.1", value], "zone.networks")
    assert said in str(caught.value)


@given(st.lists(INTERVALS, max_size=20), NUMBERS)
def test_merged_holds_the_same_addresses(given_: list[Interval], number: int) -> None:
    found = merged(given_)
    assert any(first <= number <= last for first, last in found) == any(a <= number <= b for a, b in given_)
    assert all(one[1] + 1 < other[0] for one, other in itertools.pairwise(found))


@given(INTERVALS)
def test_what_is_written_is_read_again(interval: Interval) -> None:
    assert parse_interval(interval_text(interval, V4), "n") == (V4, interval)


@given(st.integers(0, 2**32 - 1), st.integers(1, 32))
def test_networks_are_those_of_the_standard_library(number: int, length: int) -> None:
    network = ipaddress.ip_network((number, length), strict=False)
    assert parse_interval(str(network), "n") == (V4, (int(network[0]), int(network[-1])))


def test_everyone_in_two_halves_is_everyone() -> None:
    with pytest.raises(SpecificationError, match=r"^zone\.networks: .* is everyone"):
        parse_networks(["0.0.0.0/1", "128.0.0.0/1"], "zone.networks")
