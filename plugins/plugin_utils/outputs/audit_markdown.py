# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as Markdown, and the reason for each setting as a document of its own.

All that a template shows becomes text: no character of it makes a link, a heading, a cell or a tag.
"""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from ...module_utils.model.report import REVIEW, Report
from .audit_html import TITLES
from .audit_view import rationale, view
from .templates import environment

# What makes something of a text anywhere in it; what does so at its beginning; and what makes a link of an address.
_ANYWHERE = re.compile(r"([\\`*_{}\[\]<>#|~&!$^])")
_AT_FIRST = re.compile(r"^(\s*)(?:([-+=])|(\d+)([.)]))")
_ADDRESS = re.compile(r"(?i)(:)(?=\S)|(?<=www)(\.)|(@)")


def escaped(text: str) -> str:
    """Return *text* so that Markdown shows it as it is, also in a cell of a table."""
    within = _ADDRESS.sub(r"\\\g<0>", _ANYWHERE.sub(r"\\\1", text))
    return _AT_FIRST.sub(_beginning, within)


def _beginning(found: re.Match[str]) -> str:
    space, mark, number, after = found.groups("")
    return f"{space}\\{mark}" if mark else f"{space}{number}\\{after}"


def _finalized(value: Any) -> Any:
    """Return what a template shows of *value*: what is not marked as Markdown is escaped."""
    return value if isinstance(value, Markup) else Markup(escaped(str(value)))


def as_markdown(report: Report) -> str:
    """Return the report as text."""
    return _rendered("review.md.j2", title=TITLES[report.kind == REVIEW], **view(report))


def as_rationale(report: Report) -> str:
    """Return what is in force on the hosts, and the control, the threat and the reason of each setting."""
    return _rendered("rationale.md.j2", rationale=rationale(dict(report.hosts)), hosts=sorted(report.hosts))


def _rendered(template: str, **values: Any) -> str:
    return environment(finalize=_finalized).get_template(template).render(**values)
