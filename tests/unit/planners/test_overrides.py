# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was made for a unit of ours is told from what is for all units of the host."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.planners.overrides import (
    for_this_unit,
    listed,
    overrides,
    paths,
)


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("/usr/local/lib/systemd/system/librespot-firewall.service.d/x.conf", True),
        ("/run/systemd/system/librespot-.service.d/x.conf", True),
        ("/etc/systemd/system/hardened-librespot-containers.timer.d/x.conf", True),
        ("/usr/lib/systemd/system/service.d/10-timeout-abort.conf", False),
        ("/etc/systemd/system/timer.d/librespot-x.conf", False),
    ],
)
def test_a_drop_in_is_of_a_unit_or_of_everyones(path: str, ours: bool) -> None:
    assert overrides({"FragmentPath": "/etc/systemd/system/x.service", "DropInPaths": path}) == [path] * ours


def test_a_unit_in_the_place_of_ours_is_told() -> None:
    for path in ("/run/systemd/transient/x.service", "/etc/systemd/system.control/x.service"):
        assert overrides({"FragmentPath": path}) == [path]


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("/a/b.conf /c/d.conf", ["/a/b.conf", "/c/d.conf"]),
        ('"/a/50 my drop.conf" /c/d.conf', ["/a/50 my drop.conf", "/c/d.conf"]),
        (r'"/a/\"q\" \\.conf"', ['/a/"q" \\.conf']),
        (r'"/a/\$x \`y\`.conf"', ["/a/$x `y`.conf"]),
        ("", []),
    ],
)
def test_paths_are_read_as_systemd_quotes_them(shown: str, found: list[str]) -> None:
    assert paths(shown) == found
    assert paths(listed(found)) == found


def test_a_drop_in_with_a_space_is_one_of_a_unit() -> None:
    path = "/etc/systemd/system/librespot-kitchen.service.d/50 my drop.conf"
    assert for_this_unit(f'"{path}"') == [path]
