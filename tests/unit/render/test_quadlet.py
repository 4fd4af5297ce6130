# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for Podman, from what Docker's API would be asked for."""

from __future__ import annotations

import json

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.container import Place
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import (
    CONTAINER,
    Instance,
    parse_specification,
)
from ansible_collections.hardened.librespot.plugins.module_utils.render.container import container
from ansible_collections.hardened.librespot.plugins.module_utils.render.quadlet import (
    container_quadlet,
    drop_ins,
    in_files,
    network_quadlet,
)

PLACE = Place(997, 996, "sha256:" + "0" * 64, ("192.168.1.5", "2001:db8::5"), (29,))
LOGIN = json.dumps({"username": "someone", "auth_type": 1, "auth_data": "c2VjcmV0"})


def _instance(**written: object) -> Instance:
    (found,) = parse_specification(
        "0.8.0", [{"name": "kitchen", **written}], {"kitchen": LOGIN}, None, CONTAINER
    ).present
    return found


def _lines(place: Place = PLACE, **written: object) -> list[str]:
    instance = _instance(**written)
    return container_quadlet(instance, in_files(container(instance, place))).splitlines()


def test_it_is_confined_as_under_docker() -> None:
    assert set(_lines()) >= {
        "Image=" + "0" * 64, "Pull=never", "User=997", "Group=996", "GroupAdd=29",
        "ReadOnly=true", "ReadOnlyTmpfs=false", "DropCapability=all", "NoNewPrivileges=true", "PidsLimit=64",
        "Ulimit=core=0:0", "StopSignal=SIGINT", "HealthOnFailure=kill", "Restart=always", "StartLimitIntervalSec=0",
        "Wants=network-online.target librespot-firewall.service", "Upholds=librespot-firewall.service",
    }  # fmt: skip
    assert "IOWeight=7" in _lines(limits={"io_weight": 7})
    (profile,) = [line for line in _lines() if line.startswith("SeccompProfile=/opt/librespot/seccomp/")]
    assert profile.endswith(".json")
    (arguments,) = [line for line in _lines(limits={"memory": "64M"}) if line.startswith("PodmanArgs=")]
    assert {"--memory=67108864", "--memory-swap=67108864", "--ipc=none", "--passwd=false"} <= set(
        arguments[11:].split()
    )


def test_it_is_published_where_it_is_bound_and_nowhere_else() -> None:
    published = [line for line in _lines(port=40000) if line.startswith("PublishPort=")]
    assert published == ["PublishPort=192.168.1.5:40000:40000/tcp", "PublishPort=[2001:db8::5]:40000:40000/tcp"]
    silent = _lines(Place(997, 996, PLACE.image), bind={"discovery": False})
    assert "HealthCmd=none" in silent
    assert not [line for line in silent if line.startswith("PublishPort=")]


def test_what_systemd_would_expand_is_undone() -> None:
    assert 'Environment="LIBRESPOT_NAME=%%n $${HOME} \\"q\\" \\\\"' in _lines(options={"name": '%n ${HOME} "q" \\'})


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("host", {"SecurityOpt": ["no-new-privileges", "something=else"]}),
        ("host", {"SecurityOpt": ["no-new-privileges", "no-new-privileges:false"]}),
        ("host", {"SecurityOpt": ["no-new-privileges", "seccomp=unconfined"]}),
        ("host", {"SecurityOpt": []}),
        ("host", {"Sysctls": {"net.ipv4.ip_forward": "0"}}),
        ("host", {"CapDrop": ["CAP_NET_RAW"]}),
        ("host", {"ReadonlyRootfs": False}),
        ("host", {"Privileged": True}),
        ("all", {"WorkingDir": "/"}),
    ],
)
def test_what_it_does_not_know_is_not_left_out(part: str, changed: dict[str, object]) -> None:
    request = container(_instance(), PLACE)
    (request["HostConfig"] if part == "host" else request).update(changed)
    with pytest.raises(ValueError, match="no Quadlet is known for"):
        container_quadlet(_instance(), request)


def test_an_apparmor_profile_is_taken_up() -> None:
    request = container(_instance(), PLACE)
    assert "apparmor" not in container_quadlet(_instance(), in_files(request))
    request["HostConfig"]["SecurityOpt"].append("apparmor=librespot-kitchen")
    lines = container_quadlet(_instance(), in_files(request)).splitlines()
    (arguments,) = [line for line in lines if line.startswith("PodmanArgs=")]
    # Quadlets of Podman 5.4 are refused as a whole when they have a key AppArmor=.
    assert '"--security-opt=apparmor=librespot-kitchen"' in arguments.split()
    assert not [line for line in lines if line.startswith("AppArmor=")]


def test_its_bridge_is_the_one_that_the_table_knows() -> None:
    lines = network_quadlet(_instance()).splitlines()
    assert {"PodmanArgs=--interface-name=lsp-kitchen", "Options=isolate=strict", "DisableDNS=true"} <= set(lines)


def test_a_comma_in_a_path_begins_no_option() -> None:
    (line,) = [line for line in _lines(relaxations={"media": {"reason": "r", "paths": ["/srv/a,U"]}}) if "/srv" in line]
    assert line == r'Mount="type=bind,\"source=/srv/a,U\",\"destination=/srv/a,U\",readonly=true"'


def test_all_that_its_generator_adds_to_it_alone_is_known() -> None:
    found = drop_ins("/etc/containers/systemd/librespot-living-room.container")
    names = ("librespot-living-room", "librespot-living-", "librespot-")
    for directory in ("/etc/containers/systemd", "/run/containers/systemd"):
        assert {f"{directory}/{name}.container.d" for name in names} <= set(found)
    assert "/run/containers/systemd/librespot-living-room.container" in found
