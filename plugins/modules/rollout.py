#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The module is the action plugin of the same name; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout
short_description: Keep a rollout of librespot, and decide which host may go on
version_added: 0.1.0
description:
  - The memory of the role C(hardened.librespot.librespot_update). One file on the controller says of each host what it
    had, what it shall have, what was begun with it, and what became of it. Each change of the file is one step, so that
    a controller that is killed leaves it whole.
  - Decides by it which host has its turn. A stage begins when the ones before it have passed, and no host begins when
    too many have failed.
  - What modules returned is its evidence. Nothing is taken for right without any, as of a host that was not reached.
  - Runs on the controller alone, and what it writes there is no change of a host. Two runs never work on
    one rollout; what a run that was killed held is free.
author:
  - hardened.librespot contributors (@hardened-librespot)
attributes:
  check_mode:
    description: Can run in check mode and return the changed status prediction without modifying the target.
    support: full
    details: It works on a copy of the file then.
  diff_mode:
    description: Returns what has changed or would change, without secrets.
    support: none
  idempotent:
    description: A second run with the same options changes nothing.
    support: partial
    details: Each step of a host can be taken once.
options:
  step:
    description:
      - V(open) begins a run, V(looked) keeps what was seen of a host, V(plan) makes the plan of it, and V(gate) keeps
        what scans let through.
      - V(turn) says what is to be done with the host. V(switch) keeps that it is between two releases from now on,
        V(judge) fails unless the new one is proved, V(attested) unless the host has that on record, V(done) keeps that
        it is, and V(failed) why it is not. V(returned) keeps that the release before is back, V(broken) that it is not.
      - V(report) ends the run.
    type: str
    required: true
    choices: [open, looked, plan, gate, turn, switch, judge, attested, done, failed, returned, broken, report]
  name:
    description: The rollout's name.
    type: str
    default: librespot
  directory:
    description:
      - The directory of the controller with the files of rollouts. Empty is C(hardened-librespot/rollouts) in
        C(XDG_STATE_HOME), or in C(~/.local/state).
    type: path
    default: ""
  hosts:
    description: For V(plan), the hosts in the order of their turns.
    type: list
    elements: str
    default: []
  stage:
    description: For V(looked), what the stage of the host follows from.
    type: dict
    suboptions:
      groups:
        description: The groups that the host is in.
        type: list
        elements: str
      staging:
        description: The group that is updated first.
        type: str
      canary:
        description: The group that comes next. When none of it has anything to do, another host is a canary as well.
        type: str
  terms:
    description: For V(looked), how long M(hardened.librespot.health) will look at the host, which is checked.
    type: dict
    default: {}
    suboptions:
      timeout:
        description: The seconds within which an instance has to answer.
        type: float
      latency:
        description: The seconds within which each answer has to come.
        type: float
      soak:
        description: The seconds for which an instance is watched.
        type: float
  preflight:
    description: What M(hardened.librespot.preflight) returned.
    type: dict
    default: {}
  deployment:
    description: For V(looked), how the instances run.
    type: str
    choices: [systemd, container]
    default: systemd
  artifact:
    description: What M(hardened.librespot.build) returned.
    type: dict
    default: {}
  image:
    description:
      - For V(looked) of O(deployment=container), what M(hardened.librespot.image_build) returned. For V(broken), what
        M(hardened.librespot.image) returned, which shows whether the host was reached.
    type: dict
    default: {}
  artifacts:
    description: For V(gate), what V(plan) returned with this name.
    type: list
    elements: dict
    default: []
  health:
    description: What M(hardened.librespot.health) returned.
    type: dict
    default: {}
  audit:
    description: What M(hardened.librespot.audit) returned.
    type: dict
    default: {}
  attestation:
    description: For V(attested), what M(hardened.librespot.attestation) returned.
    type: dict
    default: {}
  scan:
    description: For V(gate), what M(hardened.librespot.scan) returned for each of O(artifacts), with this as C(item).
    type: list
    elements: dict
    default: []
  hold:
    description: For V(looked), why the host is not to be updated.
    type: str
    default: ""
  reason:
    description: Why something failed.
    type: str
    default: ""
  strict:
    description: For V(judge), whether findings count that were red before the change.
    type: bool
    default: false
  soak:
    description: For V(judge), the seconds for which O(health) was watched.
    type: float
    default: 0
  serial:
    description: For V(plan), the batches of production, as numbers of hosts or percentages. It is returned as it is.
    type: list
    elements: str
    default: []
  max_fail_percentage:
    description:
      - For V(turn), how many hosts of production may fail, in percent of them. For V(looked) it is checked.
    type: float
    default: 0
  path:
    description: For V(plan), the file on the controller that the report is written to as JSON.
    type: path
    default: ""
"""

EXAMPLES = r"""
- name: Ask whether it is this host's turn
  hardened.librespot.rollout:
    step: turn
    max_fail_percentage: 10
  register: librespot_update_turn
"""

RETURN = r"""
run:
  description: The run's name, which begins with its time.
  returned: for V(open)
  type: str
  sample: 2026-11-27T20:30:00Z 4711
staging:
  description: The hosts of this stage. C(canary) and C(production) are returned as well.
  returned: for V(plan)
  type: list
  elements: str
artifacts:
  description: What is to be rolled out, each with its C(id) and C(path).
  returned: for V(plan)
  type: list
  elements: dict
closed:
  description: Of each artifact that may not be rolled out, why.
  returned: for V(gate)
  type: dict
todo:
  description: What is to be done with the host, C(switch), C(prove), C(return) or C(nothing).
  returned: for V(turn)
  type: str
shown:
  description:
    - What the host has shown of its release, as M(hardened.librespot.attestation) takes it; empty when that is not
      known.
  returned: for V(judge) and V(turn)
  type: dict
  sample: {rollout: librespot, at: '2026-11-27T20:30:00Z', passed: [staging, health, audit, soak]}
outcome:
  description:
    - What became of the host. C(updated), C(current) and C(held) are good; C(rolled back), C(broken), C(failed),
      C(unreachable), C(interrupted) and C(not started) are not. In check mode, C(to be updated) and C(to be proved)
      are good, and C(to go back) is not.
  returned: for the steps of a host
  type: str
reason:
  description: Why.
  returned: for the steps of a host
  type: str
report:
  description: What became of each host, as it is written as JSON.
  returned: for V(report)
  type: dict
"""
