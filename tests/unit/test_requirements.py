# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plugins on the controller import is what requirements.txt tells users to install."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROVIDED = {"ansible", "ansible_collections", "yaml", "jinja2", "markupsafe"}
"""What comes with ansible-core."""

DISTRIBUTIONS = {
    "cyclonedx": "cyclonedx-python-lib",
    "elftools": "pyelftools",
    "packageurl": "packageurl-python",
    "spdx_tools": "spdx-tools",
}
"""Package to the name under which it is installed, where they differ."""


def test_third_party_imports_are_required_and_nothing_else() -> None:
    found = set()
    for kind in ("action", "filter", "lookup", "plugin_utils"):
        for path in (ROOT / "plugins" / kind).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    found.add((node.module or "").split(".")[0])
    foreign = found - sys.stdlib_module_names - PROVIDED
    listed = re.findall(r"^([A-Za-z0-9_.-]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert {DISTRIBUTIONS.get(name, name) for name in foreign} == set(listed)
