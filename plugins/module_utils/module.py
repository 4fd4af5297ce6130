# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all modules share: their common arguments, how they end, and how an error becomes a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol, TypeVar

from .host.lock import host_lock
from .model.confidential import logins, misplaced
from .model.container import DOCKER, ENGINES
from .model.errors import LibrespotError, UnfinishedError
from .model.instance import DEPLOYMENTS, SYSTEMD, Specification, parse_specification
from .model.plan import Plan
from .model.releases import CURRENT


class Module(Protocol):
    """What is used of AnsibleModule. module_utils does not import Ansible: the audit runs on hosts without it."""

    params: dict[str, Any]
    check_mode: bool
    no_log_values: set[str]
    _name: str
    _diff: bool

    def exit_json(self, **result: Any) -> NoReturn:
        """End with this result."""

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """End as failed."""

    def warn(self, warning: str) -> None:
        """Show a warning to the user."""


AnyModule = TypeVar("AnyModule", bound=Module)

SPECIFICATION_ARGUMENTS: dict[str, dict[str, Any]] = {
    "version": {"type": "str", "default": CURRENT},
    "instances": {"type": "list", "elements": "dict", "default": [{"name": "speaker"}]},
    "zones": {"type": "dict", "default": {}},
    "credentials": {"type": "dict", "default": {}, "no_log": True},
}
"""The arguments of the documentation fragment ``specification``."""

STATE_ARGUMENT: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
"""The argument of the documentation fragment ``specification.state``."""

DEPLOYMENT_ARGUMENT: dict[str, dict[str, Any]] = {
    "deployment": {"type": "str", "choices": list(DEPLOYMENTS), "default": SYSTEMD},
}
"""The argument of modules that also know instances in containers."""

ENGINE_ARGUMENT: dict[str, dict[str, Any]] = {
    "engine": {"type": "str", "choices": list(ENGINES), "default": DOCKER},
}
"""The argument of modules that ask the engine of containers."""

ANNOUNCE_ARGUMENT: dict[str, dict[str, Any]] = {"announce": {"type": "bool", "default": True}}
"""The argument of modules that look at whether the host's avahi announces what runs in containers."""


def specification(module: Module, deployment: str = SYSTEMD) -> Specification:
    """Return the specification that the module was given, checked as a whole.

    *deployment* is that of its instances where the module does not ask for it.
    """
    asked = module.params
    deployment = asked.get("deployment", deployment)
    return parse_specification(asked["version"], asked["instances"], asked["credentials"], asked["zones"], deployment)


def run(module: AnyModule, work: Callable[[AnyModule], dict[str, Any]], locked: bool = True) -> NoReturn:
    """End *module* with what *work* returns, or as failed with the error that says what to do.

    A module that changes something holds the host's lock meanwhile.
    """
    # Ansible hides what it was given; where that was a text, not what it made of it. It prints the other arguments with
    # every result, also when the instances are never read, as for an absent state or when another run holds the lock.
    module.no_log_values |= logins(module.params.get("credentials")) | misplaced(module.params.get("instances"))
    try:
        if locked and not module.check_mode:
            with host_lock(f"the module {module._name}"):
                result = work(module)
        else:
            result = work(module)
    except LibrespotError as error:
        unfinished = {"unfinished": list(error.instances)} if isinstance(error, UnfinishedError) else {}
        module.fail_json(msg=str(error), remedy=error.remedy, **unfinished)
    module.exit_json(**result)


def outcome(module: Module, plans: Sequence[Plan]) -> dict[str, Any]:
    """Return a module's result as *plans* say it."""
    changed = [plan for plan in plans if plan.changed]
    result: dict[str, Any] = {
        "changed": bool(changed),
        "changes": [f"{item.subject}: {item.attribute}" for plan in changed for item in plan.differences()],
    }
    if module._diff:
        result["diff"] = [plan.diff() for plan in changed]
    return result
