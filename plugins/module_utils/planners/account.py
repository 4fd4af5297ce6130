# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The system user of an instance."""

from __future__ import annotations

from ..host.accounts import NO_HOME, NO_SHELL, Accounts
from ..model.errors import HostError
from ..model.instance import Instance
from ..model.plan import Plan, State
from .base import Planner

_OWN = "its own"
_NONE = "none"


class AccountPlanner(Planner):
    """One user per instance: what one of them can read, another cannot."""

    def __init__(self, accounts: Accounts, instance: Instance) -> None:
        super().__init__(f"user {instance.user}", instance.name)
        self._accounts = accounts
        self._instance = instance

    def wanted(self) -> State:
        """Return the user: without home, shell, password or foreign groups."""
        if not self._instance.present:
            return {}
        return {
            "group": self._instance.user,
            "groups": "",
            "home": NO_HOME,
            "shell": NO_SHELL,
            "comment": self._instance.comment,
            "numbers": _OWN,
            "password": _NONE,
        }

    def found(self) -> State:
        """Return the user as the name service has it."""
        account = self._accounts.find(self._instance.user)
        if account is None:
            return {}
        return {
            "group": account.group,
            "groups": " ".join(account.groups),
            "home": account.home,
            "shell": account.shell,
            "comment": account.comment,
            "numbers": account.shared or _OWN,
            "password": "set" if account.password else _NONE,
        }

    def refuse(self, plan: Plan) -> None:
        """Refuse a user of that name that is not ours."""
        user, comment = self._instance.user, self._instance.comment
        if plan.before and plan.before["comment"] != comment:
            raise HostError(
                f"The user {user} exists and is not ours (its comment is {plan.before['comment']!r})",
                f"Give the instance another name, or set the comment: usermod --comment '{comment}' {user}",
            )

        if plan.before and plan.after and plan.before["numbers"] != _OWN:
            raise HostError(
                f"The user {user} has the {plan.before['numbers']}: whoever hijacks the instance would be that user",
                f"Stop the instance and remove the user, which the next run makes anew: userdel --force {user}",
            )

    def apply(self, plan: Plan) -> None:
        """Make, mend or remove it."""
        user, comment = self._instance.user, self._instance.comment
        if not plan.before:
            self._accounts.create(user, comment)
        elif plan.after:
            self._accounts.mend(user, comment)
        else:
            self._accounts.remove(user)
