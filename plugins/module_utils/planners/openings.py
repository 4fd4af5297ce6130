# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ways through other firewalls of the host, marked as ours: the one thing of theirs that is ever touched."""

from __future__ import annotations

from collections.abc import Sequence

from ..host.firewalld import Firewalld
from ..host.ufw import Ufw
from ..model.networks import V6
from ..model.openings import Opening
from ..model.plan import Plan, State
from ..render.openings import COMMENT, POLICY, POLICY_FILE, firewalld_policy, firewalld_rules, ufw_rules
from .base import Planner
from .file import FilePlanner
from .registry import Host

_OPEN = "open"


def opening_planners(host: Host, openings: Sequence[Opening]) -> list[Planner]:
    """Return what opens the ways of *openings* where ufw or firewalld are in force; of none, what closes all of ours.

    One that is installed and not in force is left as it is, but for ways that nobody needs any more.
    """
    ufw, firewalld = Ufw(host.commands, host.files), Firewalld(host.commands)
    planners: list[Planner] = []
    if ufw.installed and (ufw.enabled or not openings):
        planners.append(UfwPlanner(ufw, [item for item in openings if item.family != V6 or ufw.ipv6]))
    if not firewalld.installed:
        return planners
    running = firewalld.running
    if running or not openings:
        planners.append(FilePlanner(host.files, POLICY_FILE, firewalld_policy(openings)))
    if running:
        planners.append(FirewalldPlanner(firewalld, firewalld_rules(openings)))
    return planners


class UfwPlanner(Planner):
    """The rules of ufw whose comment begins with our name."""

    def __init__(self, ufw: Ufw, openings: Sequence[Opening]) -> None:
        super().__init__("ways through ufw")
        self._ufw = ufw
        self._rules = ufw_rules(openings)

    def wanted(self) -> State:
        """Return the rules, each with its comment."""
        return dict(self._rules)

    def found(self) -> State:
        """Return the same of what ufw has."""
        return {rule: comment for rule, comment in self._ufw.rules() if comment.split(" ")[0] == COMMENT}

    def apply(self, plan: Plan) -> None:
        """Add what is missing, and delete what nobody needs any more."""
        for rule, comment in plan.after.items():
            if plan.before.get(rule) != comment:
                self._ufw.add(rule, comment)
        for rule in plan.before:
            if rule not in plan.after:
                self._ufw.delete(rule)


class FirewalldPlanner(Planner):
    """The rules of our policy that are in force in a firewalld that runs; the policy's file is another planner's."""

    def __init__(self, firewalld: Firewalld, rules: Sequence[str]) -> None:
        super().__init__(f"firewalld's policy {POLICY}")
        self._firewalld = firewalld
        self._rules = rules

    def wanted(self) -> State:
        """Return the rules."""
        return dict.fromkeys(self._rules, _OPEN)

    def found(self) -> State:
        """Return those that are in force."""
        return dict.fromkeys(self._firewalld.rules(POLICY) or (), _OPEN)

    def apply(self, plan: Plan) -> None:
        """Change single rules; a policy that firewalld does not know yet takes loading all anew."""
        if self._firewalld.rules(POLICY) is None:
            self._firewalld.reload()
            return
        for rule in plan.after:
            if rule not in plan.before:
                self._firewalld.add(POLICY, rule)
        for rule in plan.before:
            if rule not in plan.after:
                self._firewalld.remove(POLICY, rule)
