# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one page of HTML for people: it loads nothing, runs nothing, and is read, printed or walked by keyboard.

A policy in it refuses all but its own style, so that what a host wrote stays text even if it should ever get past the
escaping.
"""

from __future__ import annotations

import base64
import hashlib

from ...module_utils.model.report import REVIEW, Report
from .audit_view import view
from .templates import DIRECTORY, environment

TITLES = {True: "Security review of librespot", False: "Security audit of librespot"}


def as_html(report: Report) -> str:
    """Return the report as text."""
    style = (DIRECTORY / "review.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return (
        environment()
        .get_template("review.html.j2")
        .render(
            **view(report),
            title=TITLES[report.kind == REVIEW],
            style=style,
            style_hash=f"sha256-{digest}",
            pictures=[],
        )
    )
