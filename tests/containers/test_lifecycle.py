# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container is made, kept, changed while it plays, replaced, rolled back and removed."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall_units import IN_FORCE
from tests.attacks.deployment import PORT
from tests.attacks.hosts import Target, until
from tests.attacks.tables import show
from tests.containers.speaker import NAME, Speaker

CONVERGES = 10
GAP_S = 5.0
STOP_S = 2.0
# Three looks of the engine, each with its patience, and one of the timer.
WEDGED_S = 120
OTHER = {"options": {"name": "Cook"}}


@contextmanager
def heard(host: Target, port: int = PORT) -> Iterator[list[float]]:
    """Ask the speaker at *port* all the time; yields a list that afterwards has the longest silence, in seconds."""
    over, gaps = threading.Event(), [0.0]

    def listen() -> None:
        last = time.monotonic()
        while not over.wait(0.05):
            if host.answer(port, timeout=1):
                last, before = time.monotonic(), last
                gaps[0] = max(gaps[0], last - before)
        gaps[0] = max(gaps[0], time.monotonic() - last)

    asking = threading.Thread(target=listen)
    asking.start()
    try:
        yield gaps
    finally:
        over.set()
        asking.join()


def test_a_check_says_what_a_run_then_does_and_the_next_run_does_nothing(speaker: Speaker) -> None:
    speaker.converge(librespot_state="absent")
    before = speaker.host.snapshot()
    foretold = speaker.converge(options=["--check"])
    assert (speaker.host.snapshot(), speaker.names) == (before, [])
    assert speaker.converge() == foretold
    assert speaker.answers
    identity = speaker.identity
    assert speaker.converge() == 0
    assert speaker.identity == identity


def test_ten_runs_make_no_container_anew(running: Speaker) -> None:
    before = running.identity
    assert [running.converge() for _run in range(CONVERGES)] == [0] * CONVERGES
    assert running.identity == before


def test_a_limit_is_changed_while_it_plays(running: Speaker) -> None:
    running.converge({"limits": {"memory": "256M", "cpu": "50%"}})
    before = running.identity
    assert running.converge({"limits": {"memory": "320M", "cpu": "40%", "tasks": 80}}) == 1
    assert running.identity == before
    held = running.inspect()["HostConfig"]
    assert (held["Memory"], held["MemorySwap"], held["PidsLimit"]) == (320 * 1024**2, 320 * 1024**2, 80)
    assert running.converge({"limits": {"memory": "320M", "cpu": "40%", "tasks": 80}}) == 0


def test_another_limit_of_open_files_is_taken_up(running: Speaker) -> None:
    """No engine changes it while the process runs."""
    other = {"limits": {"files": 300}}
    assert running.converge(other) == 1
    held = running.host.out("cat", f"/proc/{running.inspect()['State']['Pid']}/limits")
    assert re.search(r"^Max open files +300 +300 ", held, re.MULTILINE)
    assert running.converge(other) == 0


def test_a_limit_that_someone_changed_is_put_right_while_it_plays(running: Speaker) -> None:
    before = running.identity
    running.docker("update", "--memory=1g", "--memory-swap=2g", NAME)
    assert running.converge() == 1
    assert running.identity == before
    assert running.inspect()["HostConfig"]["Memory"] == 192 * 1024**2


def test_a_disk_is_read_and_written_no_faster_than_it_says(running: Speaker) -> None:
    refused = running.run({"limits": {"io": [{"device": "/dev/none", "read": "1M"}]}})
    assert refused.status != 0
    assert "librespot_instances[0].limits.io[0].device" in refused.output.replace("\n", "")
    running.host.shell("test -b /dev/disk-of-the-lab || mknod /dev/disk-of-the-lab b 254 0")
    limited = {"limits": {"io": [{"device": "/dev/disk-of-the-lab", "read": "1M", "write": "2M"}]}}
    running.converge(limited)
    pid = running.inspect()["State"]["Pid"]
    held = running.host.shell(
        f"cd /sys/fs/cgroup/blkio$(sed -n 's/^[0-9]*:blkio://p' /proc/{pid}/cgroup)\n"
        "cat blkio.throttle.read_bps_device blkio.throttle.write_bps_device"
    )
    assert held.splitlines() == ["254:0 1048576", "254:0 2097152"]
    assert running.converge(limited) == 0


def test_another_one_takes_its_place_with_hardly_a_pause(running: Speaker) -> None:
    before = running.identity
    with heard(running.host) as gaps:
        assert running.converge(OTHER) == 2  # the container, and its announcement
    assert running.identity != before
    answer = running.host.answer(PORT)
    assert answer is not None
    assert answer["remoteName"] == "Cook"
    assert running.names == [NAME]
    show(f"replaced on {running.host.image}", ["s without an answer"], [[f"{gaps[0]:.1f}"]])
    assert gaps[0] < GAP_S


def test_one_that_does_not_come_up_never_takes_the_place_of_one_that_runs(running: Speaker) -> None:
    before = running.identity
    with heard(running.host) as gaps:
        # The sound card that the host does not have: the engine cannot pass it on.
        done = running.run({"relaxations": {"alsa": "there is no card"}})
    assert done.status != 0
    assert "/dev/snd" in done.output
    assert running.identity == before
    assert running.names == [NAME]
    assert gaps[0] < GAP_S


def test_a_stored_login_is_read_by_its_user_alone_and_a_new_one_is_taken_up(running: Speaker) -> None:
    # Without a user's name in it librespot goes on without it; with one it would look for Spotify.
    one, another = (json.dumps({"login": f"c2VjcmV0-{name}"}) for name in ("one", "another"))
    for login in (one, another):
        running.converge(librespot_credentials={"kitchen": login})
        found = running.inspect()
        where = f"/proc/{found['State']['Pid']}/root/run/credentials/librespot-kitchen.service/credentials.json"
        assert running.host.out("cat", where) == login
        uid = running.status()["Uid"].split()[0]
        assert running.host.out("stat", "--format=%a %u", where).split() == ["400", uid]
        assert "c2VjcmV0" not in json.dumps(found)
    assert running.converge(librespot_credentials={"kitchen": another}) == 0
    assert running.converge() == 1
    assert [item["Destination"] for item in running.inspect()["Mounts"]] == [IN_FORCE]


def test_one_that_cannot_have_its_port_makes_room_for_the_one_before(running: Speaker) -> None:
    """It answers in its trial, and fails in its place."""
    before = running.inspect()["Id"]
    # What another container publishes, the engine alone tells.
    taken, image = PORT + 7, running.inspect()["Image"]
    running.docker("run", "--detach", "--name", "theirs", "--publish", f"{taken}:{taken}", image, "--name", "Theirs")
    try:
        done = running.run({"port": taken})
    finally:
        running.docker("rm", "--force", "theirs")
    assert done.status != 0
    assert "another port" in done.output
    found = running.inspect()
    assert (found["Id"], found["State"]["Running"], running.names) == (before, True, [NAME])
    # Its doors were moved to the other port before.
    running.converge()
    until(lambda: running.answers, 10, "it answers again")
    assert running.inspect()["Id"] == before


def test_one_that_the_firewall_does_not_know_is_not_run(running: Speaker) -> None:
    before = running.names
    bath = {"name": "bath", "port": PORT + 1, "access": []}
    image = f"sha256:{running.inspect()['Image'].removeprefix('sha256:')}"
    module = {"engine": running.ENGINE, "instances": [bath], "image": image}
    done = running.controller.run(running.controller.playbook({"hardened.librespot.container": module}), {})
    assert done.status != 0
    assert "The firewall's table does not know bath" in done.output
    assert running.names == before


def test_one_that_was_stopped_or_put_on_another_network_is_put_right(running: Speaker) -> None:
    running.docker("stop", NAME)
    assert running.converge() == 1
    assert running.answers
    running.docker("network", "create", "elsewhere")
    try:
        running.docker("network", "connect", "elsewhere", NAME)
        assert running.converge() == 1
        assert list(running.inspect()["NetworkSettings"]["Networks"]) == [NAME]
    finally:
        running.docker("network", "rm", "elsewhere")


def test_what_a_killed_run_left_is_put_back_first(running: Speaker) -> None:
    running.docker("rename", NAME, f"{NAME}-before")
    running.docker("create", "--name", f"{NAME}-trial", running.inspect(f"{NAME}-before")["Image"])
    assert running.converge() == 1
    assert running.names == [NAME]
    assert running.answers


def test_it_stops_at_once(running: Speaker) -> None:
    begin = time.monotonic()
    running.docker("stop", NAME)
    took = time.monotonic() - begin
    code = running.inspect()["State"]["ExitCode"]
    show(f"docker stop on {running.host.image}", ["s", "exit code"], [[f"{took:.2f}", str(code)]])
    assert (took < STOP_S, code) == (True, 0)


def test_one_that_is_up_and_silent_is_restarted(running: Speaker) -> None:
    _identifier, since = running.identity
    running.host.out("kill", "-STOP", str(running.inspect()["State"]["Pid"]))
    took = until(lambda: running.identity[1] != since and running.answers, WEDGED_S, "it answers again")
    show(f"wedged on {running.host.image}", ["answers again after s"], [[f"{took:.0f}"]])
    assert "is up but gives no sign of life" in "\n".join(
        running.host.journal("hardened-librespot-containers.service", "0")
    )


def test_one_that_is_paused_goes_on(running: Speaker) -> None:
    before = running.identity
    running.docker("pause", NAME)
    took = until(lambda: running.answers, WEDGED_S, "it answers again")
    show(f"paused on {running.host.image}", ["answers again after s"], [[f"{took:.0f}"]])
    assert running.identity == before
    assert f"{NAME} was paused" in "\n".join(running.host.journal("hardened-librespot-containers.service", "0"))


def test_what_is_named_like_ours_and_is_anothers_is_left_alone(running: Speaker) -> None:
    running.converge(librespot_state="absent")
    running.engine("network", "create", NAME)
    try:
        done = running.run()
        assert done.status != 0
        assert f"The network {NAME} exists and is not ours" in done.output
    finally:
        running.engine("network", "rm", NAME)


def test_its_removal_takes_all_of_ours_and_nothing_else(running: Speaker) -> None:
    running.converge(librespot_credentials={"kitchen": json.dumps({"login": "nowhere"})})
    running.engine("network", "create", "theirs")
    running.engine("create", "--name", "theirs", running.inspect()["Image"])
    others = _networks(running) - {NAME}
    running.converge(librespot_state="absent")
    try:
        assert running.host.snapshot() == {}
        assert running.names == ["theirs"]
        images = running.engine("image", "ls", "--quiet", "--no-trunc").split()
        assert images == [f"sha256:{running.inspect('theirs')['Image'].removeprefix('sha256:')}"]
        assert _networks(running) == others
        assert running.converge(librespot_state="absent") == 0
    finally:
        running.engine("rm", "theirs")
        running.engine("network", "rm", "theirs")


def _networks(speaker: Speaker) -> set[str]:
    return set(speaker.engine("network", "ls", "--format", "{{.Name}}").split())


def test_an_image_that_somebody_made_of_ours_stays(running: Speaker) -> None:
    """It has the labels of ours, and no manifest."""
    running.docker("commit", NAME, "mine")
    running.converge(librespot_state="absent")
    assert running.docker("image", "ls", "--quiet", "mine")
    assert not running.docker("image", "ls", "--quiet", "hardened-librespot")
    running.docker("image", "rm", "mine")
    assert running.converge(librespot_state="absent") == 0


# Docker 26 loses track of a container now and then, whose layers keep those of its image: loaded anew, it is the same.
_FORGET_LOST = """
systemctl stop docker.socket docker.service
cd /var/lib/docker/image/vfs/layerdb/mounts
for lost in *; do [ -e /var/lib/docker/containers/$lost ] || rm -rf "$lost"; done
systemctl start docker.service
"""


def test_a_damaged_copy_of_the_image_is_named_and_a_new_one_helps(running: Speaker) -> None:
    running.host.shell(_FORGET_LOST)
    until(lambda: running.answers, WEDGED_S, "the engine has started it")
    before = running.identity
    image = running.inspect()["Image"]
    running.host.shell("for f in /var/lib/docker/vfs/dir/*/usr/share/alsa/alsa.conf; do echo '# x' >> $f; done")
    done = running.run()
    assert done.status != 0
    assert f"of the image {image} is not that image any more" in done.output.replace("\n", " ")
    # What ran goes on.
    assert (running.identity, running.answers) == (before, True)
    running.docker("rm", "--force", NAME)
    running.docker("image", "rm", "--force", image)
    assert running.converge() > 0
    assert running.converge() == 0
