# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's packet filter, through nft: dry runs, transactions, and what is in force."""

from __future__ import annotations

import json
from typing import Any

from ..model.errors import CommandError, HostError
from .command import Commands, Result
from .namespaces import exists, inside, scratch

NFT = "/usr/sbin/nft"

_MISSING = "No such file or directory"
_INSTALL = "Install the package nftables (Debian: apt-get install nftables)"
# A day's name would be taken for a day of the zone of whoever runs nft.
_UTC = {"TZ": "UTC"}

NEVER = 2**31
"""Seconds that are left of what does not end."""

Object = dict[str, Any]
"""One object of a listing: its kind, as ``chain``, to its properties."""


class Nftables:
    """nft on this host, in the network *namespace* of an instance or, when that is empty, in the host's."""

    def __init__(self, commands: Commands, namespace: str = "") -> None:
        self._commands = commands
        self._namespace = namespace

    @property
    def where(self) -> str:
        """The namespace for people; nothing on the host's network."""
        return f" in {self._namespace}" if self._namespace else ""

    @property
    def reachable(self) -> bool:
        """Whether its network is there."""
        return not self._namespace or exists(self._namespace)

    def _run(self, *words: str, stdin: str = "") -> Result:
        with inside(self._namespace):
            return self._commands.run(["nft", *words], stdin=stdin, env=_UTC, remedy=_INSTALL)

    def check(self, text: str) -> None:
        """Let nft and the kernel judge *text* without doing it. Raises `HostError`."""
        try:
            self._run("--check", "--file", "-", stdin=text)
        except CommandError as error:
            raise HostError(
                f"This host's nft or kernel refuses the table{self.where}, and nothing was changed in it: {error.said}",
                "Upgrade the kernel and nftables to those of the distribution, or give the kernel its nft_ modules",
            ) from None

    def load(self, text: str) -> None:
        """Do *text* in one transaction: all of it or nothing. Raises `CommandError`."""
        self._run("--file", "-", stdin=text)

    def table(self, name: str, terse: bool = False) -> list[Object] | None:
        """Return the objects of the table *name* of the family inet, without counts; None when there is none.

        A *terse* one lacks the elements of sets, of which there may be very many.
        """
        return self._listed("--stateless", *(["--terse"] if terse else []), "list", "table", "inet", name)

    def ruleset(self) -> list[Object]:
        """Return the objects of all tables, whoever made them, without counts and the elements of sets."""
        return self._listed("--stateless", "--terse", "list", "ruleset") or []

    def timed(self, table: str, name: str) -> dict[str, int] | None:
        """Return the addresses in a set with times, and the seconds that are left of each; None without such a set."""
        listed = self._listed("list", "set", "inet", table, name)
        if listed is None:
            return None
        found = {}
        for item in listed:
            for value in item.get("set", {}).get("elem", ()):
                # One without a time never ends.
                element = value["elem"] if isinstance(value, dict) else {"val": value, "expires": NEVER}
                found[element["val"]] = element["expires"]
        return found

    def _listed(self, *words: str) -> list[Object] | None:
        if not self.reachable:
            return None
        try:
            text = self._run("--json", *words).stdout
        except CommandError as error:
            if _MISSING in error.output:
                return None
            raise
        objects: list[Object] = json.loads(text)["nftables"]
        return [item for item in objects if "metainfo" not in item]

    def as_loaded(self, text: str, name: str) -> list[Object]:
        """Return the objects of the table *name* as this host's nft and kernel have them once *text* is loaded.

        That happens in a network of its own, which nothing else sees and which is gone afterwards.
        """
        with scratch():
            here = Nftables(self._commands)
            here.load(text)
            return here.table(name) or []
