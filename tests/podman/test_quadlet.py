# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same specification and image as a Quadlet: made, changed, rolled back, and brought back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall_units import IN_FORCE
from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers.speaker import NAME
from tests.containers.test_lifecycle import OTHER, STOP_S, WEDGED_S, heard
from tests.podman.quadlet import FILE, SERVICE, Quadlet
from tests.support.plays import built
from tests.support.releases import sibling

BACK_S = 60
STRANGE = '%n ${HOME} $HOME "quoted" \\ back'
FIREWALL = "librespot-firewall.service"

# Podman calls it with each container that it has started. It stops the process of the one that is called Cook.
_WEDGE = """\
#!/bin/sh
pid=$(sed 's/.*"pid": *\\([0-9]*\\).*/\\1/')
! grep -q NAME=Cook /proc/$pid/environ || kill -STOP $pid
"""
_HOOKS = "/usr/share/containers/oci"
_HOOK = {
    "version": "1.0.0",
    "hook": {"path": "/usr/local/sbin/wedge"},
    "when": {"always": True},
    "stages": ["poststart"],
}


@pytest.fixture
def wedging(running: Quadlet) -> Iterator[Quadlet]:
    """Return the host, on which a container of another name comes up and is silent."""
    running.host.write("/usr/local/sbin/wedge", _WEDGE, "0755")
    running.host.write(f"{_HOOKS}/hooks.d/wedge.json", json.dumps(_HOOK))
    yield running
    running.host.out("rm", "-r", "/usr/local/sbin/wedge", _HOOKS)


@pytest.fixture
def unguarded(running: Quadlet) -> Iterator[Quadlet]:
    """Return the host with the kitchen down and a table that cannot be loaded."""
    broken = f"/run/systemd/system/{FIREWALL}.d"
    running.host.write(f"{broken}/broken.conf", "[Service]\nExecStart=\nExecStart=/bin/false\n")
    running.host.shell(f"systemctl daemon-reload; systemctl stop {SERVICE} {FIREWALL}")
    yield running
    running.host.shell(f"rm -rf {broken}; systemctl daemon-reload; systemctl start {FIREWALL}")
    until(lambda: running.answers, BACK_S, "it is up when the table is")


def test_it_has_the_id_of_its_image_and_runs_without_rights(running: Quadlet) -> None:
    found = running.inspect()
    assert f"sha256:{found['Image']}" == json.loads(running.host.shell("cat /opt/librespot/images/*.json"))["image"]

    status = running.status()
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert "0" not in status["Uid"].split()
    assert running.host.run("touch", f"/proc/{running.main}/root/usr/x").returncode != 0


def test_its_options_arrive_as_they_were_written(running: Quadlet) -> None:
    running.converge({"options": {"name": STRANGE}})
    answer = running.host.answer(PORT)
    assert answer is not None
    assert answer["remoteName"] == STRANGE


def test_another_limit_is_what_the_kernel_then_counts_by(running: Quadlet) -> None:
    other = {"limits": {"memory": "160M", "tasks": 80}}
    with heard(running.host) as gaps:
        assert running.converge(other) == 1
    path = running.host.shell(f"sed -n 's/^[0-9]*:memory://p' /proc/{running.main}/cgroup")
    files = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
    held = running.host.shell("; ".join(f"cat /sys/fs/cgroup/memory{path}/{name}" for name in files))
    assert held.split() == [str(160 * 1024**2)] * 2
    show("a limit is changed by Podman", ["s without an answer"], [[f"{gaps[0]:.1f}"]])
    assert running.converge(other) == 0


def test_what_someone_changed_is_put_right(running: Quadlet) -> None:
    running.podman("update", "--memory=1g", "--memory-swap=2g", NAME)
    running.host.shell(f"sed -i s/^DropCapability=.*// {FILE}")
    assert running.converge() == 1
    assert running.inspect()["HostConfig"]["Memory"] == 192 * 1024**2
    assert running.status()["CapBnd"] == "0" * 16
    running.host.out("systemctl", "stop", SERVICE)
    assert running.converge() == 1
    assert running.answers


def test_what_is_added_beside_its_files_goes(running: Quadlet) -> None:
    """Podman and systemd both read more than the Quadlet."""
    running.host.write(f"{FILE}.d/more.conf", "[Container]\nAddCapability=CAP_NET_ADMIN\n")
    running.host.write(f"/run/systemd/system/{SERVICE}.d/more.conf", "[Service]\nRestart=no\n")
    running.host.shell(f"systemctl daemon-reload; systemctl restart {SERVICE}")
    assert running.status()["CapBnd"] != "0" * 16
    assert running.host.show(SERVICE, "Restart") == {"Restart": "no"}
    assert running.converge() == 1
    assert running.status()["CapBnd"] == "0" * 16
    assert running.host.show(SERVICE, "Restart") == {"Restart": "always"}
    assert running.converge() == 0


def test_what_hides_its_service_is_refused_and_left(running: Quadlet) -> None:
    masked = f"/run/systemd/system/{SERVICE}"
    running.host.shell(f"systemctl stop {SERVICE}; ln -s /dev/null {masked}; systemctl daemon-reload")
    done = running.run()
    assert done.status != 0
    assert f"{masked} is in the place of the service" in done.output.replace("\n", " ")
    running.host.shell(f"test -L {masked}; rm {masked}")
    assert running.converge() == 1
    assert running.answers


def test_another_image_takes_the_place_of_the_one_before(running: Quadlet) -> None:
    before = running.inspect()["Image"]
    other = sibling(Path(built(running.controller)["path"]), running.controller.directory)["path"]
    running.converge(librespot_container_artifact=other)
    assert running.inspect()["Image"] != before
    assert running.answers
    assert running.converge(librespot_container_artifact=other) == 0
    # It is there for a way back.
    running.podman("image", "inspect", before)


def test_one_that_cannot_start_makes_room_for_the_one_before(running: Quadlet) -> None:
    before = running.written
    # The sound card that the host does not have.
    done = running.run({"relaxations": {"alsa": "there is no card"}})
    assert done.status != 0
    assert "/dev/snd" in done.output
    assert running.written == before
    until(lambda: running.answers, 20, "the one before answers again")


def test_one_that_is_up_and_silent_makes_room_for_the_one_before(wedging: Quadlet) -> None:
    before = wedging.written
    done = wedging.run(OTHER)
    assert done.status != 0
    assert "does not answer" in done.output
    assert wedging.written == before
    answer = wedging.host.answer(PORT)
    assert answer is not None
    assert answer["remoteName"] == "Kitchen"


def test_nothing_starts_without_the_table(unguarded: Quadlet) -> None:
    """Neither by its service, nor by hand: what the firewall's unit has while it is active is mounted in it."""
    assert unguarded.host.run("systemctl", "start", SERVICE).returncode != 0
    started = unguarded.host.shell(f"sed -n 's/^ExecStart=//p' /run/systemd/generator/{SERVICE}")
    # What tells systemd of it is for systemd alone.
    by_hand = started.replace("--sdnotify=conmon", "").replace("--cgroups=split", "").replace("%t/%N", "/run/by-hand")
    done = unguarded.host.run("sh", "-c", by_hand)
    assert done.returncode != 0
    assert IN_FORCE in done.stderr
    assert not unguarded.answers


def test_one_whose_end_finds_no_table_stays_down_until_there_is_one(running: Quadlet) -> None:
    running.host.shell(f"systemctl stop {FIREWALL}; kill -KILL {running.main}")
    # The table is brought back by who needs it.
    until(lambda: running.answers, BACK_S, "it answers")
    assert "to_kitchen" in running.host.out("nft", "list", "table", "inet", "librespot")
    assert running.converge() == 0


def test_it_stops_at_once_and_in_order(running: Quadlet) -> None:
    begin = time.monotonic()
    running.host.out("systemctl", "stop", SERVICE)
    took = time.monotonic() - begin
    ended = running.host.show(SERVICE, "Result", "ExecMainStatus")
    show("systemctl stop of a Quadlet", ["s", "exit code"], [[f"{took:.2f}", ended["ExecMainStatus"]]])
    assert ended == {"Result": "success", "ExecMainStatus": "0"}
    assert took < STOP_S


def test_one_that_is_up_and_silent_is_killed_and_started_again(running: Quadlet) -> None:
    _identifier, since = running.identity
    running.host.out("kill", "-STOP", str(running.main))

    def back() -> bool:
        return NAME in running.names and running.identity[1] != since and running.answers

    took = until(back, WEDGED_S, "it answers again")
    show("a wedged Quadlet", ["answers again after s"], [[f"{took:.0f}"]])


def test_another_engine_is_refused_while_podman_runs_them(running: Quadlet) -> None:
    before = running.identity
    done = running.run(librespot_container_engine="docker")
    assert done.status != 0
    assert "run in containers of podman" in done.output
    assert running.identity == before


def test_a_segment_is_refused_before_anything_is_changed(running: Quadlet) -> None:
    before = running.host.snapshot()
    done = running.run({"segment": {"parent": "eth0", "addresses": ["192.168.20.5/24"]}, "bind": {}})
    assert done.status != 0
    assert "librespot_instances[0].segment" in done.output.replace("\n", "")
    assert running.host.snapshot() == before


def test_a_rootless_podman_is_refused(running: Quadlet) -> None:
    module = {"engine": "podman", "deployment": "container"}
    play = running.controller.playbook({"hardened.librespot.preflight": module})
    other = {"method": "su", "user": "daemon", "flags": "-s /bin/sh"}
    done = running.controller.run(
        play, {"ansible_become": True, **{f"ansible_become_{name}": text for name, text in other.items()}}
    )
    assert done.status != 0
    assert "This Podman is rootless" in done.output
