# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The templates of documents for people. Jinja comes with Ansible; here nothing of Ansible's own is in it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ansible_collections.hardened.librespot.plugins.module_utils.model.counted import counted

DIRECTORY = Path(__file__).resolve().parents[1] / "templates"


def environment(**more: Any) -> Environment:
    """Return what renders the templates: a value that is missing is an error, and everything is escaped."""
    made = Environment(
        loader=FileSystemLoader(DIRECTORY),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **more,
    )
    made.filters["zip"] = lambda one, other: list(itertools.zip_longest(one, other))
    made.filters["counted"] = counted
    made.globals["dict"] = dict
    return made
