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
from collections.abc import Mapping
from typing import Any

from ...module_utils.model.report import REVIEW, Report
from ...module_utils.render.profile_svg import profile_svg
from .audit_view import view, visible
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
            pictures=_pictures(report),
        )
    )


def _pictures(report: Report) -> list[dict[str, str]]:
    """Return a picture of what each instance uses, as an address that holds it: in an image nothing is run."""
    found = []
    for name, host in sorted(report.hosts.items()):
        for profile in host.profiles:
            data = base64.b64encode(profile_svg(profile).encode("utf-8")).decode("ascii")
            instance, at = visible(str(profile["name"]), 60), visible(str(profile["at"]), 40)
            title = f"{visible(name, 100)}, {instance}, measured on {at}"
            source = f"data:image/svg+xml;base64,{data}"
            found.append({"title": title, "source": source, "alt": f"Use against limits of {title}: {_told(profile)}"})
    return found


def _told(profile: Mapping[str, Any]) -> str:
    return visible("; ".join(str(item["reason"]) for item in profile["advice"]), 500)
