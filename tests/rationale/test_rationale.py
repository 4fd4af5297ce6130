# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-07: the document of reasons has all that is in force, and says of what somebody added that nobody has one."""

from __future__ import annotations

import re

from ansible_collections.hardened.librespot.plugins.module_utils.model.controls import CONTROLS
from tests.attacks.deployment import OURS
from tests.rationale.document import NOBODY, Described

ADDED = {
    "a setting of systemd": (
        f"mkdir -p /etc/systemd/system/{OURS}.d\n"
        f"printf '[Service]\\nIgnoreSIGPIPE=no\\n' > /etc/systemd/system/{OURS}.d/mutant.conf\nsystemctl daemon-reload",
        ("kitchen", "IgnoreSIGPIPE"),
    ),
    "a variable": (
        "echo 'LIBRESPOT_PASSWORD=\"hunter22\"' >> /etc/librespot/kitchen.env",
        ("kitchen", "LIBRESPOT_PASSWORD"),
    ),
    "a chain": ("nft add chain inet librespot somebodys", ("host", "chain somebodys")),
    "a set": ("nft add set inet librespot theirs '{ type ipv4_addr; }'", ("host", "set theirs")),
}
"""What somebody adds by hand, and the one line of the document that is about it."""


def test_it_has_all_that_is_in_force_and_a_reason_for_each(described: Described) -> None:
    found = described.document()
    of_unit = {item.name for item in found if (item.scope, item.kind) == ("kitchen", "unit")}
    of_options = {item.name.removeprefix("options.") for item in found if item.kind == "option"}
    of_options |= {
        name.removeprefix("LIBRESPOT_").lower().replace("_", "-") for name in of_unit if name.startswith("LIBRESPOT_")
    }
    assert len(described.directives()) > 50
    assert described.directives() <= of_unit
    assert len(described.options()) > 5
    assert described.options() <= of_options
    assert len(described.table()) > 10
    assert described.table() == {item.name for item in found if item.kind == "firewall"}
    for item in found:
        assert CONTROLS[item.control].threat == item.threat, item
        assert item.reason not in ("", NOBODY), item


def test_what_somebody_added_is_there_and_nobody_has_a_reason_for_it(described: Described) -> None:
    for script, _line in ADDED.values():
        described.host.shell(script)
    found = described.document()
    assert {(item.scope, item.name) for item in found if item.reason == NOBODY} == {
        line for _script, line in ADDED.values()
    }
    assert not re.search("hunter22", "".join(item.value for item in found))
    described.mend()
    assert not [item for item in described.document() if item.reason == NOBODY]
