#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grant
short_description: Let one address in to a zone for a time
version_added: 0.1.0
description:
  - Opens the door of a zone that has grants to one address. The kernel itself ends it when the time is over, without
    another run, and connections that are held open get no further answer then.
  - It is made to be called by an application that has just authenticated someone, and takes well under a second.
  - A grant survives every change of the firewall's table, but neither a reboot nor a flush of all tables, as
    C(nftables.service) does it.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification.attributes
options:
  zone:
    description: The zone, one with C(grants) in C(librespot_zones) of the host. Without it, grants are only listed.
    type: str
  address:
    description: The address that is let in, IPv4 or IPv6.
    type: str
  ttl:
    description:
      - For how long, as V(90s), V(20m) or V(4h); at most what the zone allows, which is also the default.
      - A grant that has as much time left is not changed.
    type: str
  state:
    description: V(absent) ends the grant now.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Let a guest in for the evening
  hardened.librespot.grant:
    zone: guests
    address: 192.168.30.17
    ttl: 4h

- name: Show who is let in now
  hardened.librespot.grant: {}
  register: listed
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["grant of guests to 192.168.30.17: seconds"]
grants:
  description: All grants that are in force, each with its zone, its address and the seconds that are left.
  returned: success
  type: list
  elements: dict
  sample: [{"zone": "guests", "address": "192.168.30.17", "seconds": 14399}]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.systemd import Systemd
from ansible_collections.hardened.librespot.plugins.module_utils.model.grants import parse_grant, recorded
from ansible_collections.hardened.librespot.plugins.module_utils.module import STATE_ARGUMENT, outcome, run
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import Planner, converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.grant import (
    GrantPlanner,
    doors,
    granted,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall_units import GRANTS_FILE
from ansible_collections.hardened.librespot.plugins.module_utils.render.monitor_units import GRANTS_SERVICE
from ansible_collections.hardened.librespot.plugins.module_utils.render.unit import UNITS


def work(module: AnsibleModule) -> dict[str, Any]:
    """Grant, end or list."""
    asked = module.params
    commands, files = Commands(), Files()
    tables, entry = doors(commands), files.read(GRANTS_FILE)
    known = recorded(entry.content.decode()) if entry else {}
    planners: list[Planner] = []
    if asked["zone"] is not None:
        grant = parse_grant(asked["zone"], asked["address"], asked["ttl"], known)
        planners.append(GrantPlanner(tables, grant, asked["state"] == "present"))
    result = outcome(module, converge(planners, module.check_mode))
    if result["changed"] and not module.check_mode and files.read(f"{UNITS}/{GRANTS_SERVICE}", content=False):
        # The monitor knows of it in a moment, and not in a minute.
        Systemd(commands).begin(GRANTS_SERVICE)
    return {**result, "grants": granted(tables, known)}


def main() -> None:
    """Run the module."""
    arguments = {
        "zone": {"type": "str"},
        "address": {"type": "str"},
        "ttl": {"type": "str"},
        **STATE_ARGUMENT,
    }
    named = ("zone", "address")
    run(
        AnsibleModule(
            argument_spec=arguments,
            required_together=[named],
            required_by={"ttl": named},
            required_if=[("state", "absent", named)],
            supports_check_mode=True,
        ),
        work,
    )


if __name__ == "__main__":
    main()
