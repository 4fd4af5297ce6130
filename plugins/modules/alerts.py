#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alerts
short_description: Rules for Prometheus, a configuration of Alertmanager and a dashboard for Grafana
version_added: 0.1.0
description:
  - Writes what makes messages of the metrics that C(hardened-librespot-monitor), the scheduled audit and the check
    write. Recording and alerting rules for Prometheus, a whole configuration of Alertmanager, and a dashboard for
    Grafana, each to a path of yours.
  - Run it against the host of Prometheus, which need not be one with instances. C(docs/alerts.md) has all alerts.
  - Where the host has C(promtool) or C(amtool), a file that they refuse is not written.
  - A file that this module has not made is neither replaced nor removed.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification.attributes
options:
  state:
    description: With V(absent) the files are removed.
    type: str
    choices: [present, absent]
    default: present
  rules:
    description: The file of rules. Prometheus reads it when C(rule_files) in its configuration names it.
    type: path
  dashboard:
    description: The dashboard, as JSON. Grafana reads it where a provider of dashboards names its directory.
    type: path
  alertmanager:
    description:
      - The configuration of Alertmanager. It is whole, and may be used as it is, or be an example.
      - It groups alerts by host and instance, routes them by severity, and leaves out what a cause explains.
    type: path
  service:
    description: The unit of Prometheus, such as V(prometheus.service). It is reloaded when O(rules) has changed since
      it was read.
    type: str
    default: ""
  config:
    description: The configuration of Prometheus. The module warns when it does not name O(rules).
    type: path
    default: /etc/prometheus/prometheus.yml
  alerts:
    description:
      - What shall be otherwise, by the name of an alert. Each may have C(enabled) (false leaves it out), C(hold)
        (seconds for which it must be so before it is told) and C(severity) (V(critical), V(warning) or V(info)).
    type: dict
    default: {}
  thresholds:
    description: Thresholds that shall be others, by their names. C(docs/alerts.md) has them with their ranges.
    type: dict
    default: {}
  labels:
    description: Labels that all alerts get besides C(service) (V(librespot)) and C(severity).
    type: dict
    default: {}
  mail:
    description: Who gets mail by O(alertmanager). Without this and O(webhook), it is root on the host itself.
    type: dict
    suboptions:
      to:
        description: The recipients.
        type: list
        elements: str
        required: true
      sender:
        description: The address that it is from.
        type: str
        required: true
      server:
        description: The mail server with its port.
        type: str
        default: localhost:25
      username:
        description: The user to log in as.
        type: str
      password_file:
        description: A file of Alertmanager's host with its password. Alertmanager 0.25 and newer read it.
        type: path
      tls:
        description: Whether the connection must be encrypted. By default for any server but the host itself.
        type: bool
  webhook:
    description: Where O(alertmanager) posts what is critical; without O(mail), all.
    type: dict
    suboptions:
      url:
        description: The address.
        type: str
      url_file:
        description: A file of Alertmanager's host with the address, where that is a secret. Alertmanager 0.26 and
          newer read it; that of Debian 12 is older.
        type: path
  contents:
    description: The texts of the files. They are made on the controller; do not give them.
    type: dict
"""

EXAMPLES = r"""
- name: Tell when an instance comes to its limits
  hardened.librespot.alerts:
    rules: /etc/prometheus/rules/librespot.yml
    service: prometheus.service
    thresholds:
      memory_percent: 85
    alerts:
      LibrespotReleasesNewer:
        enabled: false

- name: Have an example of a route, and a dashboard
  hardened.librespot.alerts:
    alertmanager: /etc/prometheus/alertmanager-librespot.yml
    dashboard: /var/lib/grafana/dashboards/librespot.json
    mail:
      to: [ops@example.org]
      sender: prometheus@example.org
      server: mail.example.org:587
      username: prometheus
      password_file: /etc/prometheus/mail-password
    webhook:
      url: https://chat.example.org/hooks/librespot

- name: Remove the rules
  hardened.librespot.alerts:
    state: absent
    rules: /etc/prometheus/rules/librespot.yml
    service: prometheus.service
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["/etc/prometheus/rules/librespot.yml: content"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.model.alert_files import (
    ALERTS_OPTIONS,
    contents_of,
    paths_of,
)
from ansible_collections.hardened.librespot.plugins.module_utils.module import outcome, run
from ansible_collections.hardened.librespot.plugins.module_utils.planners.alerts import alert_planners, unread
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the files to where they shall be."""
    host = Host()
    asked = module.params
    paths = paths_of(asked)
    planners = alert_planners(host, paths, contents_of(asked), asked["service"])
    result = outcome(module, converge(planners, module.check_mode))
    if asked["state"] == "present" and "rules" in paths and not module.check_mode:
        said = unread(host, asked["config"], paths["rules"])
        if said:
            module.warn(said)
    return result


def main() -> None:
    """Run the module."""
    run(AnsibleModule(argument_spec=ALERTS_OPTIONS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
