# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shared libraries of this host, as the loader of programs sees them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from ..model.errors import HostError
from ..model.libraries import packages
from .apt import by_hand, install
from .command import Commands
from .facts import gather
from .files import Files


class Libraries:
    """Finds and installs shared libraries."""

    def __init__(self, commands: Commands, files: Files) -> None:
        self._commands = commands
        self._files = files

    def loads(self, name: str) -> bool:
        """Say whether a program that needs the library *name* would start."""
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    def install(self, names: Sequence[str]) -> None:
        """Install the packages that have the libraries *names*. Raises `HostError` when that does not help."""
        wanted = self.packages(names)
        if not wanted:
            raise HostError(f"No package is known for {', '.join(names)}", "Install the one that has it by hand")
        install(self._commands, wanted)
        still = [name for name in names if not self.loads(name)]
        if still:
            raise HostError(
                f"{', '.join(still)} cannot be loaded although {' '.join(wanted)} is installed", by_hand(wanted)
            )

    def packages(self, names: Sequence[str]) -> list[str]:
        """Return the packages of this host's distribution that have the libraries *names*."""
        facts = gather(self._commands, self._files)
        return packages(names, facts.distribution, facts.release)
