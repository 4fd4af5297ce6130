# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps a rollout on the controller, where what is known of all hosts comes together."""

from __future__ import annotations

import os
from copy import deepcopy
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.hardened.librespot.plugins.module_utils.model import rollout_options as step
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import LibrespotError
from ansible_collections.hardened.librespot.plugins.module_utils.model.reading import paths_of
from ansible_collections.hardened.librespot.plugins.module_utils.model.rollout import STAGES, HostState
from ansible_collections.hardened.librespot.plugins.module_utils.model.rollout_input import (
    check_serial,
    check_terms,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.rollout import (
    as_data,
    as_json,
    bad,
    canary_lines,
    gone_lines,
    plan_table,
    report_table,
)
from ansible_collections.hardened.librespot.plugins.plugin_utils import rollout_steps as steps
from ansible_collections.hardened.librespot.plugins.plugin_utils.rollout_store import Rollout, Store, process
from ansible_collections.hardened.librespot.plugins.plugin_utils.written import resolved, written

Result = dict[str, Any]


class ActionModule(ActionBase):
    """It runs nothing on any host."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Take one step of the rollout."""
        result: Result = super().run(tmp, task_vars)
        action: Any = self  # Ansible's base class has no types
        _validation, asked = action.validate_argument_spec(deepcopy(step.ROLLOUT_OPTIONS))
        variables = task_vars or {}
        try:
            paths_of(asked, ["directory", "path"])
            # Tasks run in processes of their own, which end with them; the parent of all is the run.
            store = Store(asked["directory"], asked["name"], process(os.getppid()), self._task.check_mode)
            result.update({"changed": False, **self._step(store, asked, variables)})
        except LibrespotError as error:
            raise AnsibleActionFail(str(error)) from None
        return result

    def _step(self, store: Store, asked: dict[str, Any], variables: dict[str, Any]) -> Result:
        if asked["step"] == step.OPEN:
            return {"run": store.open().run}
        if asked["step"] == step.REPORT:
            return self._report(store)
        name = str(variables.get("inventory_hostname", "localhost"))
        said: Result = {}
        with store.changed() as rollout:
            if asked["step"] == step.LOOKED:
                check_terms(asked["terms"], asked["max_fail_percentage"])
                rollout.seen[name] = steps.looked(asked, list(variables.get("groups", {})))
            elif asked["step"] == step.PLAN:
                said = self._plan(rollout, asked, list(variables["groups"]["all"]))
            elif asked["step"] == step.GATE:
                steps.gate(rollout, asked["scan"], [str(item["id"]) for item in asked["artifacts"]], asked["reason"])
                said = {"closed": rollout.closed}
            elif asked["step"] == step.TURN:
                said = steps.begin(rollout, name, asked["max_fail_percentage"])
                said["shown"] = _shown(rollout.hosts[name], asked["name"])
            elif asked["step"] == step.JUDGE:
                said = self._judge(rollout, name, asked)
            elif asked["step"] == step.ATTESTED:
                steps.attested(asked["attestation"])
            else:
                rollout.hosts[name], said = self._host(rollout.hosts[name], asked)
        return said

    def _judge(self, rollout: Rollout, name: str, asked: dict[str, Any]) -> Result:
        wrong = steps.judge(rollout.hosts[name], asked["health"], asked["audit"], asked["strict"])
        if wrong:
            return {"failed": True, "msg": "; ".join(wrong)}
        rollout.hosts[name] = steps.shown(rollout, name, asked["soak"])
        return {"shown": _shown(rollout.hosts[name], asked["name"])}

    def _host(self, state: HostState, asked: dict[str, Any]) -> tuple[HostState, Result]:
        """Return the state of the task's host after its step, and what the task says of it."""
        health, audit = asked["health"], asked["audit"]
        if asked["step"] == step.SWITCH:
            state = steps.switch(state, audit)
        elif asked["step"] == step.DONE:
            state = steps.done(state, health)
        elif asked["step"] == step.FAILED:
            state = steps.failed(state, asked["reason"])
        elif asked["step"] == step.RETURNED:
            state = steps.returned(state, health)
        else:
            state = steps.broken(state, asked["reason"], asked["image"])
        said: Result = {"outcome": state.outcome, "reason": state.reason, "interrupted": state.interrupted}
        if asked["step"] == step.SWITCH and state.outcome:
            said.update(failed=True, msg=state.reason)
        return state, said

    def _plan(self, rollout: Rollout, asked: dict[str, Any], inventory: list[str]) -> Result:
        check_serial(asked["serial"])
        rollout.report = resolved(asked["path"]) if asked["path"] else ""
        if rollout.report:
            steps.check_report(rollout.report)
        found = steps.plan(rollout, asked["hosts"], inventory)
        said = [plan_table(rollout.here, rollout.run), *gone_lines(rollout.hosts, rollout.gone)]
        said += canary_lines(rollout.here, steps.named_canaries(rollout))
        Display().display("\n".join([f"Rollout {asked['name']}, run {rollout.run}", *said]))
        if self._task.check_mode:
            found["artifacts"] = [item for item in found["artifacts"] if steps.there(item["path"])]
            # No host has its turn.
            found.update({stage: [] for stage in STAGES})
        found["serial"] = asked["serial"] or ["25%"]
        found.update(name=asked["name"], directory=asked["directory"])
        # The plays that come next take their hosts from it.
        return {"ansible_facts": {"librespot_update_plan": found}, **found}

    def _report(self, store: Store) -> Result:
        with store.changed() as rollout:
            end = steps.predict if self._task.check_mode else steps.unplanned
            end(rollout)
        rollout = store.close()
        hosts = rollout.here
        said = [report_table(hosts, rollout.closed), *gone_lines(rollout.hosts, rollout.gone)]
        Display().display("\n".join([f"Rollout, run {rollout.run}", *said]))
        result: Result = {"report": as_data(hosts, rollout.run, rollout.closed)}
        if rollout.report:
            text = as_json(hosts, rollout.run, rollout.closed)
            # As the rollout's own file it is the controller's: nothing of the host that the task runs for has changed.
            written(rollout.report, text, self._task.check_mode)
        wrong = bad(hosts, rollout.closed)
        if wrong:
            result.update(failed=True, msg=f"{', '.join(wrong)}: the table says what became of each")
        return result


def _shown(state: HostState, name: str) -> Result:
    """Return what the host has shown in the rollout *name*, as the module ``attestation`` takes it."""
    return {"rollout": name, "at": state.shown_at, "passed": list(state.shown)} if state.shown else {}
