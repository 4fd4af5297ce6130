# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge to firewalld: the rules of a policy that are in force."""

from __future__ import annotations

import os

from ..model.errors import CommandError
from .command import Commands

_PROGRAM = "/usr/bin/firewall-cmd"
_NO_POLICY = "INVALID_POLICY"


class Firewalld:
    """firewalld on this host."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    @property
    def installed(self) -> bool:
        """Whether it is there."""
        return os.path.exists(_PROGRAM)

    @property
    def running(self) -> bool:
        """Whether it is in force."""
        return self._commands.run([_PROGRAM, "--state"], ok=()).returncode == 0

    def rules(self, policy: str) -> list[str] | None:
        """Return the rich rules of *policy* that are in force; None when firewalld has not loaded such a policy."""
        try:
            listed = self._commands.run([_PROGRAM, f"--policy={policy}", "--list-rich-rules"]).stdout
        except CommandError as error:
            if _NO_POLICY in error.output:
                return None
            raise
        # Of no rules Debian 13's prints an empty line.
        return [line for line in listed.splitlines() if line.strip()]

    def add(self, policy: str, rule: str) -> None:
        """Put *rule* in force, until firewalld is loaded anew."""
        self._commands.run([_PROGRAM, f"--policy={policy}", f"--add-rich-rule={rule}"])

    def remove(self, policy: str, rule: str) -> None:
        """Put *rule* out of force, until firewalld is loaded anew."""
        self._commands.run([_PROGRAM, f"--policy={policy}", f"--remove-rich-rule={rule}"])

    def reload(self) -> None:
        """Load all files anew. Connections go on; what was put in force without a file is lost."""
        self._commands.run([_PROGRAM, "--reload"])
