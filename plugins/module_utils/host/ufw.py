# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge to ufw: whether it is on, and its rules with their comments, which it keeps in files of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .command import Commands
from .files import Files

_DIRECTORY = "/etc/ufw"
_USER_RULES = (f"{_DIRECTORY}/user.rules", f"{_DIRECTORY}/user6.rules")
# Above each rule ufw writes how it was asked for: action, protocol, port and address of the target, port and address of
# the source, direction and interface, comment (in hexadecimal).
_RULE = re.compile(
    r"^### tuple ### (?P<action>\w+) (?P<protocol>\w+) (?P<port>\S+) (?P<target>\S+) any (?P<source>\S+)"
    r" in(?:_(?P<interface>\S+))? comment=(?P<comment>[0-9a-f]+)$",
    re.MULTILINE,
)


class Ufw:
    """ufw on this host."""

    def __init__(self, commands: Commands, files: Files) -> None:
        self._commands = commands
        self._files = files

    @property
    def installed(self) -> bool:
        """Whether its rules are there."""
        return self._files.read(_USER_RULES[0], content=False) is not None

    @property
    def enabled(self) -> bool:
        """Whether it is in force, now and at boot."""
        return self._setting(f"{_DIRECTORY}/ufw.conf", "ENABLED")

    @property
    def ipv6(self) -> bool:
        """Whether it takes rules for IPv6."""
        return self._setting("/etc/default/ufw", "IPV6")

    def _setting(self, path: str, name: str) -> bool:
        return re.search(rf"(?m)^\s*{name}=[\"']?yes[\"']?\s*$", self._text(path)) is not None

    def _text(self, path: str) -> str:
        entry = self._files.read(path)
        return entry.content.decode(errors="replace") if entry else ""

    def rules(self) -> Iterator[tuple[str, str]]:
        """Yield each rule for incoming packets that has a comment, in ufw's words, and the comment."""
        for path in _USER_RULES:
            for match in _RULE.finditer(self._text(path)):
                arrives = f"in on {match['interface']} " if match["interface"] else ""
                rule = (
                    f"{match['action']} {arrives}from {match['source']} to {match['target']} "
                    f"port {match['port']} proto {match['protocol']}"
                )
                yield rule, bytes.fromhex(match["comment"]).decode(errors="replace")

    def add(self, rule: str, comment: str) -> None:
        """Add *rule* behind those that are there: a refusal of the administrator's stays the first word."""
        self._commands.run(["ufw", *rule.split(), "comment", comment])

    def delete(self, rule: str) -> None:
        """Delete *rule*."""
        self._commands.run(["ufw", "--force", "delete", *rule.split()])
