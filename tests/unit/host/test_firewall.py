# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows of local time as the kernel compares them, and the host's name servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.host.firewall import localized, resolvers, utc_windows

DAY = 24 * 60
MINUTES = st.integers(0, DAY - 1)


@given(
    MINUTES,
    MINUTES,
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 7 * DAY - 1),
)
def test_a_window_is_open_when_it_is_open_by_local_time(
    first: int, last: int, days: set[int], offset: int, utc: int
) -> None:
    local = (utc + offset) % (7 * DAY)
    length = (last - first) % DAY or DAY
    open_locally = any((local - (day * DAY + first)) % (7 * DAY) < length for day in days)
    pieces = list(utc_windows(first, last, sorted(days), offset))
    assert open_locally == any(utc // DAY == day and begin <= utc % DAY < end for day, begin, end in pieces)
    assert all(0 <= begin < end <= DAY for _day, begin, end in pieces)


def test_other_lines_stay_as_they_are() -> None:
    text = "table inet librespot {\n    ip saddr 192.0.2.1 drop\n}\n"
    assert localized(text, 60) == text


def test_a_window_over_midnight_becomes_two_rules() -> None:
    found = localized("    @window 1380-60 0 ip saddr 192.0.2.1 accept\n", 0).splitlines()
    assert found == [
        '    meta day "Monday" meta hour 82800-86399 ip saddr 192.0.2.1 accept',
        '    meta day "Tuesday" meta hour 0-3599 ip saddr 192.0.2.1 accept',
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nameserver 192.0.2.1\nnameserver 2001:db8::1\n", (["192.0.2.1"], ["2001:db8::1"])),
        ("# nameserver 192.0.2.1\nsearch example.org\n", ([], [])),
        ("nameserver fe80::1%eth0\nnameserver 192.0.2.1 # x\nnameserver nonsense\n", (["192.0.2.1"], ["fe80::1"])),
        ("nameserver\nnameserver 192.0.2.1; flush ruleset\n", ([], [])),
    ],
)
def test_name_servers_are_read_as_the_resolver_does(
    tmp_path: Path, text: str, found: tuple[list[str], list[str]]
) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(text, encoding="utf-8")
    assert resolvers(str(path)) == found


def test_a_host_without_name_servers_has_none(tmp_path: Path) -> None:
    assert resolvers(str(tmp_path / "missing")) == ([], [])
