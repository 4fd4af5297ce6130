# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several instances on a host: one is taken out of the inventory, and they exchange their ports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall_units import TABLE_FILE
from tests.attacks.deployment import BEDROOM, KITCHEN, NEIGHBOUR_PORT, PORT, ZONES
from tests.attacks.hosts import Target, until
from tests.attacks.tables import show
from tests.containers.speaker import NAME, Speaker
from tests.containers.test_lifecycle import heard
from tests.mutants.world import red
from tests.network.audits import audit
from tests.support.plays import Run

BED, STUDY = "librespot-bedroom", "librespot-study"
STUDY_PORT = PORT + 2
GAP_S = 30.0
# Listens at ADDRESS PORT until its input is closed.
_LISTEN = """
import socket, sys
held = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("up", flush=True)
sys.stdin.read()
"""


def converge(speaker: Speaker, *instances: Mapping[str, Any], **more: Any) -> int:
    """Deploy these *instances* and return how many tasks changed something."""
    return speaker.converge(librespot_instances=[dict(item) for item in instances], **more)


def audited(speaker: Speaker, *instances: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """Return the red findings of an audit by these *instances*."""
    wanted = {"instances": [dict(item) for item in instances], "zones": ZONES, "deployment": "container"}
    return red(audit(speaker.host, {**wanted, "engine": speaker.ENGINE}))


@pytest.fixture
def two(speaker: Speaker) -> Iterator[Speaker]:
    """Return the host with the kitchen and the bedroom."""
    converge(speaker, KITCHEN, BEDROOM)
    assert speaker.names == [BED, NAME]
    yield speaker
    converge(speaker, KITCHEN)


def test_one_that_is_taken_out_of_the_inventory_is_gone_after_one_run(two: Speaker) -> None:
    before, user = two.identity, two.host.out("id", "--user", BED).strip()
    foretold = converge(two, KITCHEN, options=["--check"])
    assert two.names == [BED, NAME]
    assert converge(two, KITCHEN) == foretold > 0
    assert audited(two, KITCHEN) == {}
    assert converge(two, KITCHEN) == 0
    assert (two.names, two.identity) == ([NAME], before)
    # The table of now, and that of the next boot.
    for table in (("nft", "list", "table", "inet", "librespot"), ("cat", TABLE_FILE)):
        assert user not in two.host.out(*table).split()


def at(instance: Mapping[str, Any], port: int) -> dict[str, Any]:
    """Return *instance* at another *port*."""
    return {**instance, "port": port}


def who(host: Target, *ports: int) -> list[str]:
    """Return the names of the speakers that answer at *ports*."""
    return [str((host.answer(port) or {}).get("remoteName")) for port in ports]


def test_two_that_exchange_their_ports_do_so_in_one_run(two: Speaker) -> None:
    swapped = (at(KITCHEN, NEIGHBOUR_PORT), at(BEDROOM, PORT))
    foretold = converge(two, *swapped, options=["--check"])
    with heard(two.host) as first, heard(two.host, NEIGHBOUR_PORT) as second:
        assert converge(two, *swapped) == foretold
        until(lambda: who(two.host, PORT, NEIGHBOUR_PORT) == ["Bedroom", "Kitchen"], 20, "both answer")
    show(
        f"ports exchanged on {two.host.image}", ["s without an answer", "s"], [[f"{first[0]:.1f}", f"{second[0]:.1f}"]]
    )
    assert max(first[0], second[0]) < GAP_S
    assert audited(two, *swapped) == {}
    assert converge(two, *swapped) == 0


def test_three_ports_go_round_and_that_of_one_that_goes_is_taken(two: Speaker) -> None:
    study = {**KITCHEN, "name": "study", "options": {"name": "Study"}}
    converge(two, KITCHEN, BEDROOM, at(study, STUDY_PORT))
    ports = (PORT, NEIGHBOUR_PORT, STUDY_PORT)
    assert who(two.host, *ports) == ["Kitchen", "Bedroom", "Study"]
    moved = (at(KITCHEN, NEIGHBOUR_PORT), at(BEDROOM, STUDY_PORT), at(study, PORT))
    converge(two, *moved)
    until(lambda: who(two.host, *ports) == ["Study", "Kitchen", "Bedroom"], 20, "all answer")
    assert converge(two, *moved) == 0
    left = (at(KITCHEN, PORT), at(BEDROOM, STUDY_PORT))
    converge(two, *left)
    until(lambda: who(two.host, PORT, STUDY_PORT) == ["Kitchen", "Bedroom"], 20, "both answer")
    assert two.names == [BED, NAME]
    assert converge(two, *left) == 0


def test_one_that_does_not_come_up_takes_nobodys_port(two: Speaker) -> None:
    """The sound card that the host does not have."""
    wanted = {**KITCHEN, "port": NEIGHBOUR_PORT, "relaxations": {"alsa": "no card"}}
    done = two.run(librespot_instances=[wanted, at(BEDROOM, PORT)])
    assert done.status != 0
    assert "/dev/snd" in done.output
    assert {two.inspect(name)["State"]["Running"] for name in (NAME, BED)} == {True}
    converge(two, KITCHEN, BEDROOM)
    until(lambda: who(two.host, PORT, NEIGHBOUR_PORT) == ["Kitchen", "Bedroom"], 20, "both answer")


def test_one_that_does_not_stay_up_keeps_nothing_from_the_others(speaker: Speaker) -> None:
    """It comes first, and on its first run there is nothing on the host that would have been there before it."""
    login = {"username": "nobody", "auth_type": 1, "auth_data": "YW55"}
    wrong: dict[str, Any] = {"librespot_credentials": {"office": json.dumps(login)}}
    office = {"name": "office", "bind": {"discovery": False}, "options": {"name": "Office"}, "port": STUDY_PORT}
    speaker.converge(librespot_state="absent")
    done = speaker.run(librespot_instances=[office, KITCHEN, BEDROOM], **wrong)
    timer = "hardened-librespot-containers.timer"
    _unfinished(done)
    assert speaker.names == [BED, NAME]
    assert who(speaker.host, PORT, NEIGHBOUR_PORT) == ["Kitchen", "Bedroom"]
    assert speaker.host.out("systemctl", "is-active", timer).strip() == "active"
    announced = [f"{name}.service" for name in (BED, NAME)]
    assert sorted(speaker.host.out("ls", "/etc/avahi/services").split()) == announced
    limited = {**KITCHEN, "limits": {"memory": "200M"}}
    _unfinished(speaker.run(librespot_instances=[office, limited, BEDROOM], **wrong))
    assert speaker.inspect()["HostConfig"]["Memory"] == 200 << 20
    # Mended, by what needs no account: it is to be found again.
    mended = ({**office, "access": ["lab"], "bind": {}}, limited, BEDROOM)
    assert converge(speaker, *mended) > 0
    assert who(speaker.host, STUDY_PORT) == ["Office"]
    assert audited(speaker, *mended) == {}
    assert converge(speaker, *mended) == 0
    converge(speaker, KITCHEN)


def _unfinished(done: Run) -> None:
    assert done.status != 0
    said = " ".join(done.output.split())
    assert "The container librespot-office does not stay up" in said, said
    assert "the other instances are as described" in said


def test_a_run_that_was_killed_halfway_is_completed(two: Speaker) -> None:
    swapped = (at(KITCHEN, NEIGHBOUR_PORT), at(BEDROOM, PORT))
    converge(two, *swapped)
    # As it is when the one has moved back and the other one has made room.
    two.halt(BED)
    converge(two, KITCHEN, BEDROOM)
    until(lambda: who(two.host, PORT, NEIGHBOUR_PORT) == ["Kitchen", "Bedroom"], 20, "both answer")
    assert converge(two, KITCHEN, BEDROOM) == 0


@pytest.mark.parametrize("address", ["", "its own", "127.0.0.1"])
def test_a_port_that_another_program_has_is_refused_where_it_matters(two: Speaker, address: str) -> None:
    wanted, identity = at(KITCHEN, STUDY_PORT), two.identity
    where = two.host.address if address == "its own" else address
    holder = two.host.start("python3", "-c", _LISTEN, where, str(STUDY_PORT))
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "up"
    try:
        before = two.host.snapshot()
        runs = [two.run(librespot_instances=[wanted, BEDROOM], options=options) for options in (["--check"], [])]
        after = two.host.snapshot()
    finally:
        holder.communicate()
    if address == "127.0.0.1":
        assert [done.status for done in runs] == [0, 0]
        assert who(two.host, STUDY_PORT) == ["Kitchen"]
        return
    for done in runs:
        assert done.status != 0
        said = done.output.replace("\n", " ")
        assert "librespot_instances[0].port" in said
        assert "is taken on this host by python3" in said
        assert done.recap(two.host)["changed"] == 0
    assert (after, two.identity) == (before, identity)
