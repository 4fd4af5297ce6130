# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module ``build``, which its action plugin on the controller reads as well."""

from __future__ import annotations

from typing import Any

from .artifact import CRATE, METHODS
from .lock import UPSTREAM
from .releases import CURRENT

BUILD_OPTIONS: dict[str, dict[str, Any]] = {
    "method": {"type": "str", "choices": [*METHODS], "default": CRATE},
    "version": {"type": "str", "default": CURRENT},
    "architecture": {"type": "str", "required": True},
    "baseline": {"type": "str", "default": "glibc2.36"},
    "features": {"type": "list", "elements": "str", "default": []},
    "crate_sha256": {"type": "str", "default": ""},
    "lock": {"type": "str", "default": UPSTREAM},
    "lock_max_age": {"type": "int"},
    "lock_rust": {"type": "str", "default": ""},
    "lock_file": {"type": "str", "default": ""},
    "source_date_epoch": {"type": "int"},
    "url": {"type": "str", "default": ""},
    "sha256": {"type": "str", "default": ""},
    "repository": {"type": "str", "default": ""},
    "suite": {"type": "str", "default": ""},
    "component": {"type": "str", "default": "main"},
    "package": {"type": "str", "default": "raspotify"},
    "package_version": {"type": "str", "default": ""},
    "key": {"type": "str", "default": "", "no_log": False},
    "install_missing": {"type": "bool", "default": False},
    "work_dir": {"type": "path", "default": "~/.cache/hardened-librespot/build"},
    "cache_dir": {"type": "path"},
    "timeout": {"type": "int", "default": 10800},
}
