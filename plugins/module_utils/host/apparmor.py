# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AppArmor on this host: whether the kernel enforces it, which profiles it holds, and how they get there and go."""

from __future__ import annotations

import contextlib
import os
import re

from ..model.errors import CommandError, HostError
from .command import Commands

PARSER = "/usr/sbin/apparmor_parser"
PACKAGE = "apparmor"
ENFORCE = "enforce"

_SYS = "/sys"
_SWITCH = "module/apparmor/parameters/enabled"
_KERNEL = "kernel/security/apparmor"
_LINE = re.compile(r"(?P<name>.*) \((?P<mode>[a-z]+)\)")


def enforced(root: str = _SYS) -> bool:
    """Whether this kernel enforces profiles, and they can be seen: not from inside a container, whose host decides."""
    try:
        with open(f"{root}/{_SWITCH}", encoding="ascii") as handle:
            on = handle.read().strip() == "Y"
    except OSError:
        return False
    return on and os.path.exists(f"{root}/{_KERNEL}/profiles")


class AppArmor:
    """The profiles of this host's kernel. *root* is where sysfs is."""

    def __init__(self, commands: Commands, root: str = _SYS) -> None:
        self._commands = commands
        self._kernel = f"{root}/{_KERNEL}"

    def mode(self, name: str) -> str:
        """Return the mode of the profile *name*, such as ``enforce`` or ``complain``; empty when it is not loaded."""
        with open(f"{self._kernel}/profiles", encoding="utf-8", errors="replace") as handle:
            matches = filter(None, map(_LINE.fullmatch, handle.read().splitlines()))
            return {match["name"]: match["mode"] for match in matches}.get(name, "")

    def policy(self, name: str) -> bytes | None:
        """Return the compiled profile *name* as it was given to the kernel; None when the kernel does not keep it."""
        place = f"{self._kernel}/policy/profiles"
        with contextlib.suppress(FileNotFoundError):
            # The number tells the profile from others that had its name.
            for entry in sorted(os.listdir(place)):
                if re.fullmatch(rf"{re.escape(name)}\.\d+", entry):
                    with open(f"{place}/{entry}/raw_data", "rb") as handle:
                        return handle.read()
        return None

    def compiled(self, text: str) -> bytes:
        """Return the profile *text* as this host's parser compiles it for this kernel. Raises `HostError`."""
        return self._parse(text, "--skip-kernel-load", "--stdout")

    def load(self, text: str) -> None:
        """Load the profile *text*, or replace the one of its name, also for what runs under it. Raises `HostError`."""
        self._parse(text, "--replace")

    def _parse(self, text: str, *options: str) -> bytes:
        argv = [PARSER, "--quiet", "--skip-cache", *options]
        try:
            remedy = f"Install the package {PACKAGE} (Debian: apt-get install {PACKAGE})"
            return self._commands.run(argv, stdin=text, remedy=remedy).raw
        except CommandError as error:
            raise HostError(
                f"This host's parser or kernel refuses the AppArmor profile, and the old one stays: {error.said}",
                f"Upgrade the kernel and the package {PACKAGE} to those of the distribution",
            ) from None

    def unload(self, name: str) -> None:
        """Remove the profile *name*, for which no parser is needed; nothing when it is not loaded."""
        try:
            with open(f"{self._kernel}/.remove", "w", encoding="ascii") as handle:
                handle.write(name)
        except FileNotFoundError:
            return
        except OSError as error:
            raise HostError(
                f"The kernel keeps the AppArmor profile {name}: {os.strerror(error.errno or 0)}",
                "Look at its log: journalctl --dmesg",
            ) from error
