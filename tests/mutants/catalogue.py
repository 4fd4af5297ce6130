# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way in which a control is taken away, and what must turn red then: exactly that, declared before it was tried.

A script runs as root on the host. `kitchen` is the speaker that is tampered with, `bedroom` the one that must stay green.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.mutants.world import Key

_PRELUDE = """
unit=librespot-kitchen.service
text=/etc/systemd/system/$unit
settings=/etc/librespot/kitchen.env
login=/etc/librespot/credentials/kitchen.json

answers() {  # waits until kitchen has opened both of its ports
  for _try in $(seq 150); do
    if python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:37879/?action=getInfo", timeout=2)' 2>/dev/null
    then return; fi
    sleep 0.1
  done
  exit 1
}
restarted() { systemctl daemon-reload; systemctl restart $unit; answers; }
drop_in() { mkdir -p $text.d; printf '[Service]\\n%s\\n' "$1" > $text.d/99-mutant.conf; restarted; }
in_memory_alone() { drop_in "$1"; rm -r $text.d; systemctl daemon-reload; }  # files and systemd are as before
without() { sed -i "/^$1=/d" $text; restarted; }
in_cgroup() {  # a program that kitchen might have started
  setsid sh -c 'echo $$ > '"$(cgroup)"'/cgroup.procs; exec "$@"' sh "$@" >/dev/null 2>&1 </dev/null &
  sleep 1
}
cgroup() { find /sys/fs/cgroup/ -path "*/librespot.slice/$unit" -prune -print | head -n 1; }
"""


@dataclass(frozen=True)
class Mutant:
    """A control taken away by *script*.

    *enforced* turns red as well where the kernel holds units to their limits. *more* is what the inventory needs
    besides, for the next run to mend it.
    """

    name: str
    script: str
    red: frozenset[Key]
    enforced: frozenset[Key] = frozenset()
    more: tuple[Mapping[str, Any], ...] = ()

    def declared(self, enforces: bool) -> frozenset[Key]:
        """Return the findings that turn red on a host that *enforces* limits or does not."""
        return self.red | self.enforced if enforces else self.red


def _keys(text: str) -> frozenset[Key]:
    """Read ``CFG-06 drift kitchen, CFG-04 modes host``."""
    words = (item.split() for item in text.split(",") if item.strip())
    return frozenset((first, " ".join(middle), last) for first, *middle, last in words)


def _mutants() -> Iterator[Mutant]:
    for name, script, red, *rest in _ROWS:
        yield Mutant(name, _PRELUDE + script, _keys(red), _keys(rest[0] if rest else ""))


_ROWS: tuple[tuple[str, ...], ...] = (
    # -- who can read and write the configuration
    ("settings file for all", "chmod 0644 $settings", "CFG-04 modes kitchen, CFG-06 drift kitchen"),
    (
        "settings file of the instance's user",
        "chown librespot-kitchen $settings",
        "CFG-04 modes kitchen, CFG-06 drift kitchen",
    ),
    ("settings directory for all", "chmod 0755 /etc/librespot", "CFG-04 modes host, CFG-06 drift host"),
    (
        "settings readable by all",
        "chmod 0755 /etc/librespot; chmod 0644 $settings",
        "CFG-04 modes host, CFG-04 modes kitchen, CFG-04 read attempt kitchen, CFG-06 drift host, CFG-06 drift kitchen",
    ),
    ("login for all", "chmod 0444 $login", "CFG-04 modes kitchen, CFG-06 drift kitchen"),
    ("unit writable by all", "chmod 0666 $text", "CFG-04 modes kitchen, CFG-06 drift kitchen"),
    # -- what stands in the files
    ("settings by one byte", "printf '#' >> $settings", "CFG-06 drift kitchen"),
    ("unit by one byte", "printf '#' >> $text", "CFG-06 drift kitchen"),
    ("watchdog by one byte", "printf '#' >> /etc/systemd/system/librespot-kitchen-watchdog.service", "CFG-06 drift kitchen"),
    ("timer by one byte", "printf '#' >> /etc/systemd/system/librespot-kitchen-watchdog.timer", "CFG-06 drift kitchen"),
    ("sign of life by one byte", "printf '#' >> /opt/librespot/libexec/liveness.py", "CFG-06 drift host"),
    ("slice by one byte", "printf '#' >> /etc/systemd/system/librespot.slice", "CFG-06 drift host"),
    ("login by one byte", "printf ' ' >> $login", "CFG-06 drift kitchen"),
)

MUTANTS = tuple(_mutants())
