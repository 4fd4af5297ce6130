#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sbom
short_description: Write what librespot was compiled from as an SBOM
version_added: 0.1.0
description:
  - Writes the SBOM of an artifact, of an image or of a program, as CycloneDX 1.6 or as SPDX 2.3, to a file on the
    controller.
  - With O(source=host) it fetches the SBOMs of what is deployed on the host of the task, so that a fleet has one file
    for each host, or for each artifact.
  - Each SBOM is compared with the program that it is about. One that names other crates than the program records, or
    another program, is refused, and the crates that differ are named. So is a program that records nothing.
author:
  - hardened.librespot contributors (@hardened-librespot)
requirements:
  - cyclonedx-python-lib, packageurl-python and pyelftools on the controller
  - For O(format=spdx), spdx-tools on the controller
attributes:
  check_mode:
    description: Can run in check mode and return changed status without changing anything.
    support: full
  diff_mode:
    description: Returns what has been changed, or would be in check mode, as a diff.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
options:
  source:
    description:
      - V(path) writes the SBOM of what is at O(path) on the controller.
      - V(host) fetches those of the host. It looks at the active release, and at the containers that run, for which it
        has to be root.
    type: str
    choices: [path, host]
    default: path
  path:
    description:
      - The directory of an artifact, as M(hardened.librespot.build) returns it, that of an image, as
        M(hardened.librespot.image_build) returns it, an image that C(docker save) wrote, or a program. Required for
        O(source=path).
      - An artifact and an image have an SBOM. That of a program is made of what the program records, which is less.
    type: path
  lock:
    description: For a program, the lock file that it was built with, for the checksums of its crates.
    type: path
  dest:
    description:
      - The file on the controller.
      - For O(source=host) it is a directory. Its files are called as O(per) says, with C(.cdx.json) or C(.spdx.json).
    type: path
    required: true
  per:
    description:
      - For O(source=host), whether a file is called after the host, or after the artifact, of which many hosts can have
        the same. After a container it is called by the version and the first digits of the SHA-256 of the SBOM, since
        there are many images with one version.
      - Hosts only claim to have an artifact. With V(artifact) its SBOM has to be the one in O(cache_dir). Of one that
        is not there, all hosts of the run have to give the same one, and the same as was filed before. Else the
        task fails, names both hosts, and nothing is written.
      - A host on which several are deployed that differ has a file for each, called after the host, the artifact and
        the first digits of the SHA-256 of the SBOM.
    type: str
    choices: [host, artifact]
    default: host
  format:
    description: V(cyclonedx) is CycloneDX 1.6 and V(spdx) is SPDX 2.3, both as JSON.
    type: str
    choices: [cyclonedx, spdx]
    default: cyclonedx
  cache_dir:
    description: The controller's cache, as for M(hardened.librespot.build). For O(source=host), a program that is in it
      is not fetched to be looked at. Which host gave what is remembered there for O(per=artifact).
    type: path
"""

EXAMPLES = r"""
- name: Write the SBOM of what was built
  hardened.librespot.sbom:
    path: "{{ built.path }}"
    dest: sboms/librespot.cdx.json
  delegate_to: localhost

- name: Write it as SPDX
  hardened.librespot.sbom:
    path: "{{ built.path }}"
    dest: sboms/librespot.spdx.json
    format: spdx
  delegate_to: localhost

- name: Fetch the SBOM of what is deployed on each host
  hardened.librespot.sbom:
    source: host
    dest: sboms
  become: true
"""

RETURN = r"""
sboms:
  description: The SBOMs.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file on the controller.
      type: str
    artifact:
      description: What it is about, by the identifier of the artifact if that is known, else by its version.
      type: str
    sha256:
      description: The SHA-256 of the program that it is about.
      type: str
    crates:
      description: How many crates it names.
      type: int
      sample: 291
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.deployed import deployed
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.sbom_options import HOST, SBOM_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.module import Module, run


def work(module: Module) -> dict[str, Any]:
    """Look at what is deployed; what is at a path is the controller's, and its action plugin does all with it."""
    found = deployed(Files()) if module.params["source"] == HOST else []
    return {"changed": False, "deployed": [item.as_data() for item in found]}


def main() -> None:
    """Run the module. It changes nothing on the host."""
    run(AnsibleModule(argument_spec=SBOM_OPTIONS, supports_check_mode=True), work, locked=False)


if __name__ == "__main__":
    main()
