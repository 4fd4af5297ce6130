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
  - Where zones have grants, a second service lists them once a minute. It has the right to ask the kernel for them.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.engine
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
  textfile_directory:
    description:
      - Where node_exporter looks for files of metrics, as its C(--collector.textfile.directory) says.
      - With an empty text there is no link.
    type: str
    default: /var/lib/prometheus/node-exporter
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

- name: Keep the metrics for another collector
  hardened.librespot.monitoring:
    instances: "{{ librespot_instances }}"
    textfile_directory: ""

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

from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.program_archive import program
from ansible_collections.hardened.librespot.plugins.module_utils.model.monitoring_options import (
    MONITORING_OPTIONS,
    read_monitoring,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import placed
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    DEPLOYMENT_ARGUMENT,
    ENGINE_ARGUMENT,
    SPECIFICATION_ARGUMENTS,
    STATE_ARGUMENT,
    outcome,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.monitoring import (
    Archives,
    monitoring_planners,
    no_monitoring,
    refuse_missing,
    settings_of,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.programs import grants, monitor
from ansible_collections.hardened.librespot.plugins.module_utils.render.monitor_units import METRICS_FILE


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the monitor to where it shall be."""
    asked = module.params
    interval, textfiles = read_monitoring({name: asked[name] for name in MONITORING_OPTIONS})
    if asked["state"] == "absent":
        planners = no_monitoring(Host(), textfiles)
    else:
        given = specification(module)
        refuse_missing(textfiles, asked["exporter"])
        host = Host()
        seen = host.network()
        spec = replace(given, instances=tuple(placed(item, seen) for item in given.present))
        settings = settings_of(spec, asked["engine"], interval, textfiles)
        archives = Archives(program(monitor), program(grants))
        planners = monitoring_planners(host, spec, settings, archives, asked["exporter"])
    return {**outcome(module, converge(planners, module.check_mode)), "metrics": METRICS_FILE}


def main() -> None:
    """Run the module."""
    arguments = {
        **SPECIFICATION_ARGUMENTS,
        **STATE_ARGUMENT,
        **DEPLOYMENT_ARGUMENT,
        **ENGINE_ARGUMENT,
        **MONITORING_OPTIONS,
        "exporter": {"type": "bool", "default": False},
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
