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
  - Shows what M(hardened.librespot.audit) found on one or many hosts as a table, writes it for people (HTML, Markdown)
    and for machines (JSON, JUnit, SARIF), compares it with an earlier report, and fails when a finding is red
    (C(failed) or C(error)).
  - Judges the hosts as a whole. Limits, options, access and relaxations shall be the same in all environments, or the
    inventory says why not (RES-07, CFG-08), and the hosts shall have been formally reviewed (CFG-09).
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
    description:
      - The file on the controller that the report is written to as JSON, in the form that
        C(docs/schemas/report-2.json) describes. Its directory must exist.
    type: path
  html:
    description:
      - The file on the controller that the report is written to as one page of HTML, which loads nothing. Its directory
        must exist.
    type: path
  markdown:
    description: The file on the controller that the report is written to as Markdown. Its directory must exist.
    type: path
  sarif:
    description:
      - The file on the controller that the report is written to as SARIF 2.1.0, for a service that shows findings
        beside the inventory. Its directory must exist.
    type: path
  rationale:
    description:
      - The file on the controller for a document, in Markdown, of each setting in force with its control, its threat
        and its reason (CFG-07). Its directory must exist. Audit with O(hardened.librespot.audit#module:settings).
    type: path
  previous:
    description:
      - An earlier report in JSON, with which this one is compared. What got worse, better, is new, gone, or was
        accepted since, is shown by name.
    type: path
  environments:
    description:
      - The hosts of each environment, by its name. Without at least two of them there is nothing to compare.
    type: dict
    default: {}
  differences:
    description:
      - By the name of a host, the list of what its inventory states to be different on purpose. Each has a C(path), as
        C(limits.memory) or C(options.*), a C(reason), and optionally the day (YYYY-MM-DD) C(until) which it holds.
        There the host is left out of the comparison, and listed.
    type: dict
    default: {}
  sources:
    description: By the name of a host, the file of the inventory that names it. In O(sarif) its findings stand there.
    type: dict
    default: {}
  profiles:
    description:
      - By the name of a host, the list of RV(hardened.librespot.resource_profile#module:profiles) of its instances. The
        use of each is drawn in O(html) then, and its limits are judged by what a Prometheus recorded (RES-08).
    type: dict
    default: {}
  kind:
    description:
      - V(review) is a formal review. It is complete when all hosts were audited, and O(path) and O(html) are written.
    type: str
    choices: [audit, review]
    default: audit
  review:
    description:
      - The last formal review in JSON. CFG-09 fails when there is none, when it lacks a host or one was not audited for
        it, or when it is older than O(review_max_age). Empty, that is shown as not enforced.
    type: path
  review_max_age:
    description: How many days the last formal review may be old.
    type: int
    default: 90
  junit:
    description: The file on the controller that the report is written to as JUnit, for a CI. Its directory must exist.
    type: path
  fail:
    description: Whether red findings make the task fail.
    type: bool
    default: true
  fail_on:
    description:
      - Which of them do. V(worse) are those alone that were not red in O(previous), or were not there.
    type: str
    choices: [red, worse]
    default: red
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

- name: Write a page for people, and fail only on what got worse
  hardened.librespot.report:
    results: "{{ audits }}"
    html: reports/librespot.html
    path: reports/librespot.json
    previous: reports/librespot-last-month.json
    fail_on: worse
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
fleet:
  description: What was found of all hosts together, as M(hardened.librespot.audit) returns its findings.
  returned: success
  type: list
  elements: dict
  sample: []
comparison:
  description: How many findings got worse, are new, got better, were accepted, are gone, or are as they were.
  returned: when O(previous) is given
  type: dict
  sample: {worse: 1, new: 0, better: 2, accepted: 0, gone: 0, unchanged: 310}
html:
  description: The file that was written.
  returned: when O(html) is given
  type: str
junit:
  description: The file that was written.
  returned: when O(junit) is given
  type: str
markdown:
  description: The file that was written.
  returned: when O(markdown) is given
  type: str
rationale:
  description: The file that was written.
  returned: when O(rationale) is given
  type: str
sarif:
  description: The file that was written.
  returned: when O(sarif) is given
  type: str
"""
