# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same specification and image as a Quadlet: made, kept, changed, rolled back, brought back and removed."""

from __future__ import annotations

import json
import time

from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.containers.speaker import NAME
from tests.podman.quadlet import Quadlet

SERVICE = f"{NAME}.service"
STOP_S = 5.0
WEDGED_S = 120
STRANGE = '%n ${HOME} $HOME "quoted" \\ back'


def test_a_check_says_what_a_run_then_does_and_the_next_run_does_nothing(speaker: Quadlet) -> None:
    speaker.converge(librespot_state="absent")
    before = speaker.host.snapshot()
    foretold = speaker.converge(options=["--check"])
    assert (speaker.host.snapshot(), speaker.names) == (before, [])
    assert speaker.converge() == foretold
    assert speaker.answers
    identity = speaker.identity
    assert speaker.converge() == 0
    assert speaker.identity == identity


def test_it_has_the_id_of_its_image_and_runs_without_rights(running: Quadlet) -> None:

    found = running.inspect()
    assert f"sha256:{found['Image']}" == json.loads(running.host.shell("cat /opt/librespot/images/*.json"))["image"]

    status = running.status()
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert "0" not in status["Uid"].split()
    assert running.host.run("touch", f"/proc/{found['State']['Pid']}/root/usr/x").returncode != 0


def test_its_options_arrive_as_they_were_written(running: Quadlet) -> None:
    running.converge({"options": {"name": STRANGE}})
    answer = running.host.answer(PORT)
    assert answer is not None
    assert answer["remoteName"] == STRANGE


def test_what_someone_changed_is_put_right(running: Quadlet) -> None:
    running.podman("update", "--memory=1g", "--memory-swap=2g", NAME)
    assert running.converge() == 1
    assert running.inspect()["HostConfig"]["Memory"] == 192 * 1024**2
    running.host.shell(f"sed -i s/^DropCapability=.*// /etc/containers/systemd/{NAME}.container")
    assert running.converge() == 1
    assert running.status()["CapBnd"] == "0" * 16
    running.host.out("systemctl", "stop", SERVICE)
    assert running.converge() == 1
    assert running.answers


def test_one_that_does_not_come_up_makes_room_for_the_one_before(running: Quadlet) -> None:
    before = running.host.out("cat", f"/etc/containers/systemd/{NAME}.container")
    # The sound card that the host does not have.
    done = running.run({"relaxations": {"alsa": "there is no card"}})
    assert done.status != 0
    assert running.host.out("cat", f"/etc/containers/systemd/{NAME}.container") == before
    until(lambda: running.answers, 20, "the one before answers again")


def test_nothing_starts_without_the_table_and_it_comes_back_with_it(running: Quadlet) -> None:
    broken = "/run/systemd/system/librespot-firewall.service.d"
    running.host.write(f"{broken}/broken.conf", "[Service]\nExecStart=\nExecStart=/bin/false\n")
    running.host.shell(f"systemctl daemon-reload; systemctl stop {SERVICE} librespot-firewall.service")
    try:
        assert running.host.run("systemctl", "start", SERVICE).returncode != 0
        assert not running.answers
    finally:
        running.host.shell(f"rm -r {broken}; systemctl daemon-reload")
    running.host.out("systemctl", "start", "librespot-firewall.service")
    until(lambda: running.answers, 30, "it is up when the table is")


def test_it_stops_at_once_and_in_order(running: Quadlet) -> None:
    begin = time.monotonic()
    running.host.out("systemctl", "stop", SERVICE)
    took = time.monotonic() - begin
    assert took < STOP_S
    assert running.host.show(SERVICE, "Result", "ExecMainStatus") == {"Result": "success", "ExecMainStatus": "0"}


def test_one_that_is_up_and_silent_is_killed_and_started_again(running: Quadlet) -> None:
    _identifier, since = running.identity
    running.host.out("kill", "-STOP", str(running.inspect()["State"]["Pid"]))

    def back() -> bool:
        return NAME in running.names and running.identity[1] != since and running.answers

    until(back, WEDGED_S, "it answers again")


def test_a_stored_login_is_read_by_its_user_alone(running: Quadlet) -> None:
    login = json.dumps({"login": "c2VjcmV0"})
    running.converge(librespot_credentials={"kitchen": login})
    found = running.inspect()
    where = f"/proc/{found['State']['Pid']}/root/run/credentials/librespot-kitchen.service/credentials.json"
    assert running.host.out("cat", where) == login
    assert running.host.out("stat", "--format=%a %u", where).split() == ["400", running.status()["Uid"].split()[0]]
    assert "c2VjcmV0" not in json.dumps(found)
    assert running.converge(librespot_credentials={"kitchen": login}) == 0


def test_another_engine_or_deployment_is_refused_while_podman_runs_them(running: Quadlet) -> None:
    for other in ({"librespot_container_engine": "docker"}, {"librespot_deployment": "systemd"}):
        done = running.run(**other)
        assert done.status != 0
        assert running.answers
    assert running.converge() == 0


def test_its_removal_takes_all_of_ours_and_nothing_else(running: Quadlet) -> None:
    running.podman("network", "create", "theirs")
    running.podman("create", "--name", "theirs", running.inspect()["Image"])
    running.converge(librespot_state="absent")
    try:
        assert running.host.snapshot() == {}
        assert running.names == ["theirs"]
        assert set(running.podman("network", "ls", "--format", "{{.Name}}").split()) == {"podman", "theirs"}
        assert running.converge(librespot_state="absent") == 0
    finally:
        running.podman("rm", "theirs")
        running.podman("network", "rm", "theirs")
