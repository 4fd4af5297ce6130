# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules of the firewall refuse before they look at the host."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ansible_collections.hardened.librespot.plugins.modules import grant, router

from .conftest import Run


@pytest.mark.parametrize("table", ["", "Router", "my-table", "x" * 32, "filter; flush ruleset", "librespot"])
def test_a_router_gets_no_table_with_the_name_of_a_hosts_own(run: Run, lock: str, table: str) -> None:
    del lock
    said = run(router, table=table, instances=[{"name": "kitchen"}])
    assert said.failed
    assert said.data["msg"].startswith("table:")
    assert said.data["remedy"].startswith("Write ")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"zone": "guests"}, "address"),
        ({"address": "192.0.2.7"}, "zone"),
        ({"ttl": "1h"}, "zone"),
        ({"state": "absent"}, "zone"),
    ],
)
def test_a_door_is_opened_and_closed_to_someone_only(
    run: Run, lock: str, given: Mapping[str, str], missing: str
) -> None:
    del lock
    said = run(grant, **given)
    assert said.failed
    assert missing in said.data["msg"]
