# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a user says how instances are monitored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .monitored import INTERVAL
from .reading import absolute_path, integer, mapping

FASTEST, SLOWEST = 1, 60
TEXTFILES = "/var/lib/prometheus/node-exporter"
"""Where the node_exporter of Debian and Ubuntu looks for files of metrics, unless told otherwise."""

MONITORING_OPTIONS: dict[str, dict[str, Any]] = {
    "interval": {"type": "int", "default": INTERVAL},
    "textfile_directory": {"type": "str", "default": TEXTFILES},
}
"""How instances are monitored: options of the module ``monitoring``, and of audits that look at it."""


def read_monitoring(given: Any, path: str = "") -> tuple[int, str]:
    """Return the interval in seconds and the directory that a user describes at *path*; the latter may be empty.

    Raises `SpecificationError`.
    """
    asked: Mapping[str, Any] = mapping(given, path, tuple(MONITORING_OPTIONS))
    whole = {name: asked.get(name, option["default"]) for name, option in MONITORING_OPTIONS.items()}
    before = f"{path}." if path else ""
    textfiles = whole["textfile_directory"]
    if textfiles != "":
        textfiles = absolute_path(textfiles, f"{before}textfile_directory")
    return integer(whole["interval"], f"{before}interval", FASTEST, SLOWEST, "seconds"), textfiles
