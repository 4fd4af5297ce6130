# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules as Ansible runs them: arguments in, JSON out, on a host that is played."""

from __future__ import annotations

import functools
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils import basic

from ansible_collections.hardened.librespot.plugins.module_utils import module as shared
from ansible_collections.hardened.librespot.plugins.module_utils.audit import secrets
from ansible_collections.hardened.librespot.plugins.module_utils.host.lock import host_lock
from ansible_collections.hardened.librespot.plugins.module_utils.host.readable import readable_by_all
from ansible_collections.hardened.librespot.plugins.module_utils.planners import live, service
from ansible_collections.hardened.librespot.plugins.modules import audit, preflight, settings, unit

from .machine import Machine


@dataclass(frozen=True)
class Said:
    """What a module printed: the *text*, and its *data*."""

    text: str
    data: dict[str, Any]

    @property
    def changes(self) -> list[str]:
        assert not self.failed, self.text
        found: list[str] = self.data["changes"]
        assert self.data["changed"] == bool(found)
        return found

    @property
    def failed(self) -> bool:
        return bool(self.data.get("failed"))


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a module with arguments; *check* and *diff* are the modes of the play."""

    def act(module: ModuleType, *, check: bool = False, diff: bool = False, **arguments: Any) -> Said:
        name = f"hardened.librespot.{module.__name__.rpartition('.')[2]}"
        modes = {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_module_name": name}
        # Without it Ansible writes the arguments into the journal of whoever runs the tests.
        given = {"ANSIBLE_MODULE_ARGS": {**arguments, **modes, "_ansible_no_log": True}}
        # What patch_module_args does, which ansible-core 2.18 does not have.
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps(given).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            module.main()
        text = capsys.readouterr().out
        said = Said(text, json.loads(text))
        assert bool(ended.value.code) == said.failed
        return said

    return act


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the path of the lock that modules hold, for which they have little patience."""
    path = str(tmp_path / "lock")
    monkeypatch.setattr(shared, "host_lock", functools.partial(host_lock, path=path, patience=0))
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str) -> Machine:
    """Return the host on which modules run."""
    del lock
    played = Machine(tmp_path / "host")
    for module in (audit, preflight, settings, unit):
        monkeypatch.setattr(module, "Host", played.host)
    monkeypatch.setattr(live, "running", played.running)
    # It compares a live process, of which a played one has nothing; tests/unit/planners has its tests.
    monkeypatch.setattr(live, "wrong", lambda *_arguments: [])
    monkeypatch.setattr(service, "alive", played.alive)
    monkeypatch.setattr(service, "addresses", lambda *_asked: ["192.0.2.1"])
    monkeypatch.setattr(service, "Files", played.inside)
    monkeypatch.setattr(service, "PATIENCE", 0.1)
    monkeypatch.setattr(
        secrets, "readable_by_all", lambda places: readable_by_all([str(played.path(place)) for place in places])
    )
    return played


@pytest.fixture
def kitchen() -> dict[str, Any]:
    """Return an instance, at a port that nobody holds on the machine that runs the tests."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {"name": "kitchen", "port": port, "options": {"name": "Kitchen", "bitrate": 320}}
