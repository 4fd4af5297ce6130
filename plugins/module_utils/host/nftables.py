# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's packet filter, through nft: dry runs, transactions, and what is in force."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
from collections.abc import Iterator
from typing import Any

from ..model.errors import CommandError, HostError
from .command import Commands

_CLONE_NEWNET = 0x40000000
_MISSING = "No such file or directory"
_INSTALL = "Install the package nftables (Debian: apt-get install nftables)"
# A day's name would be taken for a day of the zone of whoever runs nft.
_UTC = {"TZ": "UTC"}

NEVER = 2**31
"""Seconds that are left of what does not end."""

Object = dict[str, Any]
"""One object of a listing: its kind, as ``chain``, to its properties."""


class Nftables:
    """nft on this host."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def check(self, text: str) -> None:
        """Let nft and the kernel judge *text* without doing it. Raises `CommandError`."""
        self._commands.run(["nft", "--check", "--file", "-"], stdin=text, env=_UTC, remedy=_INSTALL)

    def load(self, text: str) -> None:
        """Do *text* in one transaction: all of it or nothing. Raises `CommandError`."""
        self._commands.run(["nft", "--file", "-"], stdin=text, env=_UTC, remedy=_INSTALL)

    def table(self, name: str) -> list[Object] | None:
        """Return the objects of the table *name* of the family inet, without counts; None when there is none."""
        argv = ["nft", "--json", "--stateless", "list", "table", "inet", name]
        try:
            listed = self._commands.run(argv, env=_UTC, remedy=_INSTALL).stdout
        except CommandError as error:
            if _MISSING in error.output:
                return None
            raise
        objects: list[Object] = json.loads(listed)["nftables"]
        return [item for item in objects if "metainfo" not in item]

    def timed(self, table: str, name: str) -> dict[str, int] | None:
        """Return the addresses in a set with times, and the seconds that are left of each; None without such a set."""
        argv = ["nft", "--json", "list", "set", "inet", table, name]
        try:
            listed = self._commands.run(argv, remedy=_INSTALL).stdout
        except CommandError as error:
            if _MISSING in error.output:
                return None
            raise
        found = {}
        for item in json.loads(listed)["nftables"]:
            for value in item.get("set", {}).get("elem", ()):
                # One without a time never ends.
                element = value["elem"] if isinstance(value, dict) else {"val": value, "expires": NEVER}
                found[element["val"]] = element["expires"]
        return found

    def as_loaded(self, text: str, name: str) -> list[Object]:
        """Return the objects of the table *name* as this host's nft and kernel have them once *text* is loaded.

        That happens in a network of its own, which nothing else sees and which is gone afterwards.
        """
        with _scratch_network():
            self.load(text)
            return self.table(name) or []


@contextlib.contextmanager
def _scratch_network() -> Iterator[None]:
    """Put this thread, and what it runs, in a new and empty network namespace meanwhile."""
    library = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if library.unshare(_CLONE_NEWNET):
            raise _refused("unshare")
        try:
            yield
        finally:
            if library.setns(home, _CLONE_NEWNET):
                raise _refused("setns")
    finally:
        os.close(home)


def _refused(call: str) -> HostError:
    return HostError(
        f"{call}(2) for a network namespace: {os.strerror(ctypes.get_errno())}",
        "Let the host make network namespaces: its kernel or its container's manager forbids it",
    )
