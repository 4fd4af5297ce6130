# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bind follows its interface: other addresses, gone and back, and a new start of the machine."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.attacks.deployment import BASELINES, PORT, baseline
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.network.site import ANSWERING, FAR, INTERFACES, LAN, STRANGER, TRUSTED, Site, address, right
from tools.lab.segments import namespace

NEW = 77
BACK_S = 60.0

# Asks every 50 ms and prints the seconds after which it was first answered; "never" when its input ends before.
BOMBARD = """
import select, socket, sys, time
source, target, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
begin, first = time.monotonic(), None
while not select.select([sys.stdin], [], [], 0.05)[0]:
    with socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET) as probe:
        probe.settimeout(0.3)
        try:
            probe.bind((source, 0))
            probe.connect((target, port))
            first = first or time.monotonic() - begin
        except OSError:
            pass
print(first if first is not None else "never")
"""


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
    sources = {
        "trusted, ours": (LAN, TRUSTED, PORT),
        "stranger, ours": (LAN, STRANGER, PORT),
        "far, ours": (FAR, TRUSTED, PORT),
        "stranger, upstream": (LAN, STRANGER, BASELINES["upstream"]),
    }
    begun = {name: _bombard(host, *how) for name, how in sources.items()}
    boot = host.out("cat", "/proc/sys/kernel/random/boot_id")
    host.run("systemctl", "reboot")
    until(lambda: _boot(host) not in ("", boot), 400, "it has booted")
    until(lambda: host.ask(LAN, _asked()) == [True], 120, "it answers whom it trusts")
    time.sleep(3)
    ends = {name: process.communicate(input="\n")[0].strip() for name, process in begun.items()}
    show(
        f"boot on {host.image}, {'with' if table else 'without'} the table",
        ["who", "first answer"],
        list(map(list, ends.items())),
    )
    assert ends["stranger, upstream"] != "never"
    assert ends["trusted, ours"] != "never"
    assert ends["far, ours"] == "never"
    assert (ends["stranger, ours"] == "never") == table


def _boot(host: Site) -> str:
    return host.run("cat", "/proc/sys/kernel/random/boot_id").stdout


def _bombard(host: Site, segment: str, source: int, port: int) -> subprocess.Popen[str]:
    inside = ["ip", "netns", "exec", namespace(host.name, segment), sys.executable, "-c", BOMBARD]
    own = address(segment, ANSWERING, 4)
    return subprocess.Popen(
        [*inside, address(segment, source, 4), own, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
