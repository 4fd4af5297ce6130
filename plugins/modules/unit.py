#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: unit
short_description: Users, sandboxed units and running services of librespot instances
version_added: 0.1.0
description:
  - Gives each instance a system user of its own and a unit with every sandbox directive that librespot can live with,
    its limits, and a watchdog that restarts it when it is up but silent.
  - Enables and starts the instances. One that runs with another unit, other options, other credentials or another
    release than wanted is restarted, whoever changed them, and must then answer.
  - Directives that the host's systemd does not know, or accepts and does not enforce, are left out.
  - An instance with a C(segment) gets it first, as M(hardened.librespot.segment) makes it.
  - An instance never runs without the firewall's table, so M(hardened.librespot.firewall) comes first.
  - What ran one of the instances in a container until now is ended and removed.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.state
  - hardened.librespot.specification.attributes
options:
  release:
    description:
      - The id of the release that the instances shall run, as M(hardened.librespot.release) returns it.
      - Without it, the active release.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Let nobody in but the private networks
  hardened.librespot.firewall:
    instances: &speakers
      - name: kitchen
        limits:
          memory: 128M
          cpu: 50%

- name: Run a speaker
  hardened.librespot.unit:
    instances: *speakers

- name: Remove a speaker with its user and files
  hardened.librespot.unit:
    instances:
      - name: kitchen
        state: absent
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["/etc/systemd/system/librespot-kitchen.service: content", "service librespot-kitchen.service: generation"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    SPECIFICATION_ARGUMENTS,
    STATE_ARGUMENT,
    outcome,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.moved import displaced_containers, services
from ansible_collections.hardened.librespot.plugins.module_utils.planners.preflight import usable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host, unit_planners
from ansible_collections.hardened.librespot.plugins.module_utils.planners.segments import segment_planners
from ansible_collections.hardened.librespot.plugins.module_utils.render.unit import FIREWALL, UNITS


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring users, units and services to where they shall be."""
    host = Host()
    if module.params["state"] == "absent":
        return outcome(module, converge(unit_planners(host, services(host), ""), module.check_mode))
    spec = usable(host, specification(module))
    release = module.params["release"] or host.active_release()
    if spec.present and not module.check_mode:
        _ready(host, release)
    planners = [
        *displaced_containers(host, spec),
        *segment_planners(host, spec),
        *unit_planners(host, spec, release),
    ]
    return outcome(module, converge(planners, module.check_mode))


def _ready(host: Host, release: str) -> None:
    """Raise `HostError` when what an instance cannot start without is missing. What other modules do comes before."""
    if not release:
        raise HostError("No release of librespot is active on this host", "Run the role librespot_install first")
    if host.files.read(f"{UNITS}/{FIREWALL}", content=False) is None:
        raise HostError(
            f"{FIREWALL} is not on this host, and no instance starts without the table that it loads",
            "Run hardened.librespot.firewall with the same instances first, or the role librespot_systemd, which does",
        )


def main() -> None:
    """Run the module."""
    arguments = {**SPECIFICATION_ARGUMENTS, **STATE_ARGUMENT, "release": {"type": "str", "default": ""}}
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
