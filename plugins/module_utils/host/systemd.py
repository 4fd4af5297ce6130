# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edge to systemd: machine-readable properties, and the few verbs that the planners need."""

from __future__ import annotations

import calendar
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ..model.errors import CommandError, HostError
from .command import Commands

# Debian 12 and 13 have no machine-readable form of the overall score of a loaded unit.
_EXPOSURE = re.compile(r"Overall exposure level for \S+: (\d+\.\d)")

_EVENT = re.compile(r"^ *(?:Next elapse|Iter[a-z.]* #\d+): \w+ ([-\d]{10} [:\d]{8})\b", re.MULTILINE)

_SLICE = "librespot.slice"

ON_DISK = "UnitFileState"
"""Whether a unit is enabled. systemd remembers it until it is reloaded, so that is looked up on disk."""


def properties_of(text: str) -> dict[str, str]:
    """Return the properties of one unit by name, as ``systemctl show`` prints them."""
    return {name: value for name, _equals, value in (line.partition("=") for line in text.splitlines())}


class Systemd:
    """systemd of this host through ``systemctl``."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def expect(self, units: Iterable[str]) -> None:
        """Say which *units* will be asked for. Here each is asked for when it is: one may change another."""

    def show(self, unit: str, properties: Sequence[str]) -> Mapping[str, str]:
        """Return the *properties* of *unit* by name; a property that this systemd does not know is left out."""
        argv = ["systemctl", "show", "--property", ",".join(properties), unit]
        found = properties_of(self._commands.run(argv).stdout)
        if found.get(ON_DISK) == "enabled":
            found[ON_DISK] = self._commands.run(["systemctl", "is-enabled", unit], ok=()).stdout.strip()
        return found

    def loaded(self, pattern: str) -> list[str]:
        """Return the units that systemd has in memory whose names match *pattern*, such as those of a template."""
        argv = ["systemctl", "list-units", "--all", "--full", "--plain", "--no-legend", pattern]
        return [line.split()[0] for line in self._commands.run(argv).stdout.splitlines() if line.strip()]

    def command(self, unit: str) -> list[str]:
        """Return what starts the service *unit*, word by word, with its specifiers expanded; [] when there is none.

        ``systemctl show`` joins the words with spaces, which are also within some. Raises `HostError` where no message
        bus runs.
        """
        path = re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found.group()):02x}", unit)
        place = ["org.freedesktop.systemd1", f"/org/freedesktop/systemd1/unit/{path}"]
        argv = ["busctl", "--json=short", "get-property", *place, "org.freedesktop.systemd1.Service", "ExecStart"]
        remedy = "Install the package dbus, and start dbus.service"
        commands = json.loads(self._commands.run(argv, remedy=remedy).stdout)["data"]
        # A dollar that no variable follows is written twice.
        return [word.replace("$$", "$") for word in commands[0][1]] if commands else []

    def longest_interval(self, calendar: str) -> int:
        """Return the seconds between two events of *calendar* that lie furthest apart, of the next fifty.

        Raises `HostError` for one that has none, or no second one.
        """
        argv = ["systemd-analyze", "calendar", "--iterations=50", "--", calendar]
        said = self._commands.run(argv).stdout
        moments = [datetime.strptime(found, "%Y-%m-%d %H:%M:%S") for found in _EVENT.findall(said)]
        gaps = [int((later - earlier).total_seconds()) for earlier, later in zip(moments, moments[1:])]
        if not gaps:
            raise HostError(f"{calendar} is no event that comes again", "Give another calendar; see systemd.time(7)")
        return max(gaps)

    def daemon_reload(self) -> None:
        """Let systemd read all unit files again."""
        self._reloading("daemon-reload")

    def enable(self, units: Sequence[str]) -> None:
        """Start *units* at boot."""
        self._reloading("enable", "--quiet", *units)

    def disable(self, units: Sequence[str]) -> None:
        """Start *units* at boot no more."""
        self._reloading("disable", "--quiet", *units)

    def _reloading(self, *verb: str) -> None:
        """Run a *verb* that makes systemd reload, and attach again what it then lets go.

        After a reload systemd 257 lets running units bind any port (it attaches the programs of SocketBindDeny= no
        more) until a unit of their slice starts. So one is started that does nothing; measured on Debian 13. It is not
        waited for: with ``--wait`` systemd-run needs the message bus, which not every host has.
        """
        self._commands.run(["systemctl", *verb])
        if self.show(_SLICE, ["ActiveState"])["ActiveState"] == "active":
            self._commands.run(["systemd-run", "--quiet", "--collect", f"--slice={_SLICE}", "/bin/true"])

    def start(self, units: Sequence[str]) -> None:
        """Start *units*, and wait until they are up."""
        self._verb("start", units)

    def begin(self, unit: str) -> None:
        """Have *unit* started soon, and wait for nothing: whether it comes up is no matter of the caller's."""
        self._commands.run(["systemctl", "start", "--no-block", unit])

    def restart(self, units: Sequence[str]) -> None:
        """Restart *units*, and wait until they are up."""
        self._verb("restart", units)

    def reload(self, units: Sequence[str]) -> None:
        """Let *units* read their settings again."""
        self._verb("reload", units)

    def changed_at(self, unit: str) -> int | None:
        """Return when the state of *unit*, which is active, last changed, as by a reload, in seconds since 1970.

        None when it is not active.
        """
        argv = ["systemctl", "show", "--property", "ActiveState,StateChangeTimestamp", unit]
        # It writes moments in the zone of whoever asks.
        lines = self._commands.run(argv, env={"TZ": "UTC"}).stdout.splitlines()
        state = {name: value for name, _equals, value in (line.partition("=") for line in lines)}
        if state.get("ActiveState") != "active":
            return None
        _day, date, clock, _zone = state["StateChangeTimestamp"].split()
        return calendar.timegm(time.strptime(f"{date} {clock}", "%Y-%m-%d %H:%M:%S"))

    def stop(self, units: Sequence[str]) -> None:
        """Stop *units*, and wait until they are down."""
        self._verb("stop", units)

    def forget_failures(self, units: Sequence[str]) -> None:
        """Let systemd forget that *units* failed; one that did not is fine."""
        self._commands.run(["systemctl", "reset-failed", *units], ok=())

    def _verb(self, verb: str, units: Sequence[str]) -> None:
        try:
            self._commands.run(["systemctl", verb, *units])
        except CommandError as error:
            raise HostError(
                f"systemd could not {verb} {', '.join(units)}: {error.output.strip() or 'it said nothing'}",
                f"Read the reason on the host: journalctl --unit {units[0]} --lines 50",
            ) from error

    def journal(self, unit: str, lines: int = 5) -> str:
        """Return the last *lines* that *unit* wrote, for an error message."""
        argv = ["journalctl", "--unit", unit, "--lines", str(lines), "--output", "cat", "--no-pager", "--quiet"]
        return self._commands.run(argv, ok=()).stdout.strip()

    def exposure(self, unit: str) -> float:
        """Return the exposure score of ``systemd-analyze security`` for the loaded *unit*, from 0.0 to 10.0."""
        argv = ["systemd-analyze", "security", "--no-pager", unit]
        match = _EXPOSURE.search(self._commands.run(argv).stdout)
        if match:
            return float(match.group(1))
        raise HostError(f"systemd-analyze gives no score for {unit}", f"Run on the host: {' '.join(argv)}")
