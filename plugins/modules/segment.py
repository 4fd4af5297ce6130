#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: segment
short_description: Network segments of librespot instances of their own
version_added: 0.1.0
description:
  - Gives each instance that has a C(segment) a network namespace with one interface in it, a VLAN (802.1Q) or a macvlan
    on an interface of the host, with addresses of its own. The instance reaches nothing of the host's network, and the
    host's network does not reach it.
  - What the firewall's table on the host sees never passes there, so the same doors are put in a table inside, before
    the interface is.
  - A unit makes the segment at boot, and removes it when it is stopped. Where udev runs, the segment goes with its
    parent and is made again when that comes back, and the instance with it.
  - With C(dhcp=true) the package C(udhcpc) is installed where it is missing, and runs in a sandbox inside the segment.
    Of a lease nothing is taken but addresses.
  - An interface of Wi-Fi is refused. An access point takes neither frames of a second hardware address nor tagged ones.
  - M(hardened.librespot.unit) does the same before it starts an instance, and removes the segment of one that has none
    any more. This module is for segments alone.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.attributes
"""

EXAMPLES = r"""
- name: Give the kitchen an address of its own in VLAN 20
  hardened.librespot.segment:
    zones:
      household:
        networks: [192.168.20.0/24]
    instances:
      - name: kitchen
        segment:
          parent: eth0
          vlan: 20
          addresses: [192.168.20.5/24]
          gateways: [192.168.20.1]
        access: [household]
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["network of librespot-kitchen: addresses"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    SPECIFICATION_ARGUMENTS,
    outcome,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.preflight import usable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.planners.segments import segment_planners


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the segments to where they shall be."""
    host = Host()
    spec = usable(host, specification(module))
    return outcome(module, converge(segment_planners(host, spec), module.check_mode))


def main() -> None:
    """Run the module."""
    run(AnsibleModule(argument_spec=SPECIFICATION_ARGUMENTS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
