#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: release
short_description: Activate, roll back and remove releases of librespot on a host
version_added: 0.1.0
description:
  - Keeps releases as immutable directories below C(/opt/librespot/releases). C(/opt/librespot/current) is a link to
    the active
    one, which changes in one step. C(/opt/librespot/before) holds for each release a link to the one that was active
    before it.
  - An artifact is uploaded only when the host does not have it whole. Before it is activated, each file is compared
    with the
    digest that the controller has, the architecture and the C library are checked, and the program is started once as
    nobody.
  - Every run compares the active release with its artifact. One that was changed on the host is installed again.
author:
  - hardened.librespot contributors (@hardened-librespot)
attributes:
  check_mode:
    description: Can run in check mode and return changed status without changing anything.
    support: full
  diff_mode:
    description: Returns what has been changed, or would be in check mode, as a diff.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: partial
    details: With O(state=rollback) and no O(id), a second run activates the release that the first one left.
options:
  state:
    description:
      - V(present) activates the release O(id).
      - V(rollback) activates the previous release, or the installed one that O(id) names. Nothing is uploaded.
      - V(absent) removes all releases.
    type: str
    choices: [present, rollback, absent]
    default: present
  id:
    description: The artifact's identifier. Required for O(state=present).
    type: str
  artifact:
    description:
      - The artifact's directory on the controller, as the module M(hardened.librespot.build) returns it. Required for
        O(state=present), but in check mode it need not exist yet.
    type: path
  checksums:
    description: The SHA-256 of the artifact's files. Set by the action plugin.
    type: dict
  binary:
    description:
      - The architecture, the C library and the shared libraries that the program needs, so that a host is refused, and
        what it lacks is predicted, before anything is uploaded. Set by the action plugin.
    type: dict
  src:
    description: The uploaded archive. Set by the action plugin.
    type: path
  keep:
    description: How many releases are kept besides the active and the previous one.
    type: int
    default: 2
  protect:
    description:
      - Identifiers of releases that O(keep) never removes, such as the one that a rollout may have to go back to. One
        that is not on the host is left out, and so is an empty one.
    type: list
    elements: str
    default: []
  install_libraries:
    description: Whether shared libraries that the release needs are installed with C(apt-get) when the host lacks them.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Activate what was built
  hardened.librespot.release:
    id: "{{ built.id }}"
    artifact: "{{ built.path }}"

- name: Return to the release before
  hardened.librespot.release:
    state: rollback
"""

RETURN = r"""
id:
  description: The active release.
  returned: always
  type: str
  sample: 0.8.0-x86_64-glibc2.36-1a2b3c4d5e6f
version:
  description: The version of librespot that the active release is; empty when there is none.
  returned: always
  type: str
  sample: 0.8.0
previous:
  description: The release that a roll-back would activate; empty when there is none.
  returned: always
  type: str
changes:
  description: What differed, as subject and attribute.
  returned: always
  type: list
  elements: str
missing:
  description: Whether the artifact has to be uploaded first. Only the action plugin sees it as true.
  returned: always
  type: bool
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.libraries import Libraries
from ansible_collections.hardened.librespot.plugins.module_utils.module import Module, outcome, run
from ansible_collections.hardened.librespot.plugins.module_utils.planners.releases import (
    ABSENT,
    PRESENT,
    ROLLBACK,
    Releases,
)


def work(module: Module) -> dict[str, Any]:
    """Bring the releases to where they shall be."""
    commands, files = Commands(), Files()
    done = Releases(commands, files, Libraries(commands, files)).run(module.params, module.check_mode)
    active = {"id": done.identifier, "version": done.version, "previous": done.previous, "missing": done.missing}
    return {**outcome(module, done.plans), **active}


def main() -> None:
    """Run the module."""
    arguments = {
        "state": {"type": "str", "choices": [PRESENT, ROLLBACK, ABSENT], "default": PRESENT},
        "id": {"type": "str"},
        "artifact": {"type": "path"},
        "checksums": {"type": "dict"},
        "binary": {"type": "dict"},
        "src": {"type": "path"},
        "keep": {"type": "int", "default": 2},
        "protect": {"type": "list", "elements": "str", "default": []},
        "install_libraries": {"type": "bool", "default": True},
    }
    required = [("state", PRESENT, ["id"])]
    run(AnsibleModule(argument_spec=arguments, required_if=required, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
