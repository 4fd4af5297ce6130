#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image
short_description: Get an image of librespot into the container engine of a host
version_added: 0.1.0
description:
  - Loads the image that M(hardened.librespot.image_build) has made. It is uploaded only when the engine does not have
    it, and no registry is asked. An archive that changed on its way is refused before the engine sees it. The engine
    itself computes the image's id from what it was given, so another image than the one that was made is refused, too.
  - Keeps the image's manifest, a list of all its files, below C(/opt/librespot/images).
  - Removes older images of the collection that no container uses. Images of others are left alone.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification.engine
requirements:
  - Docker Engine 20.10 or newer on the host, as root's, and its SDK for Python (C(python3-docker))
  - Or Podman 5.4 or newer on the host (Debian 13), as root's
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
  state:
    description:
      - V(present) gets the image into the engine.
      - V(absent) removes all images of the collection with their manifests.
    type: str
    choices: [present, absent]
    default: present
  path:
    description:
      - The image's directory on the controller, as M(hardened.librespot.image_build) returns it. Required for
        O(state=present), but in check mode it need not exist yet.
    type: path
  keep:
    description: How many older images are kept for a roll-back, besides those that containers use.
    type: int
    default: 2
  manifest:
    description: The image's manifest. Set by the action plugin.
    type: dict
  src:
    description: The uploaded archive. Set by the action plugin.
    type: path
"""

EXAMPLES = r"""
- name: Get the image that was made into the engine
  hardened.librespot.image:
    path: "{{ made.path }}"

- name: Remove all images of the collection
  hardened.librespot.image:
    state: absent
"""

RETURN = r"""
image:
  description: The image's id in the engine. In check mode, when it is not made yet, words that stand for it, by which
    M(hardened.librespot.container) knows that it will be another one.
  returned: when O(state=present)
  type: str
  sample: sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
missing:
  description: Whether the image has to be uploaded first. Only the action plugin sees it as true.
  returned: when O(state=present)
  type: bool
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.engines import engine_called
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import NOT_MADE
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    ENGINE_ARGUMENT,
    STATE_ARGUMENT,
    Module,
    outcome,
    run,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.image import (
    IMAGES,
    image_planners,
    no_image_planners,
    refuse_foreign,
    refuse_other,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.moved import refuse_other_engine


def work(module: Module) -> dict[str, Any]:
    """Bring the engine's images to where they shall be."""
    params, files = module.params, Files()
    refuse_other_engine(files, params["engine"])
    if params["state"] == "absent":
        there = files.read(IMAGES, content=False) is not None
        planners = no_image_planners(engine_called(params["engine"], Commands()), files) if there else []
        return outcome(module, converge(planners, module.check_mode))
    engine = engine_called(params["engine"], Commands())
    manifest = params["manifest"]
    if not manifest:
        # In check mode it may never have been made.
        return {**outcome(module, [Plan("image", {}, {"engine": "has it"})]), "image": NOT_MADE, "missing": False}
    identifier = manifest["image"]
    refuse_foreign(engine, manifest)
    if params["src"]:
        refuse_other(files, params["src"], manifest)
    missing = not params["src"] and not module.check_mode and engine.image(identifier) is None
    planners = image_planners(engine, files, identifier, manifest, params["src"] or "", params["keep"])
    # What has to be uploaded first is only planned now.
    plans = converge(planners, module.check_mode or missing)
    return {**outcome(module, plans), "image": identifier, "missing": missing}


def main() -> None:
    """Run the module."""
    arguments = {
        **STATE_ARGUMENT,
        **ENGINE_ARGUMENT,
        "path": {"type": "path"},
        "keep": {"type": "int", "default": 2},
        "manifest": {"type": "dict"},
        "src": {"type": "path"},
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
