# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module ``health`` says of the instances of a host."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.plays import Controller


@dataclass(frozen=True)
class Health:
    """What a task returned, and all that was printed."""

    task: Mapping[str, Any]
    output: str

    @property
    def reasons(self) -> dict[str, str]:
        """The word for each instance."""
        return {item["name"]: item["reason"] for item in self.task["instances"]}

    def of(self, name: str) -> Mapping[str, Any]:
        """Return what is said of one instance."""
        (found,) = (item for item in self.task["instances"] if item["name"] == name)
        return dict(found)


def health(controller: Controller, instances: Sequence[Mapping[str, Any]], **asked: Any) -> Health:
    """Ask a host for the health of *instances*; the task itself may fail, the play does not."""
    arguments = {"instances": instances, "timeout": 15, "soak": 0, **asked}
    said = controller.directory / "health.json"
    run = controller.converge(
        controller.playbook(
            {
                "block": [{"hardened.librespot.health": arguments, "register": "looked", "become": True}],
                # What the task said is all that is of interest here, and it is looked at.
                "rescue": [{"ansible.builtin.debug": {"msg": "it has failed"}}],
            },
            {
                "ansible.builtin.copy": {"content": "{{ looked | to_json }}", "dest": str(said), "mode": "0600"},
                "delegate_to": "localhost",
            },
        ),
        {},
    )
    return Health(json.loads(said.read_text(encoding="utf-8")), run.output)
