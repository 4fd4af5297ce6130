# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `release_info` finds on a host is what runs there, whatever is active or written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.hosts import until
from tests.support.hosts import Host
from tests.support.plays import Controller

PORT = 37900
UNIT = "librespot-kitchen.service"
RELEASES = "/opt/librespot/releases"

Look = Callable[[], dict[str, Any]]


@pytest.fixture
def host(container: str) -> Iterator[Host]:
    """Return a host on which the active release runs, as kitchen."""
    found = Host(container)
    program = found.out("readlink", "-f", "/opt/librespot/current/bin/librespot").strip()
    argv = ("--name", "Kitchen", "--backend", "pipe", "--zeroconf-port", str(PORT), "--disable-audio-cache")
    found.out("systemd-run", f"--unit={UNIT}", "--slice=librespot.slice", program, *argv)
    try:
        until(lambda: found.run("python3", "-c", _ASK).returncode == 0, 20, "librespot answers")
        yield found
    finally:
        found.run("systemctl", "stop", UNIT)


_ASK = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}/?action=getInfo', timeout=2).read()"


@pytest.fixture
def look(host: Host, tmp_path: Path) -> Look:
    """Return what asks the module in a play."""
    controller = Controller(host, tmp_path)
    said = tmp_path / "said.json"
    playbook = controller.playbook(
        {"hardened.librespot.release_info": {"gather": ["running"]}, "register": "found"},
        {
            "ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(said), "mode": "0600"},
            "delegate_to": "localhost",
        },
    )

    def act() -> dict[str, Any]:
        controller.converge(playbook, {})
        found: dict[str, Any] = json.loads(said.read_text(encoding="utf-8"))
        return found

    return act


def test_what_runs_is_found_by_its_process_its_manifest_and_its_answer(host: Host, look: Look) -> None:
    pid = int(host.out("systemctl", "show", "--value", "--property=MainPID", UNIT))
    active = Path(host.out("readlink", "-f", "/opt/librespot/current").strip()).name
    said = look()
    assert said["running"] == [
        {
            "instance": "kitchen",
            "deployment": "systemd",
            "pid": pid,
            "release": active,
            "version": "0.8.0",
            "answered": "0.8.0",
            "problem": "",
        }
    ]
    assert said["active"] == {"id": active, "version": "0.8.0"}
    assert said["running_versions"] == ["0.8.0"]
    assert not said["changed"]


def test_a_manifest_that_says_something_else_is_not_believed(host: Host, look: Look) -> None:
    active = Path(host.out("readlink", "-f", "/opt/librespot/current").strip()).name
    path = f"{RELEASES}/{active}/manifest.json"
    kept = host.out("cat", path)
    try:
        host.out("sh", "-c", f"cat > {path}", text=json.dumps({**json.loads(kept), "version": "0.9.0"}))
        (found,) = look()["running"]
        assert found["problem"] == "it answers that it is 0.8.0, and its program is 0.9.0"
        host.out("rm", path)
        (found,) = look()["running"]
        assert (found["version"], found["problem"]) == ("0.8.0", f"{path} does not exist")
    finally:
        host.out("sh", "-c", f"cat > {path}", text=kept)


def test_one_that_hangs_is_told(host: Host, look: Look) -> None:
    pid = host.out("systemctl", "show", "--value", "--property=MainPID", UNIT).strip()
    host.out("kill", "-STOP", pid)
    try:
        (found,) = look()["running"]
        assert (found["version"], found["answered"]) == ("0.8.0", "")
        assert found["problem"].startswith(f"it does not answer at 127.0.0.1, port {PORT}: ")
    finally:
        host.out("kill", "-CONT", pid)


def test_where_nothing_runs_nothing_is_found(host: Host, look: Look) -> None:
    host.out("systemctl", "stop", UNIT)
    said = look()
    assert (said["running"], said["running_versions"]) == ([], [])
