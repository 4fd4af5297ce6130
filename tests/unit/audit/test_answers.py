# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CON-10: each address at which an instance is published answers, or is named."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.audit import answers
from ansible_collections.hardened.librespot.plugins.module_utils.audit.context import Context
from ansible_collections.hardened.librespot.plugins.module_utils.host.engine import Engine
from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Process
from ansible_collections.hardened.librespot.plugins.module_utils.model.finding import FAILED, PASSED, Finding
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

ADDRESSES = ("192.168.1.5", "2001:db8::5")
MAIN = Process(7, "/usr/bin/librespot", {}, {}, {}, "/", {}, (), ())


def looked(
    monkeypatch: pytest.MonkeyPatch, silent: dict[str, Exception], up: bool = True, **written: Any
) -> list[Finding]:
    def ask(address: str, port: int, timeout: float) -> dict[str, object]:
        assert (port, timeout) == (37879, 5.0)
        if address in silent:
            raise silent[address]
        return {"remoteName": "Kitchen"}

    monkeypatch.setattr(answers, "published_at", lambda _item, _families: ADDRESSES)
    monkeypatch.setattr(answers, "get_info", ask)
    spec = parse_specification("0.8.0", [{"name": "kitchen", "port": 37879, **written}], {}, None, CONTAINER)
    seen = Context(Host(), spec, [], live=False, running=lambda _item: [MAIN] if up else [])
    return list(answers.look(cast(Engine, Engine), seen))


def test_one_that_answers_at_all_of_them_is_green(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = looked(monkeypatch, {})
    assert (found.id, found.check, found.status) == ("CON-10", "answers", PASSED)
    assert found.observed == "answers at 192.168.1.5, 2001:db8::5"


@pytest.mark.parametrize("error", [ConnectionRefusedError(111, "Connection refused"), ValueError("not librespot's")])
def test_an_address_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    (found,) = looked(monkeypatch, {ADDRESSES[1]: error})
    assert (found.status, found.observed) == (FAILED, f"2001:db8::5 does not answer: {error}")
    assert "ip link set lsp-kitchen up" in found.remedy
    assert "docker restart librespot-kitchen" in found.remedy


def test_of_one_that_does_not_run_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = {address: ConnectionRefusedError(111, "Connection refused") for address in ADDRESSES}
    (found,) = looked(monkeypatch, cast(dict[str, Exception], silent), up=False)
    assert (found.status, found.observed) == (FAILED, "the instance does not run")
    assert "docker logs librespot-kitchen" in found.remedy


@pytest.mark.parametrize(
    "written",
    [
        {"segment": {"parent": "eth0", "dhcp": True}},
        {"relaxations": {"host_network": {"reason": "multicast"}}},
    ],
    ids=["segment", "host"],
)
def test_one_that_is_not_published_is_asked_nowhere(monkeypatch: pytest.MonkeyPatch, written: dict[str, Any]) -> None:
    assert looked(monkeypatch, {}, **written) == []
