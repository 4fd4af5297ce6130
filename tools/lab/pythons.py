# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Python an ansible-core can run on, and where this machine has one."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.lab.errors import LabError
from tools.lab.process import attempt

SUPPORTED: dict[str, tuple[int, int]] = {"2.18": (11, 13), "2.19": (11, 13), "2.20": (12, 14), "2.21": (12, 14)}
"""For each ansible-core, the first and the last minor version of Python 3 that its controller runs on (from 3.11)."""

_VERSION = "import platform; print(platform.python_version())"


def suits(core: str, version: str) -> bool:
    """Tell whether ansible-core *core* runs on Python *version* (such as 3.12.1)."""
    first, last = SUPPORTED[core]
    major, minor, *_unused = version.split(".")
    return major == "3" and first <= int(minor) <= last


def find(core: str) -> tuple[str, str]:
    """Return path and version of a Python for ansible-core *core*; the one that runs this is preferred.

    Raises LabError when this machine has none.
    """
    if suits(core, platform.python_version()):
        return os.path.realpath(sys.executable), platform.python_version()
    for candidate in _candidates(os.environ):
        answer = attempt([candidate, "-c", _VERSION])
        version = answer.stdout.strip()
        if answer.returncode == 0 and suits(core, version):
            return candidate, version
    first, last = SUPPORTED[core]
    raise LabError(
        f"ansible-core {core} needs Python 3.{first} to 3.{last}, and none was found",
        f"Install one, so that python3.{first} is found, or with pyenv: pyenv install 3.{first}",
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    pyenv = Path(environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from sorted(str(path) for path in pyenv.glob("3.*/bin/python3"))
    for minor in sorted({minor for bounds in SUPPORTED.values() for minor in range(bounds[0], bounds[1] + 1)}):
        found = shutil.which(f"python3.{minor}")
        if found:
            yield found
