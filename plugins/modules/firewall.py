#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall
short_description: One nftables table for the ports and the outgoing traffic of librespot instances
version_added: 0.1.0
description:
  - Compiles the zones and binds of all instances into one table C(inet librespot), lets the kernel judge it, and puts
    it in force in one transaction. Nothing of any other table is touched.
  - Where C(ufw) or C(firewalld) is in force, the way through it is opened for the same sources, since what another
    firewall refuses stays refused. Rules of C(ufw) are marked by a comment that begins with C(hardened.librespot), and
    C(firewalld) gets a policy C(librespot). With O(state=absent) they go. Of more than 64 networks, of grants, of cards
    and of interfaces these firewalls are told nothing; there everyone is let through to the port, and the table
    judges alone.
  - C(firewalld) learns of a new policy only by loading all its files anew, which happens once; what was put in force
    there without a file is lost then.
  - The table only ever drops, and each rule that drops names the port or the user of an instance. It can stand beside
    C(ufw), C(firewalld), C(nftables.service), C(iptables) and Docker.
  - What is in force is compared with what should be as the kernel describes both, so that a rule that was added,
    changed or deleted by hand is found and mended. Grants are kept.
  - An instance that is on the host and not described any more is sealed off, with a warning. It reaches nobody, and
    nobody gets an answer from it, until it is described again or removed by C(state=absent) of its own.
  - Units of its own load the table before the network is up, follow the host's name servers, and follow summer time
    where a zone has hours.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.state
  - hardened.librespot.specification.attributes
options:
  deployment:
    description:
      - How the instances of this host run. The published port of a container obeys the same zones as the port of a
        service, a packet that is routed straight to the container's address is dropped, and so is what the container
        sends to the host, to private networks and to metadata addresses.
      - With V(container), the container of each instance is the only one on its bridge, whose interface on the host is
        named C(lsp-) and the name of the instance. Where that is longer than 15 characters, a digest of the name
        follows, which RV(bridges) tells. It publishes the port of the instance, as that port.
    type: str
    choices: [systemd, container]
    default: systemd
"""

EXAMPLES = r"""
- name: Let the household in, and nobody else
  hardened.librespot.firewall:
    zones:
      household:
        networks: [192.168.10.0/24, "2001:db8:1::/64"]
    instances:
      - name: kitchen
        bind:
          interface: eth0
        access: [household]

- name: Remove the table and its units
  hardened.librespot.firewall:
    state: absent
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["table inet librespot: set zone_household_4"]
bridges:
  description: The interface of the bridge of each instance that runs in a container and is published, by its name.
  returned: success, with O(state=present)
  type: dict
  sample: {"kitchen": "lsp-kitchen"}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Specification
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    DEPLOYMENT_ARGUMENT,
    SPECIFICATION_ARGUMENTS,
    STATE_ARGUMENT,
    outcome,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.firewall import firewall_planners, forgotten
from ansible_collections.hardened.librespot.plugins.module_utils.planners.moved import contained
from ansible_collections.hardened.librespot.plugins.module_utils.planners.preflight import usable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host, runs


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the table and its units to where they shall be."""
    host = Host()
    if module.params["state"] == "absent":
        if not module.check_mode:
            _unguarded(host)
        planners = firewall_planners(host, Specification("0.0.0", ()), removed=True)
        return outcome(module, converge(planners, module.check_mode))
    spec = usable(host, specification(module))
    for name in forgotten(host, spec):
        # A container that nobody describes is removed by the module container, which comes next.
        goes_on = (
            "and goes on running; write state: absent for it to remove it" if runs(host, name) else "until it goes"
        )
        module.warn(f"The instance {name} is on this host and not in librespot_instances. It is sealed off, {goes_on}.")
    bridges = {item.name: item.bridge for item in spec.present if item.bridge}
    return {**outcome(module, converge(firewall_planners(host, spec), module.check_mode)), "bridges": bridges}


def _unguarded(host: Host) -> None:
    """Raise `HostError` when containers would be open to everyone without the table; services end with it."""
    left = contained(host)
    if left:
        raise HostError(
            f"Without the table everyone reaches {', '.join(sorted(left))}, whose containers are on this host",
            "Run hardened.librespot.container with state: absent first, or the role librespot_container",
        )


def main() -> None:
    """Run the module."""
    arguments = {**SPECIFICATION_ARGUMENTS, **STATE_ARGUMENT, **DEPLOYMENT_ARGUMENT}
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
