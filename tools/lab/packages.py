# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian packages that the lab needs on the machine that it runs on."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Sequence

from tools.lab.cache import Cache
from tools.lab.errors import LabError
from tools.lab.process import attempt, logged
from tools.lab.progress import Progress

_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")
_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l"}


def missing(names: Sequence[str], status: str) -> list[str]:
    """Return those of *names* that are not installed, given what dpkg-query printed (``NAME STATUS`` lines)."""
    installed = {line.split()[0] for line in status.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def debian_release() -> int | None:
    """Return the major release of this Debian, or None on another system."""
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return None
    version = system.get("VERSION_ID", "")
    return int(version) if system.get("ID") == "debian" and version.isdigit() else None


def ensure(names: Sequence[str], purpose: str, cache: Cache, progress: Progress) -> None:
    """Install those of *names* that are missing; the package lists are fetched only when the install fails without.

    Raises LabError that names the packages when this user or this system cannot install them.
    """
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        raise LabError(
            f"{purpose} needs programs that this system lacks", f"Install what Debian calls {' '.join(names)}"
        )
    query = attempt(["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *names])
    absent = missing(names, query.stdout)
    if not absent:
        return
    if os.geteuid():
        raise LabError(f"{purpose} needs {' '.join(absent)}", f"As root: apt-get install {' '.join(absent)}")
    log = cache.log("packages")
    with cache.lock("packages"), progress.step(f"installing {' '.join(absent)}"):
        try:
            logged([*_INSTALL, *absent], log, _ENVIRONMENT)
        except LabError:
            logged(["apt-get", "update"], log, _ENVIRONMENT)
            logged([*_INSTALL, *absent], log, _ENVIRONMENT)
