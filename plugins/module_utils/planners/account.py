# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System users of ours: of an instance, and of what watches them."""

from __future__ import annotations

from ..host.accounts import NO_HOME, NO_SHELL, Accounts
from ..model.errors import HostError
from ..model.instance import Instance
from ..model.plan import Plan, State
from .base import HOST, Planner

_OWN = "its own"
_NONE = "none"


class UserPlanner(Planner):
    """The system user *user*, known to be ours by its *comment*; with *present* False its absence.

    *otherwise* says what else can be done when there is another user of that name, *restarting* how it gets numbers of
    its own.
    """

    def __init__(
        self,
        accounts: Accounts,
        user: str,
        comment: str,
        present: bool = True,
        scope: str = HOST,
        otherwise: str = "Rename that user",
        restarting: str = "Stop what runs as it and remove the user",
    ) -> None:
        super().__init__(f"user {user}", scope)
        self._accounts = accounts
        self._user = user
        self._comment = comment
        self._present = present
        self._otherwise = otherwise
        self._restarting = restarting

    def wanted(self) -> State:
        """Return the user: without home, shell, password or foreign groups."""
        if not self._present:
            return {}
        return {
            "group": self._user,
            "groups": "",
            "home": NO_HOME,
            "shell": NO_SHELL,
            "comment": self._comment,
            "numbers": _OWN,
            "password": _NONE,
        }

    def found(self) -> State:
        """Return the user as the name service has it."""
        account = self._accounts.find(self._user)
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
        user, comment = self._user, self._comment
        if plan.before and plan.before["comment"] != comment:
            raise HostError(
                f"The user {user} exists and is not ours (its comment is {plan.before['comment']!r})",
                f"{self._otherwise}, or set the comment: usermod --comment '{comment}' {user}",
            )

        if plan.before and plan.after and plan.before["numbers"] != _OWN:
            raise HostError(
                f"The user {user} has the {plan.before['numbers']}: whoever hijacks what runs as it would be that user",
                f"{self._restarting}, which the next run makes anew: userdel --force {user}",
            )

    def apply(self, plan: Plan) -> None:
        """Make, mend or remove it."""
        if not plan.before:
            self._accounts.create(self._user, self._comment)
        elif plan.after:
            self._accounts.mend(self._user, self._comment)
        else:
            self._accounts.remove(self._user)


class AccountPlanner(UserPlanner):
    """One user per instance: what one of them can read, another cannot."""

    def __init__(self, accounts: Accounts, instance: Instance) -> None:
        super().__init__(
            accounts,
            instance.user,
            instance.comment,
            instance.present,
            instance.name,
            "Give the instance another name",
            "Stop the instance and remove the user",
        )
