# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of what is measured of instances, and of what is done with it."""

from __future__ import annotations


class ModuleDocFragment:
    """The arguments in module_utils.model.profile_options."""

    DOCUMENTATION = r"""
options:
  deployment:
    description: How the instances of this host run.
    type: str
    choices: [systemd, container]
    default: systemd
  loads:
    description:
      - Under which loads the instances are measured, one after another, all instances at once.
      - V(idle), the module asks nothing of them.
      - V(discovery), it asks for C(getInfo), as devices do that look for speakers.
      - V(decode_like), it sends as many bytes as a track has, to be decoded from base64 and authenticated (HMAC-SHA1)
        after an exchange of keys, as a part of logins that fail. That is work of the real program as far as it goes
        without an account, and no decoding of music. It changes nothing of the instance's session.
    type: list
    elements: str
    choices: [idle, discovery, decode_like]
    default: [idle, discovery, decode_like]
  window:
    description:
      - For how many seconds each load is measured.
      - A window with fewer than 30 samples gives figures, and no recommendation.
    type: float
    default: 60
  interval:
    description: How many seconds lie between two samples.
    type: float
    default: 1
  rate:
    description: How many requests the load V(discovery) makes in a second, of each instance.
    type: float
    default: 20
  connections:
    description: Over how many connections at once it makes them.
    type: int
    default: 8
  decode_rate:
    description: How many requests the load V(decode_like) makes in a second, of each instance, one at a time.
    type: float
    default: 1
  decode_size:
    description:
      - How much each of them has to be decoded. A track of four minutes has 10 MB at 320 kbit/s.
      - The instance holds it about five times over while it does, and is killed if its limit of memory is less.
    type: str
    default: 10M
  headroom:
    description: How many percent above what was used at most a limit shall be.
    type: int
    default: 50
  keep:
    description:
      - Whether the host keeps the profile, below C(/var/lib/hardened-librespot/profiles), for its audit.
      - It goes when its instance is removed.
    type: bool
    default: true
  profiles:
    description: Set by the action where the figures are those of O(prometheus); leave it out.
    type: list
    elements: dict
    default: []
  write:
    description:
      - Whether the limits that should change are written into the inventory on the controller, into C(limits) of each
        instance in C(librespot_instances). Comments, order and quotes there stay as they are.
    type: bool
    default: false
  inventory_file:
    description:
      - The file in which C(librespot_instances) of this host stands. By default it is looked for in C(host_vars) of the
        host, beside the inventory and beside the playbook.
    type: path
    default: ''
  pictures:
    description: A directory on the controller for a picture (SVG) of each profile. It is made if it is not there.
    type: path
    default: ''
  show:
    description: Whether the figures are shown on the terminal.
    type: bool
    default: true
  prometheus:
    description: Takes the figures from a Prometheus that the role librespot_monitoring has fed, and measures nothing.
    type: dict
    suboptions:
      url:
        description: Its address, as V(https://prometheus.example.org). A login in it is refused.
        type: str
        required: true
      days:
        description: How many days back it is asked about.
        type: float
        default: 28
      step:
        description: How many seconds each sample stands for. It is the largest use in that time.
        type: int
        default: 300
      max_age:
        description: How many seconds old the newest sample may be.
        type: int
        default: 3600
      labels:
        description:
          - Labels with which this host's series are told apart from those of others.
          - By default those whose label C(instance) is the host's name in the inventory, with any port.
        type: dict
        default: {}
      ca_file:
        description: Certificates by which its own is checked, on the controller; by default those of the system.
        type: path
        default: ''
      client_cert:
        description: A certificate to present to it.
        type: path
        default: ''
      client_key:
        description: Its key.
        type: path
        default: ''
      token:
        description: A token to present to it, as a bearer.
        type: str
        default: ''
      timeout:
        description: How many seconds an answer may take.
        type: int
        default: 30
"""
