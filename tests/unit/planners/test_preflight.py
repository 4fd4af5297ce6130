# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way on a host: who holds the port that is asked for, and what is named that is not there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.files import FILE, Entry
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import parse_specification
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
    host = cast(Host, SimpleNamespace(facts=FACTS, files=NOTHING, network=lambda: network))
    preflight.usable(host, parse_specification("0.8.0", instances), foreign)


def test_its_own_process_may_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, f"{SLICE}/librespot-kitchen.service", [KITCHEN])


def test_a_librespot_of_someone_elses_may_hold_it_where_units_may_be_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, "/system.slice/librespot.service", [KITCHEN], foreign=True)
    with pytest.raises(SpecificationError, match="process 7"):
        look(monkeypatch, f"{SLICE}/librespot-old.service", [KITCHEN], foreign=True)


def test_a_zone_that_cannot_reach_where_it_is_bound_by_itself_is_named() -> None:
    network = HostNetwork({"lo": (), "eth0": ("192.0.2.1",)}, "eth0")
    host = cast(Host, SimpleNamespace(facts=FACTS, files=NOTHING, network=lambda: network))
    spec = parse_specification("0.8.0", [{**KITCHEN, "access": ["away"]}], {}, {"away": {"interfaces": ["wlan9"]}})
    with pytest.raises(SpecificationError, match=r"access\[0\].*is of wlan9, and the instance is bound to eth0"):
        preflight.usable(host, spec)


def test_an_instance_that_goes_may_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    look(monkeypatch, f"{SLICE}/librespot-old.service", [KITCHEN, {"name": "old", "state": "absent"}])


@pytest.mark.parametrize("holder", [f"{SLICE}/librespot-old.service", "/system.slice/librespot.service", "/"])
def test_anyone_else_is_named(monkeypatch: pytest.MonkeyPatch, holder: str) -> None:
    with pytest.raises(SpecificationError, match=r"librespot_instances\[0\]\.port.*process 7"):
        look(monkeypatch, holder, [KITCHEN])


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
    host = cast(Host, SimpleNamespace(facts=FACTS, files=files, systemd=systemd, network=lambda: network))
    spec = parse_specification("0.8.0", [KITCHEN])
    if refused:
        with pytest.raises(HostError, match="disallow-other-stacks"):
            preflight.usable(host, spec)
    else:
        preflight.usable(host, spec)
    login = {"kitchen": '{"auth_type": 1, "auth_data": "eA=="}'}
    preflight.usable(host, parse_specification("0.8.0", [{**KITCHEN, "bind": {"discovery": False}}], login))
