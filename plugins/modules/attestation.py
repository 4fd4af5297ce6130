#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: attestation
short_description: Leave on a host what was found out about what it runs
version_added: 0.1.0
description:
  - A host cannot scan what it runs, and does not see the other hosts of a rollout. This module leaves there what the
    controller saw, as statements of in-toto below C(/opt/librespot/attestations), and M(hardened.librespot.audit) reads
    them again each time. A waiver that has expired since, or a scan that is too old, turns red without a new scan.
  - What is attested of releases and images that the host has no more is removed.
  - An attestation is evidence and not a proof; whoever is root on the host can write another.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification.attributes
options:
  state:
    description: V(absent) removes all attestations.
    type: str
    choices: [present, absent]
    default: present
  subject:
    description:
      - The id of a release on the host, as M(hardened.librespot.release) returns it, or of an image, as
        M(hardened.librespot.image) does. Required for O(state=present), unless O(ci) is given, whose digest tells it.
    type: str
    default: ''
  scan:
    description: What M(hardened.librespot.scan) returned for this artifact or image.
    type: dict
    default: {}
  rollout:
    description:
      - How the rollout went on this host. C(rollout) is its name, C(at) when (RFC 3339), C(passed) and C(failed) are
        the tests, of which the audit knows C(staging), C(health), C(audit) and C(soak).
    type: dict
    default: {}
  packages:
    description:
      - Of an image, how its packages compare with those of the distribution. C(compared) is the day, C(distribution)
        its name with the release, C(outdated) a list of C(name), C(from) and C(to).
    type: dict
    default: {}
  ci:
    description:
      - What a run of a CI thought of it. C(sha256) is the digest of the program or archive that was looked at, C(job)
        its name, C(at) when (RFC 3339), C(passed) and C(failed) are the tests, C(results) has the digest (SHA-256) of
        each file that was left, of V(scan.json), V(scan.sarif) and V(scan.junit.xml).
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Scan what was built
  hardened.librespot.scan:
    path: "{{ built.path }}"
  register: scanned
  delegate_to: localhost

- name: Let the host's audit know of it
  hardened.librespot.attestation:
    subject: "{{ built.id }}"
    scan: "{{ scanned }}"
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.module import STATE_ARGUMENT, outcome, run
from ansible_collections.hardened.librespot.plugins.module_utils.planners.attestations import (
    attestation_planners,
    no_attestation_planners,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring the attestations to where they shall be."""
    files = Files()
    absent = module.params["state"] == "absent"
    planners = no_attestation_planners(files) if absent else attestation_planners(files, module.params)
    return outcome(module, converge(planners, module.check_mode))


def main() -> None:
    """Run the module."""
    arguments = {
        **STATE_ARGUMENT,
        "subject": {"type": "str", "default": ""},
        "scan": {"type": "dict", "default": {}},
        "rollout": {"type": "dict", "default": {}},
        "packages": {"type": "dict", "default": {}},
        "ci": {"type": "dict", "default": {}},
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
