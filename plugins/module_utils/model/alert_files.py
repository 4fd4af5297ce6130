# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module ``alerts``, and how files of ours are known among those of others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import SpecificationError, missing
from .reading import absolute_path

NAMED = "hardened.librespot.alerts"
MARK = f"Made by the module {NAMED}, which writes it anew: change its options, not this file."

KINDS = ("rules", "dashboard", "alertmanager")
"""What a file is for; the option of this name is its path."""

ALERTS_OPTIONS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    **{kind: {"type": "path"} for kind in KINDS},
    "service": {"type": "str", "default": ""},
    "config": {"type": "path", "default": "/etc/prometheus/prometheus.yml"},
    "alerts": {"type": "dict", "default": {}},
    "thresholds": {"type": "dict", "default": {}},
    "labels": {"type": "dict", "default": {}},
    "mail": {
        "type": "dict",
        "options": {
            "to": {"type": "list", "elements": "str", "required": True},
            "sender": {"type": "str", "required": True},
            "server": {"type": "str", "default": "localhost:25"},
            "username": {"type": "str"},
            "password_file": {"type": "path", "no_log": False},
            "tls": {"type": "bool"},
        },
    },
    # Whoever knows the address of a chat can write there.
    "webhook": {"type": "dict", "options": {"url": {"type": "str", "no_log": True}, "url_file": {"type": "path"}}},
    "contents": {"type": "dict"},
}
"""*contents* is what the action has made on the controller: text by kind."""

_UNIT = re.compile(r"[A-Za-z0-9:_.@-]{1,240}\.service")


def paths_of(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths that a user wrote, by what each is for. Raises `SpecificationError`, also for none."""
    found = {kind: absolute_path(asked[kind], kind) for kind in KINDS if asked[kind]}
    if not found:
        raise missing("rules", f"Write at least one of: {', '.join(KINDS)}", "is missing, and so are the other files")
    for kind, path in found.items():
        others = [other for other in found if other != kind and found[other] == path]
        if others:
            raise SpecificationError(kind, path, f"is also the path of {others[0]}", "Give each file its own")
    if asked["service"] and not _UNIT.fullmatch(asked["service"]):
        raise SpecificationError("service", asked["service"], "is no unit of a service", "Write prometheus.service")
    return found


def contents_of(asked: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the texts that the action made; none where the files shall go."""
    if asked["state"] == "absent":
        return {}
    if not asked["contents"]:
        raise missing("contents", f"Run the module as {NAMED}, so that its action makes them")
    found: Mapping[str, str] = asked["contents"]
    return found
