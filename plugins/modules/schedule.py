#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: schedule
short_description: Run the check of librespot regularly
version_added: 0.1.0
description:
  - Makes a timer of systemd, and the service that it starts, on the host that shall check. This may be the controller.
    The service runs the playbook C(hardened.librespot.check) with your project.
  - It runs in a sandbox, as a user of yours. It writes into C(/var/lib/hardened-librespot-check) and
    C(/var/cache/hardened-librespot-check), and nowhere else. It cannot become another user on its own host.
  - The service fails when the check could not look everywhere or tell everyone. When it fails, by whatever, another
    service tells that, by the same mail and webhooks.
  - A host has one schedule.
author:
  - hardened.librespot contributors (@hardened-librespot)
requirements:
  - ansible-core and this collection on the host, with the libraries of its C(requirements.txt)
extends_documentation_fragment:
  - hardened.librespot.specification.attributes
options:
  state:
    description: With V(absent) all of it is removed, with what it has kept of what was told.
    type: str
    choices: [present, absent]
    default: present
  user:
    description: The user that checks, who must exist. It has the keys by which the hosts are reached.
    type: str
  project:
    description: The directory in which the check runs, with your C(ansible.cfg), if you have one.
    type: path
  playbook:
    description: The program C(ansible-playbook), such as that of a virtual environment.
    type: path
  inventory:
    description: The inventory.
    type: path
  variables:
    description: Files of variables, with the C(librespot_check_) ones above all.
    type: list
    elements: path
    default: []
  credentials:
    description:
      - Secrets, each a name and the file that root keeps it in. systemd gives them to the check alone, as
        C("{{ lookup('env', 'CREDENTIALS_DIRECTORY') }}/NAME").
    type: dict
    default: {}
  collections:
    description: Where Ansible looks for collections. By default where it does for O(user).
    type: list
    elements: path
    default: []
  programs:
    description: Directories with programs that are in no usual place, such as that of C(cargo-audit).
    type: list
    elements: path
    default: []
  writable:
    description: Directories that the check may write to besides its own, as for C(librespot_check_metrics).
    type: list
    elements: path
    default: []
  calendar:
    description: When it runs, as systemd.time(7) has it.
    type: str
    default: daily
  random_delay:
    description: Seconds by which each run is late at most, at random.
    type: int
    default: 3600
  persistent:
    description: Whether a run is made up for that was due while the host was off.
    type: bool
    default: true
  timeout:
    description: Seconds after which a run is ended, and has failed.
    type: int
    default: 3600
"""

EXAMPLES = r"""
- name: Check each morning
  hardened.librespot.schedule:
    user: librespot-checker
    project: /srv/speakers
    playbook: /opt/ansible/bin/ansible-playbook
    inventory: /srv/speakers/inventory
    variables: [/srv/speakers/check.yml]
    credentials:
      mail: /etc/librespot-check/mail
    calendar: "*-*-* 05:17:00"

- name: Check no more
  hardened.librespot.schedule:
    state: absent
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["unit hardened-librespot-check.timer: boot"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.model.schedule import SCHEDULE_OPTIONS, read_schedule
from ansible_collections.hardened.librespot.plugins.module_utils.module import outcome, run
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.planners.schedule import (
    refuse_unusable,
    schedule_planners,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the schedule to where it shall be."""
    host = Host()
    schedule = read_schedule(module.params) if module.params["state"] == "present" else None
    if schedule:
        refuse_unusable(host, schedule)
    return outcome(module, converge(schedule_planners(host, schedule), module.check_mode))


def main() -> None:
    """Run the module."""
    run(AnsibleModule(argument_spec=SCHEDULE_OPTIONS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
