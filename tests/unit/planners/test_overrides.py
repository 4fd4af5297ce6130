# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was made for a unit of ours is told from what is for all units of the host."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.planners.overrides import overrides


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
