# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of an instance in a container, by a monitor that may not ask its engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.attacks.deployment import PORT
from tests.attacks.hosts import target, until
from tests.containers.speaker import Speaker
from tests.monitoring.conftest import INTERVAL, METRICS, SERVICE, Series, series
from tests.podman.quadlet import Quadlet
from tests.support.hosts import lab
from tests.support.plays import Controller

MIB = 1024 * 1024
LIMITS: dict[str, Any] = {"memory": "96M", "cpu": "50%", "tasks": 48, "files": 512}
WATCHED: dict[str, Any] = {
    "librespot_monitored": True,
    "librespot_monitoring_audit": False,
    "librespot_monitoring_interval": INTERVAL,
    "librespot_monitoring_textfile_directory": "",
}
SOON_S = 60
KITCHEN = 'name="kitchen"'


@dataclass
class Watched:
    """A *speaker* whose host is monitored."""

    speaker: Speaker

    def converge(self, **more: Any) -> int:
        """Deploy, and return how many tasks changed something."""
        return self.speaker.converge({"limits": LIMITS}, **{**WATCHED, **more})

    def told(self) -> Series:
        """Return what the monitor has written."""
        return series(self.speaker.host.out("cat", METRICS))

    def wait(self, right: Callable[[Series], bool], what: str) -> Series:
        """Wait until what the monitor writes is *right*."""
        with contextlib.suppress(AssertionError):
            until(lambda: right(self.told()), SOON_S, what)
        found = self.told()
        assert right(found), f"{what}: {found}\n{self.speaker.host.out('journalctl', '-u', SERVICE, '-n20')}"
        return found

    def process(self) -> int:
        """Return the process of the instance; 0 while it has none."""
        done = self.speaker.host.run(
            self.speaker.ENGINE, "container", "inspect", "--format", "{{.State.Pid}}", "librespot-kitchen"
        )
        return int(done.stdout.strip() or 0) if done.returncode == 0 else 0


@pytest.fixture(scope="module", params=["docker", "podman"])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Return a host with the kitchen in a container, and the monitor."""
    lab("builder", "up")
    made, image = {"docker": (Speaker, "debian12-docker"), "podman": (Quadlet, "debian13-podman")}[request.param]
    with target(image, "monitoring") as host:
        found = Watched(made(host, Controller(host, tmp_path_factory.mktemp("watched"))))
        found.converge()
        found.wait(lambda now: now.get(f"librespot_instance_healthy{{{KITCHEN}}}") == 1, "it is healthy")
        yield found


def test_its_use_and_its_limits_are_told(watched: Watched) -> None:
    now = watched.told()
    assert now[f"librespot_instance_up{{{KITCHEN}}}"] == 1
    assert 1 * MIB < now[f"librespot_memory_bytes{{{KITCHEN}}}"] < 96 * MIB
    assert now[f"librespot_memory_limit_bytes{{{KITCHEN}}}"] == 96 * MIB
    assert now[f"librespot_tasks_limit{{{KITCHEN}}}"] == 48
    assert 1 <= now[f"librespot_tasks{{{KITCHEN}}}"] <= 48
    assert now[f"librespot_cpu_limit_ratio{{{KITCHEN}}}"] == 0.5
    assert now[f"librespot_open_files_limit{{{KITCHEN}}}"] == 512


def test_a_second_run_changes_nothing(watched: Watched) -> None:
    assert watched.converge() == 0


def test_its_monitor_may_not_ask_the_engine(watched: Watched) -> None:
    """Whoever may is as good as root. It is tried in the place, and with the user and the groups, of the process."""
    host, engine = watched.speaker.host, watched.speaker.ENGINE
    socket = {"docker": "/run/docker.sock", "podman": "/run/podman/podman.sock"}[engine]
    host.out("systemctl", "start", f"{engine}.socket")
    ask = ["python3", "-Ic", "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])", socket]
    host.out(*ask)
    pid = host.show(SERVICE, "MainPID")["MainPID"]
    status = dict(line.split(":", 1) for line in host.out("cat", f"/proc/{pid}/status").splitlines())
    uid, gid, groups = (status[name].split() for name in ("Uid", "Gid", "Groups"))
    assert uid[0] != "0"
    with_groups = ["--groups", ",".join(groups)] if groups else ["--clear-groups"]
    entered = ["nsenter", "--target", pid, "--mount", "--net"]
    done = host.run(*entered, "setpriv", "--reuid", uid[0], "--regid", gid[0], *with_groups, *ask)
    assert done.returncode != 0
    assert "PermissionError" in done.stderr or "FileNotFoundError" in done.stderr


def test_one_that_is_killed_is_counted(watched: Watched) -> None:
    before = watched.told()
    starts = f"librespot_instance_starts_total{{{KITCHEN}}}"
    process = watched.process()
    watched.speaker.host.out("kill", "-KILL", str(process))
    until(lambda: watched.process() not in (0, process), SOON_S, "it was started again")
    now = watched.wait(lambda now: now[starts] > before[starts], "the start is counted")
    # Of a container, the program of Podman's that systemd watches ends, with the status of the process.
    killed = f'librespot_instance_failures_total{{{KITCHEN},result="exit-code"}}'
    if watched.speaker.ENGINE == "docker":
        assert now['librespot_monitor_unreadable{name="kitchen",what="result"}'] == 1
    else:
        watched.wait(lambda now: now[killed] == before[killed] + 1, "its end is counted")
    watched.wait(lambda now: now.get(f"librespot_instance_healthy{{{KITCHEN}}}") == 1, "it is healthy again")


def test_one_that_does_not_answer_is_silent(watched: Watched) -> None:
    silent = f"librespot_instance_health_failures_total{{{KITCHEN}}}"
    before = watched.told()
    watched.speaker.host.out("kill", "-STOP", str(watched.process()))
    watched.wait(lambda now: now[silent] > before[silent], "it is silent")
    # Its watchdog, or who else is to, starts it anew.
    watched.speaker.host.run("kill", "-CONT", str(watched.process()))
    watched.wait(lambda now: now.get(f"librespot_instance_healthy{{{KITCHEN}}}") == 1, "it is healthy again")
    assert watched.speaker.host.answer(PORT) is not None


def test_it_goes_with_the_instances(watched: Watched) -> None:
    watched.converge(librespot_state="absent")
    assert watched.speaker.host.run("systemctl", "cat", SERVICE).returncode != 0
    assert watched.speaker.host.run("test", "-e", METRICS).returncode == 1
