#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: container
short_description: Run librespot instances in hardened containers
version_added: 0.1.0
description:
  - Gives each instance a system user, a network of its own and a container in which nothing is possible that librespot
    does not need. The root is read-only, no capability and no privilege can be had, temporary files go to bounded
    memory, and memory, processor, tasks and files are limited. Where the kernel enforces AppArmor, it runs under a
    profile of its own.
  - What the engine made and what the kernel says of the live process are compared with the specification, not what
    was asked for. A limit that the engine can change is changed while the instance plays.
  - Anything else makes a new container. It first runs beside the old one, unpublished; the old one stops when the new
    one has answered, and is back when its successor does not answer in its place.
  - Instances can exchange their ports. One whose port another one shall have stops when that one has been tried, and is
    replaced in its turn.
  - An instance with a C(segment) is in the network of another container of the same image, which has none from the
    engine and only waits. A unit loads the table of the zones there, before it puts the interface in, at every start of
    either; no port is published then.
  - With O(engine=podman) a container is a service of systemd, by a Quadlet. It is restarted with what has changed, and
    what ran before is back when it does not answer then. Drop-ins for it are removed.
  - Nothing is changed while the firewall's table does not know all of the instances, so
    M(hardened.librespot.firewall) comes first. Nor does the engine start one, at boot or later, before that table is
    in force.
  - What ran one of the instances as a service until now is ended and removed, with the state that it had stored.
  - Containers of the collection whose instances are not described any more are removed. The firewall's table, in which
    they were sealed off, forgets them then.
  - A container with the collection's label C(hardened.librespot.instance) and a name that none of its own has, as after
    C(docker rename), is removed as well.
  - An instance that cannot be brought to where it shall be goes back to what ran before. The others are not kept from
    what they shall be, and the task fails at its end with what keeps each one that could not.
  - The engine chooses the addresses of each network. Where they are those of a zone's networks, whose clients are not
    answered then, the module warns and says how to give the engine others.
  - While others are on the network of an instance that goes, nothing is changed. They are named, with the command that
    takes them off.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.state
  - hardened.librespot.specification.engine
  - hardened.librespot.specification.attributes
requirements:
  - Docker Engine 20.10 or newer on the host, as root's, and its SDK for Python (C(python3-docker))
  - Or Podman 5.4 or newer on the host (Debian 13), as root's; a rootless one is refused
options:
  image:
    description:
      - The id of the image that the containers shall run, as M(hardened.librespot.image) returns it. A name would be
        whatever it points to today.
      - Required for O(state=present); in check mode it need not exist yet.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Get the image into the engine
  hardened.librespot.image:
    path: "{{ made.path }}"
  register: loaded

- name: Let nobody in but the private networks
  hardened.librespot.firewall:
    deployment: container
    instances: &speakers
      - name: kitchen
        limits:
          memory: 128M

- name: Run a speaker
  hardened.librespot.container:
    instances: *speakers
    image: "{{ loaded.image }}"

- name: Run the same one as a Quadlet of Podman
  hardened.librespot.container:
    engine: podman
    instances: *speakers
    image: "{{ loaded.image }}"

- name: Remove all containers of the collection
  hardened.librespot.container:
    state: absent
"""

RETURN = r"""
changes:
  description: What differed, as subject and attribute.
  returned: success
  type: list
  elements: str
  sample: ["container librespot-kitchen: memory"]
unfinished:
  description: The instances that could not be brought to where they shall be, when the others were.
  returned: failure of single instances
  type: list
  elements: str
  sample: ["office"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.engines import AnyEngine
from ansible_collections.hardened.librespot.plugins.module_utils.host.podman import Podman
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import PODMAN
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.image import IMAGE_ID
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, Specification
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    ENGINE_ARGUMENT,
    SPECIFICATION_ARGUMENTS,
    STATE_ARGUMENT,
    outcome,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.addresses import warnings
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.containers import (
    container_planners,
    without_doors,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.firewall import unsealing_planners
from ansible_collections.hardened.librespot.plugins.module_utils.planners.guests import GuestsPlanner
from ansible_collections.hardened.librespot.plugins.module_utils.planners.moved import (
    displaced_services,
    has_containers,
    refuse_other_engine,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.preflight import usable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.quadlets import (
    has_quadlets,
    quadlet_planners,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host


def work(module: AnsibleModule) -> dict[str, Any]:
    """Bring users, networks and containers to where they shall be."""
    host, image = Host(), module.params["image"]
    podman = module.params["engine"] == PODMAN
    absent = module.params["state"] == "absent"
    refuse_other_engine(host.files, module.params["engine"])
    if absent and not (has_quadlets(host.files) if podman else has_containers(host.files)):
        return outcome(module, [])
    spec = Specification("0.0.0", ()) if absent else usable(host, specification(module, CONTAINER))
    if podman:
        engine = Podman(host.commands)
        _ready(module, host, engine, image, spec)
        planners = quadlet_planners(host, engine, spec, image)
        used: AnyEngine = engine
    else:
        docker = Engine()
        _ready(module, host, docker, image, spec)
        planners = container_planners(host, docker, spec, image)
        used = docker
    # Whoever is on a network that goes is told of before a service is ended, too.
    guests = [item for item in planners if isinstance(item, GuestsPlanner)]
    # Not among those of the audit, where the table is the firewall's.
    displaced, unsealing = displaced_services(host, spec), unsealing_planners(host, spec)
    plans = converge([*guests, *displaced], module.check_mode)
    rest = [item for item in planners if item not in guests]
    plans += converge([*rest, *unsealing], module.check_mode, apart=True)
    # The engine chooses the addresses when it makes the network.
    for said in warnings(host, used, spec):
        module.warn(said)
    return outcome(module, plans)


def _ready(module: AnsibleModule, host: Host, engine: AnyEngine, image: str, spec: Specification) -> None:
    """Raise an error when what an instance cannot start without is missing. What other modules do comes before."""
    if module.check_mode or not spec.present:
        return
    if IMAGE_ID.fullmatch(image) is None:
        raise SpecificationError("image", image, "is not an image's id", "Give the image that the module image returns")
    if engine.image(image) is None:
        raise HostError(f"The engine has no image {image}", "Run hardened.librespot.image first")
    unknown = without_doors(host, spec)
    if unknown:
        raise HostError(
            f"The firewall's table does not know {', '.join(unknown)}: the engine would open the ports to everyone",
            "Run hardened.librespot.firewall with deployment: container and the same instances first",
        )


def main() -> None:
    """Run the module."""
    arguments = {
        **SPECIFICATION_ARGUMENTS,
        **STATE_ARGUMENT,
        **ENGINE_ARGUMENT,
        "image": {"type": "str", "default": ""},
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
