# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the module on a throwaway host, and what it returned."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.attacks.deployment import ZONES
from tests.support.plays import Controller

SHORT: dict[str, Any] = {"window": 31, "interval": 1, "rate": 5, "decode_rate": 0.5}
"""As short as a window may be that says something, and loads that also arrive where others are at work."""


@dataclass(frozen=True)
class Measured:
    """What the task returned, and all that was printed."""

    task: Mapping[str, Any]
    output: str

    def of(self, name: str) -> Mapping[str, Any]:
        """Return the profile of an instance."""
        (found,) = (item for item in self.task["profiles"] if item["name"] == name)
        return dict(found)

    def figures(self, name: str, load: str) -> Mapping[str, Any]:
        """Return the figures of an instance under a load."""
        return dict(self.load(name, load)["figures"])

    def load(self, name: str, load: str) -> Mapping[str, Any]:
        """Return what was measured of an instance under a load."""
        (found,) = (item for item in self.of(name)["loads"] if item["load"] == load)
        return dict(found)

    def advice(self, name: str) -> dict[str, Mapping[str, Any]]:
        """Return the advice for an instance by its resource."""
        return {item["resource"]: item for item in self.of(name)["advice"]}


def measure(
    controller: Controller, instances: Sequence[Mapping[str, Any]], options: Sequence[str] = (), **asked: Any
) -> Measured:
    """Measure; the task itself may fail, the play does not."""
    arguments = {"instances": instances, "zones": ZONES, **SHORT, **asked}
    said = controller.directory / "measured.json"
    run = controller.converge(
        controller.playbook(
            {
                "block": [{"hardened.librespot.resource_profile": arguments, "register": "measured", "become": True}],
                # What the task said is all that is of interest here, and it is looked at.
                "rescue": [{"ansible.builtin.debug": {"msg": "it has failed"}}],
            },
            {
                "ansible.builtin.copy": {"content": "{{ measured | to_json }}", "dest": str(said), "mode": "0600"},
                "delegate_to": "localhost",
                "check_mode": False,
            },
        ),
        {},
        options,
    )
    return Measured(json.loads(said.read_text(encoding="utf-8")), run.output)
