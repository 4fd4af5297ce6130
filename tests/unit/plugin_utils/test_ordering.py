# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.plugin_utils.looking import versions
from ansible_collections.hardened.librespot.plugins.plugin_utils.ordering import asked, newest_first, older


def test_the_order_is_that_of_numbers_and_pre_releases_come_before() -> None:
    given = ["0.9.0", "0.10.0-rc.1", "0.10.0", "0.10.0-rc.10", "0.10.0-rc.2", "0.4.0+2", "0.4.0+1"]
    assert newest_first(given, "x") == [
        "0.10.0",
        "0.10.0-rc.10",
        "0.10.0-rc.2",
        "0.10.0-rc.1",
        "0.9.0",
        "0.4.0+2",
        "0.4.0+1",
    ]


def test_what_is_no_version_is_refused_by_name() -> None:
    with pytest.raises(HostError, match="x names 'new', which is no version"):
        newest_first(["0.8.0", "new"], "x")
    with pytest.raises(SpecificationError) as caught:
        asked("0.8", "policy.version")
    assert caught.value.path == "policy.version"


@pytest.mark.parametrize(
    ("version", "other", "is_older"),
    [("0.7.1", "0.8.0", True), ("0.8.0", "0.8.0", False), ("0.8.0", "0.7.1", False), ("own", "0.8.0", False)],
)
def test_older(version: str, other: str, is_older: bool) -> None:
    assert older(version, other) is is_older


def test_what_runs_and_is_no_version_does_not_keep_the_others_from_being_looked_at() -> None:
    running = [{"version": "0.7.1"}, {"version": "own-build"}, {"version": ""}]
    assert versions(running, ["0.8.0", "0.7.1"]) == ["0.8.0", "0.7.1", "own-build"]
