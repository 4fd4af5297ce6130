# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the action ``notice``."""

from __future__ import annotations

from typing import Any

STARTTLS = "starttls"
SSL = "ssl"
NO_TLS = "none"
JSON = "json"
SLACK = "slack"

NOTICE_OPTIONS: dict[str, dict[str, Any]] = {
    "items": {"type": "list", "elements": "dict", "default": []},
    "scans": {"type": "list", "elements": "dict", "default": []},
    "running": {"type": "dict", "default": {}},
    "releases": {"type": "dict", "default": {}},
    "entries": {"type": "list", "elements": "dict", "default": []},
    "sources": {"type": "list", "elements": "dict", "required": True},
    "state": {"type": "path", "required": True},
    "mail": {
        "type": "dict",
        "options": {
            "to": {"type": "list", "elements": "str", "required": True},
            "sender": {"type": "str", "required": True},
            "host": {"type": "str", "default": "localhost"},
            "port": {"type": "int"},
            "tls": {"type": "str", "choices": [STARTTLS, SSL, NO_TLS], "default": STARTTLS},
            "ca_file": {"type": "path"},
            "username": {"type": "str"},
            "password_file": {"type": "path", "no_log": False},
            "unencrypted": {"type": "str"},
        },
    },
    "webhooks": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            # Whoever knows that of a chat can write there.
            "url": {"type": "str", "no_log": True},
            "url_file": {"type": "path"},
            "format": {"type": "str", "choices": [JSON, SLACK], "default": JSON},
            "secret_file": {"type": "path", "no_log": False},
            "headers_file": {"type": "path", "no_log": False},
            "ca_file": {"type": "path"},
            "unencrypted": {"type": "str"},
        },
    },
    "metrics": {"type": "path"},
    "record": {"type": "path"},
    "failed_run": {"type": "str", "default": ""},
    "remind_after": {"type": "int", "default": 0},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 2},
    "today": {"type": "str", "default": ""},
    "fail": {"type": "bool", "default": True},
}
