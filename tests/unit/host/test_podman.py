# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Podman says, in the words of Docker's API. The shapes are those of Podman 5.4.2 on Debian 13."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands, Result
from ansible_collections.hardened.librespot.plugins.module_utils.host.podman import Podman
from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError
from ansible_collections.hardened.librespot.plugins.module_utils.planners.guests import GuestsPlanner
from ansible_collections.hardened.librespot.plugins.module_utils.render.container import described

FOUND: dict[str, Any] = {
    "Image": "0" * 64,
    "State": {"Running": True, "Pid": 7, "Status": "running"},
    "EffectiveCaps": None,
    "BoundingCaps": None,
    "Mounts": [{"Type": "bind", "Source": "/a", "Destination": "/b", "RW": False, "Propagation": "rprivate"}],
    "NetworkSettings": {"Networks": {"librespot-kitchen": {}}},
    "Config": {"Hostname": "kitchen", "Env": ["container=podman", "HOSTNAME=kitchen", "HOME=", "A=1"]},
    "HostConfig": {
        "CapAdd": [],
        "CapDrop": ["CAP_CHOWN"],
        "NetworkMode": "bridge",
        "PidMode": "private",
        "UTSMode": "private",
        "CgroupMode": "private",
        "IpcMode": "none",
        "Tmpfs": {"/scratch": "rw,mode=1777,rprivate"},
        "Ulimits": [{"Name": "RLIMIT_CORE", "Soft": 0, "Hard": 0}, {"Name": "RLIMIT_NPROC", "Soft": 9, "Hard": 9}],
        "Devices": [{"PathOnHost": "/dev/snd/timer"}, {"PathOnHost": "/dev/snd/seq"}, {"PathOnHost": "/dev/fuse"}],
    },
}


INFO: dict[str, Any] = {"host": {"arch": "amd64", "security": {"rootless": False, "seccompEnabled": True}}}


class Scripted(Commands):
    """Answers as Podman does."""

    def __init__(self, version: str = "5.4.2", rootless: bool = False, **found: Any) -> None:
        self._version = version
        self._info = {"host": {**INFO["host"], "security": {**INFO["host"]["security"], "rootless": rootless}}}
        self._found = {**FOUND, **found}

    def run(self, argv: Sequence[str], *_more: Any, **_options: Any) -> Result:
        """Return what `podman` *argv* would say."""
        said = {"--version": f"podman version {self._version}\n", "info": json.dumps(self._info)}
        return Result(tuple(argv), 0, said.get(argv[1], json.dumps([self._found])), "")


def _described(**found: Any) -> dict[str, str]:
    there = Podman(Scripted(**found), user=0).container("librespot-kitchen")
    assert there is not None
    return described(there["Config"], there["HostConfig"], there["Image"])


@pytest.mark.parametrize("version", ["4.3.1", "5.3.9", "strange"])
def test_one_without_quadlets_is_refused(version: str) -> None:
    with pytest.raises(HostError, match="older than"):
        Podman(Scripted(version), user=0)


@pytest.mark.parametrize(("user", "asked"), [(1000, False), (0, True)])
def test_a_rootless_one_is_refused_with_the_reason_and_another_way(user: int, asked: bool) -> None:
    with pytest.raises(HostError, match=r"rootless: .*the host's firewall table knows no bridge") as refused:
        Podman(Scripted(rootless=asked), user)
    assert "become: true" in refused.value.remedy


def test_what_podman_gives_every_container_is_not_taken_for_a_difference() -> None:
    said = _described()
    assert (said["environment"], said["network"], said["capabilities"]) == ("A=1", "librespot-kitchen", "none")
    assert said["image"] == "sha256:" + "0" * 64
    assert said["files"] == '{"Hard": 0, "Name": "core", "Soft": 0}'
    assert said["memory file systems"] == "/scratch: rw,mode=1777"
    assert said["namespaces"].split("\n") == [
        "CgroupnsMode: private", "IpcMode: none", "PidMode: ", "UTSMode: ", "UsernsMode: ",
    ]  # fmt: skip


def test_what_was_added_is_seen() -> None:
    added = {**FOUND["HostConfig"], "CapAdd": ["CAP_NET_ADMIN"], "PidMode": "host", "NetworkMode": "host"}
    said = _described(HostConfig=added, BoundingCaps=["CAP_NET_ADMIN"])
    assert "CAP_NET_ADMIN" in said["capabilities"]
    assert "PidMode: host" in said["namespaces"]
    assert said["network"] == "host"
    volume = {"Type": "volume", "Name": "v", "Source": "/v", "Destination": "/v", "RW": True}
    assert '"v"' in _described(Mounts=[volume])["mounts"]


def test_all_of_sound_is_one_device_and_what_is_not_sound_is_seen() -> None:
    devices = [json.loads(line)["PathOnHost"] for line in _described()["devices"].split("\n")]
    assert devices == ["/dev/fuse", "/dev/snd"]


PROFILE = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []}],
    "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
        {
            "names": ["socket"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": 16, "valueTwo": 0, "op": "SCMP_CMP_EQ"}],
        },
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
    ],
}
STARTED: dict[str, Any] = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
        {
            "names": ["socket"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_EQ"}],
        },
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
    ],
}


@pytest.mark.parametrize(
    ("started", "same"),
    [
        (STARTED, True),
        ({**STARTED, "defaultAction": "SCMP_ACT_LOG"}, False),
        ({**STARTED, "syscalls": [*STARTED["syscalls"], {"names": ["bpf"], "action": "SCMP_ACT_ALLOW"}]}, False),
        ({**STARTED, "syscalls": [{**STARTED["syscalls"][1], "args": []}]}, False),
        (None, False),
    ],
)
def test_the_filter_is_the_one_that_the_process_was_started_with(
    tmp_path: Path, started: dict[str, Any] | None, same: bool
) -> None:
    text = json.dumps(PROFILE)
    (tmp_path / "filter.json").write_text(text, encoding="utf-8")
    (tmp_path / "config.json").write_text(json.dumps({"linux": {"seccomp": started}}), encoding="utf-8")
    host = {**FOUND["HostConfig"], "SecurityOpt": [f"seccomp={tmp_path}/filter.json"]}
    there = Podman(Scripted(HostConfig=host, OCIConfigPath=f"{tmp_path}/config.json"), user=0).container("any")
    assert there is not None
    assert (there["HostConfig"]["SecurityOpt"] == [f"seccomp={text}"]) is same


class WithGuest(Commands):
    """Podman with a network of ours, and a *guest* on it who is stopped: the network's description leaves it out."""

    def __init__(self) -> None:
        self.remedy = ""

    def run(self, argv: Sequence[str], *_more: Any, remedy: str = "", **_options: Any) -> Result:
        """Return what `podman` *argv* would say, and keep how to go on when it does not remove the network."""
        if "rm" in argv:
            self.remedy = remedy
        network = {"driver": "bridge", "ipv6_enabled": False, "network_interface": "lsp-kitchen", "dns_enabled": False}
        said: Any = {
            "--version": "podman version 5.4.2",
            "info": json.dumps(INFO),
            "network": json.dumps([{**network, "containers": {}}]),
            "ps": json.dumps([{"Names": [name]} for name in ("librespot-kitchen", "guest")]),
        }
        if argv[1] == "ps":
            assert {"--all", "network=librespot-kitchen"} < set(argv)
        return Result(tuple(argv), 0, said[argv[1]], "")


def test_a_guest_who_is_stopped_keeps_a_network_from_going_and_is_told() -> None:
    commands = WithGuest()
    podman = Podman(commands, user=0)
    assert GuestsPlanner(podman, "kitchen", lambda: True).found() == {"names": "guest"}
    podman.remove_network("librespot-kitchen")
    assert commands.remedy == "Take it off, as by: podman network disconnect librespot-kitchen guest"
