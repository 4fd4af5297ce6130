#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: router
short_description: The policy of a host for a router in front of it
version_added: 0.1.0
description:
  - Returns who may reach the instances of a host through a router, as data for the router's own configuration, and as a
    table of nftables for a Linux host that forwards. It changes nothing.
  - The table only drops, and only what goes to the ports of the instances, so it can stand beside the router's other
    rules. It is the same policy once more in front, not in the place of the host's own table.
  - A router sees addresses. Who is known by a network card, an interface or a grant is told by the host alone, and kept
    out by the router; the zones of which that is true are named. Hours are in the data and not in the table.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.attributes
options:
  table:
    description: The name of the table. Give each host another one where several are behind one router.
    type: str
    default: librespot_router
"""

EXAMPLES = r"""
- name: Ask for the policy
  hardened.librespot.router:
    instances: "{{ librespot_instances }}"
    zones: "{{ librespot_zones | hardened.librespot.zones }}"
    table: "librespot_{{ inventory_hostname | regex_replace('[^a-z0-9]', '_') }}"
  register: librespot_router_policy

- name: Put it in force on the router, and at each of its boots
  ansible.builtin.copy:
    content: "{{ librespot_router_policy.nft }}"
    dest: /etc/nftables.d/librespot.nft
    mode: "0644"
    validate: nft --check --file %s
  delegate_to: router
"""

RETURN = r"""
policy:
  description: For each instance that others can reach, its addresses and port, and the networks of its zones.
  returned: success
  type: list
  elements: dict
  sample:
    - instance: kitchen
      protocol: tcp
      port: 37879
      addresses: [192.168.10.5]
      zones:
        - zone: household
          networks: [192.168.10.0/24]
      host_alone: [guests]
nft:
  description: The same as a file for C(nft -f), which can be loaded again at any time.
  returned: success
  type: str
  sample: "add table inet librespot_router ..."
"""

import re
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.namespaces import exists, inside
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    SPECIFICATION_ARGUMENTS,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.preflight import usable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall import TABLE
from ansible_collections.hardened.librespot.plugins.module_utils.render.router import (
    DEFAULT_TABLE,
    policy,
    router_table,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    """Compile the policy."""
    table = module.params["table"]
    if not re.fullmatch("[a-z][a-z0-9_]{0,30}", table):
        raise SpecificationError("table", table, "is not a table's name", "Write at most 31 of a-z, 0-9 and _")
    if table == TABLE:
        raise SpecificationError("table", table, "is the table of a host with instances", f"Write {DEFAULT_TABLE}")
    host = Host()
    spec = usable(host, specification(module))
    networks = {item.name: _network(host, item) for item in spec.present}
    found = policy(spec.present, spec.zones, networks)
    return {"changed": False, "policy": found, "nft": router_table(found, table).transaction()}


def _network(host: Host, item: Instance) -> HostNetwork:
    """Return the network that *item* is on: the host's, or its segment's, which may not have been made yet."""
    if item.segment and not exists(item.namespace):
        return HostNetwork({item.interface: tuple(text.partition("/")[0] for text in item.segment.addresses)})
    with inside(item.namespace):
        return host.network()


def main() -> None:
    """Run the module."""
    arguments = {**SPECIFICATION_ARGUMENTS, "table": {"type": "str", "default": DEFAULT_TABLE}}
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work, locked=False)


if __name__ == "__main__":
    main()
