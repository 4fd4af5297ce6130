# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way on a host: who holds the port that is asked for, and what is named that is not there."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import FILE, Entry
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import CONTAINER, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.network import HostNetwork
from ansible_collections.hardened.librespot.plugins.module_utils.planners import preflight
from ansible_collections.hardened.librespot.plugins.module_utils.planners.registry import Host

NOTHING = SimpleNamespace(read=lambda *_path, **_how: None, names=lambda *_path: ())
FACTS = Facts(
    "x86_64", "debian", "13", (3, 13), "2.41", True, 257, True, True, ("memory", "cpu", "pids", "io"), True, 2, True
)
KITCHEN = {"name": "kitchen"}
SLICE = "/librespot.slice"


def look(monkeypatch: pytest.MonkeyPatch, holder: str, instances: list[dict[str, Any]], foreign: bool = False) -> None:
    """Look at a host on which a program in the cgroup *holder* has the usual port."""
    monkeypatch.setattr(preflight, "owner_of_port", lambda _port: (7, "librespot", holder))
    network = HostNetwork({"lo": (), "eth0": ("192.0.2.1",)}, "eth0")
    host = cast(Host, SimpleNamespace(facts=FACTS, commands=None, files=NOTHING, network=lambda: network))
    preflight.usable(host, parse_specification("0.8.0", instances), foreign)


def test_its_own_process_may_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, f"{SLICE}/librespot-kitchen.service", [KITCHEN])


def test_a_librespot_of_someone_elses_may_hold_it_where_units_may_be_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, "/system.slice/librespot.service", [KITCHEN], foreign=True)
    with pytest.raises(SpecificationError, match="process 7"):
        look(monkeypatch, f"{SLICE}/librespot-old.service", [KITCHEN], foreign=True)


def test_a_zone_that_cannot_reach_where_it_is_bound_by_itself_is_named() -> None:
    network = HostNetwork({"lo": (), "eth0": ("192.0.2.1",)}, "eth0")
    host = cast(Host, SimpleNamespace(facts=FACTS, commands=None, files=NOTHING, network=lambda: network))
    spec = parse_specification("0.8.0", [{**KITCHEN, "access": ["away"]}], {}, {"away": {"interfaces": ["wlan9"]}})
    with pytest.raises(SpecificationError, match=r"access\[0\].*is of wlan9, and the instance is bound to eth0"):
        preflight.usable(host, spec)


def test_an_instance_that_goes_may_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, f"{SLICE}/librespot-old.service", [KITCHEN, {"name": "old", "state": "absent"}])


@pytest.mark.parametrize("holder", [f"{SLICE}/librespot-old.service", "/system.slice/librespot.service", "/"])
def test_anyone_else_is_named(monkeypatch: pytest.MonkeyPatch, holder: str) -> None:
    with pytest.raises(SpecificationError, match=r"librespot_instances\[0\]\.port.*process 7"):
        look(monkeypatch, holder, [KITCHEN])


def publish(
    monkeypatch: pytest.MonkeyPatch, program: str, holder: str, *others: dict[str, Any], held: bool = False
) -> None:
    """Look at a host on which a *program* in the cgroup *holder* listens where the kitchen shall be published."""
    asked: list[tuple[int, list[str]]] = []

    def owners(port: int, addresses: list[str]) -> Iterator[tuple[int, str, str]]:
        asked.append((port, addresses))
        yield 7, program, holder

    monkeypatch.setattr(preflight, "owners_of_port", owners)
    monkeypatch.setattr(preflight, "published_at", lambda item: [f"that of {item.interface}"])
    monkeypatch.setattr(preflight, "remnants", lambda _host: {"forgotten"})
    monkeypatch.setattr(preflight, "hold", lambda _host, names, *_of: held and "forgotten" in names)
    network = HostNetwork({"lo": (), "eth0": ("192.0.2.1",)}, "eth0")
    host = cast(Host, SimpleNamespace(facts=FACTS, commands=None, files=NOTHING, network=lambda: network))
    spec = parse_specification("0.8.0", [{**KITCHEN, "port": 4444}, *others], {}, None, CONTAINER)
    try:
        preflight.usable(host, spec)
    finally:
        assert asked[0] == (4444, ["that of eth0"])


@pytest.mark.parametrize("program", ["docker-proxy", "conmon"])
def test_what_an_engine_publishes_it_tells_itself(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    publish(monkeypatch, program, "/system.slice/docker.service")


@pytest.mark.parametrize("name", ["kitchen", "den"])
def test_services_that_move_into_containers_make_room(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    publish(monkeypatch, "librespot", f"{SLICE}/librespot-{name}.service", {"name": "den", "port": 4445})


def test_so_does_a_container_on_the_hosts_network_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, "librespot", "/system.slice/docker-0.scope", held=True)


@pytest.mark.parametrize(
    ("program", "holder"),
    [
        ("python3", "/user.slice"),
        ("librespot", f"{SLICE}/librespot-old.service"),
        # Nothing ends the service of one that goes from the containers.
        ("librespot", f"{SLICE}/librespot-gone.service"),
    ],
)
def test_whoever_else_is_where_it_shall_be_published_is_named(
    monkeypatch: pytest.MonkeyPatch, program: str, holder: str
) -> None:
    with pytest.raises(SpecificationError, match=rf"librespot_instances\[0\]\.port.*by {program} \(process 7\)"):
        publish(monkeypatch, program, holder, {"name": "gone", "state": "absent"})


@pytest.mark.parametrize(
    ("relaxation", "said"),
    [
        ({"fifo": {"reason": "r", "path": "/run/snap/pipe", "group": "nobody-is-here"}}, r"fifo\.group"),
        ({"hooks": {"reason": "r", "programs": ["/bin/sh", "/srv/missing"]}}, r"hooks\.programs\[1\].*/srv/missing"),
        ({"hooks": {"reason": "r", "programs": ["/etc/passwd"]}}, r"hooks\.programs\[0\]"),
    ],
)
def test_what_a_relaxation_names_is_there(
    monkeypatch: pytest.MonkeyPatch, relaxation: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpecificationError, match=rf"librespot_instances\[0\]\.relaxations\.{said}"):
        look(monkeypatch, "/librespot.slice/librespot-kitchen.service", [{**KITCHEN, "relaxations": relaxation}])


def test_a_host_with_what_a_relaxation_names_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = {
        "fifo": {"reason": "r", "path": "/run/snap/pipe", "group": "audio"},
        "hooks": {"reason": "r", "programs": ["/bin/sh"]},
    }
    look(monkeypatch, "/librespot.slice/librespot-kitchen.service", [{**KITCHEN, "relaxations": opened}])


@pytest.mark.parametrize(
    ("setting", "state", "refused"),
    [
        ("disallow-other-stacks=yes", "active", True),
        ("disallow-other-stacks=yes", "inactive", False),
        ("#disallow-other-stacks=yes", "active", False),
        ("disallow-other-stacks=no", "active", False),
    ],
)
def test_an_avahi_that_lets_nobody_else_answer_is_named(
    monkeypatch: pytest.MonkeyPatch, setting: str, state: str, refused: bool
) -> None:
    monkeypatch.setattr(preflight, "owner_of_port", lambda _port: None)
    entry = Entry(FILE, 0o644, 0, 0, f"[server]\n{setting}\n".encode())
    files = SimpleNamespace(read=lambda path, **_how: entry if path.startswith("/etc/avahi/") else None)
    systemd = SimpleNamespace(show=lambda *_asked: {"ActiveState": state})
    network = HostNetwork({"lo": (), "eth0": ("192.0.2.1",)}, "eth0")
    host = cast(
        Host, SimpleNamespace(facts=FACTS, commands=None, files=files, systemd=systemd, network=lambda: network)
    )
    spec = parse_specification("0.8.0", [KITCHEN])
    if refused:
        with pytest.raises(HostError, match="disallow-other-stacks"):
            preflight.usable(host, spec)
    else:
        preflight.usable(host, spec)
    login = {"kitchen": '{"auth_type": 1, "auth_data": "eA=="}'}
    preflight.usable(host, parse_specification("0.8.0", [{**KITCHEN, "bind": {"discovery": False}}], login))


def test_an_nft_that_is_too_old_is_named() -> None:
    entry = Entry(FILE, 0o755, 0, 0)
    files = SimpleNamespace(read=lambda path, **_how: entry if path == "/usr/sbin/nft" else None)
    commands = SimpleNamespace(run=lambda _argv: SimpleNamespace(stdout="nftables v0.9.0 (Fearless Fosdick)\n"))
    host = cast(Host, SimpleNamespace(facts=FACTS, commands=commands, files=files, network=HostNetwork))
    with pytest.raises(HostError, match=r"nft 0\.9\.0 is too old"):
        preflight.usable(host, parse_specification("0.8.0", [{**KITCHEN, "state": "absent"}]))
