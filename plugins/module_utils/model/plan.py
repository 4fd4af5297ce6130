# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan is a value: what is, what should be, and so what would be done.

``changed`` and ``diff`` of every module are read from plans and are never set by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

State = Mapping[str, str]
"""Attribute to text. ``{}`` is a thing that does not exist."""

HIDDEN = "(secret, not shown)"


@dataclass(frozen=True)
class Difference:
    """One attribute of one managed thing that is not as it should be."""

    subject: str
    attribute: str
    before: str
    after: str


@dataclass(frozen=True)
class Plan:
    """The way of one managed thing from *before* to *after*.

    ``secret`` names attributes whose values may not be shown; that they differ is still said.
    """

    subject: str
    before: State
    after: State
    secret: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Tell whether anything is to be done."""
        return dict(self.before) != dict(self.after)

    def differences(self) -> list[Difference]:
        """Return the attributes that differ, in order of their names, secrets hidden."""
        return [
            Difference(self.subject, name, self._shown(self.before, name), self._shown(self.after, name))
            for name in sorted(set(self.before) | set(self.after))
            if self.before.get(name) != self.after.get(name)
        ]

    def diff(self) -> dict[str, str]:
        """Return the plan in the form of Ansible's ``diff`` return value."""
        return {
            "before_header": self.subject,
            "after_header": self.subject,
            "before": self._text(self.before),
            "after": self._text(self.after),
        }

    def _shown(self, state: State, name: str) -> str:
        if name not in state:
            return "(absent)"
        return HIDDEN if name in self.secret else state[name]

    def _text(self, state: State) -> str:
        lines = []
        for name in sorted(state):
            text = self._shown(state, name)
            if name in self.secret and self.before.get(name) != self.after.get(name):
                text = f"{text} {'before' if state is self.before else 'after'}"
            lines.append(f"{name}: {text}" if "\n" not in text else f"{name}:\n{text}")
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)
