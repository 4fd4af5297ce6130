# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes is predicted by check mode, also where systemd forgets by itself what has no file any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.notify_options import asked_notify
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import HOST, Planner, converge
from ansible_collections.hardened.librespot.plugins.module_utils.planners.monitoring import no_monitoring
from ansible_collections.hardened.librespot.plugins.module_utils.planners.notify import notify_planners
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.planners.schedule import schedule_planners
from ansible_collections.hardened.librespot.plugins.module_utils.planners.scheduled_audit import (
    scheduled_audit_planners,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render import (
    audit_units,
    check_units,
    monitor_units,
    notify_units,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.unit import UNITS
from tests.unit.modules.machine import Machine

Gone = Callable[[Host], list[Planner]]

KINDS: dict[str, tuple[Gone, Sequence[str]]] = {
    "monitor": (
        lambda host: no_monitoring(host, ""),
        (monitor_units.SERVICE, monitor_units.GRANTS_SERVICE, monitor_units.GRANTS_TIMER),
    ),
    "audit": (lambda host: scheduled_audit_planners(host, None), (audit_units.SERVICE, audit_units.TIMER)),
    "check": (
        lambda host: schedule_planners(host, None),
        (check_units.SERVICE, check_units.FAILED, check_units.TIMER),
    ),
    "notify": (
        lambda host: notify_planners(host, None),
        (notify_units.SERVICE, notify_units.FAILED, notify_units.WATCH, notify_units.TIMER),
    ),
}


class Forgetful(Machine):
    """It remembers no unit whose file is gone."""

    def _load(self, unit: str) -> str:
        entry = self.files.read(f"{UNITS}/{unit}")
        return entry.content.decode() if entry else ""


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_is_predicted(kind: str, tmp_path: Path) -> None:
    gone, units = KINDS[kind]
    machine = Forgetful(tmp_path)
    host = machine.host()
    for name in units:
        machine.unit_of_another(name)
    host.systemd.enable([units[-1]])
    host.systemd.start([units[-1]])
    predicted, made, after = ([plan.differences() for plan in converge(gone(host), x)] for x in (True, False, True))
    assert predicted == made
    assert any(made)
    assert not any(after)


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_is_of_the_host_and_of_no_instance(kind: str, tmp_path: Path) -> None:
    assert {planner.scope for planner in KINDS[kind][0](Forgetful(tmp_path).host())} == {HOST}


def test_a_notice_of_a_failure_that_failed_itself_is_forgotten(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    host = machine.host()
    machine.failed = {"hardened-librespot-failed@some.service.service", "hardened-librespot-check-failed.service"}
    assert any(plan.changed for plan in converge(notify_planners(host, None), check=False))
    assert machine.failed == {"hardened-librespot-check-failed.service"}
    assert not any(plan.changed for plan in converge(notify_planners(host, None), check=True))


def test_whom_a_host_tells_is_in_no_diff(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    host = machine.host()
    address = "https://hook.example.org/services/nobody-else-knows"
    notify = asked_notify({"webhooks": [{"url": address}]}, "notify")
    assert notify
    shown = []
    for planners in (
        notify_planners(host, notify),
        [*notify_planners(host, None), *scheduled_audit_planners(host, None)],
    ):
        kept = [item for item in planners if item.subject in (notify_units.KEPT, audit_units.DESCRIPTION)]
        shown += [plan.diff() for plan in converge(kept, check=True)]
        for path in (notify_units.KEPT, audit_units.DESCRIPTION):
            machine.path(path).parent.mkdir(parents=True, exist_ok=True)
            machine.path(path).write_text(notify_units.configuration(notify))
    assert len(shown) == 3
    assert address in notify_units.configuration(notify)
    assert address not in repr(shown)
