#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_build
short_description: Make a container image with nothing but librespot
version_added: 0.1.0
description:
  - Makes an image of an artifact, and keeps it in a cache on the controller, as one archive that engines load. It has
    the program, the libraries that it loads, what those read, a user, and the program of the health check. There is no
    shell, no package manager and no interpreter in it.
  - The libraries are those of the build host's distribution. Its own C(apt-get) downloads them, which checks their
    signatures; nothing of them is installed or run there but the program interpreter, which says what librespot loads.
  - Every byte follows from the artifact and the packages, and so does the image's id. The manifest lists each file with
    its digest and the package that it is from.
  - The image has its own SBOM, as CycloneDX, with the crates of librespot, the packages of the distribution, and every
    other file below what it is from.
  - Beside the archive there is a C(context), a directory with a Dockerfile that makes an image with the same files by
    hand.
  - Runs on the build host, which is the host of the task. Use C(delegate_to) to choose another than the target.
author:
  - hardened.librespot contributors (@hardened-librespot)
requirements:
  - cyclonedx-python-lib, packageurl-python and pyelftools on the controller
  - On the build host Debian or a distribution made from it, of the architecture of the artifact
  - On the build host rustc 1.85 or newer with a C compiler, for the program of the health check
attributes:
  check_mode:
    description: Can run in check mode and return changed status without changing anything.
    support: full
    details: Nothing is made. What would be made again is told by comparing it with the distribution.
  diff_mode:
    description: Returns what has been changed, or would be in check mode, as a diff.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
    details: With O(refresh=when_outdated) it does when the distribution has newer packages meanwhile.
options:
  artifact:
    description: The artifact's directory on the controller, as the module M(hardened.librespot.build) returns it. In
      check mode it need not exist yet.
    type: path
    required: true
  refresh:
    description:
      - Whether an image that is in the cache is made again, with the packages that the distribution has now.
      - With V(when_outdated), the build host asks its C(apt-get) for the versions that it would get now, and the image
        is made again when one of them is newer. Nothing is downloaded for that but the lists of packages.
      - In check mode, V(when_outdated) tells in RV(outdated) what is newer, and makes nothing. So a schedule can ask.
    type: str
    choices: [never, when_outdated, always]
    default: never
  fresh_for:
    description:
      - For O(refresh=when_outdated), for how many minutes after it was compared an image is not compared again, so that
        a play over many hosts asks once.
    type: int
    default: 0
  install_missing:
    description: Whether to install a missing compiler on the build host with C(apt-get), which takes root there.
    type: bool
    default: false
  work_dir:
    description: A private directory on the build host. All that is made in it is removed.
    type: path
    default: ~/.cache/hardened-librespot/build
  cache_dir:
    description:
      - The controller's cache. By default E(HARDENED_LIBRESPOT_CACHE), or C(hardened-librespot) in E(XDG_CACHE_HOME) or
        C(~/.cache).
    type: path
  timeout:
    description: Seconds that it may take, and that a host waits for another one that makes the same.
    type: int
    default: 1800
  manifest:
    description: The artifact's manifest. Set by the action plugin.
    type: dict
  program:
    description: The uploaded program. Set by the action plugin.
    type: path
  compare:
    description: What is known of the image that is there. Set by the action plugin.
    type: dict
"""

EXAMPLES = r"""
- name: Build librespot once for all hosts of this architecture
  hardened.librespot.build:
    architecture: x86_64
  delegate_to: builder.example.org
  register: built

- name: Make an image of it
  hardened.librespot.image_build:
    artifact: "{{ built.path }}"
  delegate_to: builder.example.org
  register: made

- name: Make it again when a library in it has an update
  hardened.librespot.image_build:
    artifact: "{{ built.path }}"
    refresh: when_outdated
  delegate_to: builder.example.org

- name: Only look whether one has
  hardened.librespot.image_build:
    artifact: "{{ built.path }}"
    refresh: when_outdated
  delegate_to: builder.example.org
  check_mode: true
  register: looked
"""

RETURN = r"""
id:
  description: The image's name in the cache.
  returned: always
  type: str
  sample: image-0.8.0-x86_64-1a2b3c4d5e6f
path:
  description: The image's directory on the controller. In check mode it may not exist yet, and it is empty when the
    image would be made again.
  returned: always
  type: str
outdated:
  description: The packages in the image that was there of which the distribution has newer versions, or none any more.
    In check mode with O(refresh=always), all of an image of another release than the build host's.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the package.
      type: str
      sample: libasound2
    from:
      description: The version in the image.
      type: str
      sample: 1.2.8-1+b1
    to:
      description: The version that the distribution has, empty when it has none any more.
      type: str
      sample: 1.2.8-1+deb12u1
compared:
  description: The day on which the image was last found to be as new as its distribution, in UTC.
  returned: when it was
  type: str
  sample: "2026-11-27"
image:
  description: The id that the image has in an engine, which is the digest of its configuration.
  returned: when the image exists
  type: str
  sample: sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
sbom:
  description: The SBOM of the image.
  returned: when the image exists
  type: dict
  contains:
    path:
      description: Where it is in the image. On the controller, it is in the C(context) beside the archive.
      type: str
      sample: /usr/share/sbom/librespot.cdx.json
    digest:
      description: Its digest, which is also the value of the image's label C(hardened.librespot.sbom).
      type: str
      sample: sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
    packages:
      description: How many packages it names, crates and those of the distribution.
      type: int
      sample: 295
manifest:
  description: All files of the image with their digests and where they are from, and the packages.
  returned: when the image exists
  type: dict
"""

import hashlib
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.build import PROGRESS, way_out
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.facts import gather
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.host.image_build import ImageBuild
from ansible_collections.hardened.librespot.plugins.module_utils.host.workplace import Workplace
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import LAYER, image_identifier
from ansible_collections.hardened.librespot.plugins.module_utils.model.image_options import ALWAYS, IMAGE_BUILD_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.module import Module, run
from ansible_collections.hardened.librespot.plugins.module_utils.render.image import contents, layer
from ansible_collections.hardened.librespot.plugins.module_utils.render.probe import FLAGS, SOURCE


def work(module: Module) -> dict[str, Any]:
    """Put the files of the image together on this host, and leave them for the action plugin to fetch."""
    params, commands, files = module.params, Commands(), Files()
    if params["compare"]:
        return {"changed": False, "outdated": compared(module)}
    if module.check_mode:
        return {"changed": True}
    artifact = params["manifest"]
    identifier = image_identifier(artifact, SOURCE)
    workplace = Workplace(files, params["work_dir"])

    def say(what: str) -> None:
        workplace.write(f"{workplace.path}/{PROGRESS}/{identifier}", f"{what}\n".encode())

    with workplace.occupied(f"the image {identifier}", params["timeout"]):
        facts = gather(commands, files)
        build = ImageBuild(commands, workplace, facts, way_out(os.environ), say)
        probe = build.probe(SOURCE, FLAGS, params["install_missing"])
        found = build.gather(artifact, params["program"], probe)
        say("putting the image together")
        content = layer(found.files, artifact)
        path = f"{workplace.path}/output/{identifier}/{LAYER}"
        workplace.write(path, content)
    made_of = contents(found.files, found.packages, facts.distribution, facts.release)
    return {"changed": True, "layer": path, "sha256": hashlib.sha256(content).hexdigest(), "contents": made_of}


def compared(module: Module) -> list[dict[str, str]]:
    """Return what is newer than in the image. It is not kept waiting by builds, and changes nothing, in no mode."""
    params, commands, files = module.params, Commands(), Files()
    workplace = Workplace(files, f"{params['work_dir']}/compared")
    with workplace.occupied("a comparison with the distribution", params["timeout"]):
        build = ImageBuild(commands, workplace, gather(commands, files), way_out(os.environ), lambda _what: None)
        return build.outdated(params["manifest"], params["compare"], params["refresh"] == ALWAYS)


def main() -> None:
    """Run the module. It holds no lock of the host: it changes nothing that is deployed there."""
    run(AnsibleModule(argument_spec=IMAGE_BUILD_OPTIONS, supports_check_mode=True), work, locked=False)


if __name__ == "__main__":
    main()
