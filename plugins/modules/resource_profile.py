#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The action plugin of the same name runs it, and does on the controller what belongs there.

from __future__ import annotations

DOCUMENTATION = r"""
module: resource_profile
short_description: Measure what librespot instances use, and recommend limits
version_added: 0.1.0
description:
  - Looks at processor, memory, tasks, open files, input and output, and pressure of each instance, as the kernel counts
    them for its control group, while nobody asks it for anything, and under loads that the module puts on it. It works
    under systemd and in containers, with either version of control groups.
  - Or reads the same from a Prometheus that has watched the instances for weeks.
  - Recommends limits with a headroom, and says why for each. A limit is lowered only on what was seen under load, for
    long enough, and without the limit itself having cut it off.
  - Writes what it recommends into the inventory, if asked to, and keeps the comments there.
  - What the host does not count is not measured, and nothing is recommended for it.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.specification
  - hardened.librespot.specification.engine
  - hardened.librespot.profiles
attributes:
  check_mode:
    description: Can run in check mode and return the changed status prediction without modifying the target.
    support: full
    details: It measures all the same, since that changes nothing, and neither keeps nor writes what comes of it.
  diff_mode:
    description: Returns what has changed or would change, without secrets.
    support: full
  idempotent:
    description: Run twice, it changes nothing the second time.
    support: partial
    details: A limit that holds what was measured is left as it is, so the inventory does not change again. The profile
      that the host keeps is a new measurement each time, with its date.
notes:
  - Do not profile an instance to which somebody listens. The loads leave its session alone, but they take the memory
    and the processor that the music needs.
"""

EXAMPLES = r"""
- name: Measure all instances for three minutes, and show what is recommended
  hardened.librespot.resource_profile:
    instances: "{{ librespot_instances }}"

- name: Measure for longer, and write the limits into this host's file in host_vars
  hardened.librespot.resource_profile:
    instances: "{{ librespot_instances }}"
    window: 300
    headroom: 75
    write: true
    pictures: reports/profiles
  diff: true

- name: Take what a Prometheus has seen in four weeks
  hardened.librespot.resource_profile:
    instances: "{{ librespot_instances }}"
    prometheus:
      url: https://prometheus.example.org
      ca_file: files/ca.pem
      days: 28
      labels:
        instance: "{{ inventory_hostname }}:9100"
"""

RETURN = r"""
profiles:
  description: The profile of each instance. The same is kept on the host below C(/var/lib/hardened-librespot/profiles).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The instance.
      type: str
    deployment:
      description: How it runs.
      type: str
    release:
      description: The release, or the image, that ran.
      type: str
    at:
      description: When it was measured (RFC 3339).
      type: str
    source:
      description: Where the figures are from, V(host) or V(prometheus).
      type: str
    loads:
      description:
        - For each load, C(figures) has C(p50), C(p95), C(p99), C(maximum) and the number of C(samples) by resource, and
          C(not_measured) what the host does not count.
        - C(restarts) is how often the instance was started anew meanwhile, C(throttled) the share of the quota's
          periods that were used up, C(limited) how often a limit was come to, and C(delivery) how much of the load
          arrived.
      type: list
      elements: dict
    units:
      description: The unit of each resource.
      type: dict
    limits:
      description: The limits in force.
      type: dict
    advice:
      description:
        - For each limit, the C(action) (V(raise), V(lower), V(keep), or V(unknown) without a recommendation), its
          C(value), the most that was C(used), and the C(reason). C(written) is the value as a specification has it.
      type: list
      elements: dict
    recommended:
      description: The limits that should change, as the key C(limits) of an instance has them.
      type: dict
      sample: {memory: 72M, cpu: 60%}
    notes:
      description: What else has to be known of it.
      type: list
      elements: str
  sample:
    - name: kitchen
      recommended: {memory: 72M}
inventory_file:
  description: The file that was written, or would be in check mode.
  returned: when O(write) is set
  type: str
pictures:
  description: The pictures that were drawn, by the names of the instances.
  returned: when O(pictures) is set
  type: dict
changes:
  description: What was changed, or would be in check mode.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.hardened.librespot.plugins.module_utils.host.lock import host_lock
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER
from ansible_collections.hardened.librespot.plugins.module_utils.model.profile_options import (
    CONTROLLER_ARGUMENTS,
    KEEP_ARGUMENTS,
    PROFILE_ARGUMENTS,
    asked,
)
from ansible_collections.hardened.librespot.plugins.module_utils.module import (
    DEPLOYMENT_ARGUMENT,
    ENGINE_ARGUMENT,
    SPECIFICATION_ARGUMENTS,
    outcome,
    run,
    specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.profiles import kept_profiles, taken
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.profiling.profile import profile


def work(module: AnsibleModule) -> dict[str, Any]:
    """Measure, and keep what was measured."""
    given = module.params
    wanted, spec, host = asked(given), specification(module), Host()
    contained = given["deployment"] == CONTAINER
    profiles = taken(given["profiles"], spec) or profile(host, spec, wanted, contained, given["engine"])
    plans = []
    if given["keep"]:
        planners = kept_profiles(host.files, profiles)
        if module.check_mode:
            plans = converge(planners, check=True)
        else:
            # Only now: nobody has to wait for a window to end.
            with host_lock("the module resource_profile"):
                plans = converge(planners, check=False)
    return {**outcome(module, plans), "profiles": profiles}


def main() -> None:
    """Run the module."""
    arguments = {
        **SPECIFICATION_ARGUMENTS,
        **DEPLOYMENT_ARGUMENT,
        **ENGINE_ARGUMENT,
        **PROFILE_ARGUMENTS,
        **KEEP_ARGUMENTS,
        **CONTROLLER_ARGUMENTS,
    }
    run(AnsibleModule(argument_spec=arguments, supports_check_mode=True), work, locked=False)


if __name__ == "__main__":
    main()
