# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an engine is asked for, and what is compared with what it made."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.container import Place
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    SYSTEMD,
    Instance,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.container import (
    UPDATABLE,
    container,
    described,
    holder,
    limits,
    network,
    trial,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.firewall_units import IN_FORCE
from ansible_collections.hardened.librespot.plugins.module_utils.render.seccomp import profile, profile_text

IMAGE = "sha256:" + "0" * 64
PLACE = Place(997, 996, IMAGE, ("192.168.1.5", "2001:db8::5"))
LOGIN = json.dumps({"username": "someone", "auth_type": 1, "auth_data": "c2VjcmV0"})


def instance(credentials: str = "", **written: Any) -> Instance:
    given = {"kitchen": credentials} if credentials else {}
    (found,) = parse_specification("0.8.0", [{"name": "kitchen", **written}], given, None, CONTAINER).present
    return found


def said(request: dict[str, Any]) -> dict[str, str]:
    return described(request, request["HostConfig"], IMAGE)


def test_nothing_is_possible_that_librespot_does_not_need() -> None:
    request = container(instance(), PLACE)
    found, host = said(request), request["HostConfig"]
    assert (found["user"], found["capabilities"], found["privileged"]) == ("997:996", "none", "no")
    assert (found["new privileges"], found["root"], found["devices"]) == ("no", "read-only", "")
    assert [(item["Source"], item["ReadOnly"]) for item in host["Mounts"]] == [(IN_FORCE, True)]
    assert found["groups"] == ""
    assert {"/proc/kcore", "/proc/cmdline", "/sys/firmware", "/sys/class"} <= set(host["MaskedPaths"])
    assert (host["IpcMode"], host["CgroupnsMode"]) == ("none", "private")
    assert not any(host.get(name) for name in ("PidMode", "UTSMode", "UsernsMode", "Binds", "VolumesFrom", "Links"))


def test_its_filter_of_system_calls_is_ours_where_the_kernel_has_one() -> None:
    request = container(instance(), PLACE)
    (ours,) = [item for item in request["HostConfig"]["SecurityOpt"] if item.startswith("seccomp=")]
    assert ours == f"seccomp={profile_text()}"
    wanted = said(request)["system call filter"]
    # However the engine writes it down again.
    request["HostConfig"]["SecurityOpt"] = ["no-new-privileges", f"seccomp={json.dumps(profile(), indent=2)}"]
    assert said(request)["system call filter"] == wanted
    request["HostConfig"]["SecurityOpt"] = ["no-new-privileges"]
    assert said(request)["system call filter"] == "the engine's own" != wanted
    without = container(instance(), replace(PLACE, filters_calls=False))
    assert without["HostConfig"]["SecurityOpt"] == ["no-new-privileges"]


def test_it_runs_under_its_profile_where_the_kernel_enforces_one() -> None:
    enforcing = Place(997, 996, IMAGE, profile="librespot-kitchen")
    assert said(container(instance(), PLACE))["AppArmor profile"] == ""
    assert said(container(instance(), enforcing))["AppArmor profile"] == "librespot-kitchen"


def test_the_port_is_published_where_it_is_bound_and_nowhere_else() -> None:
    found = said(container(instance(port=40000), PLACE))
    assert found["published"].split("\n") == ["192.168.1.5 40000 to 40000/tcp", "2001:db8::5 40000 to 40000/tcp"]
    silent = container(instance(LOGIN, bind={"discovery": False}), Place(997, 996, IMAGE))
    assert (said(silent)["published"], silent["ExposedPorts"]) == ("", {})
    assert silent["Healthcheck"] == {"Test": ["NONE"]}


def test_a_published_port_without_an_address_is_told_from_one_with() -> None:
    request = container(instance(), PLACE)
    request["HostConfig"]["PortBindings"] = {"37879/tcp": [{"HostIp": "", "HostPort": "37879"}]}
    assert said(request)["published"] == "every address 37879 to 37879/tcp"


def test_the_limits_are_those_of_the_specification() -> None:
    item = instance(limits={"memory": "128M", "swap": "8M", "cpu": "40%", "tasks": 70, "files": 300})
    found = said(container(item, PLACE))
    assert [found[name] for name in ("memory", "swap", "cpu", "tasks")] == ["128M", "8M", "40%", "70"]
    assert '"Hard": 300, "Name": "nofile"' in found["files"]


def test_what_can_be_changed_while_it_runs_is_what_such_a_change_sets() -> None:
    one, other = container(instance(), PLACE), container(instance(), PLACE)
    other["HostConfig"].update(
        limits(instance(limits={"memory": "300M", "swap": "1M", "cpu": "7%", "tasks": 99}).limits)
    )
    differs = {name for name in said(one) if said(one)[name] != said(other)[name]}
    assert differs == set(UPDATABLE) - {"restart"}


def test_what_the_engine_fills_in_makes_no_difference() -> None:
    request = container(instance(), PLACE)
    host = {**request["HostConfig"], "Binds": None, "Devices": None, "CapAdd": None, "GroupAdd": None}
    host.update(BlkioDeviceReadBps=None, UTSMode="", PidMode="", VolumesFrom=None, DeviceCgroupRules=None)
    assert described(request, host, IMAGE) == said(request)


@pytest.mark.parametrize("option", ["seccomp=unconfined", "apparmor=unconfined", 'seccomp={"defaultAction": "x"}'])
def test_another_profile_than_the_engines_own_is_told(option: str) -> None:
    request = container(instance(), PLACE)
    request["HostConfig"]["SecurityOpt"].append(option)
    differs = {name for name in said(request) if said(request)[name] != said(container(instance(), PLACE))[name]}
    assert differs == {"system call filter" if option.startswith("seccomp") else "AppArmor profile"}


def test_what_relaxations_name_is_mounted_as_narrow_as_they_say() -> None:
    relaxed = instance(
        options={"backend": "pipe", "device": "/run/snap/fifo", "local-file-dir": ["/srv/music"]},
        relaxations={
            "fifo": {"path": "/run/snap/fifo", "reason": "snapserver"},
            "media": {"paths": ["/srv/music"], "reason": "records"},
        },
    )
    mounts = {item["Source"]: item.get("ReadOnly", False) for item in container(relaxed, PLACE)["HostConfig"]["Mounts"]}
    assert mounts == {IN_FORCE: True, "/run/snap": False, "/srv/music": True}


def test_a_login_is_a_file_and_never_in_the_environment() -> None:
    request = container(instance(LOGIN), PLACE)
    assert "c2VjcmV0" not in json.dumps(request)
    _gate, mount = request["HostConfig"]["Mounts"]
    assert (mount["Source"], mount["ReadOnly"]) == ("/etc/librespot/credentials/kitchen.json", True)


def test_the_sound_card_is_given_by_name_alone() -> None:
    relaxed = instance(relaxations={"alsa": "the speakers"}, options={"backend": "alsa", "device": "hw:0"})
    request = container(relaxed, Place(997, 996, IMAGE, (), (29,)))
    (device,) = request["HostConfig"]["Devices"]
    assert (device["PathOnHost"], device["CgroupPermissions"]) == ("/dev/snd", "rw")
    assert request["HostConfig"]["GroupAdd"] == ["29"]


@pytest.mark.parametrize("name", ["hooks", "disk", "bluetooth", "pulseaudio", "pipewire"])
def test_what_needs_programs_or_sockets_of_the_host_is_refused(name: str) -> None:
    wanted: dict[str, Any] = {name: {"reason": "x", "programs": ["/usr/local/bin/x"]} if name == "hooks" else "x"}
    with pytest.raises(SpecificationError) as refused:
        instance(relaxations=wanted)
    assert refused.value.path == f"librespot_instances[0].relaxations.{name}"


@pytest.mark.parametrize(("deployment", "segment"), [(SYSTEMD, None), (CONTAINER, {"parent": "eth0", "dhcp": True})])
def test_the_hosts_network_is_for_containers_that_have_no_segment(deployment: str, segment: Any) -> None:
    written = {"name": "kitchen", "relaxations": {"host_network": "x"}, "segment": segment}
    with pytest.raises(SpecificationError) as refused:
        parse_specification("0.8.0", [written], {}, None, deployment)
    assert refused.value.path == "librespot_instances[0].relaxations.host_network"


def test_the_network_is_the_containers_own() -> None:
    found = network(instance())
    assert found["Options"]["com.docker.network.bridge.enable_icc"] == "false"
    assert found["Options"]["com.docker.network.bridge.name"] == "lsp-kitchen"


SEGMENT = {"parent": "eth0", "addresses": ["192.168.20.5/24", "2001:db8:20::5/64"], "gateways": ["192.168.20.1"]}
RESOLVERS = "/etc/netns/librespot-kitchen/resolv.conf"


def test_in_a_segment_it_is_in_the_network_of_its_holder_and_published_nowhere() -> None:
    request = container(instance(segment=SEGMENT), Place(997, 996, IMAGE))
    found = said(request)
    assert (found["network"], found["published"]) == ("container:librespot-kitchen-segment", "")
    # The engine refuses a host name beside another container's network, and any port.
    assert ("Hostname" in request, request["ExposedPorts"]) == (False, {})
    assert request["NetworkingConfig"] == {"EndpointsConfig": {}}
    _in_force, mount = request["HostConfig"]["Mounts"]
    assert (mount["Source"], mount["Target"], mount["ReadOnly"]) == (RESOLVERS, "/etc/resolv.conf", True)
    assert "LIBRESPOT_ZEROCONF_INTERFACE=192.168.20.5,2001:db8:20::5" in request["Env"]


SHARED: dict[str, Any] = {"relaxations": {"host_network": "no bridges here"}}


def test_on_the_hosts_network_it_is_published_nowhere_and_announces_where_it_is_bound() -> None:
    request = container(instance(**SHARED), PLACE)
    found = said(request)
    assert (found["network"], found["published"], request["ExposedPorts"]) == ("host", "", {})
    assert request["NetworkingConfig"] == {"EndpointsConfig": {}}
    assert "LIBRESPOT_ZEROCONF_INTERFACE=192.168.1.5,2001:db8::5" in request["Env"]
    assert not [item for item in container(instance(), PLACE)["Env"] if "ZEROCONF_INTERFACE" in item]


def test_nothing_else_of_the_host_is_shared_with_its_network() -> None:
    found, other = said(container(instance(**SHARED), PLACE)), said(container(instance(), PLACE))
    assert {name for name in found if found[name] != other[name]} == {"network", "published", "environment"}


def test_it_is_tried_on_a_bridge_before_it_is_on_the_hosts_network() -> None:
    found = said(trial(instance(**SHARED), PLACE))
    assert (found["network"], found["published"]) == ("librespot-kitchen", "")


def test_with_a_lease_it_announces_what_it_finds() -> None:
    request = container(instance(segment={"parent": "eth0", "dhcp": True}), Place(997, 996, IMAGE))
    assert not [item for item in request["Env"] if "ZEROCONF_INTERFACE" in item]


def test_another_holder_of_that_name_is_another_network() -> None:
    request = container(instance(segment=SEGMENT), Place(997, 996, IMAGE))
    answer = {**request["HostConfig"], "NetworkMode": "container:0123"}
    names = {"0123": "librespot-kitchen-segment"}
    assert described(request, answer, IMAGE, names) == said(request)
    assert described(request, answer, IMAGE, {"4567": "librespot-kitchen-segment"})["network"] == "container:0123"


def test_the_holder_has_no_network_and_less_of_everything_else() -> None:
    item = instance(LOGIN, segment=SEGMENT, relaxations={"alsa": "a card"}, limits={"memory": "1G"})
    place = Place(997, 996, IMAGE, groups=(29,), profile="librespot-kitchen")
    held, plays = holder(item, place), container(item, place)
    found, other = said(held), said(plays)
    assert (found["network"], found["published"], held["NetworkingConfig"]) == ("none", "", {})
    (mount,) = held["HostConfig"]["Mounts"]
    assert (mount["Source"], mount["ReadOnly"]) == (IN_FORCE, True)
    assert (found["devices"], found["groups"], found["health check"]) == ("", "", "none")
    assert (found["memory"], found["restart"]) == ("32M", "no")
    assert found["command"] == '["/usr/bin/librespot-probe", "hold"]'
    assert not [text for text in held["Env"] if "LIBRESPOT" in text]
    same = (
        *("user", "capabilities", "privileged", "new privileges", "root", "system call filter", "AppArmor profile"),
        *("namespaces", "log"),
    )
    assert [found[name] for name in same] == [other[name] for name in same]


def test_the_holder_has_ipv6_where_the_kernel_has_it() -> None:
    item = instance(segment=SEGMENT)
    assert said(holder(item, PLACE))["kernel settings"] == "net.ipv6.conf.all.disable_ipv6: 0"
    assert said(holder(item, Place(997, 996, IMAGE, ipv6=False)))["kernel settings"] == ""


def test_a_trial_is_published_nowhere_and_never_in_the_segment() -> None:
    for item in (instance(), instance(segment=SEGMENT)):
        request = trial(item, PLACE)
        found = said(request)
        assert (found["network"], found["published"], request["ExposedPorts"]) == ("librespot-kitchen", "", {})
        assert "ZEROCONF_INTERFACE" not in found["environment"]
    assert network(instance(segment=SEGMENT))["Options"]["com.docker.network.bridge.name"] == "lsp-kitchen"


def test_what_the_engine_adds_to_a_health_check_that_was_turned_off_is_no_difference() -> None:
    request = container(instance(LOGIN, bind={"discovery": False}), Place(997, 996, IMAGE))
    answer = {**request, "Healthcheck": {"Test": ["NONE"], "Interval": 10, "Retries": 3}}
    assert described(answer, request["HostConfig"], IMAGE) == said(request)


@pytest.mark.parametrize(
    ("limit", "key", "number"),
    [
        *(("tasks", "PidsLimit", number) for number in (None, 0, -1)),
        *(("cpu", "CpuQuota", number) for number in (None, 0, -1)),
        *(("memory", "Memory", number) for number in (None, 0)),
        *(("swap", "MemorySwap", number) for number in (None, 0, -1)),
    ],
)
def test_what_is_not_limited_is_told_as_such(limit: str, key: str, number: int | None) -> None:
    request = container(instance(), PLACE)
    request["HostConfig"][key] = number
    assert said(request)[limit] == "unlimited"
