# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of avahi's settings decides whether, and where, it announces anything (avahi-daemon.conf(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"(?m)^[ \t]*([a-z0-9-]+)[ \t]*=[ \t]*(\S.*?)?[ \t]*$")


@dataclass(frozen=True)
class Avahi:
    """*allowed* are the interfaces that it keeps to; empty: all but those *denied*."""

    allowed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    publishes: bool = True

    def announces_on(self, interface: str) -> bool:
        """Whether it speaks on *interface*."""
        return interface not in self.denied and (not self.allowed or interface in self.allowed)


def parse_avahi(text: str) -> Avahi:
    """Return the settings in *text*, each as the last line has it, as avahi reads it."""
    found = dict(_LINE.findall(text))
    # All that it looks at of a yes.
    silent = found.get("disable-publishing", "")[:1] in ("y", "Y", "t", "T", "1")
    return Avahi(_names(found.get("allow-interfaces", "")), _names(found.get("deny-interfaces", "")), not silent)


def _names(value: str) -> frozenset[str]:
    return frozenset(filter(None, (name.strip() for name in value.split(","))))
