# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Units: every directive once where it must be once, nothing of a user's text expanded, nothing written in vain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.facts import Facts
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.sandbox import (
    SANDBOX,
    UNIFIED_CGROUPS,
    Directive,
    known,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.unit import (
    MARK,
    UNITS,
    generation_of,
    service,
    slice_unit,
    unit_files,
    watchdog_service,
)

FACTS = Facts("x86_64", "debian", "13", (3, 13), "2.41", True, 257, True, True, (), True, 2, True)


def instance(**written: Any) -> Instance:
    return parse_specification("0.8.0", [{"name": "kitchen", **written}]).instances[0]


def lines(text: str, name: str) -> list[str]:
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{name}=")]


def test_every_file_of_an_instance_is_marked_as_ours() -> None:
    files = unit_files(instance(), replace(FACTS, unbound=""), "")
    assert sorted(files) == [
        f"{UNITS}/librespot-kitchen-bind.service",
        f"{UNITS}/librespot-kitchen-watchdog.service",
        f"{UNITS}/librespot-kitchen-watchdog.timer",
        f"{UNITS}/librespot-kitchen.service",
    ]
    assert all(text and text.startswith(MARK) and text.endswith("\n") for text in (*files.values(), slice_unit()))


@pytest.mark.parametrize("directive", SANDBOX, ids=lambda item: item.name)
def test_the_whole_sandbox_is_in_the_unit(directive: Directive) -> None:
    assert lines(service(instance(), FACTS, ""), directive.name)[-len(directive.values) :] == list(directive.values)


def test_limits_are_what_was_written() -> None:
    text = service(instance(limits={"memory": "96M", "cpu": "25%", "tasks": 30, "files": 100}), FACTS, "")
    wanted = {"MemoryMax": "96M", "MemorySwapMax": "0", "CPUQuota": "25%", "TasksMax": "30", "LimitNOFILE": "100"}
    assert {name: lines(text, name) for name in wanted} == {name: [value] for name, value in wanted.items()}


def test_bandwidth_of_devices() -> None:
    limits = {"io": [{"device": "/dev/sda", "read": "2M"}, {"device": "/dev/sdb", "write": 1024}]}
    text = service(instance(limits=limits), FACTS, "")
    assert lines(text, "IOReadBandwidthMax") == ["/dev/sda 2M"]
    assert lines(text, "IOWriteBandwidthMax") == ["/dev/sdb 1K"]


def test_ports_are_bound_only_where_systemd_enforces_it() -> None:
    assert lines(service(instance(port=4000), FACTS, ""), "SocketBindAllow") == ["tcp:4000", "udp"]
    assert "SocketBind" not in service(instance(), replace(FACTS, bpf_framework=False), "")


def test_directives_that_this_systemd_does_not_know_are_left_out() -> None:
    new = Directive("A", ("yes",), "x", since=260)
    assert known([new, *SANDBOX], 257, frozenset({UNIFIED_CGROUPS})) == list(SANDBOX)


def test_addresses_are_denied_only_where_the_kernel_does_it() -> None:
    assert lines(service(instance(), FACTS, ""), "IPAddressDeny")
    assert "IPAddressDeny" not in service(instance(), replace(FACTS, unified_cgroups=False), "")


def test_a_segment_takes_the_instance_and_its_helpers_off_the_hosts_network() -> None:
    segment = {"parent": "eth0", "addresses": ["192.168.20.5/24"], "gateways": ["192.168.20.1"]}
    files = unit_files(instance(segment=segment), replace(FACTS, unbound=""), "")
    for name in ("", "-bind", "-watchdog"):
        text = files[f"{UNITS}/librespot-kitchen{name}.service"]
        assert lines(text, "NetworkNamespacePath") == ["/run/netns/librespot-kitchen"]
    assert lines(files[f"{UNITS}/librespot-kitchen.service"], "PartOf") == ["librespot-kitchen-segment.service"]


def test_arguments_are_quoted() -> None:
    media = {"media": {"paths": ["/srv/records"], "reason": "records"}}
    text = service(instance(options={"local-file-dir": ["/srv/records"]}, relaxations=media), FACTS, "")
    assert lines(text, "ExecStart")[0].endswith(' "--local-file-dir=/srv/records"')


def test_the_generation_follows_unit_and_settings() -> None:
    first = generation_of(service(instance(), FACTS, "a"))
    assert len(first) == 16
    assert first == generation_of(service(instance(), FACTS, "a"))
    others = [service(instance(), FACTS, "b"), service(instance(limits={"tasks": 30}), FACTS, "a")]
    assert first not in map(generation_of, others)


def test_only_the_restart_of_the_watchdog_has_rights() -> None:
    text = watchdog_service(instance())
    assert lines(text, "User") == []
    assert lines(text, "DynamicUser") == ["yes"]
    assert lines(text, "ExecStart") == ["+/usr/bin/systemctl try-restart librespot-kitchen.service"]
    assert lines(text, "CapabilityBoundingSet") == [""]


@pytest.mark.parametrize(
    ("relaxation", "name", "value"),
    [
        ({"alsa": "speakers"}, "DeviceAllow", "char-alsa rw"),
        ({"alsa": "speakers"}, "Group", "audio"),
        ({"bluetooth": "no cable"}, "BindReadOnlyPaths", "-/run/dbus"),
        ({"disk": "volume"}, "StateDirectory", "librespot/kitchen"),
        ({"fifo": {"path": "/run/snap/fifo", "reason": "snapserver"}}, "BindPaths", "-/run/snap"),
        ({"pulseaudio": "desktop"}, "BindReadOnlyPaths", "-/run/pulse/native"),
    ],
)
def test_a_relaxation_opens_what_it_says_and_closes_nothing(relaxation: Any, name: str, value: str) -> None:
    relaxed, strict = service(instance(relaxations=relaxation), FACTS, ""), service(instance(), FACTS, "")
    assert value in lines(relaxed, name)
    assert value not in lines(strict, name)
    missing = set(strict.splitlines()) - set(relaxed.splitlines())
    assert all(line.startswith(("Group=", "Environment=HARDENED")) for line in missing)
