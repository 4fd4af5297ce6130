# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No container is up without the firewall's table, and none stays down for longer than the reason for it."""

from __future__ import annotations

from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall_units import IN_FORCE, TABLE_FILE
from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.containers.speaker import NAME, Speaker
from tests.containers.test_audit import WANTED
from tests.network.audits import audit

BOOT_S = 120
# Two looks of the timer, and a start.
BACK_S = 40
FIREWALL = "librespot-firewall.service"


def _boot(speaker: Speaker, engine: str = "docker.service") -> None:
    """Start what a boot starts, in its order, from what a shutdown leaves; *engine* is the unit of it that is enabled.

    A host of the lab that is restarted itself may get another address.
    """
    stopped = f"docker.service docker.socket containerd.service hardened-librespot-containers.timer {FIREWALL}"
    speaker.host.shell(f"systemctl stop {stopped}; nft delete table inet librespot")
    # It may fail, and nothing waits for it.
    speaker.host.run("systemctl", "start", FIREWALL)
    speaker.host.shell(f"systemctl start {engine} hardened-librespot-containers.timer", timeout=BOOT_S)


def _said(speaker: Speaker) -> str:
    return "\n".join(speaker.host.journal("hardened-librespot-containers.service", "0"))


def test_after_a_boot_it_is_up_by_itself(running: Speaker) -> None:
    before = running.identity
    _boot(running)
    until(lambda: running.answers, BACK_S, "it answers")
    assert running.identity[0] == before[0]
    assert running.converge() == 0


def test_an_engine_whose_service_is_disabled_is_started_by_the_timer_that_asks_it(running: Speaker) -> None:
    running.host.shell("systemctl disable --quiet docker.service")
    try:
        _boot(running, "docker.socket")
        assert running.host.run("systemctl", "is-active", "--quiet", "docker.service").returncode
        took = until(lambda: running.answers, BACK_S, "it answers")
        show(f"docker.socket alone at boot, on {running.host.image}", ["answers after s"], [[f"{took:.0f}"]])
    finally:
        running.host.shell("systemctl enable --quiet docker.service")
    assert running.converge() == 0


def test_without_the_table_it_is_not_up_and_with_it_it_is(running: Speaker) -> None:
    """A table that does not load: the engine, which waits for nobody, has nothing to start it with."""
    running.host.shell(f"echo nonsense >> {TABLE_FILE}")
    _boot(running)
    assert running.host.run("systemctl", "is-failed", "--quiet", FIREWALL).returncode == 0
    until(lambda: running.inspect()["State"]["Error"], BACK_S, "the engine has tried")
    found = running.inspect()["State"]
    assert not found["Running"]
    assert IN_FORCE in found["Error"]
    # Also when someone tries.
    assert running.host.run("docker", "start", NAME).returncode != 0
    running.host.shell(f"sed -i '$d' {TABLE_FILE}; systemctl reset-failed {FIREWALL}; systemctl start {FIREWALL}")
    took = until(lambda: running.answers, BACK_S, "it is brought back")
    show(f"started once the table is in force on {running.host.image}", ["after s"], [[f"{took:.0f}"]])
    assert f"{NAME} could not be started before: started it" in _said(running)
    assert running.converge() == 0


def test_one_whose_end_finds_no_table_stays_down(running: Speaker) -> None:
    """The engine starts anew what has ended, and looks again."""
    running.host.shell(f"systemctl stop {FIREWALL}; kill -KILL {running.inspect()['State']['Pid']}")
    until(lambda: running.inspect()["State"]["Error"], BACK_S, "the engine has tried")
    assert not running.inspect()["State"]["Running"]
    (files,) = [item for item in audit(running.host, WANTED) if item["id"] == "CON-01"]
    assert files["observed"].startswith("it is exited, since the engine says: ")
    assert IN_FORCE in files["observed"]
    assert files["remedy"] == "Mend what it says; then run hardened.librespot.site against this host"
    assert running.converge() > 0
    assert running.answers
    assert running.converge() == 0


def test_it_waits_for_the_address_that_it_is_published_at(running: Speaker) -> None:
    host, address = running.host, running.host.address
    network = host.shell(f"ip -4 -oneline address show to {address} | awk '{{print $4}}'")
    gateway = host.shell("ip route show default | awk '{print $3}'")
    host.shell(f"systemctl stop docker.service docker.socket; ip address del {network} dev eth0")
    host.shell("systemctl start docker.service", timeout=BOOT_S)
    until(lambda: running.inspect()["State"]["Error"], BACK_S, "the engine has tried")
    assert running.host.answer(PORT) is None
    host.shell(f"ip address add {network} dev eth0; ip route add default via {gateway}")
    until(lambda: running.answers, BACK_S, "it is brought back")
    assert running.converge() == 0


def test_one_that_was_stopped_by_hand_is_left_alone(running: Speaker) -> None:
    running.docker("stop", NAME)
    running.host.shell("systemctl start hardened-librespot-containers.service")
    assert not running.inspect()["State"]["Running"]
    assert running.converge() == 1
