# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the action ``scan``."""

from __future__ import annotations

from typing import Any

from .gate import ANY, BOUNDS
from .inventory import KINDS

AUTO = "auto"
CARGO_AUDIT = "cargo-audit"
OSV_SCANNER = "osv-scanner"
ENGINES = (CARGO_AUDIT, OSV_SCANNER)
FORMATS = ("table", "json", "sarif", "junit", "openvex", "cyclonedx")

SCAN_OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "path", "required": True},
    "kind": {"type": "str", "choices": [AUTO, *KINDS], "default": AUTO},
    "engines": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "choices": [*ENGINES], "required": True},
            "program": {"type": "path", "default": ""},
            "database": {"type": "str", "default": ""},
            "distribution_database": {"type": "path", "default": ""},
        },
        "default": [{"name": CARGO_AUDIT}],
    },
    "max_age": {"type": "int", "default": 30},
    "fail_on": {"type": "str", "choices": [*BOUNDS], "default": ANY},
    "waivers": {"type": "list", "elements": "raw", "default": []},
    "vex": {"type": "list", "elements": "path", "default": []},
    "explain": {"type": "bool", "default": True},
    "proxy": {"type": "bool", "default": False},
    "outputs": {
        "type": "list",
        "elements": "dict",
        "options": {
            "format": {"type": "str", "choices": [*FORMATS], "required": True},
            "path": {"type": "path", "required": True},
        },
        "default": [],
    },
    "show": {"type": "str", "choices": ["all", "problems", "nothing"], "default": "all"},
    "fail": {"type": "bool", "default": True},
    "today": {"type": "str", "default": ""},
    "cache_dir": {"type": "path"},
    "timeout": {"type": "int", "default": 600},
}
