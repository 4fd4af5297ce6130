# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Audits of the machine by the collection's own code, without Ansible."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.mutants.world import Findings
from tests.support.code import install
from tests.support.hosts import CHECKOUT, Host

_AUDITOR = CHECKOUT / "tests/mutants/auditor.py"
_CODE, _SCRIPT = "/root/audit.zip", "/root/auditor.py"


def audit(host: Host, wanted: Mapping[str, Any], live: bool = True) -> Findings:
    """Return the findings of an audit by *wanted*: instances, zones, and what else a specification has."""
    install(host, _CODE)
    host.put(_AUDITOR, _SCRIPT)
    asked = json.dumps({"version": "0.8.0", "credentials": {}, **wanted, "live": live})
    found: Findings = json.loads(host.out("env", f"PYTHONPATH={_CODE}", "python3", _SCRIPT, text=asked))
    return found
