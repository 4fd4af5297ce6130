# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module ``image_build``, which its action plugin on the controller reads as well."""

from __future__ import annotations

from typing import Any

NEVER = "never"
WHEN_OUTDATED = "when_outdated"
ALWAYS = "always"
REFRESHES = (NEVER, WHEN_OUTDATED, ALWAYS)
"""When an image that is there is made again."""

IMAGE_BUILD_OPTIONS: dict[str, dict[str, Any]] = {
    "artifact": {"type": "path", "required": True},
    "refresh": {"type": "str", "choices": [*REFRESHES], "default": NEVER},
    "fresh_for": {"type": "int", "default": 0},
    "install_missing": {"type": "bool", "default": False},
    "work_dir": {"type": "path", "default": "~/.cache/hardened-librespot/build"},
    "cache_dir": {"type": "path"},
    "timeout": {"type": "int", "default": 1800},
    "manifest": {"type": "dict"},
    "program": {"type": "path"},
    "compare": {"type": "dict"},
}
