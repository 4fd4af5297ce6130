#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Whether a host can run librespot as specified, before anything is changed
version_added: 0.1.0
description:
  - Validates the specification as a whole, and looks at the host for what would stop it from being applied, an
    unsupported distribution, no systemd, no IPv6 in the kernel, a port that another program holds, or no avahi where
    it shall announce containers.
  - It fails with all that stands in the way, and warns of what the host cannot enforce.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.announce
  - hardened.librespot.specification.engine
  - hardened.librespot.specification.attributes
options:
  deployment:
    description: How the instances run. For V(container) the engine is looked at, too.
    type: str
    choices: [systemd, container]
    default: systemd
"""

EXAMPLES = r"""
- name: Look before changing anything
  hardened.librespot.preflight:
    instances: "{{ librespot_instances }}"
  register: looked
"""

RETURN = r"""
architecture:
  description: The hardware name of the host, as the kernel says it.
  returned: success
  type: str
  sample: aarch64
distribution:
  description: The distribution's identifier.
  returned: success
  type: str
  sample: debian
release:
  description: The distribution's release.
  returned: success
  type: str
  sample: "13"
glibc:
  description: The version of the C library.
  returned: success
  type: str
  sample: "2.41"
systemd:
  description: The version of systemd.
  returned: success
  type: int
  sample: 257
losses:
  description: What this host cannot enforce, with what would change that.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.engines import engine_called
from ansible_collections.hardened.librespot.plugins.module_utils.model.container import PODMAN
from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import losses
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    ANNOUNCE_ARGUMENT,
    DEPLOYMENT_ARGUMENT,
    ENGINE_ARGUMENT,
    SPECIFICATION_ARGUMENTS,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.announcement import announced, require_avahi
from ansible_collections.hardened.librespot.plugins.module_utils.planners.moved import refuse_other_engine
from ansible_collections.hardened.librespot.plugins.module_utils.planners.preflight import usable
from ansible_collections.hardened.librespot.plugins.module_utils.planners.quadlets import refuse_networks
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host


def work(module: AnsibleModule) -> dict[str, Any]:
    """Look at the host."""
    host = Host()
    spec, contained = specification(module), module.params["deployment"] == CONTAINER
    if contained:
        # It says itself what is wrong with it: first, since whoever may not ask it may not look at the host either.
        refuse_other_engine(host.files, module.params["engine"])
        if module.params["engine"] == PODMAN:
            refuse_networks(spec)
        engine_called(module.params["engine"], host.commands)
    here = usable(host, spec)
    if contained and module.params["announce"] and announced(here):
        require_avahi(host, here)
    # What systemd cannot enforce, an engine can.
    lost = [] if contained else losses(host.facts)
    for item in lost:
        module.warn(item)
    return {
        "changed": False,
        "architecture": host.facts.architecture,
        "distribution": host.facts.distribution,
        "release": host.facts.release,
        "glibc": host.facts.glibc,
        "systemd": host.facts.systemd,
        "losses": lost,
    }


def main() -> None:
    """Run the module."""
    arguments = {**SPECIFICATION_ARGUMENTS, **DEPLOYMENT_ARGUMENT, **ENGINE_ARGUMENT, **ANNOUNCE_ARGUMENT}
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work, locked=False)


if __name__ == "__main__":
    main()
