# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the action ``rollout``."""

from __future__ import annotations

from typing import Any

from .instance import DEPLOYMENTS, SYSTEMD

OPEN = "open"
LOOKED = "looked"
PLAN = "plan"
GATE = "gate"
TURN = "turn"
SWITCH = "switch"
JUDGE = "judge"
ATTESTED = "attested"
DONE = "done"
FAILED = "failed"
RETURNED = "returned"
BROKEN = "broken"
REPORT = "report"
STEPS = (OPEN, LOOKED, PLAN, GATE, TURN, SWITCH, JUDGE, ATTESTED, DONE, FAILED, RETURNED, BROKEN, REPORT)

ROLLOUT_OPTIONS: dict[str, dict[str, Any]] = {
    "step": {"type": "str", "choices": [*STEPS], "required": True},
    "name": {"type": "str", "default": "librespot"},
    "directory": {"type": "path", "default": ""},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "stage": {
        "type": "dict",
        "options": {
            "groups": {"type": "list", "elements": "str"},
            "staging": {"type": "str"},
            "canary": {"type": "str"},
        },
    },
    "terms": {
        "type": "dict",
        "default": {},
        "options": {
            "timeout": {"type": "float"},
            "latency": {"type": "float"},
            "soak": {"type": "float"},
        },
    },
    "preflight": {"type": "dict", "default": {}},
    "deployment": {"type": "str", "choices": [*DEPLOYMENTS], "default": SYSTEMD},
    "artifact": {"type": "dict", "default": {}},
    "image": {"type": "dict", "default": {}},
    "artifacts": {"type": "list", "elements": "dict", "default": []},
    "health": {"type": "dict", "default": {}},
    "audit": {"type": "dict", "default": {}},
    "attestation": {"type": "dict", "default": {}},
    "scan": {"type": "list", "elements": "dict", "default": []},
    "hold": {"type": "str", "default": ""},
    "reason": {"type": "str", "default": ""},
    "strict": {"type": "bool", "default": False},
    "soak": {"type": "float", "default": 0},
    "serial": {"type": "list", "elements": "str", "default": []},
    "max_fail_percentage": {"type": "float", "default": 0},
    "path": {"type": "path", "default": ""},
}
