#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: announcement
short_description: Let the avahi of a host announce librespot instances in containers
version_added: 0.1.0
description:
  - An instance in a container with a network of its own cannot announce itself to the household. Its port is published
    by the host, so the host's avahi announces it, at the host's address.
  - This module writes a service file below C(/etc/avahi/services) for each instance that listens, which avahi follows
    at once, and removes those of ours that are not described any more. Files of others are left alone.
  - It is not for instances that M(hardened.librespot.unit) runs. They announce themselves, and would be announced
    twice. An instance with a C(segment) does so as well, where the host's avahi is not, and is left out.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.state
  - hardened.librespot.specification.attributes
options:
  unfinished:
    description:
      - The instances that M(hardened.librespot.container) could not bring to where they shall be, as it returns them
        when it fails. What is said of them stays as it is, unless another instance has their port now.
    type: list
    elements: str
    default: []
notes:
  - avahi announces all of its services on all of its interfaces. Where they are more than those that the instances are
    bound to, the module warns and names them; C(allow-interfaces) in C(/etc/avahi/avahi-daemon.conf) is yours to write,
    since it concerns everything that the host announces. Who is told of the port there is not answered at it, as
    M(hardened.librespot.firewall) sees to.
  - It fails while avahi does not run, or publishes nothing, and warns when it does not start at boot, or is kept from
    the interface of an instance by C(allow-interfaces) or C(deny-interfaces).
"""

EXAMPLES = r"""
- name: Announce the kitchen, which runs in a container
  hardened.librespot.announcement:
    instances:
      - name: kitchen
        bind:
          interface: eth0
        options:
          name: Kitchen

- name: Announce nothing any more
  hardened.librespot.announcement:
    state: absent
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["/etc/avahi/services/librespot-kitchen.service: content"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    Specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    SPECIFICATION_ARGUMENTS,
    STATE_ARGUMENT,
    outcome,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.announcement import (
    AVAHI,
    announced,
    announcement_planners,
    elsewhere,
    require_avahi,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.preflight import usable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the service files to where they shall be."""
    host = Host()
    if module.params["state"] == "absent":
        spec = Specification("0.0.0", ())
    else:
        spec = usable(host, specification(module, CONTAINER))
    if announced(spec):
        for item in require_avahi(host, spec):
            module.warn(f"{item.message}. {item.remedy}.")
        found = elsewhere(host, spec)
        if found:
            module.warn(
                f"avahi announces the instances on {found} besides where they answer; "
                f"write allow-interfaces to {AVAHI} and restart avahi-daemon."
            )
    planners = announcement_planners(host, spec, module.params["unfinished"])
    return outcome(module, converge(planners, module.check_mode))


def main() -> None:
    """Run the module."""
    unfinished = {"type": "list", "elements": "str", "default": []}
    arguments = {**SPECIFICATION_ARGUMENTS, **STATE_ARGUMENT, "unfinished": unfinished}
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
