#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: health
short_description: Whether the librespot instances of a host serve, as a client would see it
version_added: 0.1.0
description:
  - Asks each instance where a client would ask, at the addresses of its interface, of its segment, or at those at which
    its container is published. Each has to answer C(getInfo) well, in time, and with the wanted version, and its
    program has to be that of the release, or of the image, that shall run.
  - It waits until all instances answer, and then goes on to ask for a while, in which none may end, be restarted,
    answer late or otherwise. The first one that does ends it for the whole host.
  - An instance without discovery cannot be asked. Its process has to be there, and to be the same for at least four
    seconds.
  - It changes nothing on the host.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.engine
  - hardened.librespot.specification.attributes
options:
  deployment:
    description: How the instances of this host run.
    type: str
    choices: [systemd, container]
    default: systemd
  release:
    description:
      - The id of the artifact whose program shall run, as M(hardened.librespot.build) returns it.
      - Without it, the active release of the host. With O(deployment=container), what the container's image is made of.
    type: str
    default: ""
  image:
    description:
      - The id of the image that the containers shall run, as M(hardened.librespot.image) returns it.
      - Without it, any image that M(hardened.librespot.image) has brought to the host.
    type: str
    default: ""
  timeout:
    description: For how many seconds the instances are waited for. With V(0) they are asked once.
    type: float
    default: 30
  latency:
    description:
      - Within how many seconds an answer has to come.
      - What has not come after three times as long, or ten seconds if that is longer, is no answer any more.
    type: float
    default: 2
  soak:
    description: For how many seconds instances that have answered are watched.
    type: float
    default: 10
  interval:
    description: How many seconds lie between two questions.
    type: float
    default: 1
  fail:
    description: Whether the task fails when an instance is not healthy.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Look whether all instances serve, and go on to do so for a minute
  hardened.librespot.health:
    instances: "{{ librespot_instances }}"
    soak: 60

- name: Look what runs, whatever that is
  hardened.librespot.health:
    instances: "{{ librespot_instances }}"
    timeout: 0
    soak: 0
    fail: false
  register: looked

- name: Look whether the containers run the image that was brought here
  hardened.librespot.health:
    deployment: container
    instances: "{{ librespot_instances }}"
    image: "{{ loaded.image }}"
"""

RETURN = r"""
healthy:
  description: Whether all instances serve.
  returned: always
  type: bool
unhealthy:
  description: The instances that do not.
  returned: always
  type: list
  elements: str
  sample: ["kitchen"]
reasons:
  description: Their reasons by their names.
  returned: always
  type: dict
  sample: {"kitchen": "late"}
instances:
  description: What was seen of each instance.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The instance.
      type: str
    healthy:
      description: Whether it serves.
      type: bool
    reason:
      description:
        - One word that does not change between versions of the collection.
        - V(healthy); V(stopped), nothing runs it; V(exits), it ends before it answers; V(silent), it runs and does not
          answer; V(late), it answers too late; V(garbage), what answers is not librespot; V(version), it is another
          version; V(binary), it is another program or image; V(restarts), it has answered, and ended or was restarted
          afterwards.
      type: str
    expected:
      description: What was expected; empty when it serves.
      type: str
    seen:
      description: What was seen instead.
      type: str
    remedy:
      description: What to do next.
      type: str
    version:
      description: The version that has answered; empty when none has.
      type: str
    release:
      description: The id of the artifact that runs; empty when that is not known.
      type: str
    image:
      description: The id of the image that its container runs; empty for a service.
      type: str
    latency:
      description: How long the slowest answer took, in milliseconds.
      type: int
    restarts:
      description: How often it was started anew meanwhile.
      type: int
    answered:
      description: How many good answers there were.
      type: int
  sample:
    - name: kitchen
      healthy: true
      reason: healthy
      expected: ""
      seen: ""
      remedy: ""
      version: 0.8.0
      release: 0.8.0-x86_64-glibc2.36-1a2b3c4d5e6f
      image: ""
      latency: 3
      restarts: 0
      answered: 11
remedy:
  description: What to do next.
  returned: failure
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.health.health import health
from ansible_collections.hardened.librespot.plugins.module_utils.health.watch import failure, outcome
from ansible_collections.hardened.librespot.plugins.module_utils.model.health import terms
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    DEPLOYMENT_ARGUMENT,
    ENGINE_ARGUMENT,
    SPECIFICATION_ARGUMENTS,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host


def work(module: AnsibleModule) -> dict[str, Any]:
    """Look at the instances, for as long as asked."""
    given, spec = module.params, specification(module)
    asked = terms(given)
    said = health(Host(), spec, asked, given["deployment"] == CONTAINER, given["engine"])
    result = outcome(said)
    error = failure(said)
    if error is not None and given["fail"]:
        module.fail_json(msg=str(error), remedy=error.remedy, **result)
    return result


def main() -> None:
    """Run the module."""
    arguments = {
        **SPECIFICATION_ARGUMENTS,
        **DEPLOYMENT_ARGUMENT,
        **ENGINE_ARGUMENT,
        "release": {"type": "str", "default": ""},
        "image": {"type": "str", "default": ""},
        "timeout": {"type": "float", "default": 30.0},
        "latency": {"type": "float", "default": 2.0},
        "soak": {"type": "float", "default": 10.0},
        "interval": {"type": "float", "default": 1.0},
        "fail": {"type": "bool", "default": True},
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work, locked=False)


if __name__ == "__main__":
    main()
