# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bind follows its interface: other addresses, gone and back, and a new start of the machine."""

from __future__ import annotations

import operator
import time

import pytest

from tests.attacks.deployment import BASELINES, PORT, baseline
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.network.site import (
    ANSWERING,
    FAMILIES,
    FAR,
    INTERFACES,
    LAN,
    STRANGER,
    TRUSTED,
    Site,
    address,
    opened,
    right,
)

NEW = 77
BACK_S = 60.0


def _asked(target: int = ANSWERING, family: int = 4) -> list[tuple[str, str, str, int]]:
    return [("get_info", address(LAN, TRUSTED, family), address(LAN, target, family), PORT)]


def test_it_answers_at_an_address_that_comes_and_announces_it(host: Site) -> None:
    interface = INTERFACES[LAN]
    length = 24
    host.out("ip", "address", "add", f"{address(LAN, NEW, 4)}/{length}", "dev", interface)
    assert host.ask(LAN, _asked(NEW)) == [True]
    host.out("ip", "address", "del", f"{address(LAN, ANSWERING, 4)}/{length}", "dev", interface)
    host.out("ip", "address", "replace", f"{address(LAN, NEW, 4)}/{length}", "dev", interface)
    new = address(LAN, NEW, 4)
    took = until(lambda: new in host.run("cat", "/run/librespot/kitchen.env").stdout, BACK_S, "the new address")
    until(lambda: host.ask(LAN, _asked(NEW)) == [True], 20, "it answers at the new address")
    show(f"another address on {host.image}", ["announced after"], [[f"{took:.0f} s"]])
    host.out("ip", "address", "replace", f"{address(LAN, ANSWERING, 4)}/{length}", "dev", interface)
    host.out("ip", "address", "del", f"{new}/{length}", "dev", interface)
    until(lambda: host.ask(LAN, _asked()) == [True], BACK_S, "it answers at the old address")


def test_an_interface_that_goes_and_comes_back_is_bound_again(host: Site) -> None:
    interface = INTERFACES[LAN]
    device = host.out("sh", "-c", f"basename $(readlink -f /sys/class/net/{interface}/device)").strip()
    host.shell(f"echo {device} > /sys/bus/virtio/drivers/virtio_net/unbind; sleep 3")
    assert host.ask(LAN, _asked()) == [False]
    host.shell(f"echo {device} > /sys/bus/virtio/drivers/virtio_net/bind")
    took = until(lambda: host.ask(LAN, _asked()) == [True], BACK_S, "it answers again")
    show(f"interface gone and back on {host.image}", ["answers after"], [[f"{took:.0f} s"]])
    found = host.answered()
    assert found == right(list(found))


@pytest.mark.parametrize("table", [True, False], ids=["with the table", "without it"])
def test_during_a_boot_no_stranger_is_answered(host: Site, table: bool) -> None:
    """The control is a boot without our table, in which the same stranger is answered; upstream's unit always does."""
    baseline(host, "upstream")
    host.shell("sed -i '/^\\[Install/,$d' /etc/systemd/system/attacked-upstream.service")
    host.shell("printf '[Install]\nWantedBy=multi-user.target\n' >> /etc/systemd/system/attacked-upstream.service")
    host.shell("systemctl daemon-reload; systemctl enable -q attacked-upstream.service")
    if not table:
        # It starts with the table alone; so that is taken out as well, and what pulls the table in.
        units = "/etc/systemd/system/librespot-kitchen.service /etc/systemd/system/librespot-kitchen-bind.service"
        host.shell(f"sed -i '/nft --check/d; s/librespot-firewall.service//; /^Upholds=/d' {units}")
        host.shell("systemctl disable -q librespot-firewall.service")
    who = {
        f"{name}, IPv{family}": (segment, number, address(segment, ANSWERING, family), port)
        for family in FAMILIES
        for name, segment, number, port in (
            ("trusted, ours", LAN, TRUSTED, PORT),
            ("stranger, ours", LAN, STRANGER, PORT),
            ("far, ours", FAR, TRUSTED, PORT),
            ("stranger, upstream", LAN, STRANGER, BASELINES["upstream"]),
        )
    }
    # From before the machine goes down, so that none of its packets is missed.
    begun = {name: host.knocking(*how) for name, how in who.items()}
    boot = host.out("cat", "/proc/sys/kernel/random/boot_id")
    host.run("systemctl", "reboot")
    until(lambda: _boot(host) not in ("", boot), 400, "it has booted")
    until(lambda: host.ask(LAN, _asked()) == [True], 120, "it answers whom it trusts")
    time.sleep(3)
    ends = {name: opened(process) for name, process in begun.items()}
    show(
        f"boot on {host.image}, {'with' if table else 'without'} the table",
        ["who", "let in", "again after"],
        [[name, f"{len(times)} times", _pause(times)] for name, times in ends.items()],
    )
    for family in FAMILIES:
        assert ends[f"stranger, upstream, IPv{family}"]
        assert ends[f"trusted, ours, IPv{family}"]
        assert not ends[f"far, ours, IPv{family}"]
        assert bool(ends[f"stranger, ours, IPv{family}"]) != table


def _pause(times: list[float]) -> str:
    """Return the longest time between two answers: that of the boot."""
    return f"{max(map(operator.sub, times[1:], times)):.1f} s" if len(times) > 1 else ""


def _boot(host: Site) -> str:
    return host.run("cat", "/proc/sys/kernel/random/boot_id").stdout
