# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audits the host that it runs on, which shall be monitored: a specification on standard input, the findings as JSON.

The collection's code comes by PYTHONPATH.
"""

from __future__ import annotations

import json
import sys

from ansible_collections.hardened.librespot.plugins.module_utils.audit.audit import audit
from ansible_collections.hardened.librespot.plugins.module_utils.audit.expected import Expected
from ansible_collections.hardened.librespot.plugins.module_utils.audit.monitored import Watched
from ansible_collections.hardened.librespot.plugins.module_utils.host.program_archive import program
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.monitoring import Archives
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

given = json.load(sys.stdin)
watched = Watched(Archives(program("programs.monitor"), program("programs.grants")), given.pop("interval"))
findings = audit(Host(), parse_specification(**given), False, expected=Expected(watched=watched))
json.dump([finding.as_data() for finding in findings], sys.stdout)
