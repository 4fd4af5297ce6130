#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bind
short_description: Programs by which the kernel binds librespot to an interface
version_added: 0.1.0
description:
  - librespot listens on every address of a host, and no option of it changes that. A small program, which the kernel
    runs at each C(bind) of a unit, ties its listener and its socket for multicast DNS to one interface or address, and
    refuses every other port.
  - This module loads and pins the programs of each instance, and writes the unit that does so at each start of it.
    M(hardened.librespot.unit) does the same for the instances that it runs. Alone it serves a unit of your own, which
    needs the lines of the example.
  - Where the kernel takes no such programs, nothing is pinned, and RV(unbound) says why.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.state
  - hardened.librespot.specification.attributes
notes:
  - With O(state=absent), what was made for units that are not ours is removed. Take the lines of the example out of
    those first; they do not start without the programs. M(hardened.librespot.unit) removes what its own instances have.
  - The unit C(librespot-NAME-bind.service) also asks for the table of M(hardened.librespot.firewall), with the same
    instance in it, and fails without.
  - It has to run before each start, as C(Wants=) makes it, and not only once. systemd attaches a program that it knows
    already to the first control group of a unit alone, and a restart makes another. Loaded anew, it is another program.
  - "A unit of your own needs: C(Wants=librespot-NAME-bind.service) and C(After=) of the same,
    C(AssertPathExists=/sys/fs/bpf/librespot/NAME-bind4), without which a missing program would be passed over,
    C(BPFProgram=bind4:/sys/fs/bpf/librespot/NAME-bind4), and both for C(bind6)."
"""

EXAMPLES = r"""
- name: Bind the kitchen to eth0
  hardened.librespot.bind:
    instances:
      - name: kitchen
        bind:
          interface: eth0
  register: bound

- name: Remove them, once the unit does without
  hardened.librespot.bind:
    state: absent

- name: Show where the programs are
  ansible.builtin.debug:
    msg: "{{ bound.pins.kitchen }}"
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["bind programs of kitchen: /sys/fs/bpf/librespot/kitchen-bind4"]
pins:
  description: Where the programs of each instance are pinned, by its name; those for IPv4 first.
  returned: success
  type: dict
  sample: {"kitchen": ["/sys/fs/bpf/librespot/kitchen-bind4", "/sys/fs/bpf/librespot/kitchen-bind6"]}
unbound:
  description: Why the kernel of this host takes no such programs; empty when it does.
  returned: success
  type: str
  sample: ""
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    SPECIFICATION_ARGUMENTS,
    STATE_ARGUMENT,
    outcome,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.binds import (
    binding_planners,
    pins,
    unbinding_planners,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.preflight import usable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the programs to where they shall be."""
    host = Host()
    if module.params["state"] == "absent":
        result = outcome(module, converge(unbinding_planners(host), module.check_mode))
        return {**result, "pins": {}, "unbound": host.facts.unbound}
    spec = usable(host, specification(module), foreign=True)
    result = outcome(module, converge(binding_planners(host, spec), module.check_mode))
    places = {item.name: pins(item) for item in spec.present} if host.facts.binds else {}
    return {**result, "pins": places, "unbound": host.facts.unbound}


def main() -> None:
    """Run the module."""
    run(AnsibleModule(argument_spec={**SPECIFICATION_ARGUMENTS, **STATE_ARGUMENT}, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
