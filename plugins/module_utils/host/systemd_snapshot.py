# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd at one moment: many units are shown by two commands, since each command takes as long as all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .command import Commands
from .systemd import ON_DISK, Systemd, properties_of

_PROPERTIES = (
    "ActiveState",
    "DropInPaths",
    "FragmentPath",
    "LoadState",
    "NeedDaemonReload",
    "Result",
    "SourcePath",
    "UnitFileState",
)
"""Those that are shown of each. systemd computes none of them, as it does what a unit has used."""

_NAMES = "Names"


class SystemdSnapshot(Systemd):
    """systemd for one look that changes nothing: the first question about an expected unit is asked about all of them.

    What cannot be told apart in the answer is asked for itself, as by `Systemd`.
    """

    def __init__(self, commands: Commands) -> None:
        super().__init__(commands)
        self._expected: tuple[str, ...] = ()
        self._seen: Mapping[str, Mapping[str, str]] | None = None

    def expect(self, units: Iterable[str]) -> None:
        """Say which *units* will be asked for, before the first one is."""
        self._expected = tuple(dict.fromkeys(units))

    def show(self, unit: str, properties: Sequence[str]) -> Mapping[str, str]:
        """Return the *properties* of *unit*, of the moment of the first question."""
        if unit not in self._expected or not set(properties) <= set(_PROPERTIES):
            return super().show(unit, properties)
        if self._seen is None:
            self._seen = self._look()
        found = self._seen.get(unit)
        if found is None:
            return super().show(unit, properties)
        return {name: found[name] for name in properties if name in found}

    def _look(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is shown of the expected units. A name that systemd refuses ends the command for all of them."""
        argv = ["systemctl", "show", "--property", ",".join((*_PROPERTIES, _NAMES)), *self._expected]
        shown = [properties_of(text) for text in self._commands.run(argv, ok=()).stdout.split("\n\n")]
        if len(shown) != len(self._expected):
            return {}
        found = {unit: item for unit, item in zip(self._expected, shown) if unit in item.get(_NAMES, "").split()}
        enabled = [unit for unit, item in found.items() if item.get(ON_DISK) == "enabled"]
        states = self._commands.run(["systemctl", "is-enabled", *enabled], ok=()).stdout.split() if enabled else []
        if len(states) != len(enabled):
            return {}
        for unit, state in zip(enabled, states):
            found[unit][ON_DISK] = state
        return found
