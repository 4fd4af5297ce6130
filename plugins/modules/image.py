#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image
short_description: Get images of librespot into the container engine of a host, and return to earlier ones
version_added: 0.1.0
description:
  - Loads the image that M(hardened.librespot.image_build) has made. It is uploaded only when the engine does not have
    it, and no registry is asked. An archive that changed on its way is refused before the engine sees it. The engine
    itself computes the image's id from what it was given, so another image than the one that was made is refused, too.
  - Keeps the image's manifest, a list of all its files, below C(/opt/librespot/images). The link C(current) there leads
    to that of the active image, the one that was asked for last, and C(before) holds for each image a link to the one
    that was active before it.
  - What containers run, M(hardened.librespot.container) changes.
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
    support: partial
    details: With O(state=rollback) and no O(id), a second run activates the image that the first one left.
options:
  state:
    description:
      - V(present) gets the image into the engine, and makes it the active one.
      - V(rollback) makes the previous image the active one, or the one that O(id) names. Nothing is uploaded. In check
        mode it tells which one that would be.
      - V(absent) removes all images of the collection with their manifests.
    type: str
    choices: [present, rollback, absent]
    default: present
  id:
    description:
      - The image to return to with O(state=rollback), by its id, or by that of the artifact that it is made of. The
        previous one unless given.
    type: str
    default: ""
  path:
    description:
      - The image's directory on the controller, as M(hardened.librespot.image_build) returns it. Required for
        O(state=present), but in check mode it need not exist yet.
    type: path
  keep:
    description:
      - How many older images are kept, besides the active and the previous one, and those that containers use.
    type: int
    default: 2
  protect:
    description:
      - Images that O(keep) never removes, such as the one that a rollout may have to go back to, each by its id, or by
        that of the artifact that it is made of. One that is not on the host is left out, and so is an empty one.
    type: list
    elements: str
    default: []
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

- name: Look which image was there before, and change nothing
  hardened.librespot.image:
    state: rollback
  check_mode: true
  register: earlier

- name: Return to it
  hardened.librespot.image:
    state: rollback
    id: "{{ earlier.image }}"

- name: Remove all images of the collection
  hardened.librespot.image:
    state: absent
"""

RETURN = r"""
image:
  description: The active image's id in the engine. In check mode, when it is not made yet, words that stand for it, by
    which M(hardened.librespot.container) knows that it will be another one.
  returned: unless O(state=absent)
  type: str
  sample: sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
artifact:
  description: The id of the artifact that it is made of.
  returned: unless O(state=absent)
  type: str
  sample: 0.8.0-x86_64-glibc2.36-1a2b3c4d5e6f
version:
  description: The version of librespot in it.
  returned: unless O(state=absent)
  type: str
  sample: 0.8.0
previous:
  description: The id of the image that a roll-back would activate; empty when there is none.
  returned: unless O(state=absent)
  type: str
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
missing:
  description: Whether the image has to be uploaded first. Only the action plugin sees it as true.
  returned: unless O(state=absent)
  type: bool
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.engines import engine_called
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import NOT_MADE
from ansible_collections.hardened.librespot.plugins.module_utils.model.layout import IMAGES
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    ENGINE_ARGUMENT,
    Module,
    outcome,
    run,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.attestations import (
    no_attestation_planners,
    releases_here,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.image import (
    earlier_image,
    image_planners,
    no_image_planners,
    previous_image,
    refuse_foreign,
    refuse_other,
    refuse_wrong,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.moved import refuse_other_engine

_UNKNOWN = {"image": NOT_MADE, "artifact": "", "version": "", "previous": "", "missing": False}


def work(module: Module) -> dict[str, Any]:
    """Bring the engine's images to where they shall be."""
    params, files = module.params, Files()
    protected = refuse_wrong(params["keep"], params["protect"])
    refuse_other_engine(files, params["engine"])
    if params["state"] == "absent":
        there = files.read(IMAGES, content=False) is not None
        planners = no_image_planners(engine_called(params["engine"], Commands()), files) if there else []
        planners += no_attestation_planners(files, releases_here(files))
        return outcome(module, converge(planners, module.check_mode))
    engine = engine_called(params["engine"], Commands())
    back = params["state"] == "rollback"
    manifest = earlier_image(engine, files, params["id"]) if back else params["manifest"]
    if not manifest:
        # In check mode it may never have been made.
        return {**outcome(module, [Plan("image", {}, {"engine": "has it"})]), **_UNKNOWN}
    identifier = manifest["image"]
    refuse_foreign(engine, manifest)
    if params["src"]:
        refuse_other(files, params["src"], manifest)
    missing = not params["src"] and not module.check_mode and engine.image(identifier) is None
    planners = image_planners(engine, files, manifest, params["src"] or "", params["keep"], protected)
    active = {"image": identifier, "artifact": manifest["artifact"], "version": manifest["version"]}
    # As it is before anything changes, it is also what it will be: what was active before this one.
    previous = previous_image(files, identifier)
    # What has to be uploaded first is only planned now.
    plans = converge(planners, module.check_mode or missing)
    return {**outcome(module, plans), **active, "previous": previous, "missing": missing}


def main() -> None:
    """Run the module."""
    arguments = {
        "state": {"type": "str", "choices": ["present", "rollback", "absent"], "default": "present"},
        **ENGINE_ARGUMENT,
        "id": {"type": "str", "default": ""},
        "path": {"type": "path"},
        "keep": {"type": "int", "default": 2},
        "protect": {"type": "list", "elements": "str", "default": []},
        "manifest": {"type": "dict"},
        "src": {"type": "path"},
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
