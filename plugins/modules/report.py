#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The module is the action plugin of the same name; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Show and keep the findings of an audit
version_added: 0.1.0
description:
  - Shows what M(hardened.librespot.audit) found on one or many hosts as a table, writes it as JSON and JUnit, and
    fails when a finding is red (C(failed) or C(error)).
  - Runs on the controller alone.
author:
  - hardened.librespot contributors (@hardened-librespot)
requirements:
  - junitparser on the controller, for O(junit)
attributes:
  check_mode:
    description: Can run in check mode and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns what has changed or would change, without secrets.
    support: none
  idempotent:
    description: Run twice with the same findings, it changes nothing the second time.
    support: full
options:
  results:
    description: The results of M(hardened.librespot.audit) by the name of the host. A host without findings is red.
    type: dict
    required: true
  show:
    description: Which findings the table has.
    type: str
    choices: [all, problems, nothing]
    default: all
  path:
    description: The file on the controller that the report is written to as JSON. Its directory must exist.
    type: path
  junit:
    description: The file on the controller that the report is written to as JUnit, for a CI. Its directory must exist.
    type: path
  fail:
    description: Whether red findings make the task fail.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Show what is wrong, and keep everything
  hardened.librespot.report:
    # Hosts that were not reached as well: what was not looked at is not known to be right.
    results: >-
      {{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars)
         | map(attribute='audited', default={}))) }}
    show: problems
    path: reports/librespot-audit.json
  run_once: true
"""

RETURN = r"""
red:
  description: How many findings make the audit fail.
  returned: success
  type: int
  sample: 0
summary:
  description: How many findings have each status, over all hosts.
  returned: success
  type: dict
  sample: {passed: 20, failed: 0}
path:
  description: The file that was written.
  returned: when O(path) is given
  type: str
junit:
  description: The file that was written.
  returned: when O(junit) is given
  type: str
"""
