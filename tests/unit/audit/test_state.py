# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the audit says of a container that is there and does not play."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import contained
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import NOT_RUN, Engine
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import FAILED
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

NAME = "librespot-kitchen"


def _said(monkeypatch: pytest.MonkeyPatch, **state: Any) -> set[tuple[str, str, str]]:
    """Return status, observation and remedy of all findings of a container in this *state*."""
    monkeypatch.setattr(contained, "process", lambda pid: SimpleNamespace(pid=pid))
    spec = parse_specification("0.8.0", [{"name": "kitchen"}], {}, None, CONTAINER)
    engine: Any = SimpleNamespace(name="docker", reading=Engine.reading, container=lambda _name: {"State": state})
    found = list(contained.look(cast(Engine, engine), Context(Host(), spec, [], live=True)))
    assert len(found) == 9
    return {(item.status, item.observed, item.remedy) for item in found}


def test_a_paused_one_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is there, and all that can be read of it is as it shall be."""
    remedy = f"Let it go on: docker unpause {NAME}; or run hardened.librespot.site against this host"
    assert _said(monkeypatch, Status="paused", Running=True, Pid=4711, Error="") == {(FAILED, "it is paused", remedy)}


def test_one_that_has_ended_has_said_why(monkeypatch: pytest.MonkeyPatch) -> None:
    remedy = f"Read why: docker logs {NAME}; then run hardened.librespot.site against this host"
    assert _said(monkeypatch, Status="exited", Running=False, Pid=0, Error="") == {(FAILED, "it is exited", remedy)}


def test_one_that_could_not_be_started_has_said_nothing_and_the_engine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "driver failed:\n listen tcp4 192.0.2.1:37879: bind: cannot assign requested address"
    observed = f"it is exited, since the engine says: {' '.join(said.split())}"
    remedy = "Mend what it says; then run hardened.librespot.site against this host"
    assert _said(monkeypatch, Status="exited", Running=False, Pid=0, Error=said) == {(FAILED, observed, remedy)}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, []),
        (1, ["calls that librespot never makes are not refused"]),
        (NOT_RUN, ["what tries refused calls could not be run: status 125"]),
    ],
)
def test_what_could_not_be_tried_is_not_said_to_be_allowed(status: int, said: list[str]) -> None:
    assert contained._tried(status) == said
