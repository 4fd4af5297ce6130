# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is answered: from every side, at every address, in both families, by upstream's unit and by ours."""

from __future__ import annotations

from tests.attacks.deployment import APPLY, BASELINES, OURS, baseline
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.network.site import (
    ANSWERING,
    BOUND,
    FAMILIES,
    FAR,
    INTERFACES,
    LAN,
    STRANGER,
    TRUSTED,
    ZONES,
    Site,
    address,
    right,
)
from tests.support.plays import Controller


def test_only_who_is_trusted_and_comes_by_the_interface_is_answered(host: Site) -> None:
    baseline(host, "upstream")
    theirs, ours = host.answered(BASELINES["upstream"]), host.answered()
    shown = [[source, target, _word(theirs[source, target]), _word(ours[source, target])] for source, target in ours]
    show(f"getInfo on {host.image}", ["from", "to", "upstream", "ours"], shown)
    assert all(theirs.values())
    assert ours == right(list(ours))


def test_without_the_table_the_bind_alone_keeps_the_other_side_out(host: Site) -> None:
    host.out("nft", "delete", "table", "inet", "librespot")
    found = host.answered()
    far = {pair: answer for pair, answer in found.items() if pair[0] in _of(FAR)}
    near = {pair: answer for pair, answer in found.items() if pair[0] in _of(LAN)}
    assert not any(far.values())
    # A bound socket answers a neighbour for another interface's address: that is what the table is for besides.
    assert all(near.values())


def test_without_the_bind_the_table_alone_keeps_everyone_else_out(host: Site) -> None:
    host.shell(
        f"""
        sed -i '/^BPFProgram=/d; /^AssertPathExists=/d' /etc/systemd/system/{OURS}
        systemctl daemon-reload; systemctl restart {OURS}
        """
    )
    until(lambda: host.ask(LAN, [_asked(TRUSTED)]) == [True], 20, "it answers")
    found = host.answered()
    assert found == right(list(found))


def test_one_that_runs_unbound_is_bound_by_the_next_run(host: Site, controller: Controller) -> None:
    # As before, but now all files are right again: what runs is not.
    host.shell(
        f"""
        cp /etc/systemd/system/{OURS} /root/kept
        sed -i '/^BPFProgram=/d; /^AssertPathExists=/d' /etc/systemd/system/{OURS}
        systemctl daemon-reload; systemctl restart {OURS}
        cp /root/kept /etc/systemd/system/{OURS}; systemctl daemon-reload
        """
    )
    assert not _tied(host)
    controller.converge(APPLY, {"librespot_instances": [BOUND], "librespot_zones": ZONES})
    assert _tied(host)


def test_the_sockets_are_tied_to_the_device(host: Site) -> None:
    until(lambda: {item.rpartition(":")[2] for item in host.sockets()} == {"37879", "5353"}, 20, "it announces itself")
    assert _tied(host)


def test_it_announces_itself_where_it_is_bound_and_nowhere_else(host: Site) -> None:
    # Of other tests; it announces itself everywhere.
    host.run("systemctl", "stop", "attacked-upstream.service")
    near = host.ask(LAN, [("mdns", address(LAN, TRUSTED, family)) for family in FAMILIES])
    far = host.ask(FAR, [("mdns", address(FAR, TRUSTED, family)) for family in FAMILIES])
    assert any("Kitchen" in answer for answer in near)
    assert far == ["", ""]


def test_without_its_pin_it_does_not_start(host: Site) -> None:
    # What pins it anew before each start is kept from doing so.
    host.shell(
        f"systemctl stop {OURS}; mv /opt/librespot/libexec/bpf.py /root/; rm /sys/fs/bpf/librespot/kitchen-bind6"
    )
    host.run("systemctl", "start", OURS)
    assert host.show(OURS, "ActiveState")["ActiveState"] != "active"
    host.shell("mv /root/bpf.py /opt/librespot/libexec/")


def test_without_the_table_it_does_not_start(host: Site) -> None:
    host.shell(f"systemctl stop {OURS}; nft delete table inet librespot; systemctl start --no-block {OURS}; sleep 8")
    assert host.show(OURS, "ActiveState")["ActiveState"] != "active"
    host.shell("systemctl restart librespot-firewall.service")
    until(lambda: host.show(OURS, "ActiveState")["ActiveState"] == "active", 40, "it starts with the table")


def _tied(host: Site) -> bool:
    return all(f"%{INTERFACES[LAN]}:" in item for item in host.sockets())


def _word(answer: bool) -> str:
    return "answered" if answer else "refused"


def _asked(host: int, family: int = 4) -> tuple[str, str, str, int]:
    return ("get_info", address(LAN, host, family), address(LAN, ANSWERING, family), 37879)


def _of(segment: str) -> set[str]:
    return {address(segment, host, family) for host in (TRUSTED, STRANGER) for family in FAMILIES}
