# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several instances on a host: one is taken out of the inventory, and the others play on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall_units import TABLE_FILE
from tests.attacks.deployment import BEDROOM, KITCHEN, ZONES
from tests.containers.speaker import NAME, Speaker
from tests.mutants.world import red
from tests.network.audits import audit

BED = "librespot-bedroom"


def converge(speaker: Speaker, *instances: Mapping[str, Any], **more: Any) -> int:
    """Deploy these *instances* and return how many tasks changed something."""
    return speaker.converge(librespot_instances=[dict(item) for item in instances], **more)


def audited(speaker: Speaker, *instances: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """Return the red findings of an audit by these *instances*."""
    wanted = {"instances": [dict(item) for item in instances], "zones": ZONES, "deployment": "container"}
    return red(audit(speaker.host, {**wanted, "engine": speaker.ENGINE}))


@pytest.fixture
def two(speaker: Speaker) -> Iterator[Speaker]:
    """Return the host with the kitchen and the bedroom."""
    converge(speaker, KITCHEN, BEDROOM)
    assert speaker.names == [BED, NAME]
    yield speaker
    converge(speaker, KITCHEN)


def test_one_that_is_taken_out_of_the_inventory_is_gone_after_one_run(two: Speaker) -> None:
    before, user = two.identity, two.host.out("id", "--user", BED).strip()
    foretold = converge(two, KITCHEN, options=["--check"])
    assert two.names == [BED, NAME]
    assert converge(two, KITCHEN) == foretold > 0
    assert audited(two, KITCHEN) == {}
    assert converge(two, KITCHEN) == 0
    assert (two.names, two.identity) == ([NAME], before)
    # The table of now, and that of the next boot.
    for table in (("nft", "list", "table", "inet", "librespot"), ("cat", TABLE_FILE)):
        assert user not in two.host.out(*table).split()
