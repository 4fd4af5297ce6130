# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module ``release_info``."""

from __future__ import annotations

from typing import Any

from .gate import ANY, BOUNDS
from .scan_options import SCAN_OPTIONS

RELEASES = "releases"
RUNNING = "running"
FEEDS = "feeds"
NO_GATE = "none"

RELEASE_INFO_OPTIONS: dict[str, dict[str, Any]] = {
    "gather": {
        "type": "list",
        "elements": "str",
        "choices": [RELEASES, RUNNING, FEEDS],
        "default": [RELEASES, RUNNING, FEEDS],
    },
    "index": {"type": "str", "default": ""},
    "feeds": {
        "type": "list",
        "elements": "dict",
        "options": {"name": {"type": "str", "required": True}, "url": {"type": "str", "required": True}},
        "default": [],
    },
    "policy": {
        "type": "dict",
        "options": {
            "version": {"type": "str", "default": ""},
            "minimum": {"type": "str", "default": ""},
            "maximum": {"type": "str", "default": ""},
            "held_back": {"type": "list", "elements": "str", "default": []},
            "prereleases": {"type": "bool", "default": False},
            "yanked": {"type": "bool", "default": False},
            "min_age_days": {"type": "int", "default": 0},
            "rust": {"type": "str", "default": ""},
            "gate": {"type": "str", "choices": [NO_GATE, *BOUNDS], "default": ANY},
            "refreshed": {"type": "bool", "default": True},
        },
        "default": {},
    },
    "advisories": {
        "type": "dict",
        "options": {
            "newest": {"type": "int", "default": 3},
            "yanked_dependencies": {"type": "bool", "default": True},
            **{name: SCAN_OPTIONS[name] for name in ("engines", "max_age", "waivers", "vex", "explain", "proxy")},
        },
        "default": {},
    },
    "checksums": {"type": "dict", "default": {}},
    "also_running": {"type": "list", "elements": "str", "default": []},
    "fresh_for": {"type": "int", "default": 0},
    "stale_for": {"type": "int", "default": 0},
    "remember": {"type": "bool", "default": True},
    "feeds_seen": {"type": "dict", "default": {}},
    "today": {"type": "str", "default": ""},
    "cache_dir": {"type": "path"},
    "timeout": {"type": "int", "default": 120},
}
