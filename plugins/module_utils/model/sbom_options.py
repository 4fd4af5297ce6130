# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module ``sbom``, which its action plugin on the controller reads as well."""

from __future__ import annotations

from typing import Any

PATH = "path"
HOST = "host"
CYCLONEDX = "cyclonedx"
SPDX = "spdx"
ARTIFACT = "artifact"

SBOM_OPTIONS: dict[str, dict[str, Any]] = {
    "source": {"type": "str", "choices": [PATH, HOST], "default": PATH},
    "path": {"type": "path"},
    "lock": {"type": "path"},
    "dest": {"type": "path", "required": True},
    "per": {"type": "str", "choices": [HOST, ARTIFACT], "default": HOST},
    "format": {"type": "str", "choices": [CYCLONEDX, SPDX], "default": CYCLONEDX},
    "cache_dir": {"type": "path"},
}
