#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit
short_description: Audit the librespot instances of a host, with evidence
version_added: 0.1.0
description:
  - Looks at everything that the collection manages on the host, with the code that applies it, and at the effects,
    read from processes, sockets, cgroups and mounts.
  - It changes nothing on the host. Passive unless O(live) is set.
  - Its findings are data. M(hardened.librespot.report) shows them and decides whether an audit has failed.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.announce
  - hardened.librespot.specification.engine
  - hardened.librespot.specification.notify
  - hardened.librespot.specification.timer
  - hardened.librespot.specification.attributes
options:
  deployment:
    description:
      - How the instances of this host run. Of V(container) the firewall's table, grants and files are looked at, and
        the bridge and the published port of each container; of those that M(hardened.librespot.container) runs also
        every file, the rights and the limits of the process, the network, and what the engine says.
    type: str
    choices: [systemd, container]
    default: systemd
  live:
    description:
      - Also run probes that start short-lived processes on the host, such as a bind that shall be refused and reads by
        users without rights. They leave nothing behind.
      - With O(deployment=container), the host has one more interface for some seconds, C(lspprobe0), to a network
        namespace from which a stranger asks all addresses of the host for the published ports. A connection to there is
        made from the network of each container of the collection.
    type: bool
    default: false
  upkeep:
    description:
      - Whether the role librespot_update keeps this host up to date. A release or an image that was never scanned or
        rolled out by it is red then; else it is shown as not enforced.
    type: bool
    default: false
  scan_max_age:
    description: How many days a scan of what runs may be old, or a run of a CI. Every day something new is known.
    type: int
    default: 30
  ci:
    description:
      - Whether what this host runs goes through a CI first, which attests it as the playbook C(ci.yml) does with
        C(librespot_ci_attest). What it was not content with is red then; else it is shown as not enforced.
    type: bool
    default: false
  audited:
    description:
      - Whether M(hardened.librespot.monitoring) lets the host audit itself, as O(timer) says. That this runs, in time,
        and by what the inventory says now, is looked at then; else it is shown as not enforced.
    type: bool
    default: false
  alerted:
    description: Whether someone shall be told what happens on this host. Nobody is red then, else it is shown as not
      enforced.
    type: bool
    default: false
  prometheus:
    description: Whether a Prometheus with the rules of M(hardened.librespot.alerts) looks at this host. What it knows
      is asked where it runs.
    type: bool
    default: false
  notify:
    description: How the host tells by itself, in the options of C(notify) of M(hardened.librespot.monitoring). That it
      does, and that what it told last has arrived, is looked at then.
    type: dict
  profiled:
    description:
      - Whether the instances of this host are profiled by M(hardened.librespot.resource_profile), which keeps their
        profiles on the host. One that was never profiled is red then; else it is shown as not enforced.
    type: bool
    default: false
  profile_max_age:
    description: How many days a profile may be old.
    type: int
    default: 180
  settings:
    description:
      - Whether RV(settings) are returned. M(hardened.librespot.report) compares the environments by them, and writes
        the reason for each down.
    type: bool
    default: false
  monitored:
    description:
      - Whether M(hardened.librespot.monitoring) keeps metrics of the instances. That they are recent, and what the
        kernel says itself, is looked at then, and the service that keeps them; else it is shown as not enforced.
    type: bool
    default: false
  monitoring:
    description: How it is told to do that, with O(monitored).
    type: dict
    suboptions:
      interval:
        description: Seconds between two looks at each instance.
        type: int
        default: 5
      textfile_directory:
        description: Where node_exporter looks for files of metrics; empty where nobody reads them.
        type: str
        default: /var/lib/prometheus/node-exporter
  schedule:
    description:
      - On the host that runs the check, how it is scheduled, in the options of M(hardened.librespot.schedule). That it
        is made, and that someone is told, is looked at as well then.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Audit with live probes
  hardened.librespot.audit:
    instances: "{{ librespot_instances }}"
    live: true
  register: audited

- name: Audit the published ports of containers
  hardened.librespot.audit:
    deployment: container
    instances: "{{ librespot_instances }}"
    live: true
"""

RETURN = r"""
findings:
  description: One for each check of a control and each instance, in a fixed order.
  returned: success
  type: list
  elements: dict
  sample:
    - id: CFG-04
      check: modes
      status: passed
      scope: kitchen
      expected: written by root alone; settings and credentials read by root alone
      observed: as expected
      evidence: "lstat: /etc/librespot/kitchen.env 0600"
      remedy: Run hardened.librespot.site against this host
summary:
  description: How many findings have each status.
  returned: success
  type: dict
  sample: {passed: 20, failed: 0, error: 0, not enforced: 3, waived: 0, not applicable: 0}
at:
  description: When the host was looked at, by its own clock in UTC (RFC 3339).
  returned: success
  type: str
  sample: "2026-11-28T04:00:00Z"
settings:
  description:
    - What the inventory says of each instance, and what is in force of it on the host, each with the control that it is
      part of and the reason for it. There are no secrets in it.
  returned: when O(settings) is set
  type: list
  elements: dict
  sample:
    - scope: kitchen
      kind: limit
      name: limits.tasks
      value: "64"
      control: RES-09
      reason: A fork bomb ends here, and the host goes on
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.audit.asked import Asked
from ansible_collections.hardened.librespot.plugins.module_utils.audit.audit import settings
from ansible_collections.hardened.librespot.plugins.module_utils.audit.scheduled_audit import Review
from ansible_collections.hardened.librespot.plugins.module_utils.host.program_archive import program
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_description import describe
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_options import (
    EXPECTATION_OPTIONS,
    TIMER_OPTIONS,
    read_timer,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import summary
from ansible_collections.hardened.librespot.plugins.module_utils.model.timestamp import utc
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    ANNOUNCE_ARGUMENT,
    DEPLOYMENT_ARGUMENT,
    ENGINE_ARGUMENT,
    SPECIFICATION_ARGUMENTS,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.monitoring import Archives
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.programs import audit as scheduled
from ansible_collections.hardened.librespot.plugins.module_utils.programs import grants, monitor


def work(module: AnsibleModule) -> dict[str, Any]:
    """Look at the host."""
    given = module.params
    asked, timer = (
        Asked(given, lambda: Archives(program(monitor), program(grants))),
        read_timer(given["timer"], "timer"),
    )
    spec = specification(module)
    review = Review(describe(given, spec, timer), program(scheduled)) if given["audited"] else Review()
    at, host = utc(time.time()), Host()
    findings = asked.audit(host, spec, given["live"], review)
    found = {
        "changed": False,
        "findings": [item.as_data() for item in findings],
        "summary": summary(findings),
        "at": at,
    }
    if given["settings"]:
        found["settings"] = [item.as_data() for item in settings(host, spec, given["engine"])]
    return found


def main() -> None:
    """Run the module."""
    arguments = {
        **SPECIFICATION_ARGUMENTS,
        **DEPLOYMENT_ARGUMENT,
        **ENGINE_ARGUMENT,
        **ANNOUNCE_ARGUMENT,
        "live": {"type": "bool", "default": False},
        "audited": {"type": "bool", "default": False},
        "timer": {"type": "dict", "options": TIMER_OPTIONS, "apply_defaults": True},
        **EXPECTATION_OPTIONS,
        "settings": {"type": "bool", "default": False},
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work, locked=False)


if __name__ == "__main__":
    main()
