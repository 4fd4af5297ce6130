# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every managed thing has: *wanted*, *found*, *plan*, *apply*.

A module applies its planners; check mode and the audit stop after *plan*. No control is described twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..model.errors import HostError, LibrespotError, UnfinishedError, joined
from ..model.plan import Plan, State

HOST = "host"


class Planner:
    """One managed thing of the host or of one instance."""

    secret: tuple[str, ...] = ()
    """Attributes that may not be shown."""

    units: tuple[str, ...] = ()
    """Units that *found* asks systemd for, as far as an audit may ask for them along with those of others."""

    def __init__(self, subject: str, scope: str = HOST) -> None:
        self.subject = subject
        self.scope = scope

    def wanted(self) -> State:
        """Return what the thing should be. Pure: it asks nothing of the host."""
        raise NotImplementedError

    def found(self) -> State:
        """Return what the thing is, in the attributes of *wanted*. It changes nothing."""
        raise NotImplementedError

    def plan(self) -> Plan:
        """Look at the thing and return its way from what is to what should be."""
        return Plan(self.subject, self.found(), self.wanted(), self.secret)

    def refuse(self, plan: Plan) -> None:
        """Raise `HostError` when *plan*, which has a change, is not for us to carry out; also in check mode."""

    def apply(self, plan: Plan) -> None:
        """Make the thing what *plan* says. Called only for a plan that has a change."""
        raise NotImplementedError


def converge(planners: Sequence[Planner], check: bool, apart: bool = False) -> list[Plan]:
    """Plan each planner in order and, unless *check*, apply it before the next one is planned. The first error ends it.

    With *apart*, an instance of which a planner cannot be applied ends alone: those of other instances go on, and
    `UnfinishedError` names it at the end. When what is found of an instance ends a run that has changed something, it
    names all that had no turn. It is for instances that go back to what ran before. Without a way back, the first one
    that fails keeps the others from a change that may be bad for all of them.
    """
    plans: list[Plan] = []
    failed: dict[str, LibrespotError] = {}
    for number, planner in enumerate(planners):
        # Those of the host may clean up what a failed instance still needs.
        if failed and planner.scope in (HOST, *failed):
            continue
        try:
            plan = planner.plan()
            if plan.changed:
                planner.refuse(plan)
        except LibrespotError as error:
            if apart and planner.scope != HOST and not check and any(item.changed for item in plans):
                rest = dict.fromkeys(item.scope for item in planners[number:] if item.scope != HOST)
                raise UnfinishedError({**failed, planner.scope: error}, tuple(rest)) from error
            raise joined([*failed.values(), error]) from error
        plans.append(plan)
        if not plan.changed or check:
            continue
        try:
            planner.apply(plan)
        except HostError as error:
            if not apart or planner.scope == HOST:
                raise
            failed[planner.scope] = error
    if failed:
        raise UnfinishedError(failed)
    return plans
