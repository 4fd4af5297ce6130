# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies beside a Quadlet, or happens behind its back: found, undone where it is ours, and named where it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance
from tests.containers.speaker import NAME
from tests.podman.quadlet import FILE, SERVICE, Quadlet

PACKAGED = "/usr/share/containers/systemd"
ADDED = "[Container]\nAddCapability=CAP_NET_ADMIN\n"
USER = Instance("kitchen", "").user


@pytest.fixture
def guest(running: Quadlet) -> Iterator[str]:
    """Return the name of somebody else's container on the kitchen's network."""
    image = running.inspect()["Image"]
    running.podman("run", "--detach", "--name", "guest", "--network", NAME, image, "--name", "Guest")
    yield "guest"
    running.podman("rm", "--force", "--ignore", "guest")


def test_what_waits_for_the_first_run_is_not_taken_up(speaker: Quadlet) -> None:
    speaker.converge(librespot_state="absent")
    speaker.host.write(f"{FILE}.d/more.conf", ADDED)
    speaker.host.write("/etc/containers/systemd/librespot-.container.d/more.conf", ADDED)
    speaker.host.write(f"/etc/systemd/system/{SERVICE}.d/more.conf", "[Service]\nRestart=no\n")
    speaker.converge()
    assert speaker.status()["CapBnd"] == "0" * 16
    assert speaker.host.show(SERVICE, "Restart") == {"Restart": "always"}
    assert speaker.converge() == 0


@pytest.mark.parametrize("directory", [f"{PACKAGED}/{NAME}.container.d", "/etc/containers/systemd/container.d"])
def test_what_is_added_for_all_is_named_and_nothing_of_it_runs(running: Quadlet, directory: str) -> None:
    """It is a package's, or the administrator's: not ours to remove."""
    before = running.identity
    running.host.write(f"{directory}/more.conf", ADDED)
    try:
        done = running.run()
    finally:
        running.host.shell(f"rm -r {directory}; systemctl daemon-reload")
    assert done.status != 0
    assert "is more than what is in it" in done.output.replace("\n", " ")
    assert running.identity == before
    assert running.converge() == 0


def test_one_whose_files_someone_removed_is_found_and_goes(running: Quadlet) -> None:
    running.host.shell(f"rm /etc/containers/systemd/{NAME}.*")
    table = running.controller.playbook({"hardened.librespot.firewall": {"state": "absent"}})
    done = running.controller.run(table, {})
    assert done.status != 0
    assert "everyone reaches kitchen" in done.output.replace("\n", " ")
    running.converge(librespot_state="absent")
    assert running.names == []
    assert NAME not in running.podman("network", "ls", "--format", "{{.Name}}")
    assert running.host.run("id", USER).returncode != 0
    # Nor does systemd start it again.
    assert running.host.show(SERVICE, "LoadState") == {"LoadState": "not-found"}


def test_a_removal_that_was_killed_is_completed(running: Quadlet) -> None:
    """After the Quadlets went, users and logins alone tell whose they are."""
    running.converge(librespot_credentials={"kitchen": '{"login": "any"}'})
    running.host.shell(f"systemctl stop {NAME} {NAME}-network; podman network rm {NAME}")
    running.host.shell(f"rm /etc/containers/systemd/{NAME}.*; systemctl daemon-reload")
    running.converge(librespot_state="absent")
    assert running.host.run("id", USER).returncode != 0
    assert running.host.run("test", "-e", "/etc/librespot/credentials").returncode != 0


@pytest.mark.parametrize("stopped", [False, True], ids=["runs", "stopped"])
def test_who_else_is_on_its_network_stays(running: Quadlet, guest: str, stopped: bool) -> None:
    """One that is stopped keeps the network from going as well, and what is said of the network leaves it out."""
    if stopped:
        running.podman("stop", guest)
    before = running.identity
    done = running.run(librespot_state="absent")
    assert done.status != 0
    assert f"podman network disconnect {NAME} {guest}" in done.output.replace("\n", " ")
    assert guest in running.names
    assert running.identity == before
    running.podman("rm", "--force", guest)
    running.converge(librespot_state="absent")
    assert running.names == []


def test_a_comma_in_a_path_is_one_of_the_path(running: Quadlet) -> None:
    running.host.shell("install -d -m 0755 '/srv/music,U'")
    media = {"media": {"reason": "local files", "paths": ["/srv/music,U"]}}
    running.converge({"relaxations": media})
    mounted = [item["Destination"] for item in running.inspect()["Mounts"]]
    assert "/srv/music,U" in mounted
    running.host.out("rmdir", "/srv/music,U")
