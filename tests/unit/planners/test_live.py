# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of live processes: nothing when they are as described, one sentence for each thing that is not."""

from __future__ import annotations

import pwd
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.host.proc import Mount, Process, Socket
from ansible_collections.hardened.librespot.plugins.module_utils.host.sockets import BoundSocket
from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.planners import live
from ansible_collections.hardened.librespot.plugins.module_utils.render.environment import environment
from ansible_collections.hardened.librespot.plugins.module_utils.render.options import effective_options

SCRATCH = Mount("/scratch", "tmpfs", ("rw", "nosuid"), ("rw", "size=65536k"))
ROOT = Mount("/", "ext4", ("ro", "nosuid", "noexec"), ("rw",))
ACCOUNT = pwd.getpwnam("daemon")
OWN = {name: f"{name}:[2]" for name in ("mnt", "user", "ipc", "uts", "net", "pid")}


def instance(**written: Any) -> Instance:
    return parse_specification("0.8.0", [{"name": "kitchen", **written}]).instances[0]


def librespot(of: Instance, **changed: Any) -> Process:
    status = {
        "Uid": "\t".join([str(ACCOUNT.pw_uid)] * 4), "Gid": "\t".join([str(ACCOUNT.pw_gid)] * 4), "Groups": "",
        **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0000000000000000"),
        "NoNewPrivs": "1", "Seccomp": "2",
    }  # fmt: skip
    usual = Process(
        pid=10**9,
        executable="/opt/librespot/releases/x/bin/librespot",
        environment=environment(effective_options(of)),
        status=status,
        limits={"Max open files": "1024"},
        cgroup="/librespot.slice/librespot-kitchen.service",
        namespaces=OWN,
        sockets=(Socket("tcp6", "::", 37879, 1), Socket("udp6", "::", 5353, 2)),
        mounts=(ROOT, SCRATCH),
    )
    return replace(usual, **changed)


@pytest.fixture
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The instance's user is one that every host has."""
    monkeypatch.setattr(pwd, "getpwnam", lambda _name: ACCOUNT)


class TestOptions:
    def test_none_is_wrong(self) -> None:
        item = instance(options={"bitrate": 320})
        assert live.wrong_options(librespot(item), item) == []

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"LIBRESPOT_BITRATE": "96"}, "LIBRESPOT_BITRATE is not in the inventory"),
            ({"librespot_bitrate": "96"}, "librespot_bitrate is no option"),
            ({"LIBRESPOT_BITRAET": "96"}, "LIBRESPOT_BITRAET is no option"),
            ({"LIBRESPOT_NAME": "x"}, "LIBRESPOT_NAME has another value"),
        ],
    )
    def test_each_difference_is_said_without_its_value(self, changed: Mapping[str, str], said: str) -> None:
        item = instance()
        main = librespot(item)
        assert live.wrong_options(replace(main, environment={**main.environment, **changed}), item) == [said]

    def test_what_is_missing(self) -> None:
        item = instance()
        main = librespot(item)
        left = {name: value for name, value in main.environment.items() if name != "LIBRESPOT_NAME"}
        assert live.wrong_options(replace(main, environment=left), item) == ["LIBRESPOT_NAME is missing"]


class TestRelaxations:
    BUS = Mount("/run/dbus", "tmpfs", ("ro",), ("rw",))

    def test_what_was_not_asked_for(self) -> None:
        item = instance()
        said = live.wrong_relaxations(librespot(item, mounts=(ROOT, SCRATCH, self.BUS)), item)
        assert said == ["/run/dbus can be reached, without the relaxation bluetooth"]

    def test_what_was_asked_for(self) -> None:
        item = instance(relaxations={"bluetooth": "a speaker without a cable"}, options={"verbose": True})
        assert live.wrong_relaxations(librespot(item, mounts=(ROOT, SCRATCH, self.BUS)), item) == []

    def test_a_permissive_option_that_nobody_wrote(self) -> None:
        item = instance()
        main = librespot(item)
        seen = {**main.environment, "LIBRESPOT_VERBOSE": "on"}
        (said,) = live.wrong_relaxations(replace(main, environment=seen), item)
        assert said.startswith("option verbose: ")


@pytest.mark.usefixtures("_ours")
class TestRights:
    @pytest.fixture(autouse=True)
    def _first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live, "host_namespaces", dict)

    def test_none_is_wrong(self) -> None:
        item = instance()
        assert live.wrong_rights([librespot(item)], item) == []

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("Uid", "7 7 7 7", "runs with the user ids 7 7 7 7"),
            ("Gid", "7 7 7 7", "runs with the group ids 7 7 7 7"),
            ("Groups", "29", "has the supplementary groups 29"),
            ("CapBnd", "0000000000000001", "has CapBnd 0000000000000001"),
            ("CapEff", "0000000000002000", "has CapEff 0000000000002000"),
            ("NoNewPrivs", "0", "may gain privileges"),
            ("Seccomp", "0", "has no system call filter"),
        ],
    )
    def test_each_right_too_many(self, name: str, value: str, said: str) -> None:
        item = instance()
        main = librespot(item)
        other = replace(main, pid=main.pid + 1, status={**main.status, name: value})
        assert live.wrong_rights([main, other], item) == [f"process {other.pid} {said}"]

    def test_a_namespace_of_the_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        item = instance()
        main = librespot(item)
        first = {**OWN, "mnt": "mnt:[1]", "ipc": "ipc:[1]", "uts": "uts:[1]"}
        monkeypatch.setattr(live, "host_namespaces", lambda: first)
        assert live.wrong_rights([main], item) == [f"process {main.pid} shares the host's user namespace"]


class TestSpace:
    @pytest.mark.parametrize(
        ("mount", "said"),
        [
            (Mount("/var/tmp", "ext4", ("rw",), ("rw",)), "/var/tmp (ext4) is writable"),
            (Mount("/dev/shm", "tmpfs", ("rw",), ("rw",)), "/dev/shm (tmpfs) is writable"),
            (Mount("/scratch", "tmpfs", ("rw",), ("rw", "size=1048576k")), "/scratch has size=1048576k"),
            (Mount("/scratch", "tmpfs", ("rw",), ("rw",)), "/scratch has no size"),
        ],
    )
    def test_each_way_to_fill_the_host(self, mount: Mount, said: str) -> None:
        item = instance()
        others = [one for one in (ROOT, SCRATCH) if one.path != mount.path]
        assert live.wrong_space(librespot(item, mounts=(*others, mount)), item) == [said]

    def test_no_scratch_at_all(self) -> None:
        item = instance()
        assert live.wrong_space(librespot(item, mounts=(ROOT,)), item) == ["/scratch has no bound"]

    @pytest.mark.parametrize("path", ["/proc", "/dev/pts"])
    def test_what_holds_no_data(self, path: str) -> None:
        item = instance()
        kind = "proc" if path == "/proc" else "devpts"
        assert live.wrong_space(librespot(item, mounts=(ROOT, SCRATCH, Mount(path, kind, ("rw",), ()))), item) == []

    def test_what_a_relaxation_lets_it_write(self) -> None:
        item = instance(relaxations={"disk": "it remembers the volume"})
        mounts = (ROOT, SCRATCH, Mount("/var/lib/librespot/kitchen", "ext4", ("rw",), ("rw",)))
        assert live.wrong_space(librespot(item, mounts=mounts), item) == []
        neighbour = Mount("/var/lib/librespot/kitchen-2", "ext4", ("rw",), ("rw",))
        assert len(live.wrong_space(librespot(item, mounts=(*mounts, neighbour)), item)) == 1


class TestSockets:
    def test_only_those_too_many_are_wrong(self) -> None:
        item = instance()
        more = (*librespot(item).sockets, Socket("tcp", "127.0.0.1", 5588, 3))
        assert live.wrong_sockets([librespot(item, sockets=more)], item) == ["tcp 5588 is open"]
        assert live.wrong_sockets([librespot(item, sockets=())], item) == []

    def test_those_of_all_processes_count(self) -> None:
        item = instance()
        child = librespot(item, sockets=(Socket("udp6", "::", 1900, 3),))
        assert live.wrong_sockets([librespot(item), child], item) == ["udp 1900 is open"]

    def test_without_discovery_there_is_none(self) -> None:
        silent = parse_specification(
            "0.8.0",
            [{"name": "kitchen", "bind": {"discovery": False}}],
            {"kitchen": '{"auth_type": 1, "auth_data": "eA=="}'},
        ).instances[0]
        assert live.declared_sockets(silent) == set()
        assert len(live.wrong_sockets([librespot(silent)], silent)) == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("memory.max", "134217728", "128M"),
        ("memory.max", "max", "none"),
        ("memory.swap.max", "0", "0"),
        ("cpu.max", "50000 100000", "50%"),
        ("cpu.max", "max 100000", "none"),
        ("io.weight", "default 50", "50"),
        ("pids.max", "64", "64"),
        ("pids.max", "max", "max"),
    ],
)
def test_the_kernel_is_read_as_the_specification_is_written(name: str, text: str, said: str) -> None:
    assert live.shown(name, text) == said


def test_files() -> None:
    item = instance(limits={"files": 64})
    assert live.wrong_files(librespot(item), item) == ["1024 files can be open"]


@pytest.mark.parametrize(
    ("bind", "sockets", "said"),
    [
        ({"interface": "eth1"}, "tcp *%eth1:37879 udp *%eth1:5353", []),
        ({"interface": "eth1"}, "tcp *%:37879 udp *%eth1:5353", ["tcp 37879 is not tied to where it is bound"]),
        ({"interface": "eth1"}, "tcp *%eth1:37879 udp *%eth0:5353", ["udp 5353 is not tied to where it is bound"]),
        ({"address": "192.0.2.1"}, "tcp ::ffff:192.0.2.1%eth1:37879", []),
        ({"address": "192.0.2.1"}, "tcp *%eth1:37879", ["tcp 37879 is not tied to where it is bound"]),
    ],
)
def test_sockets_are_tied_to_where_it_is_bound(bind: dict[str, str], sockets: str, said: list[str]) -> None:
    item = replace(instance(bind=bind), interface="eth1")
    words = sockets.split()
    seen = []
    for protocol, text in zip(words[::2], words[1::2], strict=True):
        address, _percent, rest = text.partition("%")
        device, _colon, port = rest.rpartition(":")
        seen.append(BoundSocket(protocol, address, int(port), device, (10**9,)))
    # Another program's is nobody's business here.
    seen.append(BoundSocket("tcp", "*", 22, "", (1,)))
    assert live.wrong_ties(seen, [librespot(item)], item) == said


class TestRunning:
    """A process that systemd is about to start is waited for, and not for ever."""

    @pytest.fixture(autouse=True)
    def _one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(live, "processes", lambda _unit: [10**9])
        monkeypatch.setattr(live, "_STARTED_WITHIN_S", 0.3)

    @pytest.mark.parametrize(("starts", "last"), [(2, "librespot"), (10**6, "systemd-executor")])
    def test_it(self, monkeypatch: pytest.MonkeyPatch, starts: int, last: str) -> None:
        item, asked = instance(), iter(range(10**7))
        manager = librespot(item, executable="/usr/lib/systemd/systemd-executor")
        monkeypatch.setattr(live, "process", lambda _pid: manager if next(asked) < starts else librespot(item))
        (found,) = live.running(item)
        assert found.executable.endswith(last)
