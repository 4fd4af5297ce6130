# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The other binds: one address, loopback, no discovery; and a unit that is not ours."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.attacks.deployment import APPLY, BASELINES, KITCHEN, OURS, PORT, baseline
from tests.attacks.hosts import until
from tests.attacks.tables import show
from tests.network.site import ANSWERING, BOUND, INTERFACES, LAN, TRUSTED, ZONES, Site, address
from tests.support.plays import Controller

_PROXY_PORT = 3128
# Takes connections and never says a word, so that an instance without discovery stays at its login.
_PROXY = f"""
cat > /root/silent-proxy.py <<'END'
import socket
listener, held = socket.create_server(("127.0.0.1", {_PROXY_PORT})), []
while True:
    held.append(listener.accept())
END
systemd-run --quiet --unit=silent-proxy --collect /usr/bin/python3 /root/silent-proxy.py
"""


# What the documentation of the module asks for.
_OWN = """
[Unit]
Wants=librespot-own-bind.service
After=librespot-own-bind.service
AssertPathExists={bind4}
AssertPathExists={bind6}
[Service]
BPFProgram=bind4:{bind4}
BPFProgram=bind6:{bind6}
"""
_LOGIN = json.dumps({"username": "someone", "auth_type": 1, "auth_data": "bm90aGluZw=="})


def _deploy(controller: Controller, credentials: Mapping[str, str] | None = None, **instance: Any) -> None:
    wanted = {"librespot_instances": [{**KITCHEN, **instance}], "librespot_zones": ZONES}
    controller.converge(APPLY, {**wanted, "librespot_credentials": dict(credentials or {})})


def test_an_address(host: Site, controller: Controller) -> None:
    own = address(LAN, ANSWERING, 4)
    _deploy(controller, bind={"address": own}, access=["home"])
    found = host.answered()
    asked = [pair for pair, answer in found.items() if answer]
    assert asked == [(address(LAN, TRUSTED, 4), own)]
    sockets = host.sockets()
    show(f"bound to an address on {host.image}", ["sockets"], [[item] for item in sorted(sockets)])
    assert {item for item in sockets if item.startswith("tcp")} == {f"tcp [::ffff:{own}]%{INTERFACES[LAN]}:{PORT}"}
    assert all(f"%{INTERFACES[LAN]}:" in item for item in sockets)
    host.out("nft", "delete", "table", "inet", "librespot")
    without = {pair for pair, answer in host.answered().items() if answer}
    assert {target for _source, target in without} == {own}
    assert all(source.startswith("192.168.77.") for source, _target in without)


def test_loopback(host: Site, controller: Controller) -> None:
    _deploy(controller, bind={"loopback": True}, access=[])
    assert not any(host.answered().values())
    assert all("%lo:" in item for item in host.sockets())
    asked = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:37879/?action=getInfo', timeout=3).status)"
    assert host.out("python3", "-Ic", asked).strip() == "200"
    host.out("nft", "delete", "table", "inet", "librespot")
    assert not any(host.answered().values())


def test_no_discovery(host: Site, controller: Controller) -> None:
    host.shell(_PROXY)
    options = {"name": "Kitchen", "proxy": f"http://127.0.0.1:{_PROXY_PORT}"}
    _deploy(controller, {"kitchen": _LOGIN}, bind={"discovery": False}, access=[], options=options)
    assert host.process(OURS)
    assert host.sockets() == set()
    assert not any(host.answered().values())


def test_a_unit_of_ones_own_can_be_bound(host: Site, controller: Controller) -> None:
    unit, port = baseline(host, "upstream"), BASELINES["upstream"]
    before = host.answered(port)
    instance = {"name": "own", "port": port, "bind": {"interface": INTERFACES[LAN]}, "access": ["home"]}
    module = {"instances": [instance], "zones": ZONES}
    tasks: list[dict[str, Any]] = [
        {"hardened.librespot.bind": module, "register": "bound"},
        {"ansible.builtin.debug": {"msg": "PINS {{ bound.pins.own | join(' ') }} END"}},
        {"hardened.librespot.bind": module, "register": "again"},
        # Its port is held by what is bound, and that is known now.
        {"hardened.librespot.firewall": {"instances": [BOUND, instance], "zones": ZONES}},
        {"ansible.builtin.assert": {"that": ["bound is changed", "again is not changed", "not bound.unbound"]}},
    ]
    playbook = controller.playbook(*tasks)
    said = re.search(r"PINS (\S+) (\S+) END", controller.converge(playbook, {}).output)
    assert said
    drop_in = _OWN.format(bind4=said.group(1), bind6=said.group(2))
    host.write(f"/etc/systemd/system/{unit}.d/bind.conf", drop_in)
    # Once would not do: systemd attaches a program that it knows to the first cgroup of a unit alone.
    host.shell(f"systemctl daemon-reload; systemctl restart {unit}; sleep 2; systemctl restart {unit}")
    own, asks = address(LAN, ANSWERING, 4), address(LAN, TRUSTED, 4)
    until(lambda: host.ask(LAN, [("get_info", asks, own, port)]) == [True], 20, "it answers where it is bound")
    after = host.answered(port)
    show(
        f"a unit of one's own on {host.image}",
        ["answers", "before", "bound"],
        [["all sides", str(sum(before.values())), str(sum(after.values()))]],
    )
    assert all(before.values())
    assert not any(answer for (source, _target), answer in after.items() if source.startswith("192.168.88."))
    host.shell(f"systemctl stop {unit}; rm -r /etc/systemd/system/{unit}.d; systemctl daemon-reload")
    playbook = controller.playbook({"hardened.librespot.bind": {"state": "absent"}})
    assert controller.run(playbook, {}, ["--check"]).recap(host)["changed"] == 1
    assert controller.converge(playbook, {}).recap(host)["changed"] == 1
    assert controller.converge(playbook, {}).recap(host)["changed"] == 0
    assert "own-bind" not in host.out("ls", "/sys/fs/bpf/librespot")
    assert not [path for path in host.snapshot() if "own" in path.rpartition("/")[2] and "bind" in path]
