# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms in which a scan can be written, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...module_utils.model.scanned import Scanned
from ...module_utils.render.scan import as_json, as_table
from . import cyclonedx, junit
from .cyclonedx import as_cyclonedx
from .junit import as_junit
from .openvex import as_openvex
from .sarif import as_sarif

LACKING = cyclonedx.LACKING or junit.LACKING
"""Why nothing here can be used, where a library is not installed."""

FORMS: Mapping[str, Callable[[Scanned], str]] = {
    "table": as_table,
    "json": as_json,
    "sarif": as_sarif,
    "junit": as_junit,
    "openvex": as_openvex,
    "cyclonedx": as_cyclonedx,
}
