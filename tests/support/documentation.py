# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation shows, as a reader would copy it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


def blocks(name: str, language: str = "yaml") -> list[str]:
    """Return the blocks of a *language* in the file *name*, a path from the root of the project."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found
    return found


def play(name: str, about: str) -> dict[str, Any]:
    """Return the one play in the file *name* whose text has *about* in it, for the hosts of the tests."""
    (found,) = (item for block in blocks(name) if about in block for item in yaml.safe_load(block))
    return {**found, "hosts": "librespot"}
