#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: settings
short_description: Options and stored credentials of librespot instances
version_added: 0.1.0
description:
  - Writes the environment file of each instance, every value quoted so that it arrives literally, and its stored
    credentials.
  - Both can be read by root alone. systemd hands them to the instance; no other user, the instance's own included, can
    read or change the files.
  - It restarts nothing. M(hardened.librespot.unit) restarts instances that run with other settings.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.state
  - hardened.librespot.specification.attributes
"""

EXAMPLES = r"""
- name: Describe a speaker
  hardened.librespot.settings:
    version: 0.8.0
    instances:
      - name: kitchen
        options:
          name: Kitchen
          bitrate: 320
          backend: alsa
          device: hw:0
        relaxations:
          alsa: the speakers in the kitchen

- name: Let a speaker log in by itself
  hardened.librespot.settings:
    instances:
      - name: kitchen
        bind:
          discovery: false
    credentials:
      kitchen: "{{ vault_kitchen_credentials }}"
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["/etc/librespot/kitchen.env: content"]
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
from ansible_collections.hardened.librespot.plugins.module_utils.planners.moved import services
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host, settings_planners


def work(module: AnsibleModule) -> dict[str, Any]:
    """Write what differs."""
    host = Host()
    spec = services(host) if module.params["state"] == "absent" else specification(module)
    return outcome(module, converge(settings_planners(host, spec), module.check_mode))


def main() -> None:
    """Run the module."""
    arguments = {**SPECIFICATION_ARGUMENTS, **STATE_ARGUMENT}
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
