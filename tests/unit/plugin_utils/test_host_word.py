# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host says it runs: one that was broken into says anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.hardened.librespot.plugins.action import release_info

GOOD = "0.8.0-x86_64-glibc2.36-0123456789ab"
NAMES = ["../../.ssh/authorized_keys", "/etc/cron.d/x", f"{GOOD}/../../x", f"{GOOD}\n", "..", ["x"], None, 0]


def ask(monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]) -> dict[str, Any]:
    """Return what the action says of a host that has *said* this."""
    host = SimpleNamespace(must=lambda _module, _args: said)
    monkeypatch.setattr(release_info, "Remote", lambda _action, _variables: host)
    task = SimpleNamespace(args={"gather": ["running"]}, async_val=0, check_mode=False, environment=None)
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    make: Any = release_info.ActionModule
    found: dict[str, Any] = make(task, connection, SimpleNamespace(), None, None, None).run(task_vars={})
    return found


def one(release: Any = "", active: Any = "") -> dict[str, Any]:
    instance = {"instance": "kitchen", "deployment": "systemd", "release": release, "version": "0.8.0"}
    return {"running": [instance], "active": {"id": active, "version": ""}}


@pytest.mark.parametrize("said", [one(), one(GOOD, GOOD)])
def test_releases_are_what_they_are_called(monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]) -> None:
    found = ask(monkeypatch, said)
    assert (found["running"], found["active"]) == (said["running"], said["active"])


@pytest.mark.parametrize("name", NAMES)
def test_no_name_leads_elsewhere(monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
    for said, path in ((one(release=name), r"running\[0\]\.release"), (one(active=name), r"active\.id")):
        with pytest.raises(AnsibleActionFail, match=f"{path}.*is not an artifact's identifier"):
            ask(monkeypatch, said)


@pytest.mark.parametrize("said", [{}, {"running": [None], "active": {}}, {"running": {"x": 1}, "active": {"id": ""}}])
def test_an_answer_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]) -> None:
    with pytest.raises(AnsibleActionFail, match="What the host says it runs"):
        ask(monkeypatch, said)
