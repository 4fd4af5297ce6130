#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: monitoring
short_description: Monitor the librespot instances of a host for Prometheus
version_added: 0.1.0
description:
  - Runs a small service that looks at each instance every few seconds, and keeps a file of metrics. These are its use,
    its limits and how often it came to them, its starts, ends and signs of life, and its version.
  - A link in the directory of node_exporter's textfile collector leads to the file, so that Prometheus reads it with
    all else of the host.
  - The service runs in a sandbox, as a user of its own without any right. It does not use the socket of an engine. What
    it cannot see so it names in the metric C(librespot_monitor_unreadable).
  - The host audits itself regularly, as M(hardened.librespot.audit) does, and without Ansible. What got red and what is
    well again is in the journal; all findings are in C(/var/lib/hardened-librespot-audit/report.json), since when each
    is red too; and there are metrics of them. While playbooks run against the host it waits.
  - Where zones have grants, a second service lists them once a minute. It has the right to ask the kernel for them.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.announce
  - hardened.librespot.specification.engine
  - hardened.librespot.specification.notify
  - hardened.librespot.specification.timer
  - hardened.librespot.specification.state
  - hardened.librespot.specification.attributes
options:
  deployment:
    description: How the instances of this host run.
    type: str
    choices: [systemd, container]
    default: systemd
  interval:
    description: Seconds between two looks, from 1 to 60.
    type: int
    default: 5
  audit:
    description: Whether the host audits itself. Without, nothing is left that does.
    type: bool
    default: true
  expected:
    description:
      - What such an audit expects of the host besides the specification, by the options of M(hardened.librespot.audit)
        of the same names, as C(upkeep). The ones that are not given have the same defaults. How the host is monitored,
        and whom it tells, is what this module is told beside it.
    type: dict
    default: {}
  textfile_directory:
    description:
      - Where node_exporter looks for files of metrics, as its C(--collector.textfile.directory) says.
      - With an empty text there is no link.
    type: str
    default: /var/lib/prometheus/node-exporter
  look:
    description:
      - Whether only what is asked is judged, and the host by it; nothing is changed. It is for before other modules
        change something, so that a wrong value leaves the host as it was.
    type: bool
    default: false
  exporter:
    description: Whether the package C(prometheus-node-exporter) is installed when it is missing. It is never removed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Monitor the instances of this host
  hardened.librespot.monitoring:
    instances: "{{ librespot_instances }}"
    exporter: true

- name: Let the host audit itself every four hours
  hardened.librespot.monitoring:
    instances: "{{ librespot_instances }}"
    timer:
      calendar: "*-*-* 00/4:00:00"
    expected:
      upkeep: true

- name: Keep the metrics for another collector
  hardened.librespot.monitoring:
    instances: "{{ librespot_instances }}"
    textfile_directory: ""

- name: Let a host without Prometheus tell by itself
  hardened.librespot.monitoring:
    instances: "{{ librespot_instances }}"
    textfile_directory: ""
    notify:
      mail:
        to: [ops@example.org]
        sender: librespot@example.org
        host: mail.example.org
        username: librespot
        password_file: /etc/librespot-notify/password
      webhooks:
        - url_file: /etc/librespot-notify/slack
          format: slack

- name: Monitor no more
  hardened.librespot.monitoring:
    state: absent
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["unit hardened-librespot-monitor.service: generation"]
metrics:
  description: The file that the monitor keeps.
  returned: success
  type: str
  sample: /var/lib/hardened-librespot-monitor/librespot.prom
"""

import os
from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.hardened.librespot.plugins.module_utils.audit.asked import Asked
from ansible_collections.hardened.librespot.plugins.module_utils.host.program_archive import program
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_description import Description, describe
from ansible_collections.hardened.librespot.plugins.module_utils.model.audit_options import (
    EXPECTATION_OPTIONS,
    TIMER_OPTIONS,
    read_timer,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.monitoring_options import (
    MONITORING_OPTIONS,
    read_monitoring,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import placed
from ansible_collections.hardened.librespot.plugins.module_utils.model.notify_options import (
    NOTIFY_OPTIONS,
    asked_notify,
)
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    ANNOUNCE_ARGUMENT,
    DEPLOYMENT_ARGUMENT,
    ENGINE_ARGUMENT,
    SPECIFICATION_ARGUMENTS,
    STATE_ARGUMENT,
    outcome,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.link import refuse_links
from ansible_collections.hardened.librespot.plugins.module_utils.planners.monitoring import (
    Archives,
    linked,
    monitoring_planners,
    no_monitoring,
    refuse_missing,
    settings_of,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.notify import notify_planners, refuse_unusable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.planners.scheduled_audit import (
    no_links,
    refuse_unschedulable,
    scheduled_audit_planners,
)
from ansible_collections.hardened.librespot.plugins.module_utils.programs import audit, grants, monitor
from ansible_collections.hardened.librespot.plugins.module_utils.render.monitor_units import METRICS_FILE


def _archives() -> Archives:
    return Archives(program(monitor), program(grants))


def described(asked: dict[str, Any], spec: Specification) -> Description | None:
    """Return what the host audits itself by, if it shall. Raises `SpecificationError`."""
    # It looks at what is set up beside it, as an audit by a playbook does.
    beside = {
        "monitored": True,
        "monitoring": {name: asked[name] for name in MONITORING_OPTIONS},
        "notify": asked["notify"],
    }
    options = {name: option for name, option in EXPECTATION_OPTIONS.items() if name not in beside}
    read = ArgumentSpecValidator(options).validate(asked["expected"])
    if read.error_messages:
        raise SpecificationError(
            "expected", asked["expected"], f"cannot be: {'; '.join(read.error_messages)}", "See the module audit"
        )
    given = {**asked, **read.validated_parameters, **beside}
    Asked(given, _archives)
    return describe(given, spec, read_timer(asked["timer"], "timer")) if asked["audit"] else None


def _before(host: Host) -> str:
    """Return the directory of the links that the run before made; empty when there is none."""
    return os.path.dirname(linked(host.files))


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the monitor to where it shall be."""
    asked = module.params
    interval, textfiles = read_monitoring({name: asked[name] for name in MONITORING_OPTIONS})
    if asked["state"] == "absent":
        host = Host()
        links = no_links(host.files, [_before(host), textfiles])
        gone = [*links, *notify_planners(host, None), *scheduled_audit_planners(host, None)]
        planners = [*gone, *no_monitoring(host, textfiles)]
    else:
        given = specification(module)
        description = described(asked, given)
        refuse_missing(textfiles, asked["exporter"])
        notify = asked_notify(asked["notify"], "notify")
        if notify:
            refuse_unusable(notify, "notify")
        host = Host()
        if description:
            refuse_unschedulable(host, description)
        seen = host.network()
        spec = replace(given, instances=tuple(placed(item, seen) for item in given.present))
        settings = settings_of(spec, asked["engine"], interval, textfiles, notify is not None)
        archives = _archives()
        # First of all: by what the monitor is told, the next run knows where this one made links.
        places = {_before(host)} - {textfiles} if description else {_before(host), textfiles}
        planners = [
            *no_links(host.files, sorted(places)),
            *monitoring_planners(host, spec, settings, archives, asked["exporter"]),
            *scheduled_audit_planners(host, description, program(audit), textfiles),
            *notify_planners(host, notify),
        ]
    refuse_links(planners)
    if asked["look"]:
        return {"changed": False, "metrics": METRICS_FILE}
    return {**outcome(module, converge(planners, module.check_mode)), "metrics": METRICS_FILE}


def main() -> None:
    """Run the module."""
    arguments = {
        **SPECIFICATION_ARGUMENTS,
        **STATE_ARGUMENT,
        **DEPLOYMENT_ARGUMENT,
        **ENGINE_ARGUMENT,
        **ANNOUNCE_ARGUMENT,
        "audit": {"type": "bool", "default": True},
        "timer": {"type": "dict", "options": TIMER_OPTIONS, "apply_defaults": True},
        "expected": {"type": "dict", "default": {}},
        **MONITORING_OPTIONS,
        "exporter": {"type": "bool", "default": False},
        "look": {"type": "bool", "default": False},
        "notify": {"type": "dict", "options": NOTIFY_OPTIONS},
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
