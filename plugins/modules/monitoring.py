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
  notify:
    description:
      - Whom the host itself tells by mail and webhooks what would be an alert of Prometheus, for where there is none.
        Without it, nobody.
      - The same alerts are judged, by the same samples and at the same thresholds. The audit that the host makes of
        itself is among them, and so is a monitor that has stopped.
      - A channel that is new is told at once that it is one, which shows that what it is told arrives.
    type: dict
    suboptions:
      mail:
        description: Where mail is sent to, and by which server. Its files are of the host.
        type: dict
        suboptions:
          to:
            description: The recipients. Each gets a mail of their own.
            type: list
            elements: str
            required: true
          sender:
            description: The address that it is from.
            type: str
            required: true
          host:
            description: The mail server.
            type: str
            default: localhost
          port:
            description: Its port. By default 587 with V(starttls), 465 with V(ssl) and 25 with V(none).
            type: int
          tls:
            description:
              - How the connection is encrypted. The server's certificate must be valid for O(notify.mail.host).
              - V(none) is for a server on the host itself. For any other it takes O(notify.mail.unencrypted), and a
                login is refused.
            type: str
            choices: [starttls, ssl, none]
            default: starttls
          ca_file:
            description: The certificate of an authority of your own, as PEM. By default those that the host trusts.
            type: path
          username:
            description: The user to log in as. By default nobody does.
            type: str
          password_file:
            description: A file with nothing but the password, which root alone can read, outside of home directories.
            type: path
          unencrypted:
            description: The reason for which everyone on the way may read and change the mail.
            type: str
      webhooks:
        description: Addresses that it is sent to as a POST. Their files are of the host.
        type: list
        elements: dict
        default: []
        suboptions:
          url:
            description: The address, with C(https). C(http) is for the host itself; for anything else it takes
              O(notify.webhooks[].unencrypted).
            type: str
          url_file:
            description: A file with nothing but the address, where the address itself is a secret, as with Slack. Root
              alone can read it.
            type: path
          format:
            description: V(json) has all of each item, as C(items). V(slack) is one line for each, for Slack and what
              takes the same.
            type: str
            choices: [json, slack]
            default: json
          secret_file:
            description:
              - A file, which root alone can read, with the secret by which the message is signed as Standard Webhooks
                has it, with HMAC-SHA256 in the header C(webhook-signature).
              - A secret that begins with C(whsec_) is decoded as base64.
            type: path
          headers_file:
            description: A file, which root alone can read, with more headers, a line each, such as C(Authorization).
            type: path
          ca_file:
            description: The certificate of an authority of your own, as PEM.
            type: path
          unencrypted:
            description: The reason for which everyone on the way may read and change it.
            type: str
      severity:
        description: The least severity that is told.
        type: str
        choices: [critical, warning, info]
        default: warning
      pause:
        description:
          - Minutes between two messages about the same thing, from 5 to 1440. What begins is told at once; more of the
            same, and that it is over, comes after the pause, counted.
        type: int
        default: 60
      remind_after:
        description: Days after which something that goes on is told once more; 0 for never.
        type: int
        default: 1
      timeout:
        description: Seconds that a mail server or a webhook has for each of its answers, up to 60.
        type: int
        default: 30
      retries:
        description:
          - How many times more a message is tried at once, up to 5. After that it is tried every 5 minutes, and ever
            more rarely up to an hour, until it is taken.
        type: int
        default: 2
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

from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.program_archive import program
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
from ansible_collections.hardened.librespot.plugins.module_utils.planners.notify import notify_planners, refuse_unusable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.programs import grants, monitor
from ansible_collections.hardened.librespot.plugins.module_utils.render.monitor_units import METRICS_FILE


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the monitor to where it shall be."""
    asked = module.params
    interval, textfiles = read_monitoring({name: asked[name] for name in MONITORING_OPTIONS})
    if asked["state"] == "absent":
        host = Host()
        planners = [*notify_planners(host, None), *no_monitoring(host, textfiles)]
    else:
        given = specification(module)
        refuse_missing(textfiles, asked["exporter"])
        notify = asked_notify(asked["notify"], "notify")
        if notify:
            refuse_unusable(notify)
        host = Host()
        seen = host.network()
        spec = replace(given, instances=tuple(placed(item, seen) for item in given.present))
        settings = settings_of(spec, asked["engine"], interval, textfiles, notify is not None)
        archives = Archives(program(monitor), program(grants))
        planners = [
            *monitoring_planners(host, spec, settings, archives, asked["exporter"]),
            *notify_planners(host, notify),
        ]
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
        "notify": {"type": "dict", "options": NOTIFY_OPTIONS},
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
