# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RES-06: that nobody is told, or that what is told does not arrive, is red; and only where someone asked for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

from ansible_collections.hardened.librespot.plugins.module_utils.audit import alerted
from ansible_collections.hardened.librespot.plugins.module_utils.audit.alerted import Telling
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import (
    ERROR,
    FAILED,
    NOT_APPLICABLE,
    NOT_ENFORCED,
    PASSED,
    Finding,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    Specification,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.model.notify_options import asked_notify
from ansible_collections.hardened.librespot.plugins.module_utils.model.outbox import OUTBOX, Outbox, Progress, encode
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import Planner
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host
from ansible_collections.hardened.librespot.plugins.module_utils.render.notify_units import KEPT

NOW = 1_800_000_000
SPEC = parse_specification("0.8.0", [{"name": "kitchen"}])
NOTIFY = asked_notify({"mail": {"to": ["a@example.org"], "sender": "b@example.org"}}, "notify")
MAIL = "mail to a@example.org"
GOOD = Outbox(channels={MAIL: Progress(delivered_at=NOW - 9999)}, at=NOW - 60)


@dataclass
class World:
    """A host that tells; *set_up* is when it was told to."""

    outbox: Outbox | bytes | None = GOOD
    set_up: float = NOW - 99_999
    uptime: float = 99_999
    drift: str = ""

    def read(self, path: str, most: int) -> Any:
        assert path == OUTBOX
        assert most < 64 * 1024 * 1024
        if self.outbox is None:
            return None
        return SimpleNamespace(content=encode(self.outbox).encode() if isinstance(self.outbox, Outbox) else self.outbox)

    def modified(self, path: str) -> float:
        assert path == KEPT
        return self.set_up

    def look(self, telling: Telling) -> list[Finding]:
        host = cast(Host, SimpleNamespace(files=self, systemd=None))
        context = Kept(host, SPEC, [], live=False)
        context.drift = self.drift
        return list(alerted.look(replace(telling, now=lambda: NOW, uptime=lambda: self.uptime), context))

    def told(self) -> tuple[str, str]:
        """Return the status of what was told, and what was observed."""
        notifier, told = self.look(Telling(notify=NOTIFY))
        assert notifier.status == (FAILED if self.drift else PASSED)
        return told.status, told.observed


class Kept(Context):
    """An audit of a host of which only the notifier may have drifted."""

    drift = ""

    def plan(self, planner: Planner) -> Plan:
        there = {"content": "ours"}
        return Plan(planner.subject, {"content": "other"} if planner.subject == self.drift else there, there)


def statuses(telling: Telling, spec: Specification = SPEC) -> list[tuple[str, str]]:
    context = Context(cast(Host, SimpleNamespace()), spec, [], live=False)
    return [(item.check, item.status) for item in alerted.look(telling, context)]


class TestWhoTells:
    def test_nobody_asked(self) -> None:
        assert statuses(Telling()) == [("told", NOT_ENFORCED)]
        assert statuses(Telling(), Specification("0.8.0", ())) == []

    def test_nobody_tells(self) -> None:
        assert statuses(Telling(asked=True)) == [("told", FAILED)]

    def test_prometheus_tells(self) -> None:
        assert statuses(Telling(asked=True, prometheus=True)) == [("told", NOT_APPLICABLE)]

    def test_what_is_not_as_described(self) -> None:
        notifier, told = World(drift=KEPT).look(Telling(notify=NOTIFY))
        assert (notifier.status, notifier.observed, told.status) == (FAILED, f"{KEPT}: content", PASSED)


class TestWhatWasTold:
    def test_what_was_taken(self) -> None:
        assert World().told() == (PASSED, f"{MAIL} took something 166 minutes ago")

    def test_a_channel_that_takes_nothing_for_an_hour(self) -> None:
        def failing(since: int) -> World:
            progress = Progress(NOW - 9999, NOW - since, 4, NOW, "it is down")
            return World(replace(GOOD, channels={MAIL: progress}))

        assert failing(3500).told()[0] == PASSED
        assert failing(7200).told() == (FAILED, "for 2.0 hours, in 4 tries: it is down")

    def test_a_channel_that_never_took_anything(self) -> None:
        assert World(replace(GOOD, channels={})).told() == (FAILED, f"{MAIL} never took anything")
        assert World(replace(GOOD, channels={}), set_up=NOW - 60).told()[0] == PASSED

    def test_it_does_not_run(self) -> None:
        old = replace(GOOD, at=NOW - 3600)
        assert World(old).told() == (FAILED, "its last run was 60 minutes ago")
        # It could not while the host was off.
        assert World(old, uptime=60).told()[0] == PASSED
        assert World(replace(GOOD, at=NOW + 3600)).told()[0] == FAILED

    def test_it_never_ran(self) -> None:
        assert World(None).told()[0] == FAILED
        assert World(None, set_up=NOW - 60).told() == (PASSED, "it was set up, and has not run yet")

    def test_what_it_remembers_is_damaged(self) -> None:
        assert World(b"{").told()[0] == ERROR
