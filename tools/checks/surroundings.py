# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment variables that every stage gets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tools.lab.cache import Cache
from tools.lab.venv import Environment

_FOREIGN = ("ANSIBLE_", "MOLECULE_", "PYTEST_", "PYTHON", "MYPY", "RUFF_")


def interpreters(path: str) -> str:
    """Return *path* with each directory of pyenv's shims replaced by those of the interpreters behind it.

    A shim stands there for every version that is installed and fails for all but the chosen one.
    """
    found: list[str] = []
    for entry in path.split(os.pathsep):
        versions = Path(entry).parent / "versions"
        if Path(entry).name == "shims" and versions.is_dir():
            found.extend(str(item) for item in sorted(versions.glob("3.*/bin")))
        else:
            found.append(entry)
    return os.pathsep.join(found)


def variables(environ: Mapping[str, str], environment: Environment, cache: Cache) -> dict[str, str]:
    """Return the environment of a stage: that of the caller without settings of the tools, and caches of our own."""
    kept = {name: value for name, value in environ.items() if not name.startswith(_FOREIGN)}
    scratch = cache.directory("checks")
    return {
        **kept,
        **environment.variables(cache, interpreters(environ.get("PATH", os.defpath))),
        "ANSIBLE_NOCOLOR": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(scratch / "hypothesis"),
        "MYPYPATH": str(environment.tree),
        "MYPY_CACHE_DIR": str(scratch / f"mypy-{environment.path.name}"),
        "NO_COLOR": "1",
        "PYTEST_ADDOPTS": f"-o cache_dir={scratch / 'pytest'}",
        "PYTHONPYCACHEPREFIX": str(scratch / "pycache"),
        "PYTHONUNBUFFERED": "1",
        "RUFF_CACHE_DIR": str(scratch / "ruff"),
    }
